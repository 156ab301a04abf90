"""Evidence is admissible for as long as the stake that answers for it is there to pay.

All epochs are whole numbers without a bound: it holds for any window, any length of
unbonding and any time of the report.
"""

import z3

from properties.theorems.theory import Axiom, Obligation, Theorem, hypothesis

infraction, now, start, end = z3.Ints("infraction now start end")
window, unbonding = z3.Ints("evidence_window unbonding_epochs")
left, moved = z3.Ints("left moved")

ACTIVE = hypothesis(
    "the stake was active at the infraction",
    z3.And(start <= infraction, infraction < end),
    "only stake that was active behind the offender answers: SLA-1, SLA-3",
)
ADMISSIBLE = Axiom(
    "the evidence is admissible",
    z3.And(now - window <= infraction, infraction <= now),
    "older evidence is refused",
    ("SLA-5",),
)
PARAMETERS = Axiom(
    "unbonding lasts at least as long as the window",
    unbonding >= window,
    "parameters that break it are refused: Params",
)
MAX = z3.If(now - window > 0, now - window, 0)


def theorem() -> Theorem:
    """Return the theorem."""
    there = Obligation(
        "not yet released",
        "Stake that was active at the infraction has not been released while evidence of it is"
        " admissible.",
        (ACTIVE, ADMISSIBLE, PARAMETERS),
        now < end + unbonding,
        ("release",),
    )
    natural = Axiom(
        "epochs are natural numbers", infraction >= 0, "an epoch is unsigned", ("RUN-3",)
    )
    moves = Obligation(
        "nor forgotten where it has moved",
        "Stake that has moved on keeps the stay in which it answered, while evidence of it is"
        " admissible.",
        (ACTIVE, ADMISSIBLE, natural),
        end > MAX,
        ("oldest_admissible",),
    )
    merged = Obligation(
        "nor mixed with stake that does not answer",
        "Stake whose start is forgotten, because it lies at or before the oldest admissible"
        " epoch, was active at every admissible infraction before its end.",
        (
            hypothesis("the start is forgotten", start <= MAX, "buckets merge then: STK-3"),
            natural,
            ADMISSIBLE,
        ),
        start <= infraction,
        ("oldest_admissible", "is_active"),
    )
    return Theorem(
        "evidence",
        "Evidence finds the stake that answers",
        "Stake that was active at an infraction is there, and is told apart from other stake, for"
        " as long as evidence of the infraction is admissible.",
        "Linear arithmetic over epochs; no induction.",
        (there, moves, merged),
        ("TIM-3", "SLA-5", "STK-3"),
    )
