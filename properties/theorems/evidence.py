"""Evidence is admissible for as long as the stake that answers for it is there to pay.

All epochs are whole numbers without a bound: it holds for any window, any length of
unbonding and any time of the report.
"""

import z3

from properties.theorems.theory import Axiom, Obligation, Theorem, hypothesis

infraction, now, start, end = z3.Ints("infraction now start end")
window, unbonding, released = z3.Ints("evidence_window unbonding_epochs released")
forgotten = z3.Bool("forgotten")

ACTIVE = Axiom(
    "the stake was active at the infraction",
    z3.And(start <= infraction, infraction < end),
    "only stake that was active behind the offender answers",
    ("SLA-1", "SLA-3"),
    ties=("what was active answers",),
)
ADMISSIBLE = Axiom(
    "the evidence is admissible",
    z3.And(now - window <= infraction, infraction <= now),
    "older evidence is refused",
    ("SLA-5",),
    ties=("old evidence is refused",),
)
PARAMETERS = Axiom(
    "unbonding lasts at least as long as the window",
    unbonding >= window,
    "parameters that break it are refused: Params",
    ties=("parameters",),
)
RELEASED = Axiom(
    "stake is released once unbonding has lasted since its end",
    released == end + unbonding,
    "a boundary releases what is due, and nothing before",
    ("TIM-3",),
    ties=("release",),
)
MAX = z3.If(now - window > 0, now - window, 0)


def theorem() -> Theorem:
    """Return the theorem."""
    there = Obligation(
        "not yet released",
        "Stake that was active at the infraction has not been released while evidence of it is"
        " admissible.",
        (ACTIVE, ADMISSIBLE, PARAMETERS, RELEASED),
        now < released,
    )
    natural = Axiom(
        "epochs are natural numbers", infraction >= 0, "an epoch is unsigned", ("RUN-3",)
    )
    moves = Obligation(
        "nor forgotten where it has moved",
        "Stake that has moved on keeps the stay in which it answered, while evidence of it is"
        " admissible.",
        (
            ACTIVE,
            ADMISSIBLE,
            natural,
            Axiom(
                "a stay is forgotten only if it ended by the oldest admissible epoch",
                z3.Implies(forgotten, end <= MAX),
                "stake that moves on takes the other stays along",
                ("STK-3",),
                ties=("stays are kept",),
            ),
        ),
        z3.Not(forgotten),
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
