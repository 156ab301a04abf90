"""Becoming a validator, and what an operator can do as one."""

from types import MappingProxyType

from statemachine.errors import Rejected, RejectionReason
from statemachine.events import CommissionSet, StatusChanged, ValidatorRegistered
from statemachine.protocol import Protocol, Rules, Transition
from statemachine.records import evolve, extend, held_by
from statemachine.rules.agenda import schedule_review
from statemachine.rules.delegation import add_stake, remove_stake, require_validator
from statemachine.rules.holdings import load_delegation
from statemachine.state import IN_SERVICE, State, Status, Validator
from statemachine.transactions import ChangeCommission, Exit, RegisterValidator, Unjail


def register_validator(_protocol: Protocol, state: State, tx: RegisterValidator) -> Transition:
    """Make an account a validator, pending until its own stake becomes active.

    Rejects: account_is_validator, key_in_use, commission_too_high,
    insufficient_self_stake, and as `delegate` does.
    """
    if tx.operator in state.validators:
        raise Rejected(RejectionReason.ACCOUNT_IS_VALIDATOR, operator=tx.operator)
    if tx.public_key in state.keys:
        raise Rejected(RejectionReason.KEY_IN_USE, public_key=tx.public_key)
    require_commission(state, tx.commission_bps)
    if tx.self_stake < state.params.min_stake:
        raise Rejected(
            RejectionReason.INSUFFICIENT_SELF_STAKE,
            needed=state.params.min_stake,
            given=tx.self_stake,
        )
    ours = Validator(
        status=Status.PENDING,
        public_key=tx.public_key,
        commission_bps=tx.commission_bps,
        next_commission_bps=tx.commission_bps,
        settled=state.reward_index,
    )
    validator = extend(ours, held_by(type(state), "validators"))
    state = evolve(
        state,
        validators=state.validators.set(tx.operator, validator),
        keys=state.keys.set(tx.public_key, tx.operator),
    )
    staked = add_stake(state, tx.operator, tx.operator, tx.self_stake)
    announced = ValidatorRegistered(tx.operator, tx.commission_bps)
    return Transition(staked.state, (announced, *staked.events))


def require_commission(state: State, commission_bps: int) -> None:
    """Check a commission against the highest allowed. Rejects: commission_too_high."""
    if commission_bps > state.params.max_commission_bps:
        raise Rejected(
            RejectionReason.COMMISSION_TOO_HIGH,
            given=commission_bps,
            highest=state.params.max_commission_bps,
        )


def require_in_service(state: State, operator: bytes) -> Validator:
    """Return a validator that has not left.

    Rejects: unknown_validator, validator_not_in_service.
    """
    validator = require_validator(state, operator)
    if validator.status not in IN_SERVICE:
        raise Rejected(
            RejectionReason.VALIDATOR_NOT_IN_SERVICE,
            validator=operator,
            status=validator.status.value,
        )
    return validator


def change_commission(_protocol: Protocol, state: State, tx: ChangeCommission) -> Transition:
    """Set the commission from the next epoch on; the last change in an epoch counts.

    Rejects: unknown_validator, validator_not_in_service, commission_too_high,
    commission_change_too_large.
    """
    validator = require_in_service(state, tx.operator)
    require_commission(state, tx.commission_bps)
    change = abs(tx.commission_bps - validator.commission_bps)
    if change > state.params.max_commission_change_bps:
        raise Rejected(
            RejectionReason.COMMISSION_CHANGE_TOO_LARGE,
            change=change,
            largest=state.params.max_commission_change_bps,
        )
    validator = evolve(validator, next_commission_bps=tx.commission_bps)
    state = evolve(state, validators=state.validators.set(tx.operator, validator))
    state = schedule_review(state, tx.operator)
    return Transition(state, (CommissionSet(tx.operator, tx.commission_bps),))


def exit_validator(_protocol: Protocol, state: State, tx: Exit) -> Transition:
    """Leave for good at the end of the epoch; the operator's own stake unbonds.

    A jailed validator leaves at once.
    Rejects: unknown_validator, validator_not_in_service, churn_queue_full.
    """
    validator = require_in_service(state, tx.operator)
    after = Status.EXITED if validator.status is Status.JAILED else Status.EXITING
    left = evolve(validator, status=after)
    state = evolve(state, validators=state.validators.set(tx.operator, left))
    state = schedule_review(state, tx.operator)
    announced = StatusChanged(tx.operator, validator.status, after)
    own = bonded_self_stake(state, tx.operator)
    if own == 0:
        return Transition(state, (announced,))
    unbonding = remove_stake(state, tx.operator, tx.operator, own)
    return Transition(unbonding.state, (announced, *unbonding.events))


def bonded_self_stake(state: State, operator: bytes) -> int:
    """Return an operator's own bonded stake, active yet or not."""
    lots = load_delegation(state, operator, operator).delegation.lots
    return sum(lot.amount for lot in lots if lot.end is None)


def unjail(_protocol: Protocol, state: State, tx: Unjail) -> Transition:
    """Return from jail; the validator joins again at the next boundary at which it may.

    Rejects: unknown_validator, not_jailed, still_jailed, insufficient_self_stake.
    """
    validator = require_validator(state, tx.operator)
    if validator.status is not Status.JAILED:
        raise Rejected(RejectionReason.NOT_JAILED, status=validator.status.value)
    if state.epoch < validator.jailed_until:
        raise Rejected(
            RejectionReason.STILL_JAILED, until=validator.jailed_until, epoch=state.epoch
        )
    own = bonded_self_stake(state, tx.operator)
    if own < state.params.min_stake:
        raise Rejected(
            RejectionReason.INSUFFICIENT_SELF_STAKE, needed=state.params.min_stake, given=own
        )
    returned = evolve(validator, status=Status.PENDING)
    state = evolve(state, validators=state.validators.set(tx.operator, returned))
    state = schedule_review(state, tx.operator)
    return Transition(state, (StatusChanged(tx.operator, Status.JAILED, Status.PENDING),))


RULES: Rules = MappingProxyType(
    {
        RegisterValidator: register_validator,
        ChangeCommission: change_commission,
        Exit: exit_validator,
        Unjail: unjail,
    }
)
