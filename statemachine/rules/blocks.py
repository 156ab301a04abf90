"""Producing blocks: who may, and what becomes of the slots passed over."""

from collections.abc import Mapping
from types import MappingProxyType

from statemachine.arithmetic import reduce_without_bias
from statemachine.errors import Rejected, RejectionReason
from statemachine.events import BlockMissed, BlockProduced, Event
from statemachine.hashing import digest
from statemachine.map_keys import epoch_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import block_root
from statemachine.protocol import Offence, Protocol, Rules, Transition
from statemachine.records import evolve
from statemachine.state import PUT_OUT, OffenceKind, State
from statemachine.transactions import ProduceBlock


def elect_proposer(state: State, slot: int) -> bytes | None:
    """Name the proposer of a slot of the current epoch, each with the odds of its stake.

    The stake is that of the electors: a set that was fixed before anybody could know the seed.
    Whoever of them is not active any more is replaced by a second draw, from those who are,
    so that no slot is lost. Only a slot of somebody who left can so be won by changing the
    active set late. None where no stake is active.
    """
    if not state.snapshot:
        return None
    record = state.finality.history.get(epoch_key(state.epoch))
    electors = state.snapshot if record is None else record.electors
    elected = _draw("stakespec/proposer", state, slot, electors) if electors else None
    if elected is None or elected not in state.snapshot:
        return _draw("stakespec/substitute", state, slot, state.snapshot)
    return elected


def only_the_elected(protocol: Protocol, state: State, slot: int) -> tuple[bytes, ...] | None:
    """Name who may propose in a slot: whoever is elected, or anybody if nobody is.

    Time must not stop where no stake is active, or nobody could get out.
    """
    elected = protocol.elect(state, slot)
    return None if elected is None else (elected,)


def _draw(domain: str, state: State, slot: int, stake: MerkleMap[int]) -> bytes:
    """Draw one of a set by its stake, of which there is some.

    Seed rows S1 and S3: the set is ordered by address, and the digest is reduced without bias.
    """
    attempt = 0
    while True:
        drawn = digest(
            domain,
            state.seed,
            state.epoch.to_bytes(8, "big"),
            slot.to_bytes(8, "big"),
            attempt.to_bytes(8, "big"),
        )
        offset = reduce_without_bias(int.from_bytes(drawn, "big"), 256, stake.total_weight)
        if offset is not None:
            return stake.locate(offset)[0]
        attempt += 1


def produce_block(protocol: Protocol, state: State, tx: ProduceBlock) -> Transition:
    """Propose a block. Every slot up to it passes, and every boundary on the way.

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
    leaders = protocol.leaders(protocol, state, tx.slot)
    if leaders is not None:
        if tx.proposer not in leaders:
            expected = {"expected": leaders[0]} if leaders else {}
            raise Rejected(RejectionReason.WRONG_PROPOSER, **expected, given=tx.proposer)
        validator = state.validators[tx.proposer]
        if validator.status in PUT_OUT:
            raise Rejected(RejectionReason.PROPOSER_JAILED, proposer=tx.proposer)
        if validator.missed:
            validators = state.validators.set(tx.proposer, evolve(validator, missed=0))
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
    length = state.params.epoch_length
    first = state.slot + 1
    while state.slot < slot:
        until = min(slot, (state.epoch + 1) * length)
        missed = _miss(protocol, state, range(first, until))
        state = evolve(missed.state, slot=until)
        events += missed.events
        if until % length == 0:
            for step in protocol.epoch_steps:
                stepped = step(protocol, state)
                state = stepped.state
                events += stepped.events
        first = until
    return Transition(state, tuple(events))


def _miss(protocol: Protocol, state: State, slots: range) -> Transition:
    """Count missed blocks against the proposers elected for some slots of the state's epoch."""
    # The slots are one change of the state, unless somebody is slashed: nothing else that
    # an election may look at changes between them, and to build a state for each is dear.
    events: list[Event] = []
    counted: dict[bytes, int] = {}
    for slot in slots:
        elected = protocol.elect(state, slot)
        if elected is None:
            continue
        validator = state.validators[elected]
        if validator.status in PUT_OUT:
            continue
        missed = counted.get(elected, validator.missed) + 1
        counted[elected] = missed
        events.append(BlockMissed(slot, elected, missed))
        if missed > state.params.downtime_threshold:
            state = evolve(_with_missed(state, counted), slot=slot)
            counted.clear()
            offence = Offence(elected, OffenceKind.DOWNTIME, state.epoch, slot)
            slashed = protocol.slash(protocol, state, offence)
            state = slashed.state
            events += slashed.events
    return Transition(_with_missed(state, counted), tuple(events))


def _with_missed(state: State, counted: Mapping[bytes, int]) -> State:
    """Return a state in which validators have missed so many blocks in a row."""
    if not counted:
        return state
    validators = state.validators
    for address, missed in counted.items():
        validators = validators.set(address, evolve(validators[address], missed=missed))
    return evolve(state, validators=validators)


RULES: Rules = MappingProxyType(
    {
        ProduceBlock: produce_block,
    }
)
