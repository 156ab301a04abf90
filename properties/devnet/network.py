"""The network: slot by slot, blocks, votes, transactions of accounts, and evidence."""

from collections.abc import Iterator
from random import Random

import attrs

from properties.devnet.nodes import (
    Account,
    Behaviour,
    Node,
    contrary,
    make_account,
    make_node,
    prove_key,
    sign_vote,
)
from properties.laws.views import claim_of
from statemachine import PROTOCOL
from statemachine.crypto.bls import Backend, aggregate, sign
from statemachine.description import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
)
from statemachine.duties import vote_of, with_header, with_vote
from statemachine.errors import Rejected
from statemachine.events import Event
from statemachine.hashing import digest
from statemachine.messages import Vote
from statemachine.params import Params
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.rules.blocks import pass_slots
from statemachine.signed.authentication import header_message
from statemachine.signed.block import Block, Included
from statemachine.signed.chain import ProvenGenesis, begin_chain, build_block
from statemachine.signed.envelope import Enclosed, Proven, seal
from statemachine.signed.proofs import BlocksEvidence, SignedVotes, VotesEvidence
from statemachine.signed.together import apply_block_together
from statemachine.state import PUT_OUT, State
from statemachine.transactions import (
    CastVotes,
    ClaimRewards,
    Delegate,
    ProduceBlock,
    ReportBlocks,
    ReportVotes,
    Transaction,
    Undelegate,
)

CHAIN_ID = "stakespec-devnet"


@attrs.frozen
class Plan:
    """The size and behaviour of a network."""

    validators: int
    epochs: int
    epoch_length: int
    seed: int
    equivocating: tuple[int, ...] = ()
    """The numbers of the validators that sign everything twice."""
    offline: tuple[int, ...] = ()
    """The numbers of the validators that sign nothing."""

    @property
    def slots(self) -> int:
        """The number of slots, without that of the genesis."""
        return self.epochs * self.epoch_length - 1


@attrs.frozen
class SlotReport:
    """The outcome of a slot."""

    slot: int
    proposer: int | None
    """The number of the validator elected, where one was."""
    block: Block | None
    missing: str
    """Why there is no block; empty if there is one."""
    events: tuple[Event, ...]
    state: State


@attrs.define
class Network:
    """Validators and accounts, and the one chain that they grow."""

    plan: Plan
    backend: Backend
    protocol: Protocol
    nodes: tuple[Node, ...]
    accounts: tuple[Account, ...]
    genesis: ProvenGenesis
    state: State
    rng: Random
    blocks: list[Block] = attrs.field(factory=list)
    votes: dict[Vote, dict[bytes, bytes]] = attrs.field(factory=dict)
    """Signatures of votes that are in no block yet, by signer."""
    wishes: list[tuple[Account, Enclosed]] = attrs.field(factory=list)
    """Transactions of accounts that are in no block yet."""

    @classmethod
    def start(cls, plan: Plan, backend: Backend, protocol: Protocol = PROTOCOL) -> "Network":
        """Make all keys, and the state that the chain begins with."""
        nodes = tuple(
            make_node(backend, plan.seed, number, _behaviour(plan, number))
            for number in range(plan.validators)
        )
        accounts = tuple(
            make_account(backend, plan.seed, f"account {number}")
            for number in range(plan.validators)
        )
        proven = _genesis(plan, backend, nodes, accounts)
        state = begin_chain(protocol, backend, proven)
        rng = Random(f"{plan.seed}/devnet")
        return cls(plan, backend, protocol, nodes, accounts, proven, state, rng)

    def run(self) -> Iterator[SlotReport]:
        """Advance slot by slot, and yield the outcome of each."""
        for slot in range(1, self.plan.slots + 1):
            yield self._pass(slot)

    def node_of(self, address: bytes) -> Node:
        """Return the validator with an address."""
        return next(node for node in self.nodes if node.address == address)

    # --- a slot --------------------------------------------------------------------------

    def _pass(self, slot: int) -> SlotReport:
        passed = pass_slots(self.protocol, self.state, slot).state
        elected = self.protocol.elect(passed, slot)
        node = self._anyone() if elected is None else self.node_of(elected)
        if node is None:
            return SlotReport(slot, None, None, "nobody is online", (), self.state)
        missing = self._why_missing(passed, node)
        if missing:
            return SlotReport(slot, node.number, None, missing, (), self.state)
        block = self._propose(node, slot)
        applied = apply_block_together(self.protocol, self.backend, self.state, block)
        self.state = applied.state
        self.blocks.append(block)
        if node.behaviour is Behaviour.EQUIVOCATING:
            self._propose_again(node, block)
        self._vote(slot)
        self._wish()
        return SlotReport(slot, node.number, block, "", applied.events, self.state)

    def _anyone(self) -> Node | None:
        online = (node for node in self.nodes if node.behaviour is not Behaviour.OFFLINE)
        return next(online, None)

    def _why_missing(self, passed: State, node: Node) -> str:
        if node.behaviour is Behaviour.OFFLINE:
            return "offline"
        if passed.validators[node.address].status in PUT_OUT:
            return "put out"
        return "late" if self.rng.randrange(10) == 0 else ""

    def _propose(self, node: Node, slot: int) -> Block:
        included = self._choose(node, slot)
        block = build_block(
            self.protocol, self.backend, self.state, node.address, node.secret, slot, included
        )
        node.signed = with_header(node.signed, block.header)
        return block

    def _choose(self, node: Node, slot: int) -> list[Included]:
        """Include pending transactions that are not rejected: votes first, then the accounts'."""
        # The share of the randomness does not decide about any of them.
        state = self.protocol.apply(self.state, ProduceBlock(slot, node.address, bytes(32)))
        chosen: list[Included] = []
        for vote, signatures in self.votes.items():
            votes = CastVotes(vote, tuple(sorted(signatures)))
            state, taken = self._try(state, votes)
            if taken:
                parts = [signatures[signer] for signer in votes.signers]
                chosen.append(SignedVotes(votes, aggregate(self.backend, parts)))
        self.votes.clear()
        sent: dict[bytes, int] = {}
        for account, enclosed in self.wishes:
            tx = enclosed.transaction if isinstance(enclosed, Proven) else enclosed
            state, taken = self._try(state, tx)
            if taken:
                nonce = state.nonces.get(account.address, 0) + sent.get(account.address, 0)
                sent[account.address] = sent.get(account.address, 0) + 1
                chosen.append(seal(self.backend, account.secret, CHAIN_ID, nonce, enclosed))
        self.wishes.clear()
        return chosen

    def _try(self, state: State, tx: Transaction) -> tuple[State, bool]:
        try:
            return self.protocol.apply(state, tx), True
        except Rejected:
            return state, False

    # --- what validators and accounts do -------------------------------------------------

    def _vote(self, slot: int) -> None:
        """Have the validators vote; every second one waits for the second half of the epoch."""
        length = self.plan.epoch_length
        for node in self.nodes:
            early = node.number % 2 == 0 or slot % length >= length // 2
            vote = vote_of(self.state, node.address, node.signed)
            if node.behaviour is Behaviour.OFFLINE or vote is None or not early:
                continue
            node.signed = with_vote(node.signed, vote)
            signature = sign_vote(self.backend, CHAIN_ID, node, vote)
            self.votes.setdefault(vote, {})[node.address] = signature
            if node.behaviour is Behaviour.EQUIVOCATING:
                self._vote_again(node, vote, signature)

    def _vote_again(self, node: Node, vote: Vote, signature: bytes) -> None:
        """Sign a second vote for the same epoch; a validator that sees both reports them."""
        watcher = self._watcher()
        if watcher is None:
            return
        contradiction = contrary(vote)
        tx = ReportVotes(
            watcher.address,
            CastVotes(vote, (node.address,)),
            CastVotes(contradiction, (node.address,)),
        )
        second = sign_vote(self.backend, CHAIN_ID, node, contradiction)
        self.wishes.append((watcher.operator, VotesEvidence(tx, signature, second)))

    def _propose_again(self, node: Node, block: Block) -> None:
        """Sign a second header for the same slot; a validator that sees both reports them."""
        watcher = self._watcher()
        if watcher is None:
            return
        contradiction = evolve(
            block.header, body=digest("stakespec/devnet/body", block.header.body)
        )
        tx = ReportBlocks(watcher.address, block.header, contradiction)
        second = sign(self.backend, node.secret, header_message(CHAIN_ID, contradiction))
        self.wishes.append((watcher.operator, BlocksEvidence(tx, block.signature, second)))

    def _watcher(self) -> Node | None:
        """Return the first honest validator: it reports what it sees."""
        honest = (node for node in self.nodes if node.behaviour is Behaviour.HONEST)
        return next(honest, None)

    def _wish(self) -> None:
        """Now and then, have an account delegate, undelegate, or claim rewards."""
        rng = self.rng
        if rng.randrange(2):
            return
        account, node = rng.choice(self.accounts), rng.choice(self.nodes)
        claim = claim_of(self.state, node.address, account.address)
        tx: Delegate | Undelegate | ClaimRewards
        if claim is None or rng.randrange(2):
            tx = Delegate(account.address, node.address, rng.randint(10, 500))
        elif claim.bonded and rng.randrange(2):
            amount = rng.randint(1, claim.bonded)
            tx = Undelegate(account.address, node.address, amount)
        else:
            tx = ClaimRewards(account.address, node.address)
        self.wishes.append((account, tx))


def _behaviour(plan: Plan, number: int) -> Behaviour:
    if number in plan.offline:
        return Behaviour.OFFLINE
    return Behaviour.EQUIVOCATING if number in plan.equivocating else Behaviour.HONEST


def _genesis(
    plan: Plan, backend: Backend, nodes: tuple[Node, ...], accounts: tuple[Account, ...]
) -> ProvenGenesis:
    """Describe a chain of validators with unequal stakes, and accounts that may delegate."""
    everyone = (*(node.address for node in nodes), *(account.address for account in accounts))
    description = Genesis(
        chain_id=CHAIN_ID,
        params=Params(epoch_length=plan.epoch_length, epoch_reward=1_000, churn_floor=5_000),
        accounts=tuple(GenesisAccount(address, 10_000) for address in everyone),
        validators=tuple(
            GenesisValidator(node.address, node.public_key, commission_bps=500) for node in nodes
        ),
        delegations=tuple(
            GenesisDelegation(node.address, node.address, 10_000 + 100 * node.number)
            for node in nodes
        ),
        randomness=digest("stakespec/devnet/randomness", str(plan.seed).encode()),
    )
    proofs = tuple(prove_key(backend, CHAIN_ID, node) for node in nodes)
    return ProvenGenesis(description, proofs)
