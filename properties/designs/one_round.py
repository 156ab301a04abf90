"""One-round finality: what is justified is final at once."""

from properties.model.design import Design
from statemachine import PROTOCOL, CastVotes, Protocol, State, Transition, evolve
from statemachine.events import CheckpointFinalised

ASIDE = {
    "FIN-3": "a checkpoint is final as soon as it is justified",
    "FIN-5": "what is stale depends on what is final",
    "FIN-6": "what is stale depends on what is final",
    "FIN-9": "a checkpoint is final before the one after it is justified",
}


def cast_votes(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """Count votes as before; what they justify is final if it is the latest."""
    counted = PROTOCOL.rules[CastVotes](protocol, state, tx)
    events = tuple(one for one in counted.events if not isinstance(one, CheckpointFinalised))
    before, after = state.finality, counted.state.finality
    final = max(before.finalised, after.finalised, after.justified, key=lambda one: one.epoch)
    if final != before.finalised:
        events += (CheckpointFinalised(final),)
    return Transition(evolve(counted.state, finality=evolve(after, finalised=final)), events)


DESIGN = Design.of(PROTOCOL.fork("one-round", {CastVotes: cast_votes}), set_aside=ASIDE)
"""Two quorums for different epochs contradict nothing that anybody signed."""
