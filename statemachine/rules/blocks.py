"""Producing blocks: who may, and what becomes of the slots passed over."""

from types import MappingProxyType

from statemachine.arithmetic import reduce_without_bias
from statemachine.errors import Rejected, RejectionReason
from statemachine.events import BlockMissed, BlockProduced, Event
from statemachine.hashing import digest
from statemachine.messages import block_root
from statemachine.protocol import Offence, Protocol, Rules, Transition
from statemachine.records import evolve
from statemachine.state import PUT_OUT, OffenceKind, State
from statemachine.transactions import ProduceBlock


def elect_proposer(state: State, slot: int) -> bytes | None:
    """Name the proposer of a slot of the current epoch, each with the odds of its stake.

    None where no stake is active. Seed rows S1 and S3: the snapshot is ordered by
    address, and the digest is reduced without bias.
    """
    total = state.snapshot.total_weight
    if total == 0:
        return None
    attempt = 0
    while True:
        drawn = digest(
            "stakespec/proposer",
            state.seed,
            state.epoch.to_bytes(8, "big"),
            slot.to_bytes(8, "big"),
            attempt.to_bytes(8, "big"),
        )
        offset = reduce_without_bias(int.from_bytes(drawn, "big"), 256, total)
        if offset is not None:
            return state.snapshot.locate(offset)[0]
        attempt += 1


def produce_block(protocol: Protocol, state: State, tx: ProduceBlock) -> Transition:
    """Propose a block. Every slot up to it passes, and every boundary on the way.

    Where no stake is active anyone may propose: time must not stop, or nobody could
    get out.
    Rejects: slot_not_after_last, slot_too_far, wrong_proposer, proposer_jailed.
    """
    gap = tx.slot - state.slot
    if gap <= 0:
        raise Rejected(RejectionReason.SLOT_NOT_AFTER_LAST, slot=tx.slot, last=state.slot)
    if gap > state.params.max_slot_gap:
        raise Rejected(
            RejectionReason.SLOT_TOO_FAR,
            slot=tx.slot,
            furthest=state.slot + state.params.max_slot_gap,
        )
    passed = pass_slots(protocol, state, tx.slot)
    state, events = passed.state, passed.events
    elected = protocol.elect(state, tx.slot)
    if elected is not None and tx.proposer != elected:
        raise Rejected(RejectionReason.WRONG_PROPOSER, expected=elected, given=tx.proposer)
    if elected is not None:
        validator = state.validators[elected]
        if validator.status in PUT_OUT:
            raise Rejected(RejectionReason.PROPOSER_JAILED, proposer=elected)
        if validator.missed:
            validators = state.validators.set(elected, evolve(validator, missed=0))
            state = evolve(state, validators=validators)
    state = evolve(
        state,
        mix=digest("stakespec/mix", state.mix, tx.reveal),
        head=block_root(state.head, tx.slot, tx.proposer, tx.reveal, tx.body),
    )
    return Transition(state, (*events, BlockProduced(tx.slot, tx.proposer)))


def pass_slots(protocol: Protocol, state: State, slot: int) -> Transition:
    """Let time pass until a slot has come: boundaries are crossed, earlier slots missed."""
    events: list[Event] = []
    for now in range(state.slot + 1, slot + 1):
        state = evolve(state, slot=now)
        if now % state.params.epoch_length == 0:
            for step in protocol.epoch_steps:
                stepped = step(protocol, state)
                state = stepped.state
                events.extend(stepped.events)
        if now < slot:
            missed = _miss(protocol, state)
            state = missed.state
            events.extend(missed.events)
    return Transition(state, tuple(events))


def _miss(protocol: Protocol, state: State) -> Transition:
    """Count a missed block against the proposer elected for the state's slot."""
    elected = protocol.elect(state, state.slot)
    if elected is None:
        return Transition(state)
    validator = state.validators[elected]
    if validator.status in PUT_OUT:
        return Transition(state)
    validator = evolve(validator, missed=validator.missed + 1)
    state = evolve(state, validators=state.validators.set(elected, validator))
    missed = BlockMissed(state.slot, elected, validator.missed)
    if validator.missed <= state.params.downtime_threshold:
        return Transition(state, (missed,))
    offence = Offence(elected, OffenceKind.DOWNTIME, state.epoch, state.slot)
    slashed = protocol.slash(protocol, state, offence)
    return Transition(slashed.state, (missed, *slashed.events))


RULES: Rules = MappingProxyType(
    {
        ProduceBlock: produce_block,
    }
)
