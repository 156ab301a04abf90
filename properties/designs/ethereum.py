"""The beacon chain's rules together: quorum, finality, leak, and penalties in two parts.

Source: consensus-specs, phase 0 to Bellatrix: two thirds *or more* justify; the four finality rules
are those of k-finality with k = 2; a weight is an effective balance, floored to increments; a 32nd
is lost at once for signing twice, three times the share of all who did half a window later; stake
of who does not vote leaks while nothing becomes final.
"""

from typing import Annotated, Any

from properties.designs.correlation import OFFENDED, noting, pay_later
from properties.designs.inactivity_leak import (
    LeakGenesis,
    LeakParams,
    LeakState,
    leak,
)
from properties.designs.penalty import Penalised, note_penalty
from properties.designs.quorums import is_two_thirds
from properties.designs.splitting import LAW
from properties.model.design import Design
from statemachine import PROTOCOL, MerkleMap, Protocol, Transition, evolve
from statemachine.primitives import Amount
from statemachine.records import record
from statemachine.rules.epochs import active_self_stake, begin_epoch, update_validator_set


@record
class EthereumParams(LeakParams):
    """The leak's parameters, and the step of effective balances."""

    increment: Amount = 2
    """What weights are multiples of."""


@record
class EthereumState(LeakState):
    """A state in which validators are watched, and offenders remembered."""

    params: EthereumParams
    offended: Annotated[MerkleMap[Amount], OFFENDED] = MerkleMap.empty(OFFENDED)


@record
class EthereumGenesis(LeakGenesis):
    """What such a chain begins with."""

    params: EthereumParams


def has_an_increment(state: Any, operator: bytes) -> bool:
    """Say whether an operator's own stake is enough to serve with, and to weigh anything."""
    own = active_self_stake(state, operator)
    return bool(own >= max(state.params.min_stake, state.params.increment))


def floor_weights(_protocol: Protocol, state: Any) -> Transition:
    """Let votes and elections count whole increments alone; stake earns as it is."""
    step, snapshot = max(1, state.params.increment), state.snapshot
    for one in state.snapshot:
        floored = state.validators[one].earning // step * step
        if floored != snapshot[one]:
            snapshot = snapshot.set(one, floored)
    return Transition(evolve(state, snapshot=snapshot))


EXACT = "a quorum is two thirds or more"

DESIGN = Design.of(
    PROTOCOL.fork(
        "ethereum",
        closing_steps=(*PROTOCOL.closing_steps, leak, pay_later),
        opening_steps=(update_validator_set, floor_weights, begin_epoch),
        serves=has_an_increment,
        slash=noting,
        is_quorum=is_two_thirds,
        state=EthereumState,
        description=EthereumGenesis,
    ),
    settings=("leak_quotient=1024", "double_sign_bps=313", "finality_span=2"),
    lessons={Penalised: note_penalty},
    laws=(LAW,),
    set_aside={
        "FIN-12": EXACT,
        "two-thirds": EXACT,
        "TIM-6": "what everybody weighs is floored anew at every boundary",
    },
)
