"""Theorems as a table of obligations, with what each rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from properties.cli.tell_proof import SHORT, STYLES
from properties.engines.engine import Verdict

if TYPE_CHECKING:
    from properties.theorems.judge import Judgement
    from properties.theorems.theory import Theorem


def print_theorems(
    console: Console, theorems: Sequence[Theorem], judgements: Sequence[Judgement]
) -> None:
    """Print each theorem with its obligations, then what they rest on, then the sum."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("theorem", "obligation", "verdict", "axioms"):
        table.add_column(title, no_wrap=title != "obligation")
    for one in judgements:
        table.add_row(one.theorem, one.obligation.name, _verdict(one), _vacuity(one))
    console.print(table)
    for theorem in theorems:
        _print_needs(console, theorem, [one for one in judgements if one.theorem == theorem.id])
    for one in judgements:
        if one.verdict is not Verdict.PROVED:
            text = one.reason or f"false where {shown_model(one)}"
            console.print(
                f"\n{SHORT[one.verdict]} {one.name}: {text}",
                style=STYLES[one.verdict],
                markup=False,
            )
    _print_sum(console, judgements)


def _verdict(one: Judgement) -> str:
    return f"[{STYLES[one.verdict]}]{SHORT[one.verdict]}[/] {one.seconds:.2f} s"


def _vacuity(one: Judgement) -> str:
    if one.consistent is None:
        return "-"
    if not one.obligation.axioms:
        return "none"
    return "have a model" if one.consistent else "[yellow]no model found[/]"


def _print_needs(console: Console, theorem: Theorem, judgements: Sequence[Judgement]) -> None:
    """Print what a theorem rests on beyond its own statement, each axiom once."""
    lines: dict[str, None] = {}
    for one in judgements:
        needs = dict(one.needs)
        for axiom in one.obligation.axioms:
            need = needs.get(axiom.name)
            is_plain = need is None or need.value in ("needed", "lemma")
            if not axiom.laws and is_plain:
                continue
            laws = f" ({', '.join(axiom.laws)})" if axiom.laws else ""
            lines[f"- {axiom.name}{laws}{'' if is_plain else f': {need}'}"] = None
    if lines:
        console.print(f"\n[bold]{theorem.title}[/] rests on:")
        console.print("\n".join(lines), markup=False)


def shown_model(one: Judgement) -> str:
    """Return a countermodel on one line: the numbers alone."""
    if one.model is None:
        return "no model is kept"
    numbers = sorted(
        (str(name), str(one.model[name])) for name in one.model.decls() if name.arity() == 0
    )
    return ", ".join(f"{name} = {number}" for name, number in numbers if "!" not in name)


def _print_sum(console: Console, judgements: Sequence[Judgement]) -> None:
    from properties.theorems.judge import overall

    counts = {verdict: sum(one.verdict is verdict for one in judgements) for verdict in Verdict}
    verdict = overall(judgements)
    console.print(
        f"\n{verdict.value.upper()}: {counts[Verdict.PROVED]} of {len(judgements)} obligations"
        f" proved, {counts[Verdict.REFUTED]} refuted,"
        f" {counts[Verdict.UNDETERMINED]} undetermined",
        style=STYLES[verdict],
        markup=False,
    )
    console.print(f"{sum(one.seconds for one in judgements):.1f} s of processor time")


def as_jsonable(theorems: Sequence[Theorem], judgements: Sequence[Judgement]) -> dict[str, Any]:
    """Return what is proved as JSON's own types."""
    from properties.theorems.judge import exit_code, overall

    return {
        "verdict": overall(judgements).value,
        "exit_code": exit_code(judgements),
        "theorems": [
            {
                "id": theorem.id,
                "title": theorem.title,
                "statement": theorem.statement,
                "laws": list(theorem.laws),
                "obligations": [
                    _obligation(one) for one in judgements if one.theorem == theorem.id
                ],
            }
            for theorem in theorems
        ],
    }


def _obligation(one: Judgement) -> dict[str, Any]:
    needs = dict(one.needs)
    return {
        "name": one.obligation.name,
        "says": one.obligation.says,
        "verdict": one.verdict.value,
        "seconds": round(one.seconds, 3),
        "axioms_have_a_model": one.consistent,
        "axioms": [
            {
                "name": axiom.name,
                "why": axiom.why,
                "laws": list(axiom.laws),
                "lemma": axiom.lemma or None,
                "need": needs[axiom.name].value if axiom.name in needs else None,
            }
            for axiom in one.obligation.axioms
        ],
        "definitions": list(one.obligation.definitions),
        "reason": one.reason,
        "model": shown_model(one) if one.model is not None else None,
    }
