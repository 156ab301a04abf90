"""The README of the vectors: which bugs they kill, the fewest that do, and what they cannot."""

from collections.abc import Iterable, Mapping

from properties.conformance.kills import UNSTEADY, least_set
from properties.conformance.vectors import Vectors
from properties.mutants import MUTANTS


def surviving(vectors: Iterable[Vectors]) -> list[str]:
    """Return the planted bugs that no vector kills."""
    killed = {bug for family in vectors for case in family.cases for bug in case.kills}
    return [mutant.id for mutant in MUTANTS if mutant.id not in killed]


def readme(made: Mapping[str, Vectors], preset: str) -> str:
    """Return the text of the README."""
    cases = [case for family in made.values() for case in family.cases]
    steps = sum(len(case.steps) for case in cases)
    lines = [
        "# Vectors",
        "",
        "Made by `stakespec vectors fill`; do not edit. Each case is a conversation in the",
        "[conformance protocol](../conformance.md) that any client can be held to:",
        "`stakespec vectors run specs/vectors -- CLIENT`. It needs nothing but its file.",
        "",
        f"Preset {preset}: {len(cases)} cases of {steps:,} steps.",
        "",
        "| file | about | cases | steps | bugs killed |",
        "|---|---|---|---|---|",
    ]
    for name, family in made.items():
        killed = {bug for case in family.cases for bug in case.kills}
        length = sum(len(case.steps) for case in family.cases)
        lines.append(
            f"| {name} | {family.about} | {len(family.cases)} | {length} | {len(killed)} |"
        )
    left = surviving(made.values())
    few = least_set(cases)
    lines += [
        "",
        f"## The {len(MUTANTS) - len(left)} planted bugs that vectors kill",
        "",
        f"These {len(few)} cases ({sum(len(case.steps) for case in few)} steps) kill all of them.",
        "They are few, and not surely the fewest: each is the one that kills most of what is left.",
        "",
    ]
    files = {case.id: name for name, family in made.items() for case in family.cases}
    lines += [f"- {case.id} ({files[case.id]})" for case in few]
    lines += ["", "| bug | cases that kill it | the shortest |", "|---|---|---|"]
    for mutant in MUTANTS:
        killers = [case for case in cases if mutant.id in case.kills]
        if killers:
            shortest = min(killers, key=lambda case: (len(case.steps), case.id))
            lines.append(f"| {mutant.id} | {len(killers)} | {shortest.id} |")
    lines += ["", "## What they do not kill", ""]
    if not left:
        lines.append("Nothing that is planted.")
    else:
        lines += ["No case leads to these; `stakespec vectors hunt` searches for ways to them.", ""]
    mistakes = {mutant.id: mutant.mistake for mutant in MUTANTS}
    for bug in left:
        why = f" No filling counts it: {UNSTEADY[bug]}." if bug in UNSTEADY else ""
        lines.append(f"- {bug}: {mistakes[bug]}{why}")
    return "\n".join(lines) + "\n"
