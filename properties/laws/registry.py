"""All laws, by id."""

from properties.laws import accounting, finality, rewards, safety, stake, standing, time
from properties.laws.accusation import EVIDENCE_TYPES
from properties.laws.law import Kind, Law

ENGINE_LAWS = (
    Law(
        id="SLA-1",
        name="slash equivalence",
        statement="Stake that was active behind the offender at the infraction loses its share,"
        " whatever path it took afterwards.",
        kind=Kind.STEP,
        source="M1; B1, B33, S4, S5",
        by_engine="oracle",
        about=EVIDENCE_TYPES,
    ),
    Law(
        id="SLA-2",
        name="slash proportion",
        statement="For one offence, no stake loses more than the offence's fraction.",
        kind=Kind.STEP,
        source="M2; B2",
        by_engine="oracle",
        about=EVIDENCE_TYPES,
    ),
    Law(
        id="SLA-3",
        name="slash timing",
        statement="Stake that was not active behind the offender at the infraction loses nothing.",
        kind=Kind.STEP,
        source="M3; B3",
        by_engine="oracle",
        about=EVIDENCE_TYPES,
    ),
    Law(
        id="SLA-4",
        name="punished once",
        statement="An offence that has been punished is refused a second time.",
        kind=Kind.STEP,
        source="M4; B19, S7",
        by_engine="runner",
        about=EVIDENCE_TYPES,
    ),
    Law(
        id="SLA-5",
        name="admissible evidence only",
        statement="Evidence is accepted exactly from the oldest admissible epoch to the current.",
        kind=Kind.STEP,
        source="M6; B12, B13",
        by_engine="oracle",
        about=EVIDENCE_TYPES,
        of_refusals=True,
    ),
    Law(
        id="SLA-6",
        name="only proved offences",
        statement="Nobody is slashed but for what the transaction, or the count of missed blocks,"
        " proves; evidence that proves nothing is refused.",
        kind=Kind.STEP,
        source="no framing; B20, S23",
        by_engine="oracle",
    ),
    Law(
        id="SLA-7",
        name="every proved offence",
        statement="Evidence of an offence that is admissible and not yet punished is accepted, and"
        " everyone whom it proves guilty is slashed.",
        kind=Kind.STEP,
        source="accountable safety; catalogue 5",
        by_engine="oracle",
        about=EVIDENCE_TYPES,
        of_refusals=True,
    ),
    Law(
        id="ORA-1",
        name="claims agree with the oracle",
        statement="Every stake and reward lies within the stated bound of the eager oracle's"
        " exact fraction.",
        kind=Kind.RUN,
        source="M9; B4, B14, S12, S14, S25",
        by_engine="oracle",
    ),
    Law(
        id="ORA-2",
        name="pots agree with the oracle",
        statement="Every balance and pot is that of the oracle, to the unit.",
        kind=Kind.RUN,
        source="M9",
        by_engine="oracle",
    ),
    Law(
        id="RUN-1",
        name="everyone can leave",
        statement="From any reachable state all delegators, in any order, can take back all"
        " their stake and rewards.",
        kind=Kind.RUN,
        source="catalogue 1; B8, S10",
        by_engine="runner",
    ),
    Law(
        id="RUN-2",
        name="determinism",
        statement="The same transactions lead to the same state roots, in every process and"
        " whatever the hash seed.",
        kind=Kind.TWO_RUNS,
        source="B29; S1, S17",
        by_engine="runner",
    ),
    Law(
        id="RUN-3",
        name="totality",
        statement="A transaction with fields in range is applied or Rejected; nothing else"
        " is ever raised.",
        kind=Kind.STEP,
        source="M5; B7, B8, S3, S13, S16",
        by_engine="runner",
        of_refusals=True,
    ),
    Law(
        id="RUN-4",
        name="purity",
        statement="A transition leaves the state that it was given as it was.",
        kind=Kind.STEP,
        source="S24",
        by_engine="runner",
        of_refusals=True,
    ),
)
"""Laws that take a second state machine, or a second run, to check."""

LAWS: tuple[Law, ...] = (
    *accounting.LAWS,
    *stake.LAWS,
    *rewards.LAWS,
    *time.LAWS,
    *finality.LAWS,
    *standing.LAWS,
    *safety.LAWS,
    *ENGINE_LAWS,
)
"""Every law of the project."""


def law_by_id(law_id: str) -> Law:
    """Return a law. Raises KeyError with what there is."""
    for law in LAWS:
        if law.id == law_id:
            return law
    raise KeyError(f"no law {law_id}; there are {', '.join(law.id for law in LAWS)}")


__all__ = ["ENGINE_LAWS", "LAWS", "Kind", "Law", "law_by_id"]
