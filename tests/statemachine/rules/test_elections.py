"""Who is elected is worked out as the specification says, and rules pass their protocol on."""

from statemachine import PROTOCOL, Protocol, State, Transition
from statemachine.arithmetic import reduce_without_bias
from statemachine.hashing import digest
from statemachine.protocol import Offence
from statemachine.records import evolve
from statemachine.rules.blocks import elect_proposer, pass_slots
from tests.statemachine.worlds import world


def test_a_proposer_is_elected_by_the_digest_of_seed_epoch_slot_and_attempt() -> None:
    state = evolve(world(), seed=bytes(range(32)))
    length = state.params.epoch_length
    elected = set()
    for slot in range(300 * length, 301 * length + 60):
        now = evolve(state, slot=slot)
        numbers = (number.to_bytes(8, "big") for number in (now.epoch, slot, 0))
        drawn = digest("stakespec/proposer", state.seed, *numbers)
        offset = reduce_without_bias(int.from_bytes(drawn, "big"), 256, state.snapshot.total_weight)
        assert offset is not None
        addresses = [
            validator for validator, weight in state.snapshot.items() for _ in range(weight)
        ]
        elected.add(elect_proposer(now, slot))
        assert elect_proposer(now, slot) == addresses[offset]
    assert len(elected) > 1


def test_boundaries_and_missed_blocks_are_given_the_protocol_that_they_are_part_of() -> None:
    protocols: list[Protocol] = []

    def step(protocol: Protocol, state: State) -> Transition:
        protocols.append(protocol)
        return Transition(state)

    def slash(protocol: Protocol, state: State, _offence: Offence) -> Transition:
        protocols.append(protocol)
        return Transition(state)

    fork = PROTOCOL.fork("noting", closing_steps=(step,), slash=slash)
    start = world()
    strict = evolve(start, params=evolve(start.params, downtime_threshold=0))
    pass_slots(fork, strict, strict.params.epoch_length + 1)
    assert len(protocols) > 1
    assert all(protocol is fork for protocol in protocols)
