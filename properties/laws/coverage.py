"""Coverage: how often each rule accepted or rejected a transaction, and each law judged."""

from collections import Counter

import attrs

from properties.laws.accusation import DRAWN_TYPES
from properties.laws.law import Law, OnAttempt, OnOracle, OnRejection, OnStep, Witness
from properties.laws.occasions import OCCASIONS
from properties.laws.views import Step
from properties.laws.witnesses import STEP_WITNESSES
from statemachine.errors import Rejected
from statemachine.protocol import Protocol


def judged(law: Law, counts: Counter[str]) -> int:
    """Return how many transactions, counted by type, a law had something to say about."""
    spared = sum(counts[kind.__name__] for kind in law.spared)
    told = sum(counts[kind.__name__] for kind in law.about) if law.about else counts.total()
    return told - spared


@attrs.define
class Coverage:
    """Counts of what happened."""

    witnesses: tuple[Witness, ...] = STEP_WITNESSES
    types: tuple[type, ...] = DRAWN_TYPES
    """Which types of transaction it is asked to see accepted."""
    fired: Counter[str] = attrs.field(factory=Counter)
    rejected: dict[str, Counter[str]] = attrs.field(factory=dict)
    reached: Counter[str] = attrs.field(factory=Counter)
    occasions: Counter[str] = attrs.field(factory=Counter)
    """Steps on each occasion that a law may wait for."""
    runs: int = 0
    steps: int = 0
    epochs: int = 0

    def accept(self, protocol: Protocol, step: Step) -> None:
        """Count a step."""
        self.fired[type(step.transaction).__name__] += 1
        self.steps += 1
        self.epochs += step.after.epoch - step.before.epoch
        for occasion in OCCASIONS:
            if occasion.happened(step):
                self.occasions[occasion.id] += 1
        for witness in self.witnesses:
            check = witness.check
            if isinstance(check, OnStep):
                for _ in check.observe(protocol, step):
                    self.reached[witness.id] += 1
                    break

    def reject(self, transaction: object, rejection: Rejected) -> None:
        """Count a refusal."""
        name = type(transaction).__name__
        self.rejected.setdefault(name, Counter())[rejection.reason.value] += 1

    def checks(self, law: Law) -> int:
        """Return how many transactions a law that looks at each had to judge."""
        if law.when is not None:
            return self.occasions[law.when.id]
        accepted, rejected = judged(law, self.fired), judged(law, self.refusals())
        match law.check:
            case OnRejection():
                return rejected
            case OnAttempt() | OnOracle(rejections=True):
                return accepted + rejected
        return accepted

    def refusals(self) -> Counter[str]:
        """Return how often transactions were refused, by their type."""
        return Counter({name: reasons.total() for name, reasons in self.rejected.items()})

    def add(self, other: "Coverage") -> None:
        """Count what another has seen as well."""
        self.runs += other.runs
        self.steps += other.steps
        self.epochs += other.epochs
        self.fired.update(other.fired)
        self.reached.update(other.reached)
        self.occasions.update(other.occasions)
        for name, reasons in other.rejected.items():
            self.rejected.setdefault(name, Counter()).update(reasons)

    def never_fired(self) -> list[str]:
        """Return the transaction types that were never accepted."""
        return [kind.__name__ for kind in self.types if not self.fired[kind.__name__]]

    def never_reached(self) -> list[str]:
        """Return the witnesses that were never seen."""
        return [witness.id for witness in self.witnesses if not self.reached[witness.id]]
