"""Mistakes about blocks: how misses are counted, and what the randomness is made of."""

from collections.abc import Callable

from properties.mutants.catalogue import Mutant
from properties.mutants.elections import drawing
from properties.mutants.parts import fork_step, then, then_validator
from statemachine.arithmetic import reduce_without_bias
from statemachine.events import BlockMissed
from statemachine.hashing import digest
from statemachine.map_keys import epoch_key
from statemachine.merkle_map import MerkleMap
from statemachine.protocol import ElectRule, Protocol, Rule, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL, blocks, epochs
from statemachine.state import State, Status
from statemachine.transactions import ProduceBlock

# --- misses ------------------------------------------------------------------------------


def _counted(state: State, block: ProduceBlock, transition: Transition) -> int:
    """Return how many blocks a proposer had missed in a row when it proposed one."""
    counts = [
        event.in_a_row
        for event in transition.events
        if isinstance(event, BlockMissed) and event.proposer == block.proposer
    ]
    return counts[-1] if counts else state.validators[block.proposer].missed


def _after_a_block(left: Callable[[int], int]) -> Rule[ProduceBlock]:
    """Return a rule that changes a proposer's count of missed blocks when it proposes one."""

    def produce(protocol: Protocol, state: State, block: ProduceBlock) -> Transition:
        transition = blocks.produce_block(protocol, state, block)
        validator = transition.state.validators.get(block.proposer)
        if validator is None or validator.status is not Status.ACTIVE:
            return transition
        return then_validator(
            transition, block.proposer, missed=left(_counted(state, block, transition))
        )

    return produce


def _anybody_forgives(protocol: Protocol, state: State, block: ProduceBlock) -> Transition:
    transition = blocks.produce_block(protocol, state, block)
    for address, validator in transition.state.validators.items():
        if validator.missed:
            transition = then_validator(transition, address, missed=0)
    return transition


def _miss_in_jail(protocol: Protocol, state: State, block: ProduceBlock) -> Transition:
    transition = blocks.produce_block(protocol, state, block)
    for slot in range(state.slot + 1, block.slot):
        elected = protocol.elect(state, slot)
        if slot // state.params.epoch_length > state.epoch or elected is None:
            break
        validator = transition.state.validators[elected]
        if state.validators[elected].status is Status.JAILED and validator.missed == 0:
            transition = then_validator(transition, elected, missed=1)
    return transition


def _once_a_block(protocol: Protocol, state: State, block: ProduceBlock) -> Transition:
    transition = blocks.produce_block(protocol, state, block)
    for address, validator in state.validators.items():
        if transition.state.validators[address].missed > validator.missed + 1:
            transition = then_validator(transition, address, missed=validator.missed + 1)
    return transition


def _not_forgotten_at_review(protocol: Protocol, state: State) -> Transition:
    transition = epochs.update_validator_set(protocol, state)
    for address, validator in state.validators.items():
        if transition.state.validators[address].missed != validator.missed:
            transition = then_validator(transition, address, missed=validator.missed)
    return transition


# --- randomness --------------------------------------------------------------------------


def _opened_with(name: str, seed: Callable[[State], bytes]) -> Protocol:
    """Return a fork in which epochs begin with a different seed."""

    def begin(protocol: Protocol, state: State) -> Transition:
        opened = epochs.begin_epoch(protocol, evolve(state, mix=seed(state)))
        return then(opened, mix=state.mix)

    return fork_step(name, epochs.begin_epoch, begin)


def _mixing(name: str, mix: Callable[[State, ProduceBlock], bytes]) -> Protocol:
    """Return a fork in which blocks leave another mix."""

    def produce(protocol: Protocol, state: State, block: ProduceBlock) -> Transition:
        transition = blocks.produce_block(protocol, state, block)
        return then(transition, mix=mix(transition.state, block))

    return PROTOCOL.fork(name, {ProduceBlock: produce})


def _mixed(before: bytes, block: ProduceBlock) -> bytes:
    return digest("stakespec/mix", before, block.reveal)


def _skip_the_first(protocol: Protocol, state: State, block: ProduceBlock) -> Transition:
    transition = blocks.produce_block(protocol, state, block)
    begins = block.slot % state.params.epoch_length == 0
    return (
        then(transition, mix=state.mix) if begins and state.params.epoch_length > 1 else transition
    )


def _electing(randomness: Callable[[State, int], bytes]) -> ElectRule:
    """Return an election that uses different randomness."""

    def draw(state: State, slot: int, stake: MerkleMap[int]) -> bytes | None:
        total, attempt = stake.total_weight, 0
        while total:
            drawn = digest("elect", randomness(state, slot), attempt.to_bytes(8, "big"))
            offset = reduce_without_bias(int.from_bytes(drawn, "big"), 256, total)
            if offset is not None:
                return stake.locate(offset)[0]
            attempt += 1
        return None

    return drawing(draw)


MUTANTS = (
    Mutant(
        "M1", "ours", "A block does not clear the count of missed ones.",
        PROTOCOL.fork("m1-not-in-a-row", {ProduceBlock: _after_a_block(lambda count: count)}),
        ("TIM-9",),
    ),
    Mutant(
        "M2", "ours", "A block takes one off the count of missed ones.",
        PROTOCOL.fork("m2-one-off", {
            ProduceBlock: _after_a_block(lambda count: max(0, count - 1)),
        }),
        ("TIM-9",),
    ),
    Mutant(
        "M3", "ours", "Anybody's block clears the counts of all.",
        PROTOCOL.fork("m3-anybody-forgives", {ProduceBlock: _anybody_forgives}),
        ("TIM-9",),
    ),
    Mutant(
        "M4", "ours", "Who is jailed misses blocks.",
        PROTOCOL.fork("m4-miss-in-jail", {ProduceBlock: _miss_in_jail}),
        ("TIM-9",),
    ),
    Mutant(
        "M5", "ours", "Of several slots missed before a block only the first counts.",
        PROTOCOL.fork("m5-once-a-block", {ProduceBlock: _once_a_block}),
        ("TIM-9",),
    ),
    Mutant(
        "M6", "ours", "Who leaves the active set keeps the count of missed blocks.",
        fork_step("m6-kept", epochs.update_validator_set, _not_forgotten_at_review),
        ("TIM-9",),
    ),
    Mutant(
        "R1", "ours", "The seed never moves.",
        _opened_with("r1-still", lambda state: state.seed),
        ("RND-2",),
    ),
    Mutant(
        "R2", "ours", "The seed is the root of the last block.",
        _opened_with("r2-head", lambda state: state.head),
        ("RND-2",),
    ),
    Mutant(
        "R3", "ours", "The last reveal alone makes the mix.",
        _mixing("r3-last", lambda state, block: _mixed(bytes(32), block)),
        ("RND-1",),
    ),
    Mutant(
        "R4", "ours", "The reveal of an epoch's first slot is not mixed in.",
        PROTOCOL.fork("r4-first-slot", {ProduceBlock: _skip_the_first}),
        ("RND-1",),
    ),
    Mutant(
        "R5", "ours", "Every epoch elects by its number, whatever its seed.",
        PROTOCOL.fork("r5-no-seed", elect=_electing(
            lambda state, slot: epoch_key(state.epoch) + epoch_key(slot)
        )),
        ("RND-3",),
    ),
    Mutant(
        "R6", "ours", "The first half of a seed alone elects.",
        PROTOCOL.fork("r6-half-a-seed", elect=_electing(
            lambda state, slot: state.seed[:16] + epoch_key(slot)
        )),
        ("RND-3",),
    ),
    Mutant(
        "R7", "ours", "Elections change with every block.",
        PROTOCOL.fork("r7-by-the-mix", elect=_electing(
            lambda state, slot: state.mix + epoch_key(slot)
        )),
        ("RND-3", "ADM-1", "TIM-9"),
    ),
)  # fmt: skip
