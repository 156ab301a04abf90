"""Crossing an epoch boundary: only what changed is looked at.

Everything that a boundary has to do is on the agenda, by delegation: a lot that starts,
ends or is released, stake that moves, a validator whose place must be reviewed.
"""

from statemachine.events import EpochBegan, Event, StakeMoved, StakeReleased, StatusChanged
from statemachine.map_keys import delegation_key, epoch_key
from statemachine.protocol import Protocol, Transition
from statemachine.records import evolve
from statemachine.rules.accounts import credit
from statemachine.rules.agenda import due_now
from statemachine.rules.buckets import active_stake, merge_buckets
from statemachine.rules.finality import open_epoch
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.rules.lots import is_active, oldest_admissible
from statemachine.rules.rewards import settle_validator
from statemachine.state import SERVING, Departure, Lot, State, Status, Stay


def process_due_delegations(_protocol: Protocol, state: State) -> Transition:
    """Credit every delegation on the agenda; release and move what is due."""
    events: list[Event] = []
    for holder, delegator in due_now(state):
        state, announced = _process_due(state, holder, delegator)
        events += announced
    return Transition(state, tuple(events))


def _process_due(state: State, holder: bytes, delegator: bytes) -> tuple[State, tuple[Event, ...]]:
    if delegation_key(holder, delegator) not in state.delegations:
        return state, ()
    epoch, unbonding_epochs = state.epoch, state.params.unbonding_epochs
    loaded = load_delegation(state, holder, delegator)
    staying: list[Lot] = []
    moving: list[Lot] = []
    released = 0
    for lot in loaded.delegation.lots:
        if lot.end is None or epoch < lot.end:
            staying.append(lot)
        elif lot.destination is not None:
            moving.append(lot)
        elif epoch < lot.end + unbonding_epochs:
            staying.append(lot)
        else:
            released += lot.amount
    state, events = save_delegation(state, loaded, staying)
    if released:
        state = credit(state, delegator, released)
        events += (StakeReleased(delegator, holder, released),)
    for lot in moving:
        state, announced = _move(state, holder, delegator, lot)
        events += announced
    return state, events


def _move(
    state: State, source: bytes, delegator: bytes, lot: Lot
) -> tuple[State, tuple[Event, ...]]:
    """Move a lot that has left its source to its destination, with its history."""
    if lot.amount == 0 or lot.destination is None:
        return state, ()
    oldest = oldest_admissible(state)
    past = tuple(stay for stay in lot.past if stay.end > oldest)
    if lot.start < state.epoch:
        # A start that no evidence reaches is 0, or it would tell when the lot was last saved.
        start = lot.start if lot.start > oldest else 0
        past = (*past, Stay(source, start, state.epoch))
    arrived = Lot(lot.amount, start=state.epoch, past=past)
    loaded = load_delegation(state, lot.destination, delegator)
    state, events = save_delegation(state, loaded, (*loaded.delegation.lots, arrived))
    for stay in past:
        state = note_departure(state, stay, lot.destination)
    moved = StakeMoved(delegator, source, lot.destination, lot.amount)
    return state, (*events, moved)


def note_departure(state: State, stay: Stay, destination: bytes) -> State:
    """Record at a validator where stake that is liable for it went."""
    if stay.validator == destination:
        return state
    validator = state.validators[stay.validator]
    oldest = oldest_admissible(state)
    ends = {gone.destination: gone.last_end for gone in validator.departures}
    ends[destination] = max(stay.end, ends.get(destination, 0))
    departures = tuple(
        Departure(gone, last_end) for gone, last_end in sorted(ends.items()) if last_end > oldest
    )
    noted = evolve(validator, departures=departures)
    return evolve(state, validators=state.validators.set(stay.validator, noted))


def update_validator_set(protocol: Protocol, state: State) -> Transition:
    """Review every validator on the agenda: status, commission and weight from now on."""
    events: list[Event] = []
    reviewed: bytes | None = None
    for holder, _ in due_now(state):
        if holder != reviewed and holder in state.validators:
            state, announced = _review(protocol, state, holder)
            events += announced
        reviewed = holder
    return Transition(state, tuple(events))


def _review(protocol: Protocol, state: State, address: bytes) -> tuple[State, tuple[Event, ...]]:
    """Work out a validator's place in the set of the epoch that begins."""
    validator = settle_validator(state.validators[address], state.reward_index)
    buckets = merge_buckets(validator.buckets, oldest_admissible(state))
    before = after = validator.status
    if before in SERVING:
        after = Status.ACTIVE if protocol.serves(state, address) else Status.PENDING
    elif before is Status.EXITING:
        after = Status.EXITED
    earning = active_stake(buckets, state.epoch) if after is Status.ACTIVE else 0
    validator = evolve(
        validator,
        status=after,
        buckets=buckets,
        earning=earning,
        commission_bps=validator.next_commission_bps,
        missed=validator.missed if after is Status.ACTIVE else 0,
    )
    snapshot = state.snapshot
    if earning:
        snapshot = snapshot.set(address, earning)
    elif address in snapshot:
        snapshot = snapshot.remove(address)
    state = evolve(state, validators=state.validators.set(address, validator), snapshot=snapshot)
    return state, ((StatusChanged(address, before, after),) if after is not before else ())


def has_enough_of_its_own(state: State, operator: bytes) -> bool:
    """Say whether an operator's own active stake is enough to serve with."""
    return active_self_stake(state, operator) >= state.params.min_stake


def active_self_stake(state: State, operator: bytes) -> int:
    """Return an operator's own stake that is active in this epoch."""
    lots = load_delegation(state, operator, operator).delegation.lots
    return sum(lot.amount for lot in lots if is_active(lot.start, lot.end, state.epoch))


def begin_epoch(_protocol: Protocol, state: State) -> Transition:
    """Begin the epoch: fix its seed and checkpoint, and drop what can no longer matter."""
    oldest = oldest_admissible(state)
    punished = state.punished
    if oldest:
        punished = punished.without_prefix(epoch_key(oldest - 1))
    state = evolve(
        state,
        agenda=state.agenda.without_prefix(epoch_key(state.epoch)),
        punished=punished,
        joining=tuple(booking for booking in state.joining if booking.epoch > state.epoch),
        leaving=tuple(booking for booking in state.leaving if booking.epoch > state.epoch),
        seed=state.mix,
    )
    state = evolve(state, finality=open_epoch(state))
    began = EpochBegan(
        state.epoch,
        state.snapshot.total_weight,
        len(state.snapshot),
    )
    return Transition(state, (began,))
