"""Cosmos: the first so many by stake serve, and evidence ages by blocks *and* by time.

Source: cosmos-sdk, x/staking (`max_validators`, `ApplyAndReturnValidatorSetUpdates`) and x/evidence
(`handleEquivocationEvidence`): evidence is too old only if both its age in blocks and its age in
time are above the limits, while stake unbonds by time alone. The set is worked out anew at every
block, so an epoch is a slot here; time is slots, and blocks are those that were made.
"""

from typing import Annotated, Any

from properties.designs.caps import CapGenesis, CapState, is_among_the_first, review_all
from properties.laws.accusation import Accuse
from properties.model.design import Aside, Design
from statemachine import (
    PROTOCOL,
    MapLayout,
    MerkleMap,
    Offence,
    Protocol,
    Transition,
    evolve,
)
from statemachine.canonical import canonical_bytes
from statemachine.map_keys import epoch_key
from statemachine.primitives import Count
from statemachine.records import record
from statemachine.rules.epochs import begin_epoch, update_validator_set
from statemachine.rules.lots import oldest_admissible
from statemachine.rules.slashing import slash
from statemachine.transactions import ProduceBlock, ReportBlocks, ReportVotes


def _nothing(_height: int) -> int:
    return 0


HEIGHTS: MapLayout[int] = MapLayout("heights", 8, weigh=_nothing, encode=canonical_bytes)
"""Blocks made before each epoch."""

YOUNG = 8
"""Blocks in which evidence is admissible, however much time they took."""


@record
class CosmosState(CapState):
    """A state that counts its blocks."""

    blocks: Count = 0
    heights: Annotated[MerkleMap[Count], HEIGHTS] = MerkleMap.empty(HEIGHTS)


def produce_block(protocol: Protocol, state: Any, tx: ProduceBlock) -> Transition:
    """Propose a block as before, and count it."""
    produced = PROTOCOL.rules[ProduceBlock](protocol, state, tx)
    after: Any = produced.state
    return Transition(evolve(after, blocks=after.blocks + 1), produced.events)


def note_height(_protocol: Protocol, state: Any) -> Transition:
    """Remember how many blocks there were when an epoch began, while they are young."""
    heights = state.heights.set(epoch_key(state.epoch), state.blocks)
    for key, height in heights.items():
        if height + YOUNG < state.blocks and key < epoch_key(oldest_admissible(state)):
            heights = heights.remove(key)
    return Transition(evolve(state, heights=heights))


def slash_by_two_ages(protocol: Protocol, state: Any, offence: Offence) -> Transition:
    """Slash for what is not too old by both clocks; what is known of old stake is little."""
    oldest = oldest_admissible(state)
    is_young = epoch_key(offence.epoch) in state.heights
    if offence.epoch >= oldest or not is_young:
        return slash(protocol, state, offence)
    return slash(protocol, state, evolve(offence, epoch=oldest))


DESIGN = Design.of(
    PROTOCOL.fork(
        "cosmos",
        {ProduceBlock: produce_block},
        opening_steps=(review_all, update_validator_set, begin_epoch, note_height),
        serves=is_among_the_first,
        slash=slash_by_two_ages,
        state=CosmosState,
        description=CapGenesis,
    ),
    settings=("most_validators=4", "epoch_length=1"),
    set_aside={
        "TIM-6": "every validator is reviewed at every boundary",
        "ADM-1": Aside("evidence ages by two clocks", (Accuse, ReportBlocks, ReportVotes)),
        "SLA-6": "what is older than the stake that is known is booked as the oldest that is",
        "SLA-7": "what is older than the stake that is known is booked as the oldest that is",
    },
)
"""SLA-5: evidence is accepted when the stake that it is about may be gone."""
