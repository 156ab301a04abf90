"""What an input costs, counted and not timed: lines that run, and bytes at the peak.

A call into C counts for as much as it goes through, where that can be seen: asking a list how
often something is in it counts as the list's length.
"""

import sys
import tracemalloc
from collections.abc import Callable
from random import Random
from types import FrameType
from typing import Any

import attrs

from properties.selftest.growth import GROWTHS
from properties.selftest.kinds import Fault

WALKING = frozenset(
    [
        "copy",
        "count",
        "decode",
        "encode",
        "extend",
        "find",
        "hex",
        "index",
        "insert",
        "join",
        "remove",
        "replace",
        "reverse",
        "rfind",
        "sort",
        "split",
        "splitlines",
        "strip",
    ]
)
"""Methods of lists, texts and bytes that go through all of it."""

MOST_PER_DOUBLING = 2.35
"""The most that the added cost may grow per doubling: twice, and a little for deeper maps."""

MOST_FOR_FOUR = 6
"""The most that memory may grow with four times the input: hash tables grow in leaps."""


@attrs.frozen
class Cost:
    """What a call cost."""

    operations: int
    """Lines of Python that ran, and calls into C by what they went through."""
    memory: int
    """Bytes allocated at the peak."""


def cost_of(run: Callable[[], object]) -> Cost:
    """Run a call, and return its cost."""
    return Cost(operations_of(run), memory_of(run))


def operations_of(run: Callable[[], object]) -> int:
    """Run a call, and count its operations."""
    count = 0

    def trace(_frame: FrameType, _event: str, _argument: object) -> Any:
        nonlocal count
        count += 1
        return trace

    def profile(_frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        if event != "c_call":
            return
        count += 1
        owner = getattr(argument, "__self__", None)
        if isinstance(owner, list | tuple | str | bytes) and argument.__name__ in WALKING:
            count += len(owner)

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(trace)
    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(before[1])
        sys.settrace(before[0])
    return count


def memory_of(run: Callable[[], object]) -> int:
    """Run a call, and return its peak of allocated bytes."""
    tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        run()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def superlinear(input_of: Callable[[int], Callable[[], object]], size: int) -> str | None:
    """Return what grows faster than the input when that is doubled twice, or None."""
    calls = [input_of(size << doubling) for doubling in range(3)]
    calls[0]()  # What is made at the first call and kept costs nobody twice.
    small, middle, large = (cost_of(call) for call in calls)
    sizes = f"at sizes {size:,}, {2 * size:,}, {4 * size:,}"
    first = middle.operations - small.operations
    second = large.operations - middle.operations
    if second > MOST_PER_DOUBLING * max(first, LEAST_OPERATIONS):
        counts = ", ".join(f"{cost.operations:,}" for cost in (small, middle, large))
        return f"operations grow faster than the input: {counts} {sizes}"
    if large.memory > MOST_FOR_FOUR * max(small.memory, LEAST_MEMORY):
        counts = ", ".join(f"{cost.memory:,}" for cost in (small, middle, large))
        return f"bytes of memory grow faster than the input: {counts} {sizes}"
    return None


LEAST_OPERATIONS, LEAST_MEMORY = 200, 65_536
"""Costs too small to compare."""


def of_cost(rng: Random) -> str:
    """Double an input of a random kind twice: time and memory grow no faster."""
    name = rng.choice(sorted(GROWTHS))
    growth = GROWTHS[name]
    complaint = superlinear(growth.input_of, growth.size)
    if complaint:
        raise Fault(f"{name}: {complaint}")
    return "linear"
