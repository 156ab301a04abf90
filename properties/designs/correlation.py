"""Penalties that grow with how many offend together.

At report, as Polkadot's: min((3 k / n)**2, 1) for k of n offenders in a window, here by their
stake. Later, as Ethereum's `process_slashings`: a small penalty at once, and half a withdrawability
delay after it three times the share that was slashed around then (Bellatrix), of what is there.
"""

from typing import Annotated, Any

from properties.designs.penalty import Penalised, note_penalty, penalise
from properties.designs.splitting import LAW
from properties.laws.views import Step
from properties.model.design import Design, Law, OnStep, Witness
from statemachine import (
    PROTOCOL,
    MapLayout,
    MerkleMap,
    Offence,
    Protocol,
    State,
    Transition,
    evolve,
)
from statemachine.canonical import canonical_bytes
from statemachine.events import Slashed
from statemachine.map_keys import epoch_key
from statemachine.primitives import BPS, Amount
from statemachine.records import record
from statemachine.rules.lots import oldest_admissible
from statemachine.rules.slashing import fraction_of, slash
from statemachine.state import SIGNED_TWICE
from statemachine.transactions import ReportVotes


def itself(amount: int) -> int:
    """Return what an amount weighs in a map."""
    return amount


OFFENDED: MapLayout[int] = MapLayout("offended", 28, weigh=itself, encode=canonical_bytes)
"""What offenders weighed, by the epoch of their punishment and their address."""


@record
class CorrelationState(State):
    """A state that remembers who offended when."""

    offended: Annotated[MerkleMap[Amount], OFFENDED] = MerkleMap.empty(OFFENDED)


def weight_of(state: State, offence: Offence) -> int:
    """Return what an offender weighed at the infraction, as far as the chain remembers."""
    known = state.finality.history.get(epoch_key(offence.epoch))
    return 0 if known is None else known.snapshot.get(offence.validator, 0)


def offended_lately(state: Any) -> int:
    """Return what all weighed together who have been punished within the window."""
    since = epoch_key(oldest_admissible(state))
    offended: MerkleMap[int] = state.offended
    return sum(weight for key, weight in offended.items() if key[:8] >= since)


def noting(protocol: Protocol, state: Any, offence: Offence) -> Transition:
    """Slash as before, and remember who signed twice."""
    slashed = slash(protocol, state, offence)
    if offence.kind not in SIGNED_TWICE:
        return slashed
    weight = weight_of(state, offence)
    offended = state.offended.set(epoch_key(state.epoch) + offence.validator, weight)
    return Transition(evolve(slashed.state, offended=offended), slashed.events)


def at_report(state: Any, offence: Offence) -> int:
    """Return the share for an offence: (3 k / n)**2 with those who offended lately and this one."""
    if offence.kind not in SIGNED_TWICE:
        return fraction_of(state, offence)
    together = 3 * (offended_lately(state) + weight_of(state, offence))
    total = max(1, state.snapshot.total_weight)
    share: int = BPS * together**2 // total**2
    return min(BPS, share)


def pay_later(_protocol: Protocol, state: Any) -> Transition:
    """Take three times the share that offended within a window from who did half of one ago."""
    window = state.params.evidence_window
    punished = state.epoch - (window + 1) // 2
    if punished < 0:
        return Transition(state)
    events: list[object] = []
    together = 3 * offended_lately(state)
    fraction = min(BPS, BPS * together // max(1, state.snapshot.total_weight))
    for key, _ in state.offended.with_prefix(epoch_key(punished)):
        # Its stake of then, as far as it can still be told from other stake.
        state, announced = penalise(state, key[8:], punished - 1, fraction)
        events += announced
    if oldest_admissible(state):
        old = epoch_key(oldest_admissible(state) - 1)
        state = evolve(state, offended=state.offended.without_prefix(old))
    return Transition(state, tuple(events))


def grows(_protocol: Protocol, step: Step) -> list[str]:
    """Complain of one offender who lost more in a step than another of the same report."""
    slashed = [event for event in step.events if isinstance(event, Slashed)]
    shares = [one.fraction_bps for one in slashed if one.kind in SIGNED_TWICE]
    return [f"{shares} are no growing shares"] if shares != sorted(shares) else []


AT_REPORT = Design.of(
    PROTOCOL.fork(
        "correlation-at-report", slash=noting, fraction=at_report, state=CorrelationState
    ),
    laws=(
        Law(
            id="COR-1",
            name="the more, the dearer",
            statement="Who is punished later in a report loses no smaller share.",
            check=OnStep(grows),
            about=(ReportVotes,),
        ),
        LAW,
    ),
)
"""All is taken at once; who is reported first pays less than who is reported last."""

LATER = Design.of(
    PROTOCOL.fork(
        "correlation-later",
        slash=noting,
        closing_steps=(*PROTOCOL.closing_steps, pay_later),
        state=CorrelationState,
    ),
    lessons={Penalised: note_penalty},
    laws=(LAW,),
    settings=("double_sign_bps=313",),
    witnesses=(
        Witness(
            "paid-later",
            "the second part of a penalty is taken",
            OnStep.when(lambda step: any(isinstance(one, Penalised) for one in step.events)),
        ),
    ),
)
"""A 32nd at once, and the rest later."""
