"""Nobody grinds an election: what can still be done when a seed can be known changes nobody's turn.

The seed of an epoch is the mix at its boundary, so whoever proposes the last block before it
knows the seed first, and may then choose what else happens until the boundary.
"""

from collections.abc import Iterator

from properties.laws.describe import short
from properties.laws.law import Law, OnStep
from properties.laws.occasions import LAST_CHANCE
from properties.laws.patience import PATIENCE
from properties.laws.views import Step
from statemachine.map_keys import epoch_key
from statemachine.merkle_map import MerkleMap
from statemachine.protocol import Protocol
from statemachine.rules.blocks import pass_slots
from statemachine.state import State

MOST_SLOTS = 64
"""Elections that are compared, at most."""


def nobody_grinds(protocol: Protocol, step: Step) -> Iterator[str]:
    """Complain of a transaction without which the next epoch would elect somebody else.

    Where somebody who may be elected leaves the active set, its slots have to go to others.
    """
    if not LAST_CHANCE.happened(step):
        return
    slot = step.before.slot + 1
    with PATIENCE:
        without, with_it = (
            pass_slots(protocol, state, slot).state for state in (step.before, step.after)
        )
        sets = _electing(step.before)
        now = (without.snapshot, with_it.snapshot)
        # A set without anybody elects nobody, and those who are active then are drawn from.
        if not all(sets) or any(one not in active for one in set().union(*sets) for active in now):
            return
        for place in range(slot, slot + min(step.before.params.epoch_length, MOST_SLOTS)):
            first, second = (protocol.elect(then, place) for then in (without, with_it))
            if first != second:
                kind = type(step.transaction).__name__
                yield (
                    f"slot {place} elects {short(second or b'')} by this {kind}, and would elect"
                    f" {short(first or b'')} without it"
                )
                return


def _electing(state: State) -> list[MerkleMap[int]]:
    """Return the sets that the next epoch may elect from, all of them fixed in time."""
    history = state.finality.history
    first = max(0, state.epoch + 1 - state.params.election_lookahead)
    epochs = range(min(first, state.epoch), state.epoch + 1)
    records = (history.get(epoch_key(epoch)) for epoch in epochs)
    return [state.snapshot, *(record.snapshot for record in records if record is not None)]


LAWS = (
    Law(
        id="PRO-2",
        name="nobody grinds an election",
        statement="In the last slot of an epoch no transaction changes who is elected in the next"
        " one, as long as somebody may be elected and all of these stay active: whom a seed elects"
        " was fixed before anybody could know it.",
        source="specs/security.md",
        check=OnStep(nobody_grinds),
        when=LAST_CHANCE,
    ),
)
