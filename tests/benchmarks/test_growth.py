"""What grows can be built, is lawful where a run could lead there, and is met by a step."""

import pytest
from click.testing import CliRunner

from properties.laws import LAWS, check_state
from properties.laws.views import all_views
from tests.benchmarks.growth import GROWING, main

SOME = 12


@pytest.mark.parametrize("name", GROWING)
def test_a_state_with_so_much_of_it_takes_the_step_that_meets_it(name: str) -> None:
    growing = GROWING[name]
    state = growing.build(SOME)
    after = growing.meet(state)(state)
    assert after != state
    if not name.startswith("slashes"):
        # Those are of nothing that was done, which no genesis can describe.
        assert check_state(LAWS, after, all_views(after)) == []


def test_the_table_has_a_line_for_each_size() -> None:
    shown = CliRunner().invoke(main, ["--most", "50"])
    assert shown.exit_code == 0 and "root, µs" in shown.output
