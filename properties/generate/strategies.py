"""Hypothesis strategies: parameters, worlds, transactions, arbitrary lawful states.

All draw through one `random.Random` of Hypothesis's, so that they are the generators of
our own engines, with Hypothesis's shrinking and replay on top. What is kept and exchanged
is always JSON of transactions: Hypothesis's own replay bytes change with its version.
"""

from random import Random

from hypothesis import strategies as st

from properties.generate.states import draw_state
from properties.generate.transactions import draw_profile, next_transaction
from properties.laws.accusation import Submission
from properties.model.draw_context import Actors
from properties.model.worlds import SCALES, draw_genesis, draw_params
from statemachine.description import Genesis
from statemachine.params import Params
from statemachine.protocol import Protocol
from statemachine.state import State


def _randoms() -> st.SearchStrategy[Random]:
    return st.randoms(use_true_random=False)


def parameters() -> st.SearchStrategy[Params]:
    """Parameters that make much happen in few steps."""
    return st.builds(draw_params, _randoms(), st.sampled_from(SCALES))


def worlds() -> st.SearchStrategy[Genesis]:
    """Small worlds to start from."""
    return _randoms().map(draw_genesis)


def lawful_states() -> st.SearchStrategy[State]:
    """Arbitrary states that satisfy the laws, reachable or not."""
    return _randoms().map(draw_state)


def transactions(protocol: Protocol, state: State) -> st.SearchStrategy[Submission]:
    """The next transaction for a state: mostly valid, sometimes wrong on purpose."""

    def draw(rng: Random) -> Submission:
        profile = draw_profile(protocol, rng, state)
        return next_transaction(protocol, state, rng, profile, Actors.of(state))

    return _randoms().map(draw)
