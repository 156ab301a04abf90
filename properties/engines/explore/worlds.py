"""The worlds that are shipped."""

from collections.abc import Iterable

from properties.engines.explore.identity import Group, Signature
from properties.engines.explore.safety import checkpoint_of
from properties.engines.explore.world import Alphabet, Branch, Prelude, World
from properties.laws.accusation import Accuse
from properties.laws.patience import PATIENCE, patient, state_at_slot
from properties.model.names import address, public_key
from statemachine.description import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
)
from statemachine.messages import NO_BODY, Checkpoint, Vote
from statemachine.params import Params
from statemachine.protocol import Protocol
from statemachine.state import OffenceKind, State
from statemachine.transactions import (
    CastVotes,
    Delegate,
    ProduceBlock,
    Redelegate,
    ReportVotes,
    Undelegate,
)

Link = tuple[int, int]
"""The epochs of a source and of a target."""

ADJACENT: tuple[Link, ...] = ((0, 1), (1, 2))
"""The fewest links that make something final."""

ALL_LINKS: tuple[Link, ...] = tuple(
    (source, target) for target in range(1, 5) for source in range(target)
)
"""Every link among five checkpoints."""

REVEAL = bytes(32)

REPORTER = address(0xB1)
"""Who hands in evidence."""

ELSEWHERE = bytes([0xEE]) * 32
"""The root of no block of a world."""


def next_block(protocol: Protocol, state: State, body: bytes = NO_BODY) -> ProduceBlock:
    """Return the block of the next slot, by whoever is elected."""
    slot = state.slot + 1
    try:
        with PATIENCE:
            leaders = protocol.leaders(protocol, state_at_slot(protocol, state, slot), slot)
    except Exception:
        # A fork that cannot pass a slot must be seen to fail when it is asked to.
        leaders = None
    return ProduceBlock(slot, leaders[0] if leaders else address(1), REVEAL, body)


# --- finality ----------------------------------------------------------------------------


def finality_world(
    name: str,
    summary: str,
    stakes: tuple[int, ...],
    links: tuple[tuple[Link, ...], tuple[Link, ...]],
    most_links: int | None = None,
) -> World:
    """Return a world of two chains that part after genesis, on which anybody may vote.

    All blocks are there from the start: votes can be cast for what has happened at any
    time after, so no order of votes and blocks is lost. A chain counts votes for
    `most_links` links at most.
    """
    last = max(target for branch in links for _, target in branch)
    validators = tuple(address(number) for number in range(1, 1 + len(stakes)))
    params = Params(
        epoch_length=2,
        epoch_reward=0,
        min_stake=1,
        unbonding_epochs=last + 1,
        evidence_window=last + 1,
        double_sign_bps=10_000,
        max_slot_gap=4,
    )
    genesis = _genesis(name, params, dict(zip(validators, stakes, strict=True)), {REPORTER: 1})
    branches = tuple(
        Branch(_votes(validators, ours, most_links), _blocks(last, bytes([number]) * 32))
        for number, ours in enumerate(links, start=1)
    )
    alike: dict[int, Group] = {}
    for validator, stake in zip(validators, stakes, strict=True):
        alike[stake] = (*alike.get(stake, ()), validator)
    groups = tuple(group for group in alike.values() if len(group) > 1)
    return World(
        name,
        summary,
        genesis,
        branches,
        interchangeable=groups,
        # All votes, however old, must be there to be proved at the end.
        needs=frozenset({"epoch_length", "unbonding_epochs", "evidence_window", "max_slot_gap"}),
        mirrored=links[0] == links[1],
    )


def _blocks(last: int, body: bytes) -> Prelude:
    """Return blocks for every slot to the start of an epoch, all of one body."""

    def prelude(protocol: Protocol, state: State) -> Iterable[object]:
        while state.epoch < last:
            block = next_block(protocol, state, body)
            yield block
            state = patient(protocol, state, block).state

    return prelude


def _votes(
    validators: tuple[bytes, ...], links: tuple[Link, ...], most: int | None = None
) -> Alphabet:
    """Return one vote of one validator for one of some links."""

    def alphabet(
        _protocol: Protocol, state: State, signed: frozenset[Signature]
    ) -> Iterable[CastVotes]:
        used = {(source, target) for source, target, _ in signed}
        for link in links:
            if most is not None and len(used) >= most and link not in used:
                continue
            vote = Vote(checkpoint_of(state, link[0]), checkpoint_of(state, link[1]))
            for validator in validators:
                yield CastVotes(vote, (validator,))

    return alphabet


# --- staking -----------------------------------------------------------------------------


def staking_world(name: str, summary: str, validators: int, delegators: int, depth: int) -> World:
    """Return a world of one chain on which stake comes, moves, goes and is slashed."""
    operators = tuple(address(number) for number in range(1, 1 + validators))
    owners = tuple(address(0xA1 + number) for number in range(delegators))
    params = Params(
        epoch_length=1,
        epoch_reward=7,
        min_stake=5,
        unbonding_epochs=2,
        evidence_window=2,
        invalid_block_bps=3_333,
        churn_floor=1_000,
        max_slot_gap=2,
        jail_epochs=1,
    )
    stakes = dict.fromkeys(operators, 10)
    genesis = _genesis(name, params, stakes, dict.fromkeys(owners, 20))
    return World(
        name,
        summary,
        genesis,
        (Branch(_stake_orders(operators, owners)),),
        depth,
        tuple(group for group in (operators, owners) if len(group) > 1),
    )


def _stake_orders(operators: tuple[bytes, ...], owners: tuple[bytes, ...]) -> Alphabet:
    def alphabet(
        protocol: Protocol, state: State, _signed: frozenset[Signature]
    ) -> Iterable[object]:
        yield next_block(protocol, state)
        for owner in owners:
            for operator in operators:
                yield Delegate(owner, operator, 10)
                yield Undelegate(owner, operator, 5)
                for destination in operators:
                    if destination != operator:
                        yield Redelegate(owner, operator, destination, 5)
        for operator in operators:
            for epoch in range(max(0, state.epoch - 2), state.epoch + 1):
                yield Accuse(REPORTER, operator, OffenceKind.INVALID_BLOCK, epoch, 0)

    return alphabet


# --- both --------------------------------------------------------------------------------


def together_world(name: str, summary: str, depth: int) -> World:
    """Return a world of one chain on which stake moves while votes are counted and proved.

    A vote that contradicts one on the chain is always at hand, as if it had been signed
    for a checkpoint elsewhere.
    """
    operators = tuple(address(number) for number in range(1, 4))
    owner = address(0xA1)
    params = Params(
        epoch_length=1,
        epoch_reward=7,
        min_stake=5,
        unbonding_epochs=3,
        evidence_window=2,
        double_sign_bps=5_000,
        churn_floor=1_000,
        max_slot_gap=2,
    )
    genesis = _genesis(name, params, dict.fromkeys(operators, 10), {owner: 25})

    def alphabet(
        protocol: Protocol, state: State, _signed: frozenset[Signature]
    ) -> Iterable[object]:
        yield next_block(protocol, state)
        now, justified = state.epoch, state.finality.justified
        for operator in operators:
            yield Delegate(owner, operator, 25)
            yield Undelegate(owner, operator, 25)
            yield Undelegate(operator, operator, 5)
            if justified.epoch < now:
                vote = Vote(justified, checkpoint_of(state, now))
                elsewhere = Vote(justified, Checkpoint(now, ELSEWHERE))
                cast = CastVotes(vote, (operator,))
                yield cast
                yield ReportVotes(owner, cast, CastVotes(elsewhere, (operator,)))

    return World(name, summary, genesis, (Branch(alphabet),), depth, (operators,))


def _genesis(
    name: str, params: Params, stakes: dict[bytes, int], balances: dict[bytes, int]
) -> Genesis:
    return Genesis(
        name,
        params,
        tuple(GenesisAccount(owner, balance) for owner, balance in balances.items()),
        tuple(GenesisValidator(operator, public_key(operator), 1_000) for operator in stakes),
        tuple(GenesisDelegation(operator, operator, own) for operator, own in stakes.items()),
    )


FOUR, FIVE = (1, 1, 1, 1), (1, 1, 1, 1, 1)

LOW_LINKS: tuple[Link, ...] = ((0, 1), (0, 2), (1, 2))

WORLDS: tuple[World, ...] = (
    staking_world(
        "staking", "Stake of two delegators comes, moves, goes and is slashed; epochs.", 2, 2, 5
    ),
    finality_world(
        "finality-4", "Four equal validators vote on two chains for adjacent links.",
        FOUR, (ADJACENT, ADJACENT),
    ),
    finality_world(
        "finality-5", "Five equal validators vote on two chains for adjacent links.",
        FIVE, (ADJACENT, ADJACENT),
    ),
    finality_world(
        "finality-unequal", "Stakes of 1, 1, 2 and 2 vote on two chains for adjacent links.",
        (1, 1, 2, 2), (ADJACENT, ADJACENT),
    ),
    finality_world(
        "finality-pool", "Four equal validators; one chain has two links to one checkpoint.",
        FOUR, (LOW_LINKS, ((0, 3), (3, 4))),
    ),
    finality_world(
        "finality-gap", "Four equal validators; links over two epochs, in step with each other.",
        FOUR, (((0, 1), (1, 3)), ((0, 2), (2, 4))),
    ),
    finality_world(
        "finality-skip", "Four equal validators vote for any links, two on each of two chains.",
        FOUR, (ALL_LINKS, ALL_LINKS), 2,
    ),
    together_world(
        "together", "Three validators vote and are reported while a delegator comes and goes.", 5
    ),
)  # fmt: skip
