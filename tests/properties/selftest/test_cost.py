"""The law of cost: what an input costs grows no faster than the input, counted and not timed."""

from collections.abc import Callable

import pytest

from properties.selftest.cost import superlinear
from properties.selftest.growth import GROWTHS
from statemachine import codec
from statemachine.annotations import Malformed

Call = Callable[[], object]


@pytest.mark.parametrize("name", GROWTHS)
def test_every_entry_point_costs_in_proportion_to_its_input(name: str) -> None:
    growth = GROWTHS[name]
    assert superlinear(growth.input_of, growth.size) is None


# --- the meter sees what is not linear ---------------------------------------------------


def nested_loops(size: int) -> Call:
    def run() -> int:
        total = 0
        for first in range(size):
            for second in range(first):
                total += second
        return total

    return run


def asked_again_and_again(size: int) -> Call:
    names = [str(number) for number in range(size)]
    return lambda: [name for name in names if names.count(name) > 1]


def put_in_front(size: int) -> Call:
    def run() -> None:
        numbers: list[int] = []
        for number in range(size):
            numbers.insert(0, number)

    return run


def table_of_all_pairs(size: int) -> Call:
    return lambda: bytes(size * size)


@pytest.mark.parametrize(
    ("input_of", "beginning"),
    [
        (nested_loops, "operations grow"),
        (asked_again_and_again, "operations grow"),
        (put_in_front, "operations grow"),
        (table_of_all_pairs, "bytes of memory grow"),
    ],
)
def test_what_is_quadratic_is_seen(input_of: Callable[[int], Call], beginning: str) -> None:
    complaint = superlinear(input_of, 300)
    assert complaint is not None
    assert complaint.startswith(beginning)


def test_what_is_linear_or_nothing_is_not() -> None:
    assert superlinear(lambda size: lambda: sum(range(size)), 300) is None
    assert superlinear(lambda size: lambda: [number for number in range(size)], 3_000) is None


def test_the_old_search_for_a_name_that_is_there_twice_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def searched(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise Malformed("twice")
        return dict(pairs)

    monkeypatch.setattr(codec, "_without_duplicates", searched)
    growth = GROWTHS["text: a name twice"]
    assert superlinear(growth.input_of, growth.size) is not None
