"""What the histories of a corpus witness: a shard's result counts rules and laws alone."""

from collections.abc import Callable, Sequence

from properties.campaign.history import Kept
from properties.laws.accusation import with_accusations
from properties.laws.application import Misbehaved, checked_apply
from properties.laws.coverage import Coverage
from properties.laws.law import OnStep
from properties.model.design import types_of, witnesses_of
from properties.trace.run import state_at
from statemachine.errors import Rejected
from statemachine.protocol import Protocol


def witnessed(
    protocol: Protocol, corpus: Sequence[Kept], report: Callable[[int], None] = lambda _at: None
) -> Coverage:
    """Replay histories, and count what they witness on one chain."""
    accusing = with_accusations(protocol)
    witnesses = tuple(one for one in witnesses_of(protocol) if isinstance(one.check, OnStep))
    coverage = Coverage(witnesses, types_of(protocol))
    for number, kept in enumerate(corpus, start=1):
        coverage.runs += 1
        state = state_at(accusing, kept.trial.start)
        for tx in kept.trial.transactions:
            response = checked_apply(accusing, state, tx)
            if isinstance(response, Misbehaved | Rejected):
                break
            coverage.accept(accusing, response)
            state = response.after
        report(number)
    return coverage
