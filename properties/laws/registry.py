"""All laws, by id."""

from properties.laws import (
    accounting,
    application,
    evidence,
    finality,
    leaving,
    liveness,
    rewards,
    runs,
    safety,
    stake,
    standing,
    time,
)
from properties.laws.law import Law

LAWS: tuple[Law, ...] = (
    *accounting.LAWS,
    *stake.LAWS,
    *rewards.LAWS,
    *time.LAWS,
    *finality.LAWS,
    *standing.LAWS,
    *safety.LAWS,
    liveness.LAW,
    *evidence.LAWS,
    *runs.ORACLE_LAWS,
    leaving.LAW,
    runs.REPLAY_LAW,
    *application.LAWS,
)
"""Every law of the project."""


def law_by_id(law_id: str) -> Law:
    """Return a law. Raises KeyError with what there is."""
    for law in LAWS:
        if law.id == law_id:
            return law
    raise KeyError(f"no law {law_id}; there are {', '.join(law.id for law in LAWS)}")
