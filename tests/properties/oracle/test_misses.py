"""Missed blocks are recounted from elections and blocks alone."""

from properties.laws.accusation import with_accusations
from properties.laws.views import Step
from properties.oracle.evidence import Charge
from properties.oracle.finality import states_at_boundaries
from properties.oracle.misses import Misses
from properties.oracle.oracle import Oracle
from statemachine import PROTOCOL, Exit, OffenceKind, ProduceBlock, State, evolve
from statemachine.events import BlockMissed
from statemachine.state import Status
from tests.statemachine.worlds import ANNA, BEN, PARAMS, elected, world

STATE = world()


def block(state: State, slot: int) -> Step:
    proposer = elected(state, slot)
    assert proposer is not None
    transaction = ProduceBlock(slot, proposer, bytes(32))
    transition = PROTOCOL.transition(state, transaction)
    return Step(state, transaction, transition.state, transition.events)


def passed(misses: Misses, step: Step) -> tuple[Charge, ...]:
    return misses.pass_slots(step, states_at_boundaries(PROTOCOL, step))


def forgiving(threshold: int) -> State:
    return evolve(STATE, params=evolve(STATE.params, downtime_threshold=threshold))


def test_each_slot_passed_over_is_missed_by_whom_it_elected() -> None:
    state = forgiving(100)
    misses = Misses.at(state, PROTOCOL)
    step = block(state, state.slot + 3)
    assert passed(misses, step) == ()
    slots = (state.slot + 1, state.slot + 2)
    assert [(slot, who) for slot, who, _ in misses.told] == [
        (slot, elected(state, slot)) for slot in slots
    ]
    assert list(misses.differences(step)) == []


def test_more_misses_in_a_row_than_are_forgiven_are_downtime_and_start_again() -> None:
    state = forgiving(0)
    misses = Misses.at(state, PROTOCOL)
    step = block(state, state.slot + 2)
    offender = elected(state, state.slot + 1)
    assert offender is not None
    assert passed(misses, step) == (Charge(offender, OffenceKind.DOWNTIME, state.epoch),)
    assert offender not in misses.counts
    assert list(misses.differences(step)) == []


def test_who_is_put_out_misses_nothing() -> None:
    slot = STATE.slot + 1
    proposer = elected(STATE, slot)
    assert proposer is not None
    jailed = evolve(STATE.validators[proposer], status=Status.JAILED, jailed_until=9)
    state = evolve(STATE, validators=STATE.validators.set(proposer, jailed))
    misses = Misses.at(state, PROTOCOL)
    passed(
        misses, block(state, next(s for s in range(slot + 1, 99) if elected(state, s) != proposer))
    )
    assert proposer not in misses.counts


def test_a_count_that_a_block_does_not_clear_is_complained_of() -> None:
    state = forgiving(100)
    step = block(state, state.slot + 1)
    assert isinstance(step.transaction, ProduceBlock)
    proposer = step.transaction.proposer
    counted = evolve(step.after.validators[proposer], missed=1)
    after = evolve(step.after, validators=step.after.validators.set(proposer, counted))
    misses = Misses.at(state, PROTOCOL)
    wrong = Step(step.before, step.transaction, after, step.events)
    passed(misses, wrong)
    name = "0x" + proposer.hex()[:8]
    assert list(misses.differences(wrong)) == [
        f"{name} has missed 0 blocks in a row, 1 are counted"
    ]


def test_what_is_announced_as_missed_must_be_what_was_missed() -> None:
    state = forgiving(100)
    step = block(state, state.slot + 2)
    misses = Misses.at(state, PROTOCOL)
    passed(misses, step)
    silent = Step(step.before, step.transaction, step.after, ())
    assert list(misses.differences(silent)) == ["0 missed blocks were announced, there were 1"]
    told = next(event for event in step.events if isinstance(event, BlockMissed))
    event = evolve(told, in_a_row=7)
    loud = Step(step.before, step.transaction, step.after, (event, *step.events[1:]))
    assert any("was announced as the 7th" in complaint for complaint in misses.differences(loud))


def test_who_leaves_and_is_punished_in_mid_block_goes_on_missing() -> None:
    """An hour of fuzzing found this: the oracle forgave what was missed after the punishment."""
    start = world(params=evolve(PARAMS, epoch_length=8, max_slot_gap=16, downtime_threshold=1))
    seeds = (evolve(start, seed=bytes([number]) * 32) for number in range(256))
    state = next(one for one in seeds if turns(one) == [ANNA, ANNA, ANNA, BEN])
    state = PROTOCOL.apply(state, Exit(ANNA))
    assert state.validators[ANNA].status is Status.EXITING
    # Two are missed, which is downtime, and then one more.
    step = block(state, 4)
    assert [event.in_a_row for event in step.events if isinstance(event, BlockMissed)] == [1, 2, 1]
    assert step.after.validators[ANNA].missed == 1
    assert Oracle.at(state, with_accusations(PROTOCOL)).follow(step) == []


def turns(state: State) -> list[bytes | None]:
    return [PROTOCOL.elect(state, slot) for slot in range(1, 5)]
