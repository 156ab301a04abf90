"""The one function that applies a transaction and checks it, and the laws that it checks.

Every engine, the prover included, applies transactions by `checked_apply`, so that the same
fault of a rule gets the same verdict everywhere.
"""

from collections.abc import Iterator
from operator import is_not
from pathlib import PurePath
from typing import Any

import attrs

from properties.laws import patience
from properties.laws.law import Attempt, Law, OnAttempt, Violation
from properties.laws.patience import patient
from properties.laws.views import Step
from statemachine.errors import Rejected
from statemachine.protocol import Protocol, Transition
from statemachine.records import contents_of, fields_of
from statemachine.state import State

_CALLERS = frozenset({__file__, patience.__file__})
"""What is on the way to a rule, and no part of it."""


@attrs.frozen(eq=False)
class Misbehaved:
    """What a rule did was neither to accept nor to reject a transaction."""

    violations: tuple[Violation, ...]


Outcome = Step | Rejected | Misbehaved
"""What became of a transaction."""


def checked_apply(protocol: Protocol, state: State, transaction: Any) -> Outcome:
    """Apply a transaction; return the step, the rejection, or how the rule misbehaved."""
    contents = contents_of(state)
    returned: Any = None
    raised: Exception | None = None
    where = ""
    try:
        returned = patient(protocol, state, transaction)
    except Exception as error:
        if not isinstance(error, Rejected):
            where = place_in_rules(error)
        # With its traceback it would keep this frame alive, and be kept alive by it.
        raised = error.with_traceback(None)
    attempt = Attempt(state, contents, transaction, returned, raised, where)
    violations = tuple(
        Violation(law.id, complaint) for law, observe in _CHECKS for complaint in observe(attempt)
    )
    if violations:
        return Misbehaved(violations)
    if isinstance(raised, Rejected):
        return raised
    return Step(state, transaction, returned.state, returned.events)


def place_in_rules(error: Exception) -> str:
    """Say in which function, file and line of the rules an error arose, as far as can be seen."""
    place = ""
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        file = PurePath(code.co_filename)
        is_ours = file.parent.name == "statemachine" or code.co_filename in _CALLERS
        if not is_ours or not place:
            place = f"in {code.co_name}, {'/'.join(file.parts[-2:])} line {traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def _not_total(attempt: Attempt) -> Iterator[str]:
    name, raised, returned = type(attempt.transaction).__name__, attempt.raised, attempt.returned
    if raised is not None:
        if not isinstance(raised, Rejected):
            place = f" ({attempt.where})" if attempt.where else ""
            yield f"{name} raised {type(raised).__name__}: {raised}{place}"
    elif isinstance(returned, Rejected):
        yield f"the rule of {name} returned a Rejected; it must raise it"
    elif not isinstance(returned, Transition):
        yield f"the rule of {name} returned {type(returned).__name__}, not a Transition"
    elif type(returned.state) is not type(attempt.state):
        kinds = (type(returned.state).__name__, type(attempt.state).__name__)
        yield f"the rule of {name} returned a Transition to {kinds[0]}, not to {kinds[1]}"


def _not_pure(attempt: Attempt) -> Iterator[str]:
    now = contents_of(attempt.state)
    if any(map(is_not, attempt.contents, now)):
        changed = zip(fields_of(type(attempt.state)), attempt.contents, now, strict=True)
        names = ", ".join(field.name for field, was, is_now in changed if was is not is_now)
        yield f"the rule changed {names} in its own input"


LAWS = (
    Law(
        id="RUN-3",
        name="totality",
        statement="A transaction with fields in range is applied or Rejected, within 10 s of"
        " processor time; nothing else is ever raised.",
        source="M5; B7, B8, S3, S13, S16",
        check=OnAttempt(_not_total),
    ),
    Law(
        id="RUN-4",
        name="purity",
        statement="A transition leaves the state that it was given as it was.",
        source="S24",
        check=OnAttempt(_not_pure),
    ),
)
"""The laws that a rule breaks by how it answers, whatever it answers."""

_CHECKS = ((LAWS[0], _not_total), (LAWS[1], _not_pure))

ALWAYS = frozenset(law.id for law in LAWS)
"""Laws without which nothing could be said of a run; no design can set them aside."""
