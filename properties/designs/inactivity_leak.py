"""Ethereum's inactivity leak: who does not vote while nothing becomes final loses stake.

Source: consensus-specs, Altair (`process_inactivity_updates`, `get_inactivity_penalty_deltas`)
with Bellatrix's quotient: a score grows by 4 for each target that is missed, falls by 1 for each
that is not, and by 16 more outside a leak; each missed target costs score / (4 * 2**24).

Stake is cut in basis points here, so what a score costs is put by until it makes one.
"""

from typing import Annotated, Any

from properties.designs.penalty import Penalised, note_penalty, penalise
from properties.model.design import Design
from statemachine import (
    PROTOCOL,
    Genesis,
    Params,
    Protocol,
    State,
    Transition,
    Validator,
    evolve,
)
from statemachine.map_keys import epoch_key, split_vote_key
from statemachine.merkle_map import MerkleMap
from statemachine.primitives import (
    BPS,
    Bounds,
    Count,
    Duration,
)
from statemachine.records import record
from statemachine.state import VALIDATORS

Quotient = Annotated[int, Bounds(1, 2**32)]
"""What scores are divided by."""


@record
class LeakParams(Params):
    """When stake leaks, and how fast."""

    leak_after: Count = 4
    """Epochs without a new final checkpoint before stake leaks."""
    score_bias: Duration = 4
    """What a missed target adds to a score."""
    score_recovery: Count = 16
    """What an epoch outside a leak takes from a score."""
    leak_quotient: Quotient = 2**24
    """A missed target costs score / (score_bias * leak_quotient) of the stake."""


@record
class LeakValidator(Validator):
    """A validator that is watched."""

    score: Count = 0
    """Its inactivity score."""
    due: Count = 0
    """Scores that have not cost anything yet."""


@record
class LeakState(State):
    """A state in which validators are watched."""

    params: LeakParams
    validators: Annotated[MerkleMap[LeakValidator], VALIDATORS]  # type: ignore[assignment]


@record
class LeakGenesis(Genesis):
    """What such a chain begins with."""

    params: LeakParams


def is_leaking(state: LeakState) -> bool:
    """Say whether nothing has become final for too long."""
    return state.epoch - 1 - state.finality.finalised.epoch > state.params.leak_after


def has_missed(state: LeakState, address: bytes, epoch: int) -> bool:
    """Say whether a validator did not vote for an epoch whose votes are still remembered."""
    votes = state.finality.votes.with_prefix(epoch_key(epoch))
    voters = (split_vote_key(key)[2] for key, _ in votes)
    return epoch > state.finality.finalised.epoch and address not in voters


def scored(state: LeakState, validator: LeakValidator, missed: bool) -> int:
    """Return a validator's next score."""
    params, score = state.params, validator.score
    score = score + params.score_bias if missed else max(0, score - 1)
    return score if is_leaking(state) else max(0, score - params.score_recovery)


def leak(_protocol: Protocol, state: Any) -> Transition:
    """Judge who voted for the last epoch but one, for which votes count no longer."""
    judged, events = state.epoch - 2, list[object]()
    known = state.finality.history.get(epoch_key(judged)) if judged >= 0 else None
    for address in known.snapshot if known is not None else ():
        validator, missed = state.validators[address], has_missed(state, address, judged)
        score = scored(state, validator, missed)
        due = validator.due + score if missed else validator.due
        whole = state.params.score_bias * state.params.leak_quotient
        fraction = min(BPS, BPS * due // whole)
        due = max(0, due - fraction * whole // BPS)
        watched = state.validators.set(address, evolve(validator, score=score, due=due))
        state = evolve(state, validators=watched)
        if fraction:
            state, announced = penalise(state, address, judged, fraction)
            events += announced
    return Transition(state, tuple(events))


DESIGN = Design.of(
    PROTOCOL.fork(
        "inactivity-leak",
        closing_steps=(*PROTOCOL.closing_steps, leak),
        state=LeakState,
        description=LeakGenesis,
    ),
    settings=("leak_quotient=1024",),
    lessons={Penalised: note_penalty},
)
"""With a quotient so small that stake leaks while a run lasts; Ethereum's is 2**24."""

FAST = Design.of(DESIGN.fork("fast-leak"), settings=("leak_quotient=64",))
"""So fast that each half of a split chain fades on the other's branch within the window."""
