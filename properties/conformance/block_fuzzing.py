"""Differential fuzzing of signed blocks: a local network grows a chain, and spoils its blocks.

Keys, blocks and what is spoilt depend on the seed alone. Every block goes to both sides; before
some goes the same block with one mistake in it, which both must refuse for the same reason.
"""

from collections.abc import Callable, Iterator
from random import Random

import attrs

from properties.conformance.asks import Message
from properties.conformance.comparison import Divergence, Pair
from properties.conformance.fuzzing import Covered
from properties.devnet import Network, Plan
from statemachine.codec import to_jsonable
from statemachine.crypto.bls import INFINITE_SIGNATURE, sign
from statemachine.messages import Header
from statemachine.records import evolve
from statemachine.signed.authentication import header_message, reveal_message
from statemachine.signed.block import Block, Included, body_root, reveal_root
from statemachine.signed.envelope import Envelope
from statemachine.state import State

NEEDED = frozenset({"chain", "block"})
"""What a client must answer to be asked about blocks."""

KIND = "Block"
"""What blocks are counted as."""

FEWEST, MOST = 2, 4
"""Validators of a network."""

EPOCHS = 100


@attrs.frozen
class BlocksParted:
    """A divergence about a block, and the asks that lead to it, which is the last."""

    divergence: Divergence
    asks: tuple[Message, ...]
    original_length: int
    """Asks that went before it was made small."""


@attrs.define(eq=False)
class BlockFuzzer:
    """A search for a divergence about signed blocks."""

    pair: Pair
    seed: int
    covered: Covered
    rng: Random = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin at the seed."""
        self.rng = Random(f"{self.seed}/conform/blocks")

    def run(self, blocks: int, go_on: Callable[[], bool]) -> BlocksParted | None:
        """Put so many blocks to both; return a divergence, made small while `go_on` says so."""
        network = self._network()
        way: list[Message] = [{"do": "chain", "genesis": to_jsonable(network.genesis)}]
        asked = len(way)
        begun = self.pair.put(way)
        if begun is not None:
            return BlocksParted(begun[1], tuple(way), asked)
        put = 0
        before = network.state
        for report in network.run():
            if put >= blocks:
                break
            if report.block is None:
                continue
            for block in self._variants(network, before, report.block):
                ask: Message = {"do": "block", "block": to_jsonable(block)}
                apart, asked, put = self._put(ask), asked + 1, put + 1
                if apart is not None:
                    parted = BlocksParted(apart, (*way, ask), asked)
                    return _Smaller(self.pair, network, before, parted).smallest(block, go_on)
            way.append({"do": "block", "block": to_jsonable(report.block)})
            before = report.state
        return None

    def _network(self) -> Network:
        validators = self.rng.randint(FEWEST, MOST)
        machine = self.pair.machine
        plan = Plan(
            validators=validators,
            epochs=EPOCHS,
            epoch_length=self.rng.choice((2, 4)),
            seed=self.rng.randrange(2**32),
            equivocating=(0,) if self.rng.randrange(2) else (),
        )
        return Network.start(plan, machine.backend, machine.protocol)

    def _put(self, ask: Message) -> Divergence | None:
        reply = self.pair.machine.reply(ask)
        self.covered.count_as(KIND, reply)
        apart = self.pair.check([ask], [reply])
        return None if apart is None else apart[1]

    def _variants(self, network: Network, before: State, block: Block) -> Iterator[Block]:
        """Go through a block with a mistake, if it is to have one, and the block as it is."""
        if self.rng.randrange(3):
            mistakes = [*HEADER_MISTAKES, *(BODY_MISTAKES if block.transactions else ())]
            yield self.rng.choice(mistakes)(network, before, block)
        yield block


def signed_again(network: Network, block: Block, header: Header) -> Block:
    """Return a block with another header, signed by the one who proposed it."""
    secret = network.node_of(block.header.proposer).secret
    signature = sign(network.backend, secret, header_message(network.state.chain_id, header))
    return evolve(block, header=header, signature=signature)


# --- mistakes ----------------------------------------------------------------------------

Mistake = Callable[[Network, State, Block], Block]

_OTHER = b"\x5a" * 32


def _unsigned(**changes: bytes) -> Mistake:
    """Change the header, and leave the signature as it was."""
    return lambda _network, _before, block: evolve(block, header=evolve(block.header, **changes))


def _signed(**changes: bytes) -> Mistake:
    """Change the header, and sign it as it is then."""
    return lambda network, _before, block: signed_again(
        network, block, evolve(block.header, **changes)
    )


def _proposed(network: Network, block: Block, slot: int, proposer: bytes) -> Block:
    """Return a block as somebody signs it in some slot, whoever is elected there."""
    secret, chain_id = network.node_of(proposer).secret, network.state.chain_id
    reveal = sign(network.backend, secret, reveal_message(chain_id, slot))
    header = evolve(block.header, slot=slot, proposer=proposer, reveal=reveal_root(reveal))
    return signed_again(network, evolve(block, header=header, reveal=reveal), header)


def _later(network: Network, _before: State, block: Block) -> Block:
    return _proposed(network, block, block.header.slot + 1, block.header.proposer)


def _too_early(network: Network, before: State, block: Block) -> Block:
    return _proposed(network, block, before.slot, block.header.proposer)


def _by_another(network: Network, _before: State, block: Block) -> Block:
    others = [node.address for node in network.nodes if node.address != block.header.proposer]
    return _proposed(network, block, block.header.slot, others[0])


def _other_reveal(_network: Network, _before: State, block: Block) -> Block:
    return evolve(block, reveal=block.signature)


def _other_signature(_network: Network, _before: State, block: Block) -> Block:
    return evolve(block, signature=block.reveal)


def _no_signature(_network: Network, _before: State, block: Block) -> Block:
    return evolve(block, signature=INFINITE_SIGNATURE)


HEADER_MISTAKES: tuple[Mistake, ...] = (
    _unsigned(parent=_OTHER),
    _unsigned(body=_OTHER),
    _unsigned(reveal=_OTHER),
    _unsigned(state_root=_OTHER),
    _signed(checkpoint=_OTHER),
    _signed(state_root=_OTHER),
    _later,
    _too_early,
    _by_another,
    _other_reveal,
    _other_signature,
    _no_signature,
)
"""Mistakes in any block."""


def _with(network: Network, block: Block, *included: Included) -> Block:
    """Return a block with other transactions, signed as it is then; its state root is as it was."""
    header = evolve(block.header, body=body_root(included))
    return signed_again(network, evolve(block, transactions=tuple(included)), header)


def _twice(network: Network, _before: State, block: Block) -> Block:
    return _with(network, block, *block.transactions, block.transactions[-1])


def _missing(network: Network, _before: State, block: Block) -> Block:
    return _with(network, block, *block.transactions[:-1])


def _backwards(network: Network, _before: State, block: Block) -> Block:
    return _with(network, block, *block.transactions[::-1])


def _badly_signed(network: Network, _before: State, block: Block) -> Block:
    *others, last = block.transactions
    return _with(network, block, *others, evolve(last, signature=block.signature))


def _of_another_chain(network: Network, before: State, block: Block) -> Block:
    *others, last = block.transactions
    if not isinstance(last, Envelope):
        return _badly_signed(network, before, block)
    return _with(network, block, *others, evolve(last, chain_id="another"))


def _of_another_nonce(network: Network, before: State, block: Block) -> Block:
    *others, last = block.transactions
    if not isinstance(last, Envelope):
        return _badly_signed(network, before, block)
    return _with(network, block, *others, evolve(last, nonce=last.nonce + 1))


BODY_MISTAKES: tuple[Mistake, ...] = (
    _twice,
    _missing,
    _backwards,
    _badly_signed,
    _of_another_chain,
    _of_another_nonce,
)
"""Mistakes in a block that has transactions."""


# --- making a divergence small -----------------------------------------------------------


@attrs.define(eq=False)
class _Smaller:
    """Leaves out what a divergence does not need: blocks before, and transactions of its own."""

    pair: Pair
    network: Network
    before: State
    best: BlocksParted

    def smallest(self, block: Block, go_on: Callable[[], bool]) -> BlocksParted:
        """Return the smallest that is met while `go_on` says so."""
        while len(block.transactions) and go_on():
            for place in range(len(block.transactions)):
                fewer = (*block.transactions[:place], *block.transactions[place + 1 :])
                smaller = _with(self.network, block, *fewer)
                if self._still_parts(smaller):
                    block = smaller
                    break
            else:
                break
        return self.best

    def _still_parts(self, block: Block) -> bool:
        """Go the way again, with another block at its end."""
        asks = [*self.best.asks[:-1], {"do": "block", "block": to_jsonable(block)}]
        apart = self.pair.put(asks)
        if apart is None or apart[0] != len(asks) - 1:
            return False
        if apart[1].kind != self.best.divergence.kind:
            return False
        self.best = BlocksParted(apart[1], tuple(asks), self.best.original_length)
        return True
