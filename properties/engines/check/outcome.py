"""What a check found, and how much it covered, by law and engine."""

import attrs

from properties.engines.engine import INTERRUPTED, Engine, Result, Verdict
from properties.laws import Law
from properties.laws.coverage import Coverage
from properties.laws.law import Witness
from properties.laws.witnesses import TWO_RUN_WITNESSES
from properties.trace.failures import Failures
from properties.trace.known import Known, still_breaking

GOOD = (Verdict.PROVED, Verdict.HELD)


@attrs.define
class CheckReport:
    """What a check found, and how much it covered."""

    protocol: str
    seed: int
    laws: tuple[Law, ...]
    coverage: Coverage
    """What happened in all engines that draw transactions."""
    results: dict[Engine, Result] = attrs.field(factory=dict)
    """What each engine did, in the order in which they ran."""
    failures: Failures = attrs.field(factory=Failures)
    known: tuple[Known, ...] = ()
    """The counterexamples of earlier runs, replayed."""
    interrupted: bool = False
    asks_every_law: bool = True
    """Whether each law must have had something to judge; one large world may not give it that."""

    def take(self, engine: Engine, result: Result) -> None:
        """Count what an engine did."""
        if engine.draws:
            self.coverage.add(result.coverage)
        else:
            self.coverage.reached.update(result.coverage.reached)
            self.coverage.occasions.update(result.coverage.occasions)
        for failure in result.failures:
            self.failures.add(failure)
        self.failures.in_vain += result.failures.in_vain

    @property
    def cut_short(self) -> str:
        """Why not all was done that was asked for; empty where it was."""
        if self.interrupted:
            return INTERRUPTED
        ended = ((engine.name, result.cut_short) for engine, result in self.results.items())
        return "; ".join(f"{name}: {why}" for name, why in ended if why)

    def exit_code(self) -> int:
        """Return 0 held, 1 refuted, 3 a witness never reached, 4 undetermined."""
        if self.failures or still_breaking(self.known):
            return 1
        if self.cut_short or not any(result.runs for result in self.results.values()):
            return 4
        if self.never_reached() or self.never_fired() or self.never_judged():
            return 3
        return 0 if any(self.verdict(law.id) in GOOD for law in self.laws) else 4

    def verdict(self, law: str) -> Verdict:
        """Return what all engines together know of a law."""
        verdicts = {self.verdict_by(engine, law) for engine in self.results}
        for verdict in (Verdict.REFUTED, Verdict.PROVED, Verdict.HELD):
            if verdict in verdicts:
                return verdict
        return Verdict.UNDETERMINED

    def verdict_by(self, engine: Engine, law: str) -> Verdict | None:
        """Return what one engine knows of a law; None where it never judges it."""
        result = self.results[engine]
        broken = ((one.engine, one.violation.law) for one in self.failures)
        if (engine.name, law) in broken:
            return Verdict.REFUTED
        if law in result.proofs:
            proofs = result.proofs[law]
            return Verdict.PROVED if proofs.proved == proofs.total else Verdict.UNDETERMINED
        if law not in result.checks:
            return None
        complete = result.checks[law] and not result.cut_short
        return Verdict.HELD if complete else Verdict.UNDETERMINED

    def witnesses(self) -> tuple[Witness, ...]:
        """Return what was looked for and should happen sometimes."""
        ran = [engine for engine, result in self.results.items() if result.runs]
        drawn = self.coverage.witnesses if any(engine.draws for engine in ran) else ()
        types = frozenset().union(*(engine.checks for engine in ran))
        return (*drawn, *(one for one in TWO_RUN_WITNESSES if type(one.check) in types))

    def never_reached(self) -> list[str]:
        """Return the witnesses that were looked for in vain."""
        return [one.id for one in self.witnesses() if not self.coverage.reached[one.id]]

    def never_judged(self) -> list[str]:
        """Return the laws that engines looked at, and that had nothing to judge in all of it."""
        if not self.asks_every_law:
            return []
        ran = [result for result in self.results.values() if result.runs]
        counts: dict[str, int] = {}
        for result in ran:
            for law, count in result.checks.items():
                counts[law] = counts.get(law, 0) + count
        proved = {law for result in ran for law in result.proofs}
        return [law.id for law in self.laws if counts.get(law.id) == 0 and law.id not in proved]

    def never_fired(self) -> list[str]:
        """Return the rules that never fired, where transactions were drawn."""
        drew = any(engine.draws and result.runs for engine, result in self.results.items())
        return self.coverage.never_fired() if drew else []
