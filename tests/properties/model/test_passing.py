"""Boundaries crossed once: the same protocol, in less time."""

from random import Random

from properties.generate.transactions import draw_profile, next_transaction
from properties.laws.application import checked_apply
from properties.laws.views import Step
from properties.model.draw_context import Actors
from properties.model.passing import crossing_once
from properties.model.worlds import draw_genesis
from statemachine import PROTOCOL, genesis
from statemachine.protocol import Protocol, Transition
from statemachine.rules.blocks import pass_slots
from statemachine.state import State


def test_it_does_what_the_protocol_does() -> None:
    quick = crossing_once(PROTOCOL)
    for seed in range(4):
        rng = Random(f"passing/{seed}")
        state = genesis(PROTOCOL, draw_genesis(rng))
        profile = draw_profile(PROTOCOL, rng, state)
        for _ in range(30):
            tx = next_transaction(quick, state, rng, profile, Actors.of(state))
            plain = checked_apply(PROTOCOL, state, tx)
            came = checked_apply(quick, state, tx)
            if isinstance(plain, Step):
                assert isinstance(came, Step)
                assert (came.after, came.events) == (plain.after, plain.events)
                state = plain.after
            else:
                assert str(came) == str(plain)


def test_a_boundary_is_crossed_once_from_one_state() -> None:
    crossed = []

    def counted(_protocol: Protocol, state: State) -> Transition:
        crossed.append(state.epoch)
        return Transition(state)

    steps = (counted, *PROTOCOL.closing_steps)
    quick = crossing_once(PROTOCOL.fork("counted", closing_steps=steps))
    state = genesis(PROTOCOL, draw_genesis(Random("passing")))
    length = state.params.epoch_length
    following = (state.epoch + 1) * length
    first, again = (pass_slots(quick, state, following) for _ in range(2))
    assert first.state is again.state
    assert len(crossed) == 1
    # Another state at the same slot is another matter.
    other = genesis(PROTOCOL, draw_genesis(Random("another")))
    pass_slots(quick, other, (other.epoch + 1) * other.params.epoch_length)
    assert len(crossed) == 2
