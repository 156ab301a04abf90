"""Forks whose mistake shows only after many steps that have to do with each other."""

from typing import Any

from statemachine import PROTOCOL, ProduceBlock, Protocol, State, Status, Transition, Undelegate
from statemachine.events import StakeReleased
from statemachine.map_keys import delegation_key
from statemachine.rules.lots import is_active
from statemachine.state import Lot


class DeepMistake(Exception):
    """Raised where the mistake would be made, so that no law need notice it."""


def was_cut_for_its_past(state: State, holder: bytes, lot: Lot) -> bool:
    """Say whether stake has lost something for a validator that it had left by then."""
    return any(
        slash.offender == stay.validator and is_active(stay.start, stay.end, slash.epoch)
        for stay in lot.past
        for slash in state.validators[holder].slashes
    )


def leaving_lots(state: State, holder: bytes, delegator: bytes) -> list[Lot]:
    delegation = state.delegations.get(delegation_key(holder, delegator))
    lots = delegation.lots if delegation is not None else ()
    return [lot for lot in lots if lot.end is not None and was_cut_for_its_past(state, holder, lot)]


def _release(protocol: Protocol, state: State, tx: Any) -> Transition:
    transition = PROTOCOL.rules[ProduceBlock](protocol, state, tx)
    for event in transition.events:
        if isinstance(event, StakeReleased) and leaving_lots(
            state, event.validator, event.delegator
        ):
            raise DeepMistake
    return transition


def _undelegate(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    transition = PROTOCOL.rules[Undelegate](protocol, state, tx)
    jailed = state.validators[tx.validator].status is Status.JAILED
    if jailed and leaving_lots(transition.state, tx.validator, tx.delegator):
        raise DeepMistake
    return transition


RELEASE = PROTOCOL.fork("deep-release", {ProduceBlock: _release})
"""Stake is delegated, becomes active, is moved, arrives, is cut for an offence of the one it
left, is told to leave, and is released: there is the mistake."""

FROM_JAIL = PROTOCOL.fork("deep-jail", {Undelegate: _undelegate})
"""Stake is delegated, becomes active, is moved, arrives, is cut for an offence of the one it
left, and is told to leave one that is in jail: there is the mistake."""
