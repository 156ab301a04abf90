"""Where in a fork's source the code stands that a failure should be looked for in."""

import inspect
import os
from collections.abc import Callable, Iterator

import attrs

from properties.trace.failures import Failure
from statemachine.protocol import Protocol


@attrs.frozen
class Place:
    """A line of a file, whose name is relative to the current folder if it lies in it."""

    file: str
    line: int


def place_of(protocol: Protocol, failure: Failure) -> Place | None:
    """Return where the fork's own code begins that is to blame first; None if it has none."""
    for function in _suspects(protocol, failure):
        code = getattr(function, "__code__", None)
        if code is None or function.__module__.partition(".")[0] == "statemachine":
            continue
        file = inspect.getsourcefile(function)
        if file is not None:
            near = os.path.relpath(file)
            return Place(file if near.startswith("..") else near, code.co_firstlineno)
    return None


def _suspects(protocol: Protocol, failure: Failure) -> Iterator[Callable[..., object]]:
    """Return the rule of the last transaction, and then whatever else may be replaced."""
    if failure.trial.transactions:
        rule = protocol.rules.get(type(failure.trial.transactions[-1]))
        if rule is not None:
            yield rule
    yield from (protocol.slash, protocol.fraction, protocol.elect, protocol.leaders)
    yield from (protocol.serves, protocol.is_quorum)
    yield from protocol.epoch_steps
    yield from protocol.rules.values()
