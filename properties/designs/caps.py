"""Caps: the set has so many validators, or none weighs more than a share of all."""

from typing import Any

from properties.laws.views import Step
from properties.model.design import Design, Law, OnStep
from statemachine import PROTOCOL, Genesis, Params, Protocol, State, Transition, evolve
from statemachine.arithmetic import share
from statemachine.primitives import BasisPoints, Duration
from statemachine.records import record
from statemachine.rules.agenda import schedule
from statemachine.rules.buckets import active_stake
from statemachine.rules.epochs import begin_epoch, has_enough_of_its_own, update_validator_set
from statemachine.state import SERVING


@record
class CapParams(Params):
    """How many may serve, and what one may weigh."""

    most_validators: Duration = 3
    """Validators in the active set."""
    most_bps: BasisPoints = 4_000
    """Share of all stake that one validator may weigh."""


@record
class CapState(State):
    """A state with these parameters."""

    params: CapParams


@record
class CapGenesis(Genesis):
    """What such a chain begins with."""

    params: CapParams


# --- a cap on how many ------------------------------------------------------------------------


def is_among_the_first(state: Any, address: bytes) -> bool:
    """Say whether a validator that may serve is among those with the most stake."""
    if not has_enough_of_its_own(state, address):
        return False
    stakes = {
        one: active_stake(validator.buckets, state.epoch)
        for one, validator in state.validators.items()
        if validator.status in SERVING and has_enough_of_its_own(state, one)
    }
    first = sorted(stakes, key=lambda one: (-stakes[one], one))
    return address in first[: state.params.most_validators]


def review_all(_protocol: Protocol, state: State) -> Transition:
    """Have every validator reviewed: a place may be lost, or won, by what others do."""
    for address in state.validators:
        state = schedule(state, state.epoch, address, address)
    return Transition(state)


def too_many(_protocol: Protocol, step: Step) -> list[str]:
    """Complain of a set that is too large."""
    state: Any = step.after
    count, most = len(state.snapshot), state.params.most_validators
    return [f"{count} serve, at most {most} may"] if count > most else []


BY_NUMBER = Design.of(
    PROTOCOL.fork(
        "cap-on-number",
        opening_steps=(review_all, update_validator_set, begin_epoch),
        serves=is_among_the_first,
        state=CapState,
        description=CapGenesis,
    ),
    laws=(
        Law(
            id="CAP-1",
            name="so many serve",
            statement="No more than `most_validators` are in the active set.",
            check=OnStep(too_many),
        ),
    ),
    set_aside={"TIM-6": "every validator is reviewed at every boundary"},
)
"""Top N by stake."""


# --- a cap on what one weighs -----------------------------------------------------------------


def cap_weights(_protocol: Protocol, state: Any) -> Transition:
    """Let no validator weigh more than its share of all stake that serves; it earns as before."""
    stakes = {one: state.validators[one].earning for one in state.snapshot}
    most = max(1, share(sum(stakes.values()), state.params.most_bps))
    snapshot = state.snapshot
    for one, stake in stakes.items():
        if snapshot[one] != min(stake, most):
            snapshot = snapshot.set(one, min(stake, most))
    return Transition(evolve(state, snapshot=snapshot))


BY_SHARE = Design.of(
    PROTOCOL.fork(
        "cap-on-share",
        opening_steps=(update_validator_set, cap_weights, begin_epoch),
        state=CapState,
        description=CapGenesis,
    ),
    set_aside={"TIM-6": "what everybody weighs is worked out anew at every boundary"},
)
"""Votes and elections count no more of one validator than its share."""
