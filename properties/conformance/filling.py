"""Filling vectors: the families, with the replies of our machine and the bugs that each kills."""

from collections.abc import Callable

from properties.conformance.answering import answered
from properties.conformance.drafts import Draft, Family
from properties.conformance.families import LADDER, families_of_transactions
from properties.conformance.families.transactions import STEPS
from properties.conformance.hunting import hunted
from properties.conformance.kills import kills_of
from properties.conformance.machine import Machine
from properties.conformance.vectors import Case, Vectors
from properties.model.protocols import DEFAULT_PATH
from statemachine import PROTOCOL

PRESETS = {"small": STEPS, "full": 56_763}
"""Transactions that the search draws, by preset."""

Tell = Callable[[str], None]


def filled(preset: str, show: Tell = lambda _: None) -> dict[str, Vectors]:
    """Return the vectors of all families by name; the same for the same protocol."""
    show("searching")
    families = (
        *LADDER,
        *families_of_transactions(PRESETS[preset]),
        Family("50-planted-bugs", "Ways to bugs that nothing else here kills", hunted),
    )
    cases = {}
    for family in families:
        show(f"filling {family.name}")
        cases[family.name] = [case_of(draft) for draft in family.drafts()]
    killed = kills_of([case for some in cases.values() for case in some], show)
    return {
        family.name: Vectors(
            family.name,
            family.about,
            DEFAULT_PATH,
            tuple(killed.get(case.id, case) for case in cases[family.name]),
        )
        for family in families
    }


def case_of(draft: Draft) -> Case:
    """Return a case with the replies of our machine."""
    machine = Machine(PROTOCOL)
    return Case(draft.id, draft.about, tuple(answered(machine, draft.asks)))
