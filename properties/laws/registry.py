"""All laws, by id."""

from properties.laws import (
    accounting,
    application,
    churn,
    elections,
    evidence,
    finality,
    forms,
    late_votes,
    leaving,
    liveness,
    quorum,
    randomness,
    rewards,
    runs,
    safety,
    stake,
    standing,
    statuses,
    time,
)
from properties.laws.admission import laws as admission
from properties.laws.law import Law

LAWS: tuple[Law, ...] = (
    *accounting.LAWS,
    *stake.LAWS,
    *churn.LAWS,
    *forms.LAWS,
    *rewards.LAWS,
    *time.LAWS,
    *finality.LAWS,
    *quorum.LAWS,
    *standing.LAWS,
    *statuses.LAWS,
    *randomness.LAWS,
    *safety.LAWS,
    *elections.LAWS,
    liveness.LAW,
    late_votes.LAW,
    *evidence.LAWS,
    *runs.ORACLE_LAWS,
    leaving.LAW,
    runs.REPLAY_LAW,
    *application.LAWS,
    *admission.LAWS,
)
"""Every law of the project."""


def law_by_id(law_id: str) -> Law:
    """Return a law. Raises KeyError with what there is."""
    for law in LAWS:
        if law.id == law_id:
            return law
    raise KeyError(f"no law {law_id}; there are {', '.join(law.id for law in LAWS)}")
