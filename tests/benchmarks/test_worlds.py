"""The states that are measured are such as the protocol itself would build."""

from properties.laws import LAWS, check_state
from properties.laws.views import all_views
from statemachine import PROTOCOL, State
from statemachine.map_keys import split_agenda_key
from statemachine.rules.blocks import pass_slots
from tests.benchmarks.worlds import (
    KINDS,
    SMALL,
    apply_all,
    drawn,
    large_state,
    with_changes,
)


def lawful(state: State) -> bool:
    return check_state(LAWS, state, all_views(state)) == []


def test_states_and_what_is_done_to_them_are_lawful() -> None:
    state = large_state(SMALL)
    assert lawful(state)
    for kind in (*KINDS, "mix"):
        assert lawful(apply_all(state, drawn(kind, SMALL, 90)))


def test_a_boundary_with_changes_is_lawful_and_touches_as_many_validators_as_it_should() -> None:
    state = with_changes(large_state(SMALL), SMALL, 10)
    assert lawful(state)
    due = {split_agenda_key(key)[1] for key, _ in state.agenda.with_prefix((2).to_bytes(8, "big"))}
    assert len(due) == 10
    assert lawful(pass_slots(PROTOCOL, state, state.slot + 1).state)
