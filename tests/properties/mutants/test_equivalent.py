"""Equivalent forks do what the protocol does, so that a law which one breaks is wrong."""

from random import Random
from typing import Any

import pytest

from properties.engines.registry import engine_named
from properties.generate.transactions import draw_profile
from properties.laws.views import all_views
from properties.model.worlds import draw_genesis
from properties.mutants import EQUIVALENTS, Mutant
from properties.mutants.look import look
from properties.trace.run import Run, state_at
from statemachine import PROTOCOL, Protocol
from statemachine.errors import Rejected
from statemachine.state import State

WORLDS = 12

all_equivalents = pytest.mark.parametrize("mutant", EQUIVALENTS, ids=lambda mutant: mutant.id)


def result(protocol: Protocol, state: State, tx: Any) -> State | str:
    try:
        return protocol.apply(state, tx)
    except Rejected as rejection:
        return str(rejection)


def seen(state: State) -> Any:
    """Return all that anybody can see: what is owned, where tokens are, what is final."""
    views = all_views(state)
    claims = {
        address: [
            (claim.delegator, claim.bonded, claim.leaving, claim.reward) for claim in view.claims
        ]
        for address, view in views.items()
    }
    validators = {
        address: (view.stored.status, view.stored.earning, view.settled.commission)
        for address, view in views.items()
    }
    accounts = dict(state.accounts.items())
    shared = (state.pots, state.supply, state.finality, state.snapshot.root(), state.head)
    return accounts, claims, validators, shared


@all_equivalents
def test_an_equivalent_fork_does_what_the_protocol_does_as_far_as_anybody_can_see(
    mutant: Mutant,
) -> None:
    assert mutant.laws == ()
    for number in range(WORLDS):
        rng = Random(number)
        start = draw_genesis(rng)
        run = Run.start(PROTOCOL, start)
        run.walk(rng, draw_profile(run.protocol, rng, run.state), 60)
        ours = theirs = state_at(PROTOCOL, start)
        for tx in run.submitted:
            if type(tx) not in PROTOCOL.rules:
                tx = None  # an engine's own way to accuse
                continue
            left, right = result(PROTOCOL, ours, tx), result(mutant.protocol, theirs, tx)
            if isinstance(left, State) and isinstance(right, State):
                ours, theirs = left, right
                assert seen(ours) == seen(theirs), tx
            else:
                assert left == right, tx


@pytest.mark.parametrize("engine", ["walk", "one-step", "branches", "fuzz", "explore", "prove"])
@all_equivalents
def test_no_engine_refutes_an_equivalent_fork(mutant: Mutant, engine: str) -> None:
    seen = look(engine_named(engine), mutant, 1, 0.5)
    assert seen.law is None, seen.message
    assert seen.steps
