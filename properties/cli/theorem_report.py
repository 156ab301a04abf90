"""Theorems as a table of obligations, with what each rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from properties.cli.proof_report import SHORT, STYLES
from properties.engines.engine import Verdict

if TYPE_CHECKING:
    from properties.theorems.inquiry import Inquiry, TieAnswer
    from properties.theorems.judge import Judgement
    from properties.theorems.theory import Theorem
    from properties.trace.counterexample import Counterexample


def print_inquiry(
    console: Console,
    inquiry: Inquiry,
    confirmed: Mapping[str, Counterexample],
    files: Mapping[str, str],
) -> None:
    """Print ties, theorems, what these rest on, what is broken, and the sum."""
    console.print(_ties(inquiry.ties))
    console.print()
    console.print(_theorems(inquiry.judgements))
    for theorem in inquiry.theorems:
        of_theorem = [
            judgement for judgement in inquiry.judgements if judgement.theorem == theorem.id
        ]
        _print_needs(console, theorem, of_theorem)
    for tie in inquiry.broken_ties:
        _print_broken(console, tie.verdict, f"tie {tie.name}: {tie.says} {tie.reason}")
        _print_confirmed(console, tie.name, confirmed, files)
    for judgement in inquiry.broken_obligations:
        _print_broken(console, judgement.verdict, f"{judgement.name}: {_why(judgement)}")
        # What had to do without an axiom is confirmed, or not, by the tie that broke it.
        if judgement.name in confirmed or not judgement.withdrawn:
            _print_confirmed(console, judgement.name, confirmed, files)
    _print_sum(console, inquiry)


def _table(*titles: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        table.add_column(title, no_wrap=title in ("theorem", "verdict", "axioms"))
    return table


def _ties(answers: Iterable[TieAnswer]) -> Table:
    table = _table("tie", "what computes it", "verdict")
    for tie in answers:
        place = ".".join(tie.place.split(".")[-2:])
        verdict = f"[{STYLES[tie.verdict]}]{SHORT[tie.verdict]}[/] {tie.seconds:.2f} s"
        table.add_row(tie.name, place, verdict)
    return table


def _theorems(judgements: Iterable[Judgement]) -> Table:
    table = _table("theorem", "obligation", "verdict", "axioms")
    for judgement in judgements:
        table.add_row(
            judgement.theorem, judgement.obligation.name, _verdict(judgement), _vacuity(judgement)
        )
    return table


def _print_broken(console: Console, verdict: Verdict, text: str) -> None:
    # What is proved from axioms without a model is no proof.
    shown = Verdict.UNDETERMINED if verdict is Verdict.PROVED else verdict
    console.print(f"\n{SHORT[shown]} {text}", style=STYLES[shown], markup=False)


def _why(judgement: Judgement) -> str:
    if judgement.verdict is Verdict.PROVED:
        return "proved, from axioms of which no small model was found"
    told = judgement.reason or f"{judgement.obligation.says} False where {shown_model(judgement)}"
    if judgement.withdrawn:
        told += f" (without: {'; '.join(judgement.withdrawn)})"
    return told


def _print_confirmed(
    console: Console,
    name: str,
    confirmed: Mapping[str, Counterexample],
    files: Mapping[str, str],
) -> None:
    if name not in confirmed:
        console.print("the machine was not brought to break a law by this")
    else:
        console.print(f"{confirmed[name].law}: {confirmed[name].message}", markup=False)
        console.print(
            f"written to {files[name]}; see it with: stakespec replay {files[name]}", markup=False
        )


def _verdict(judgement: Judgement) -> str:
    return f"[{STYLES[judgement.verdict]}]{SHORT[judgement.verdict]}[/] {judgement.seconds:.2f} s"


def _vacuity(judgement: Judgement) -> str:
    if judgement.consistent is None:
        return "-"
    if not judgement.obligation.axioms:
        return "none"
    return "have a model" if judgement.consistent else "[yellow]no model found[/]"


def _print_needs(console: Console, theorem: Theorem, judgements: Sequence[Judgement]) -> None:
    """Print what a theorem rests on beyond its own statement, each axiom once."""
    lines: dict[str, None] = {}
    for judgement in judgements:
        needs = dict(judgement.needs)
        for axiom in judgement.obligation.axioms:
            need = needs.get(axiom.name)
            is_plain = need is None or need.value in ("needed", "lemma")
            if not axiom.laws and is_plain:
                continue
            laws = f" ({', '.join(axiom.laws)})" if axiom.laws else ""
            lines[f"- {axiom.name}{laws}{'' if is_plain else f': {need}'}"] = None
    if lines:
        console.print(f"\n[bold]{theorem.title}[/] rests on:")
        console.print("\n".join(lines), markup=False)


def shown_model(judgement: Judgement) -> str:
    """Return a countermodel on one line: the numbers alone."""
    if judgement.model is None:
        return "no model is kept"
    told = sorted(
        f"{name} = {judgement.model[name]}"
        for name in judgement.model.decls()
        if name.arity() == 0 and name.range().name() in ("Int", "Bool")
    )
    return ", ".join(told) or "some few checkpoints are linked so that it is"


def last_word(inquiry: Inquiry) -> str:
    """Return the verdict in a line."""
    ties = sum(tie.verdict is Verdict.PROVED for tie in inquiry.ties)
    obligations = sum(judgement.is_sound for judgement in inquiry.judgements)
    return (
        f"{inquiry.verdict.value.upper()}: {ties} of {len(inquiry.ties)} ties and {obligations} of"
        f" {len(inquiry.judgements)} obligations proved"
    )


def _print_sum(console: Console, inquiry: Inquiry) -> None:
    console.print(f"\n{last_word(inquiry)}", style=STYLES[inquiry.verdict], markup=False)
    console.print(f"{inquiry.seconds:.1f} s of processor time")


def as_jsonable(
    inquiry: Inquiry, confirmed: Mapping[str, Counterexample], files: Mapping[str, str]
) -> dict[str, object]:
    """Return what is proved as JSON's own types."""
    return {
        "verdict": inquiry.verdict.value,
        "exit_code": inquiry.exit_code,
        "seconds": round(inquiry.seconds, 2),
        "ties": [_tie(tie) for tie in inquiry.ties],
        "theorems": [
            {
                "id": theorem.id,
                "title": theorem.title,
                "statement": theorem.statement,
                "laws": list(theorem.laws),
                "obligations": [
                    _obligation(judgement)
                    for judgement in inquiry.judgements
                    if judgement.theorem == theorem.id
                ],
            }
            for theorem in inquiry.theorems
        ],
        "counterexamples": [
            {"of": name, "law": package.law, "message": package.message, "file": files[name]}
            for name, package in confirmed.items()
        ],
    }


def _tie(tie: TieAnswer) -> dict[str, object]:
    return {
        "name": tie.name,
        "says": tie.says,
        "computed_by": tie.place,
        "scope": tie.scope,
        "laws": list(tie.laws),
        "verdict": tie.verdict.value,
        "seconds": round(tie.seconds, 3),
        "reason": tie.reason,
    }


def _obligation(judgement: Judgement) -> dict[str, object]:
    needs = dict(judgement.needs)
    return {
        "name": judgement.obligation.name,
        "says": judgement.obligation.says,
        "verdict": judgement.verdict.value,
        "seconds": round(judgement.seconds, 3),
        "axioms_have_a_model": judgement.consistent,
        "axioms": [
            {
                "name": axiom.name,
                "why": axiom.why,
                "laws": list(axiom.laws),
                "lemma": axiom.lemma or None,
                "ties": list(axiom.ties),
                "withdrawn": axiom.name in judgement.withdrawn,
                "need": needs[axiom.name].value if axiom.name in needs else None,
            }
            for axiom in judgement.obligation.axioms
        ],
        "definitions": list(judgement.obligation.definitions),
        "reason": judgement.reason,
        "model": shown_model(judgement) if judgement.model is not None else None,
    }
