"""Deciding obligations: is the claim proved, do the axioms have a model, is each one needed?"""

import time
from collections.abc import Callable, Collection, Iterable
from enum import StrEnum

import attrs
import z3

from properties.engines.engine import Verdict
from properties.theorems.finite import constants, small_model
from properties.theorems.theory import Axiom, Obligation, Theorem

STEPS = 60_000_000
"""What the solver may spend on a claim; a count of its own steps, the same on every machine."""

EXIT_CODES = {Verdict.PROVED: 0, Verdict.REFUTED: 1, Verdict.UNDETERMINED: 4}

STEPS_WITHOUT = 1_500_000
"""What it may spend on proving a claim with one axiom fewer."""


MOST = 100
"""What a reader takes in at a glance: models of larger numbers only where there are no others."""


class Need(StrEnum):
    """Whether a claim rests on an axiom."""

    NEEDED = "needed"
    """Without it, there is a model in which the claim is false."""
    LEMMA = "lemma"
    """It is proved on its own, or is the hypothesis of an induction."""
    SPARE = "spare"
    """The claim is proved without it."""
    UNDETERMINED = "undetermined"
    """Neither a proof without it nor a small model."""


@attrs.frozen
class Judgement:
    """What became of an obligation."""

    theorem: str
    obligation: Obligation
    verdict: Verdict
    seconds: float
    """Of processor time."""
    model: z3.ModelRef | None = None
    """Where the claim is false, if it is refuted."""
    consistent: bool | None = None
    """Whether the axioms have a model, so that they do not prove just anything."""
    needs: tuple[tuple[str, Need], ...] = ()
    """Whether each axiom is needed."""
    reason: str = ""
    """Why it is undetermined."""
    withdrawn: tuple[str, ...] = ()
    """The axioms that it had to do without, because a protocol breaks their ties."""

    @property
    def name(self) -> str:
        """Theorem and obligation."""
        return f"{self.theorem}/{self.obligation.name}"

    @property
    def is_sound(self) -> bool:
        """Say whether it is proved, and not from axioms that contradict each other."""
        return self.verdict is Verdict.PROVED and self.consistent is True


def solver_for(steps: int, search: bool = True) -> z3.Solver:
    """Return a solver that gives the same answer every time.

    One that does not search instantiates quantifiers by what it has seen alone: it proves, or
    gives up at once.
    """
    solver = z3.SimpleSolver()
    solver.set("rlimit", steps)
    solver.set("random_seed", 0)
    solver.set("mbqi", search)
    return solver


def judge(
    theorem: str,
    obligation: Obligation,
    thorough: bool = True,
    broken: Collection[str] = (),
) -> Judgement:
    """Decide an obligation without the axioms of broken ties; ask of each other if it is needed."""
    began = time.process_time()
    standing = obligation.without(broken)
    verdict, model, reason, consistent = _decide(standing)
    needs: tuple[tuple[str, Need], ...] = ()
    if thorough and verdict is Verdict.PROVED:
        needs = tuple((axiom.name, _need(standing, axiom)) for axiom in standing.axioms)
    kept = {axiom.name for axiom in standing.axioms}
    withdrawn = tuple(axiom.name for axiom in obligation.axioms if axiom.name not in kept)
    seconds = time.process_time() - began
    return Judgement(
        theorem, obligation, verdict, seconds, model, consistent, needs, reason, withdrawn
    )


Decision = tuple[Verdict, z3.ModelRef | None, str, bool | None]

_decided: dict[str, Decision] = {}
"""What was decided of an obligation, by its text: forks share most of them."""


def _decide(obligation: Obligation) -> Decision:
    """Decide a claim, and say whether the axioms that prove it have a model."""
    key = "\n".join(formula.sexpr() for formula in (*obligation.assumptions(), obligation.claim))
    if key not in _decided:
        verdict, model, reason = _ask(obligation)
        has_model = None
        if verdict is Verdict.PROVED:
            has_model = small_model(obligation.assumptions()) is not None
        _decided[key] = verdict, model, reason, has_model
    return _decided[key]


def _ask(obligation: Obligation) -> tuple[Verdict, z3.ModelRef | None, str]:
    formulas = (*obligation.assumptions(), z3.Not(obligation.claim))
    for search in (False, True):
        solver = solver_for(STEPS, search)
        solver.add(*formulas)
        answer = solver.check()
        if answer == z3.unsat:
            return Verdict.PROVED, None, ""
        if answer == z3.sat:
            return Verdict.REFUTED, readable_model(solver, formulas), ""
        small = small_model(formulas)
        if small is not None:
            return Verdict.REFUTED, small[1], ""
    reason = f"z3 gave up after {STEPS:,} steps, and no small model refutes it"
    return Verdict.UNDETERMINED, None, reason


def readable_model(solver: z3.Solver, formulas: Iterable[z3.BoolRef]) -> z3.ModelRef:
    """Return a solver's model, or one of small numbers if there is any."""
    # The solver may give up where it is asked again, so what it has is taken first.
    model = solver.model()
    numbers = {number for formula in formulas for number in constants(formula) if z3.is_int(number)}
    small = solver.check(*(z3.And(number >= -MOST, number <= MOST) for number in numbers))
    return solver.model() if small == z3.sat else model


def _need(obligation: Obligation, axiom: Axiom) -> Need:
    formulas = (*obligation.assumptions(without=axiom.name), z3.Not(obligation.claim))
    solver = solver_for(STEPS_WITHOUT, search=False)
    solver.add(*formulas)
    answer = solver.check()
    if answer == z3.unsat:
        return Need.SPARE
    if axiom.lemma:
        return Need.LEMMA
    if answer == z3.sat or small_model(formulas) is not None:
        return Need.NEEDED
    return Need.UNDETERMINED


def judge_all(
    theorems: Iterable[Theorem],
    thorough: bool = True,
    broken: Collection[str] = (),
    report: Callable[[str], None] = lambda _name: None,
) -> list[Judgement]:
    """Decide the obligations of theorems, one after another."""
    judgements = []
    for theorem in theorems:
        for obligation in theorem.obligations:
            report(f"{theorem.id}/{obligation.name}")
            judgements.append(judge(theorem.id, obligation, thorough, broken))
    return judgements


def overall(judgements: Iterable[Judgement]) -> Verdict:
    """Return what several obligations come to; one from axioms without a model proves nothing."""
    verdicts = {
        Verdict.UNDETERMINED if judgement.consistent is False else judgement.verdict
        for judgement in judgements
    }
    for verdict in (Verdict.REFUTED, Verdict.UNDETERMINED):
        if verdict in verdicts:
            return verdict
    return Verdict.PROVED
