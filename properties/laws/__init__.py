"""The laws that every reachable state, step and run must obey."""

from properties.laws.judge import check_state, check_step
from properties.laws.law import Law, LawRaised, Violation, Witness
from properties.laws.registry import LAWS, law_by_id

__all__ = [
    "LAWS",
    "Law",
    "LawRaised",
    "Violation",
    "Witness",
    "check_state",
    "check_step",
    "law_by_id",
]
