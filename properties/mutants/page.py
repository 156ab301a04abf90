"""The tables of `specs/properties.md` that are generated from the code and from a measurement.

    python -m properties.mutants.page specs [REPORT]

rewrites them; REPORT is what `stakespec mutants --json` printed, to take the place of the
measurement in specs/measured-mutants.json.
"""

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from properties.laws import LAWS
from properties.mutants import CATALOGUE, EQUIVALENTS, MUTANTS
from properties.mutants.canary import CANARY
from properties.mutants.markdown import table
from properties.mutants.rows import NO_FORK, ROWS, mutants_of

PAGE, MEASURED = "properties.md", "measured-mutants.json"

Report = dict[str, Any]

UNBROKEN = {
    "ACC-8": "no fork: the map adds up by itself, and no record takes one that adds up otherwise"
}
"""Laws that no mutant breaks, and why."""

PART = re.compile(r"(<!-- made: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _looks(report: Report) -> dict[str, dict[str, Any]]:
    """Return the result of each engine for each mutant."""
    return {mutant["id"]: mutant["engines"] for mutant in report["mutants"]}


def _killed_by(report: Report, law: str) -> list[str]:
    looks = _looks(report)
    return [
        mutant.id
        for mutant in MUTANTS
        if any(look.get("law") == law for look in looks[mutant.id].values())
    ]


def laws_part(report: Report) -> str:
    """Return every law with its statement, and the mutants that broke it when measured."""
    return table(
        ("law", "looks at", "statement", "from", "kills"),
        (
            (
                law.id,
                law.check.looks_at,
                f"**{law.name}.** {law.statement}",
                law.source,
                " ".join(_killed_by(report, law.id)) or UNBROKEN.get(law.id, "–"),
            )
            for law in LAWS
        ),
    )


def mutants_part(_report: Report) -> str:
    """Return every mutant with its mistake, and the laws that name it."""
    return table(
        ("mutant", "mistake", "made in", "named by"),
        (
            (
                mutant.id,
                mutant.mistake,
                mutant.source,
                " ".join(mutant.laws) or "nothing: equivalent",
            )
            for mutant in CATALOGUE
        ),
    )


def rows_part(_report: Report) -> str:
    """Return every bug of a real chain with the mutants that stand for it."""
    return table(
        ("row", "where", "what", "mutants"),
        (
            (row, where, story, " ".join(mutants_of(row)) or f"none: {NO_FORK[row]}")
            for row, (where, story) in ROWS.items()
        ),
    )


def measured_part(report: Report) -> str:
    """Return which engine caught which mutant, by which law and how fast."""
    engines, looks = list(report["units"]), _looks(report)
    return table(
        ("mutant", *engines),
        (
            (mutant.id, *(_cell(looks[mutant.id].get(engine)) for engine in engines))
            for mutant in (CANARY, *MUTANTS)
        ),
    )


def _cell(look: dict[str, object] | None) -> str:
    if look is None:
        return "not measured"
    if not look["caught"]:
        return "–"
    return f"{look['law']} {look['steps']:,} / {look['seconds']:.1f} s / {look['length']}"


def alone_part(report: Report) -> str:
    """Return what each engine caught, at what cost, and which it alone did."""
    looks = _looks(report)
    rows = []
    for engine, unit in report["units"].items():
        caught = [mutant.id for mutant in MUTANTS if looks[mutant.id].get(engine, {}).get("caught")]
        alone = [
            mutant_id
            for mutant_id in caught
            if sum(look["caught"] for look in looks[mutant_id].values()) == 1
        ]
        catches = [looks[mutant_id][engine] for mutant_id in caught]
        rows.append(
            (
                engine,
                f"{len(caught)} of {len(MUTANTS)}",
                f"{_middle(catches, 'steps'):,.0f} {unit}",
                f"{_middle(catches, 'seconds'):.2f} s",
                f"{_middle(catches, 'length'):.0f}",
                " ".join(alone) or "–",
            )
        )
    head = ("engine", "catches", "median effort", "median time", "median length", "alone")
    return table(head, rows)


def _middle(looks: Sequence[dict[str, Any]], name: str) -> float:
    return median(look[name] for look in looks) if looks else 0.0


def summary_part(report: Report) -> str:
    """Return the totals in a few lines."""
    looks = _looks(report)
    caught = sum(any(look["caught"] for look in looks[mutant.id].values()) for mutant in MUTANTS)
    held = sum(
        not any(look["caught"] for look in looks[mutant.id].values()) for mutant in EQUIVALENTS
    )
    covered = sum(bool(mutants_of(row)) for row in ROWS)
    return (
        f"{len(MUTANTS)} mutants stand for {covered} of {len(ROWS)} bugs of real chains and for"
        f" the mistakes of the\nsource design. Caught: {caught}. Equivalent forks that held:"
        f" {held} of {len(EQUIVALENTS)}. With seed {report['seed']},\n{report['seconds']:g} s for"
        f" each engine and mutant, and {report['workers']} workers, all of it took"
        f" {report['elapsed'] / 60:.0f} minutes.\n"
    )


PARTS: dict[str, Callable[[Report], str]] = {
    "summary": summary_part,
    "laws": laws_part,
    "mutants": mutants_part,
    "rows": rows_part,
    "measured": measured_part,
    "alone": alone_part,
}


def remade(page: str, report: Report) -> str:
    """Return a page with all its generated parts regenerated."""
    return PART.sub(lambda match: f"{match[1]}\n{PARTS[match['name']](report)}\n{match[3]}", page)


def trimmed(report: Report) -> str:
    """Return of a report what the page takes, as JSON, a line for each mutant."""
    head = {name: report[name] for name in ("seed", "seconds", "workers", "elapsed", "units")}
    lines = []
    for mutant in report["mutants"]:
        looks = {
            engine: {key: entry for key, entry in look.items() if key != "message"}
            for engine, look in mutant["engines"].items()
        }
        lines.append(json.dumps({"id": mutant["id"], "engines": looks}))
    return json.dumps(head)[:-1] + ', "mutants": [\n' + ",\n".join(lines) + "\n]}\n"


def main(folder: str, report: str | None = None) -> None:
    """Rewrite the page in a folder."""
    page, measured = Path(folder, PAGE), Path(folder, MEASURED)
    if report is not None:
        measured.write_text(trimmed(json.loads(Path(report).read_text())))
    page.write_text(remade(page.read_text(), json.loads(measured.read_text())))


if __name__ == "__main__":
    main(*sys.argv[1:])
