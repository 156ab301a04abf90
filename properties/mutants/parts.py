"""Helpers shared by several forks."""

from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

import attrs

from statemachine.events import Event
from statemachine.protocol import EpochStep, Protocol, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL
from statemachine.rules.buckets import active_stake
from statemachine.rules.holdings import LoadedDelegation, load_delegation, save_delegation
from statemachine.state import Lot, State, Validator


def replace_step(old: EpochStep, new: EpochStep) -> dict[str, Any]:
    """Return the parts of a protocol that are a boundary's steps, with one step replaced."""
    return {
        part: tuple(new if step is old else step for step in getattr(PROTOCOL, part))
        for part in ("closing_steps", "opening_steps")
    }


def fork_step(name: str, old: EpochStep, new: EpochStep) -> Protocol:
    """Return a fork in which one step of a boundary is replaced, and nothing else."""
    return PROTOCOL.fork(name, **replace_step(old, new))


def then(transition: Transition, **changes: Any) -> Transition:
    """Change the state that a transition leads to."""
    return attrs.evolve(transition, state=evolve(transition.state, **changes))


def then_validator(transition: Transition, address: bytes, **changes: Any) -> Transition:
    """Change a validator in the state that a transition leads to."""
    validators = transition.state.validators
    changed: Validator = evolve(validators[address], **changes)
    return then(transition, validators=validators.set(address, changed))


def store_again(
    before: State, state: State, touched: LoadedDelegation, lots: Iterable[Lot]
) -> tuple[State, tuple[Event, ...]]:
    """Restore lots after a slash, and recompute what the validator earns with."""
    state, events = save_delegation(state, touched, lots)
    return earning_again(before, state, touched.holder), events


def spare(
    before: State,
    slashed: State,
    delegations: Iterable[tuple[bytes, bytes]],
    spared: Callable[[bytes, bytes, Lot], bool],
) -> Transition:
    """Restore some lots of some delegations from what a slash burned."""
    after = slashed
    events: tuple[Event, ...] = ()
    budget = slashed.supply.burned - before.supply.burned
    for holder, delegator in delegations:
        then = load_delegation(before, holder, delegator).delegation.lots
        touched = load_delegation(after, holder, delegator)
        lots = []
        for was, now in zip(then, touched.delegation.lots, strict=True):
            back = min(was.amount - now.amount, budget) if spared(holder, delegator, was) else 0
            budget -= back
            lots.append(evolve(now, amount=now.amount + back))
        if tuple(lots) != touched.delegation.lots:
            after, announced = store_again(before, after, touched, lots)
            events += announced
    supply = evolve(after.supply, burned=before.supply.burned + budget)
    return Transition(evolve(after, supply=supply), events)


def earning_again(before: State, state: State, holder: bytes) -> State:
    """Let a validator that earned before earn with all its active stake."""
    validator = state.validators[holder]
    if not before.validators[holder].earning:
        return state
    active = active_stake(validator.buckets, state.epoch)
    changed: Validator = evolve(validator, earning=active)
    return evolve(state, validators=state.validators.set(holder, changed))


def rebound(function: Callable[..., object], **names: Any) -> Callable[..., Any]:
    """Return a copy of a function with some global names bound to something else."""
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r} is no function of a module")
    shared = {**function.__globals__, **names}
    again = FunctionType(
        function.__code__, shared, function.__name__, function.__defaults__, function.__closure__
    )
    again.__kwdefaults__ = function.__kwdefaults__
    return again
