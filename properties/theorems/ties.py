"""The tie: what theorems define is what the machine's own functions compute, for all inputs.

Each function that the rules call is executed on symbols, and the formula that it computes is
proved equal to the definition that theorems use.
"""

from functools import partial
from typing import Any

import attrs
import z3

from properties.engines.prove.shapes import (
    DELEGATOR,
    EPOCH,
    PARAMS,
    delegation,
    due,
    state_of,
    validator,
)
from properties.engines.prove.shapes import (
    FIRST as OPERATOR,
)
from properties.theorems import definitions as book
from properties.theorems import frame, liability
from properties.theorems.definitions import Link
from properties.theorems.symbolic import Root, Symbol, SymbolicRoot, number_of, truth_of
from properties.theorems.tie import LONGEST, Tie, tie, within
from statemachine import arithmetic, duties
from statemachine.errors import OutOfRange
from statemachine.messages import Checkpoint, Vote
from statemachine.params import Params
from statemachine.primitives import BPS, MAX_AMOUNT
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.rules import PROTOCOL, epochs, evidence, lots
from statemachine.state import Bucket, Lot

MOST_EPOCHS = 2**63 - 1
a, b, start, end, now = z3.Ints("a b start end now")


@attrs.frozen
class _Vote:
    """A vote of which nothing is known."""

    name: str

    @property
    def link(self) -> Link:
        """What a formula sees of it."""
        return Link(z3.Int(f"{self.name}_source"), z3.Int(f"{self.name}_target"))

    def is_same(self, other: "_Vote") -> z3.BoolRef:
        """Say that two votes are the same."""
        ends = [
            (z3.Const(f"{one}_{end}", Root)) for end in ("from", "to") for one in self._both(other)
        ]
        return z3.And(
            self.link.source == other.link.source,
            self.link.target == other.link.target,
            ends[0] == ends[1],
            ends[2] == ends[3],
        )

    def _both(self, other: "_Vote") -> tuple[str, str]:
        return self.name, other.name

    @property
    def where(self) -> z3.BoolRef:
        """Say that its epochs are within their bounds."""
        return within(MOST_EPOCHS, self.link.source, self.link.target)

    def record(self) -> Vote:
        """Return it as the machine's own record."""
        return Vote(
            Checkpoint(Symbol(self.link.source), SymbolicRoot(f"{self.name}_from")),
            Checkpoint(Symbol(self.link.target), SymbolicRoot(f"{self.name}_to")),
        )


FIRST, SECOND = _Vote("first"), _Vote("second")


def _is_quorum(protocol: Protocol) -> Tie:
    where = within(MAX_AMOUNT, a, b)
    machine = truth_of(lambda: protocol.is_quorum(Symbol(a), Symbol(b)), where)
    says = "A quorum is strictly more than two thirds, and never of nothing."
    return tie("is_quorum", protocol.is_quorum, says, where, machine == book.is_supermajority(a, b))


def _contradict() -> Tie:
    where = z3.And(FIRST.where, SECOND.where)
    machine = truth_of(
        lambda: evidence.contradiction(FIRST.record(), SECOND.record()),
        where,
        lambda kind: kind is not None,
    )
    claim = machine == book.contradict(FIRST.link, SECOND.link, FIRST.is_same(SECOND))
    says = "Two votes are an offence exactly if they contradict each other."
    return tie("contradict", evidence.contradiction, says, where, claim)


def _remembering(vote: _Vote) -> duties.SigningRecord:
    return duties.with_vote(duties.SigningRecord(), vote.record())


def _may_sign() -> Tie:
    where = z3.And(FIRST.where, SECOND.where)
    machine = truth_of(lambda: duties.may_sign_vote(_remembering(FIRST), SECOND.record()), where)
    says = "Who voted last for one link may vote for another exactly if the duty allows it."
    claim = machine == book.may_sign(FIRST.link, SECOND.link)
    return tie("may_sign", duties.may_sign_vote, says, where, claim)


def _with_vote() -> Tie:
    where = FIRST.where
    remembered = [
        number_of(lambda: _remembering(FIRST).source, where),
        number_of(lambda: _remembering(FIRST).target, where),
    ]
    claim = z3.And(remembered[0] == FIRST.link.source, remembered[1] == FIRST.link.target)
    says = "What is remembered of a vote is its source and its target."
    return tie("with_vote", duties.with_vote, says, where, claim)


def _shares() -> tuple[Tie, Tie]:
    where = z3.And(within(MAX_AMOUNT, a), within(BPS, b))
    share = number_of(lambda: arithmetic.share(Symbol(a), Symbol(b)), where)
    rest = number_of(lambda: arithmetic.remaining(Symbol(a), Symbol(b)), where)
    return (
        tie(
            "share",
            arithmetic.share,
            "A share is rounded down.",
            where,
            share == book.share(a, b),
        ),
        tie(
            "remaining",
            arithmetic.remaining,
            "What remains is rounded down.",
            where,
            rest == book.remaining(a, b),
        ),
    )


def _is_active() -> Tie:
    where = within(MOST_EPOCHS, start, end, now)
    symbols = (Symbol(start), Symbol(end), Symbol(now))
    ended = truth_of(lambda: lots.is_active(*symbols), where)
    staying = truth_of(lambda: lots.is_active(symbols[0], None, symbols[2]), where)
    claim = z3.And(
        ended == z3.And(start <= now, now < end),
        staying == (start <= now),
    )
    says = "Stake is active from its start to the epoch before its end."
    return tie("is_active", lots.is_active, says, where, claim)


def _bucket_key() -> Tie:
    where = within(MOST_EPOCHS, start, now)
    kept = number_of(lambda: lots.bucket_key(Symbol(start), None, (), Symbol(now))[0], where)
    says = "A start at or before the oldest admissible epoch is forgotten; any other is kept."
    claim = kept == z3.If(start <= now, 0, start)
    return tie("bucket_key", lots.bucket_key, says, where, claim)


@attrs.frozen
class _AtEpoch:
    """All that `oldest_admissible` reads of a state."""

    epoch: int
    params: Any


@attrs.frozen
class _Window:
    evidence_window: int


def _oldest_admissible() -> Tie:
    where = z3.And(within(MOST_EPOCHS, now), within(LONGEST, a))
    oldest = number_of(
        lambda: lots.oldest_admissible(_AtEpoch(Symbol(now), _Window(Symbol(a)))),  # type: ignore[arg-type]
        where,
    )
    says = "Evidence is admissible for the window's epochs after the infraction."
    claim = oldest == z3.If(now - a > 0, now - a, 0)
    return tie("oldest_admissible", lots.oldest_admissible, says, where, claim)


def _parameters() -> Tie:
    where = within(2**21, a, b)
    taken = truth_of(
        lambda: Params(unbonding_epochs=Symbol(a), evidence_window=Symbol(b)),
        where,
        lambda outcome: isinstance(outcome, Params),
        raised=(OutOfRange,),
    )
    bounds = z3.And(a >= 1, a <= LONGEST, b >= 1, b <= LONGEST)
    says = "Parameters are refused exactly if unbonding is shorter than the window."
    return tie("parameters", Params, says, where, taken == z3.And(bounds, a >= b))


ENDS = range(EPOCH - 4, EPOCH + 1)
"""The epochs at which the stake in the tie of releases stopped being active: keys, no symbols."""


def _was_released(protocol: Protocol, ended: int) -> bool:
    """Cross a boundary with stake that ended some epochs ago; say whether its owner has it."""
    own, leaving = Bucket(0, None, (), 50, 1), Bucket(0, ended, (), 7, 1)
    state = state_of(
        evolve(PARAMS, epoch_reward=0, unbonding_epochs=Symbol(a)),
        {},
        {OPERATOR: validator(own, leaving)},
        {
            OPERATOR + OPERATOR: delegation(Lot(50, 0)),
            OPERATOR + DELEGATOR: delegation(Lot(7, 0, ended)),
        },
        agenda=(due(EPOCH, OPERATOR, DELEGATOR),),
    )
    for step in protocol.epoch_steps:
        state = step(protocol, state).state
    return DELEGATOR in state.accounts


def _release(protocol: Protocol) -> Tie:
    where = z3.And(a >= PARAMS.evidence_window, a <= LONGEST)
    claims = []
    for ended in ENDS:
        released = truth_of(partial(_was_released, protocol, ended), where)
        claims.append(released == (ended + a <= EPOCH))
    says = (
        "Stake is released exactly when unbonding has lasted since its end, however long that is."
    )
    return tie("release", epochs.process_due_delegations, says, where, z3.And(claims))


def ties(protocol: Protocol = PROTOCOL) -> tuple[Tie, ...]:
    """Return what ties the definitions to functions, those of a protocol where it has its own."""
    return (
        _is_quorum(protocol),
        _contradict(),
        _may_sign(),
        _with_vote(),
        *_shares(),
        _is_active(),
        _bucket_key(),
        _oldest_admissible(),
        _parameters(),
        _release(protocol),
        *liability.ties(protocol),
        *frame.ties(protocol),
    )
