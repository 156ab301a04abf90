"""Where transactions round: churn limits, queues, rewards with a commission, slashes and dust.

Drawn worlds seldom have numbers that do not divide; these do.
"""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from properties.conformance.drafts import Draft, Family
from properties.conformance.fuzzing import asks_of
from properties.model.names import address, public_key
from statemachine import PROTOCOL
from statemachine.description import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
)
from statemachine.errors import Rejected
from statemachine.map_keys import epoch_key
from statemachine.messages import Header
from statemachine.params import Params
from statemachine.records import evolve
from statemachine.rules.blocks import pass_slots
from statemachine.rules.genesis import genesis
from statemachine.state import State
from statemachine.transactions import (
    ClaimRewards,
    Delegate,
    ProduceBlock,
    Redelegate,
    ReportBlocks,
    Undelegate,
)

ANNA, BEN, CARL = address(1), address(2), address(3)

PARAMS = Params(
    epoch_length=4,
    epoch_reward=1_000,
    min_stake=10,
    unbonding_epochs=2,
    evidence_window=2,
    churn_floor=1,
    churn_bps=333,
    churn_queue_epochs=3,
)


def _world(own: int, of_carl: int, commission_bps: int = 0, **params: int) -> Genesis:
    """Return a world of Anna and Ben, who validate, and Carl, who has stake behind Anna."""
    return Genesis(
        "example",
        evolve(PARAMS, **params),
        (GenesisAccount(CARL, 100_000), GenesisAccount(BEN, 7)),
        (
            GenesisValidator(ANNA, public_key(ANNA), commission_bps),
            GenesisValidator(BEN, public_key(BEN), 0),
        ),
        (
            GenesisDelegation(ANNA, ANNA, own),
            GenesisDelegation(BEN, BEN, 5_003),
            GenesisDelegation(CARL, ANNA, of_carl),
        ),
    )


class _Way:
    """Transactions from a world on, each after a look at the state that it meets."""

    def __init__(self, start: Genesis) -> None:
        self.start = start
        self.state: State = genesis(PROTOCOL, start)
        self.transactions: list[Any] = []

    def then(self, *transactions: Any) -> "_Way":
        """Apply some transactions; one that is rejected changes nothing."""
        for transaction in transactions:
            with contextlib.suppress(Rejected):
                self.state = PROTOCOL.apply(self.state, transaction)
            self.transactions.append(transaction)
        return self

    def until(self, slot: int) -> "_Way":
        """Let time pass until a slot, block by block."""
        while self.state.slot < slot:
            following = self.state.slot + 1
            elected = PROTOCOL.elect(pass_slots(PROTOCOL, self.state, following).state, following)
            self.then(ProduceBlock(following, elected or ANNA, bytes(32)))
        return self

    def draft(self, sentence: str, about: str) -> Draft:
        """Return the case, which ends with all parts of the state."""
        asks = asks_of(self.start, tuple(self.transactions))
        return Draft(sentence, about, (*asks, {"do": "parts"}))


def _two_blocks(way: _Way, offender: bytes) -> ReportBlocks:
    """Return a report of two headers that a validator signed for one slot."""
    state = way.state
    checkpoint = state.finality.history[epoch_key(state.epoch)].root
    header = Header(state.slot, state.head, checkpoint, offender, bytes(32), bytes(32), bytes(32))
    return ReportBlocks(BEN, header, evolve(header, body=b"\x01" * 32))


def _queues() -> Iterator[Draft]:
    about = "the churn limit, and how an amount is spread over epochs"
    # 10,007 active tokens: 333 basis points of them are 333 and a bit.
    world = _world(3_001, 2_003)
    yield (
        _Way(world)
        .then(Delegate(CARL, ANNA, 700))
        .draft("The share of the stake that may join in an epoch is rounded down", about)
    )
    yield (
        _Way(world)
        .then(Undelegate(CARL, ANNA, 700))
        .draft("The share of the stake that may leave in an epoch is rounded down", about)
    )
    yield (
        _Way(world)
        .then(Delegate(CARL, ANNA, 300), Delegate(CARL, BEN, 5_000))
        .draft("What is left after the last epoch of a queue moves as a whole", about)
    )
    yield (
        _Way(world)
        .then(Delegate(CARL, ANNA, 3_330), Delegate(CARL, BEN, 1))
        .draft("A queue that divides without remainder leaves no room in its last epoch", about)
    )
    yield (
        _Way(_world(3_001, 2_003, churn_floor=334))
        .then(Redelegate(CARL, ANNA, BEN, 700))
        .draft("The floor counts where it is more than the share", about)
    )


def _rewards() -> Iterator[Draft]:
    about = "what is earned, to the unit, and what stays for later"
    for commission in (0, 1, 3_333, 9_999):
        yield (
            _Way(_world(101, 303, commission))
            .until(9)
            .then(ClaimRewards(CARL, ANNA), ClaimRewards(ANNA, ANNA), ClaimRewards(BEN, BEN))
            .draft(f"Rewards are shared after a commission of {commission} basis points", about)
        )
    yield (
        _Way(_world(101, 303, epoch_reward=1))
        .until(25)
        .then(ClaimRewards(BEN, BEN))
        .draft("A reward of one token is shared by many, and fractions add up", about)
    )


def _slashes() -> Iterator[Draft]:
    about = "a slash rounds what a bucket loses down, and what a lot keeps as well"
    way = _Way(_world(1_001, 1_000)).until(1)
    report = _two_blocks(way, ANNA)
    way.then(report)
    yield way.draft("Of an odd bucket the smaller half is burned", about)
    way.then(Undelegate(ANNA, ANNA, 500))
    yield way.draft("A lot that leaves a bucket takes what it is worth by itself", about)
    way.then(Undelegate(CARL, ANNA, 500))
    yield way.draft("With its last lot the dust of a bucket goes to the treasury", about)
    yield way.until(13).draft("Unbonding lots that were slashed are released", about)


FAMILIES: Iterable[Family] = (
    Family(
        "12-rounding",
        "Numbers that do not divide: queues, rewards, slashes, dust",
        lambda: [*_queues(), *_rewards(), *_slashes()],
    ),
)
