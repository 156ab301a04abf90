"""Putting stake behind a validator, taking it back, and moving it."""

from types import MappingProxyType

from statemachine.errors import Rejected, RejectionReason
from statemachine.events import Delegated, Event, Redelegated, Undelegated
from statemachine.map_keys import delegation_key, epoch_key
from statemachine.protocol import Protocol, Rules, Transition
from statemachine.records import evolve
from statemachine.rules.accounts import debit
from statemachine.rules.churn import book
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.state import ACCEPTING, Booking, Lot, State, Validator
from statemachine.transactions import Delegate, Redelegate, Undelegate


def delegate(_protocol: Protocol, state: State, tx: Delegate) -> Transition:
    """Put tokens behind a validator; they become active at the next epochs with room.

    Rejects: unknown_validator, validator_not_accepting, zero_amount,
    insufficient_balance, churn_queue_full.
    """
    require_accepting(state, tx.validator)
    return add_stake(state, tx.validator, tx.delegator, tx.amount)


def undelegate(_protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    """Withdraw any part of a stake, the newest lots first.

    It stays active until its end and is released `unbonding_epochs` after that.
    Rejects: unknown_validator, zero_amount, no_delegation, insufficient_stake,
    churn_queue_full.
    """
    require_validator(state, tx.validator)
    return remove_stake(state, tx.validator, tx.delegator, tx.amount)


def redelegate(_protocol: Protocol, state: State, tx: Redelegate) -> Transition:
    """Move any part of a stake to another validator, the newest lots first.

    It stays active at the source until its end, arrives at the destination then, and
    remains liable for earlier infractions of the source.
    Rejects: same_validator, unknown_validator, validator_not_accepting, zero_amount,
    no_delegation, insufficient_stake, churn_queue_full.
    """
    if tx.source == tx.destination:
        raise Rejected(RejectionReason.SAME_VALIDATOR, validator=tx.source)
    require_validator(state, tx.source)
    require_accepting(state, tx.destination)
    return remove_stake(state, tx.source, tx.delegator, tx.amount, tx.destination)


def require_validator(state: State, address: bytes) -> Validator:
    """Return a validator. Rejects: unknown_validator."""
    validator = state.validators.get(address)
    if validator is None:
        raise Rejected(RejectionReason.UNKNOWN_VALIDATOR, validator=address)
    return validator


def require_accepting(state: State, address: bytes) -> None:
    """Check that a validator accepts stake.

    Rejects: unknown_validator, validator_not_accepting.
    """
    status = require_validator(state, address).status
    if status not in ACCEPTING:
        raise Rejected(
            RejectionReason.VALIDATOR_NOT_ACCEPTING, validator=address, status=status.value
        )


def add_stake(state: State, validator: bytes, delegator: bytes, amount: int) -> Transition:
    """Turn tokens of an account into lots. Rejects as `delegate` does."""
    state = debit(state, delegator, amount)
    joining, parts = book(state, state.joining, amount)
    loaded = load_delegation(state, validator, delegator)
    new = tuple(Lot(part.amount, part.epoch) for part in parts)
    state, events = save_delegation(state, loaded, loaded.delegation.lots + new)
    agenda = state.agenda
    for part in parts:
        agenda = agenda.set(epoch_key(part.epoch) + delegation_key(validator, delegator), True)
    announced: tuple[Event, ...] = tuple(
        Delegated(delegator, validator, part.amount, part.epoch) for part in parts
    )
    return Transition(evolve(state, joining=joining, agenda=agenda), events + announced)


def remove_stake(
    state: State,
    validator: bytes,
    delegator: bytes,
    amount: int,
    destination: bytes | None = None,
) -> Transition:
    """Book bonded lots to leave, the newest first: to unbond, or to another validator.

    Rejects: zero_amount, no_delegation, insufficient_stake, churn_queue_full.
    """
    if amount == 0:
        raise Rejected(RejectionReason.ZERO_AMOUNT)
    if delegation_key(validator, delegator) not in state.delegations:
        raise Rejected(RejectionReason.NO_DELEGATION, validator=validator, delegator=delegator)
    loaded = load_delegation(state, validator, delegator)
    bonded = tuple(lot for lot in loaded.delegation.lots if lot.end is None)
    available = sum(lot.amount for lot in bonded)
    if available < amount:
        raise Rejected(RejectionReason.INSUFFICIENT_STAKE, needed=amount, available=available)
    state, parts = _book_leaving(state, validator, amount, destination)
    staying, gone = _split(bonded, parts, destination)
    others = tuple(lot for lot in loaded.delegation.lots if lot.end is not None)
    state, events = save_delegation(state, loaded, others + staying + gone)
    for lot in gone:
        state, announced = _announce_leaving(state, validator, delegator, lot)
        events += announced
    return Transition(state, events)


def _book_leaving(
    state: State, validator: bytes, amount: int, destination: bytes | None
) -> tuple[State, tuple[Booking, ...]]:
    """Find room for leaving stake.

    Where it is not active it takes none; but if it moves to another validator from there,
    it joins the active stake, and takes room for that.
    Rejects: churn_queue_full.
    """
    if validator in state.snapshot:
        leaving, parts = book(state, state.leaving, amount)
        return evolve(state, leaving=leaving), parts
    if destination is not None:
        joining, parts = book(state, state.joining, amount)
        return evolve(state, joining=joining), parts
    return state, (Booking(state.epoch + 1, amount),)


def _split(
    bonded: tuple[Lot, ...], parts: tuple[Booking, ...], destination: bytes | None
) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """Split lots into what stays and what leaves at the booked epochs, the newest first."""
    # Two lists are cut against each other: the lots by age, and the bookings by epoch. Each
    # step takes the smaller of what the lot and the booking have left, so that each piece
    # has one history and one end. The newest goes first, because the oldest has served
    # longest: it may have merged with other stake, and answers for most.
    staying, gone = [], []
    waiting = list(parts)
    for lot in sorted(bonded, key=lambda lot: lot.start, reverse=True):
        left = lot.amount
        while left and waiting:
            part = min(left, waiting[0].amount)
            # Stake that leaves before it has become active has never been active.
            end = max(waiting[0].epoch, lot.start)
            gone.append(evolve(lot, amount=part, end=end, destination=destination))
            left -= part
            if part == waiting[0].amount:
                waiting.pop(0)
            else:
                waiting[0] = Booking(waiting[0].epoch, waiting[0].amount - part)
        if left:
            staying.append(evolve(lot, amount=left))
    return tuple(staying), tuple(gone)


def _announce_leaving(
    state: State, validator: bytes, delegator: bytes, lot: Lot
) -> tuple[State, tuple[Event, ...]]:
    """Schedule what a leaving lot will need, and return its event."""
    end = lot.end or 0
    agenda = state.agenda.set(epoch_key(end) + delegation_key(validator, delegator), True)
    if lot.destination is None:
        release = end + state.params.unbonding_epochs
        agenda = agenda.set(epoch_key(release) + delegation_key(validator, delegator), True)
        event: Event = Undelegated(delegator, validator, lot.amount, end, release)
        return evolve(state, agenda=agenda), (event,)
    agenda = agenda.set(epoch_key(end) + delegation_key(lot.destination, delegator), True)
    state = evolve(state, agenda=agenda)
    return state, (Redelegated(delegator, validator, lot.destination, lot.amount, end),)


RULES: Rules = MappingProxyType(
    {
        Delegate: delegate,
        Undelegate: undelegate,
        Redelegate: redelegate,
    }
)
