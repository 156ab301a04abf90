"""The type of laws: a statement that must always hold, with one check for breaches.

A witness is the same thing with the opposite quantifier: something that must happen at
least once. Both carry one check, and the type of the check says what it looks at.
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import attrs

from properties.laws.views import Step, ValidatorView
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.state import State


@attrs.frozen
class Violation:
    """A law, and how it was broken, with the numbers put in."""

    law: str
    message: str


Observations = Iterable[str]
"""What a check sees: of a law each breach, with what is and what should be; of a witness
whatever it says, since one observation is enough."""

SEEN = ("",)
"""The observation of a witness that has nothing to add."""


@attrs.frozen
class Attempt:
    """A transaction that was put to a protocol, and what the rule did, before it is believed."""

    state: State
    contents: tuple[object, ...]
    """What the fields of the state held before, in the order of its record."""
    transaction: object
    returned: object = None
    raised: Exception | None = None
    where: str = ""
    """In which function, file and line it raised, if it did not reject."""


# --- what a check can look at ------------------------------------------------------------


@attrs.frozen
class OnState:
    """Looks at a whole state."""

    looks_at: ClassVar[str] = "state"
    observe: Callable[[State], Observations]
    reads: tuple[str, ...] = ()
    """The fields that it reads besides the epoch; none named: any may be read.
    Within an epoch it is checked again only where one of them is another."""


@attrs.frozen
class OnValidator:
    """Looks at one validator; checked again only where that validator changed."""

    looks_at: ClassVar[str] = "validator"
    observe: Callable[[ValidatorView], Observations]


@attrs.frozen
class OnAccount:
    """Looks at one account of a state; checked again only where its balance changed."""

    looks_at: ClassVar[str] = "account"
    observe: Callable[[State, bytes], Observations]


@attrs.frozen
class OnSum:
    """Compares a total with the sum of its parts; checked again only by what changed in it."""

    looks_at: ClassVar[str] = "sum"
    total: Callable[[State], int]
    """The total that the state keeps."""
    part: Callable[[ValidatorView], int]
    """What one validator accounts for."""
    unit: int = 1
    """How many of what the sum counts make one token."""


@attrs.frozen
class OnStep:
    """Looks at a transaction that was accepted, and the states before and after it."""

    looks_at: ClassVar[str] = "step"
    observe: Callable[[Protocol, Step], Observations]

    @classmethod
    def when(cls, happened: Callable[[Step], bool]) -> "OnStep":
        """Return a check, for a witness, that a step satisfies a predicate."""
        return cls(lambda _protocol, step: SEEN if happened(step) else ())


@attrs.frozen
class OnRejection:
    """Looks at a transaction that was rejected: protocol, state, transaction, rejection."""

    looks_at: ClassVar[str] = "rejection"
    observe: Callable[[Protocol, State, Any, Rejected], Observations]


@attrs.frozen
class OnAttempt:
    """Looks at what a rule did with a transaction: it accepted, rejected, or misbehaved."""

    looks_at: ClassVar[str] = "attempt"
    observe: Callable[[Attempt], Observations]


@attrs.frozen
class OnOracle:
    """Compares with the oracle, the second machine in exact fractions, which names the law."""

    looks_at: ClassVar[str] = "oracle"
    rejections: bool = False
    """Whether it judges rejected transactions too."""


@attrs.frozen
class OnEnd:
    """Looks at what can follow the last state of a run; None where it does not apply there."""

    looks_at: ClassVar[str] = "end of a run"
    observe: Callable[[Protocol, State], Observations | None]


@attrs.frozen
class OnReplay:
    """Compares a run with the same run in another process."""

    looks_at: ClassVar[str] = "replay"


@attrs.frozen
class OnTwoRuns:
    """Looks at two runs from one genesis, which the engine of branches grows."""

    looks_at: ClassVar[str] = "two runs"


@attrs.frozen
class OnChance:
    """Looks at how often something happens over many elections."""

    looks_at: ClassVar[str] = "chance"


Check = (
    OnState
    | OnValidator
    | OnAccount
    | OnSum
    | OnStep
    | OnRejection
    | OnAttempt
    | OnOracle
    | OnEnd
    | OnReplay
    | OnTwoRuns
    | OnChance
)

CHECKS_OF_STATES: frozenset[type] = frozenset({OnState, OnValidator, OnAccount, OnSum})
"""The types of checks that need one state alone."""

CHECKS_OF_STEPS: frozenset[type] = CHECKS_OF_STATES | {OnStep, OnRejection, OnAttempt}
"""The types of checks that need one transaction, and no second machine."""


# --- laws and witnesses ------------------------------------------------------------------


@attrs.frozen(eq=False)
class Occasion:
    """What a step must be about for a law to have something to judge in it."""

    id: str
    happened: Callable[[Step], bool]


@attrs.frozen
class Law:
    """A statement that must always hold, and what looks for a breach."""

    id: str
    name: str
    statement: str
    check: Check
    source: str = ""
    about: tuple[type, ...] = ()
    """The types of transaction that it judges; none named: all. It is not told of others."""
    spared: tuple[type, ...] = ()
    """The types of transaction that a design spares: it is not told of these either."""
    when: Occasion | None = None
    """Without which it had nothing to judge in a step; None: there always is something.

    It looks at other steps too, but those do not count: a law that saw no occasion is idle.
    """
    reachable: bool = False
    """Whether it is about what runs lead to: states that no run need reach are not put to it."""

    def judges(self, kind: type) -> bool:
        """Say whether it judges transactions of a type."""
        return (not self.about or kind in self.about) and kind not in self.spared


@attrs.frozen
class Witness:
    """Something that must happen at least once, and what looks for it."""

    id: str
    statement: str
    check: OnStep | OnTwoRuns


class LawRaised(Exception):
    """A law's own code raised, or did not return complaints: it has judged nothing."""

    def __init__(self, law: Law, error: Exception) -> None:
        super().__init__(f"law {law.id} raised {type(error).__name__}: {error}{_place(error)}")
        self.law = law
        self.error = error


def _place(error: Exception) -> str:
    """Say in which file and line an error arose; nothing where it was never raised."""
    traceback = error.__traceback__
    if traceback is None:
        return ""
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return f" ({traceback.tb_frame.f_code.co_filename}, line {traceback.tb_lineno})"
