"""What contracts promise: the project's own laws, of one step, for all numbers at once."""

from properties.attempt import attempt
from properties.contracts.subject import SUBJECT
from properties.invariants import Violation, check_state
from properties.invariants.registry import law_by_id
from properties.views import Step, all_views
from statemachine.errors import Rejected
from statemachine.state import State

Outcome = Step | Rejected | Violation
"""What became of a transaction: it was accepted, or refused, or the rule misbehaved."""


def outcome_of(state: State, transaction: object) -> Outcome:
    """Put a transaction to the protocol that is to be proved."""
    SUBJECT.asked = (state, transaction)
    outcome = attempt(SUBJECT.protocol, state, transaction)
    if isinstance(outcome, Step):
        SUBJECT.accepted += 1
    return outcome


def conserves(outcome: Outcome) -> bool:
    """Say whether all pots together are what was issued and not burned."""
    return _keeps(outcome, "ACC-1")


def never_negative(outcome: Outcome) -> bool:
    """Say whether every number is in its range, and nothing empty is kept.

    A number out of its range cannot be stored: trying to raises something else than Rejected.
    """
    return _keeps(outcome, "RUN-3", "ACC-2", "ACC-3")


def covers_stake(outcome: Outcome) -> bool:
    """Say whether pots are the sums of their buckets, and cover every claim to stake."""
    return _keeps(outcome, "ACC-4", "ACC-5", "STK-1")


def covers_rewards(outcome: Outcome) -> bool:
    """Say whether the reward pot covers every claim to a reward."""
    return _keeps(outcome, "ACC-6", "RWD-1")


def stays_final(outcome: Outcome) -> bool:
    """Say whether final and justified checkpoints do not go back."""
    return _keeps(outcome, "FIN-1")


def _keeps(outcome: Outcome, *names: str) -> bool:
    if isinstance(outcome, Rejected):
        return True
    if isinstance(outcome, Violation):
        return outcome.law not in names
    laws = [law_by_id(name) for name in names]
    views = all_views(outcome.after)
    if check_state(laws, outcome.after, views):
        return False
    return not any(
        complaint
        for law in laws
        if law.of_step is not None
        for complaint in law.of_step(SUBJECT.protocol, outcome)
    )
