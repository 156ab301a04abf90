"""Everything that theorems say about a protocol: its ties, the obligations, counterexamples."""

import time
from collections.abc import Callable, Iterable

import attrs
import z3

from properties.engines.engine import Verdict
from properties.theorems import accusations
from properties.theorems.conflict import EVERYBODY, conflicting_branches
from properties.theorems.judge import EXIT_CODES, Judgement, judge, judge_all, overall
from properties.theorems.machine import definitions_of
from properties.theorems.quorums import GROUPS
from properties.theorems.registry import theorems
from properties.theorems.scenes import RULE_TIES, answer
from properties.theorems.theory import Theorem
from properties.theorems.ties import ties
from properties.theorems.trials import confirming
from properties.trace.counterexample import Counterexample
from properties.trace.failures import broken_by
from properties.trace.trial import Trial
from statemachine.protocol import Protocol
from statemachine.transactions import CastVotes, ReportVotes

FOR_ALL_STAKES = "for all stakes"
FOR_ALL_PAIRS = "for all pairs of votes"


@attrs.frozen
class TieAnswer:
    """Whether the machine does what a definition, or an axiom, says."""

    name: str
    says: str
    place: str
    """The function, or the rule."""
    scope: str
    """For what it is shown."""
    verdict: Verdict
    seconds: float
    laws: tuple[str, ...] = ()
    reason: str = ""
    trial: Trial | None = None
    """What the real machine must be asked to see it broken."""


@attrs.frozen
class Inquiry:
    """What became of ties and obligations."""

    ties: tuple[TieAnswer, ...]
    theorems: tuple[Theorem, ...]
    judgements: tuple[Judgement, ...]
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """What it all comes to."""
        verdicts = {overall(self.judgements), *(one.verdict for one in self.ties)}
        for verdict in (Verdict.REFUTED, Verdict.UNDETERMINED):
            if verdict in verdicts:
                return verdict
        return Verdict.PROVED

    @property
    def exit_code(self) -> int:
        """0 where all is proved, 1 where something is refuted, else 4."""
        return EXIT_CODES[self.verdict]

    @property
    def broken_ties(self) -> tuple[TieAnswer, ...]:
        """The ties that the protocol breaks."""
        return tuple(one for one in self.ties if one.verdict is not Verdict.PROVED)

    @property
    def broken_obligations(self) -> tuple[Judgement, ...]:
        """The obligations that are not proved of the protocol, or prove nothing."""
        return tuple(one for one in self.judgements if not one.is_sound)


Report = Callable[[str], None]


def inquire(
    protocol: Protocol, thorough: bool = True, report: Report = lambda _name: None
) -> Inquiry:
    """Prove the ties and the theorems of a protocol."""
    began = time.process_time()
    report("the ties to the machine")
    answers = (*_functions(protocol), *_votes(protocol), *_evidence(protocol))
    broken = {one.name for one in answers if one.verdict is not Verdict.PROVED}
    chosen = theorems(definitions_of(protocol))
    judgements = judge_all(chosen, thorough, broken, report)
    return Inquiry(answers, chosen, tuple(judgements), time.process_time() - began)


def _functions(protocol: Protocol) -> Iterable[TieAnswer]:
    for tie in ties(protocol):
        judged = judge("tie", tie.obligation, thorough=False)
        yield TieAnswer(
            tie.obligation.name,
            tie.obligation.says,
            tie.place,
            tie.scope,
            judged.verdict,
            judged.seconds,
            reason=judged.reason or _numbers(judged.model),
            trial=None if judged.verdict is Verdict.PROVED else confirming(protocol),
        )


def _numbers(model: z3.ModelRef | None) -> str:
    if model is None:
        return ""
    named = sorted(f"{name} = {model[name]}" for name in model.decls() if name.arity() == 0)
    return f"not so where {', '.join(named)}" if named else ""


def _votes(protocol: Protocol) -> Iterable[TieAnswer]:
    place = _place(protocol, CastVotes)
    for tie in RULE_TIES:
        began = time.process_time()
        answered = answer(protocol, tie)
        verdict, trial, reason = Verdict.UNDETERMINED, None, answered.reason
        if answered.machine is not None:
            judged = judge("tie", answered.obligation, thorough=False)
            verdict, reason = judged.verdict, judged.reason or _numbers(judged.model)
            trial = answered.trial(judged.model) if judged.model is not None else None
        seconds = time.process_time() - began
        yield TieAnswer(
            tie.name, tie.says, place, FOR_ALL_STAKES, verdict, seconds, tie.laws, reason, trial
        )


def _evidence(protocol: Protocol) -> Iterable[TieAnswer]:
    began = time.process_time()
    failures = accusations.failures(protocol)
    seconds = (time.process_time() - began) / len(accusations.EVIDENCE_TIES)
    place = _place(protocol, ReportVotes)
    for tie in accusations.EVIDENCE_TIES:
        trial = failures.get(tie.name)
        verdict = Verdict.PROVED if trial is None else Verdict.REFUTED
        reason = "" if trial is None else "not so of the pair of votes that is replayed"
        yield TieAnswer(
            tie.name, tie.says, place, FOR_ALL_PAIRS, verdict, seconds, tie.laws, reason, trial
        )


def _place(protocol: Protocol, transaction: type) -> str:
    rule = protocol.rules[transaction]
    return f"{rule.__module__}.{getattr(rule, '__qualname__', type(rule).__name__)}"


def counterexamples(inquiry: Inquiry, protocol: Protocol, path: str) -> dict[str, Counterexample]:
    """Return what the real machine confirms, by the broken tie or obligation.

    A tie whose trial breaks no law is missing: its model is spurious, or no law speaks of it.
    """
    confirmed = {}
    for tie in inquiry.broken_ties:
        if tie.trial is None:
            continue
        trial, violations = broken_by(protocol, tie.trial)
        for violation in violations[:1]:
            found_by = f"prove --theorems, tie {tie.name}"
            confirmed[tie.name] = Counterexample(
                path, violation.law, violation.message, found_by, trial.start, trial.transactions
            )
    return {**confirmed, **_conflict(inquiry, protocol, path)}


SAFETY = ("quorums", "safety", "blame")


def _conflict(inquiry: Inquiry, protocol: Protocol, path: str) -> dict[str, Counterexample]:
    """Return two branches that break accountable safety, for the first obligation that has any."""
    for judgement in inquiry.broken_obligations:
        if judgement.theorem not in SAFETY:
            continue
        stakes = _stakes_of(judgement) or EVERYBODY
        found_by = f"prove --theorems, obligation {judgement.name}"
        conflict = conflicting_branches(protocol, path, stakes, found_by)
        if conflict is not None:
            return {judgement.name: conflict}
    return {}


def _stakes_of(judgement: Judgement) -> dict[str, int] | None:
    """Return the stake of each group of voters in a model of `quorums/one set`."""
    if judgement.model is None or judgement.name != "quorums/one set":
        return None
    return {
        group: judgement.model.eval(z3.Int(f"stake_{group}"), model_completion=True).as_long()
        for group in GROUPS
    }
