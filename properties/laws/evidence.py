"""Laws of evidence and what it costs: proved offences, all of them, once, and in proportion."""

from collections.abc import Iterator

from properties.laws.accusation import EVIDENCE_TYPES, Evidence, repetitions
from properties.laws.application import checked_apply
from properties.laws.law import Law, OnOracle, OnStep
from properties.laws.views import Step
from statemachine.errors import Rejected, RejectionReason
from statemachine.protocol import Protocol


def _punished_once(protocol: Protocol, step: Step) -> Iterator[str]:
    """Offer the evidence of a step again: it must be rejected, since it has been punished."""
    if not isinstance(step.transaction, Evidence):
        return
    for again in repetitions(step.transaction):
        outcome = checked_apply(protocol, step.after, again)
        if isinstance(outcome, Step):
            yield "the same offence was accepted, and punished, a second time"
        elif not isinstance(outcome, Rejected):
            yield f"the same offence, offered again: {outcome.violations[0].message}"
        elif outcome.reason is not RejectionReason.OFFENCE_ALREADY_PUNISHED:
            yield f"the same offence is refused a second time for {outcome}"


LAWS = (
    Law(
        id="SLA-1",
        name="slash equivalence",
        statement="Stake that was active behind the offender at the infraction loses its share,"
        " whatever path it took afterwards.",
        source="M1; B1, B33, S4, S5",
        check=OnOracle(),
        about=EVIDENCE_TYPES,
    ),
    Law(
        id="SLA-2",
        name="slash proportion",
        statement="For one offence, no stake loses more than the offence's fraction.",
        source="M2; B2",
        check=OnOracle(),
        about=EVIDENCE_TYPES,
    ),
    Law(
        id="SLA-3",
        name="slash timing",
        statement="Stake that was not active behind the offender at the infraction loses nothing.",
        source="M3; B3",
        check=OnOracle(),
        about=EVIDENCE_TYPES,
    ),
    Law(
        id="SLA-4",
        name="punished once",
        statement="An offence that has been punished is refused a second time.",
        source="M4; B19, S7",
        check=OnStep(_punished_once),
        about=EVIDENCE_TYPES,
    ),
    Law(
        id="SLA-5",
        name="admissible evidence only",
        statement="Evidence is accepted exactly from the oldest admissible epoch to the current.",
        source="M6; B12, B13",
        check=OnOracle(rejections=True),
        about=EVIDENCE_TYPES,
    ),
    Law(
        id="SLA-6",
        name="only proved offences",
        statement="Nobody is slashed but for what the transaction, or the count of missed blocks,"
        " proves; evidence that proves nothing is refused.",
        source="no framing; B20, S23",
        check=OnOracle(),
    ),
    Law(
        id="SLA-7",
        name="every proved offence",
        statement="Evidence of an offence that is admissible and not yet punished is accepted, and"
        " everyone whom it proves guilty is slashed.",
        source="accountable safety; catalogue 5",
        check=OnOracle(rejections=True),
        about=EVIDENCE_TYPES,
    ),
)
