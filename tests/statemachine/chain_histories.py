"""A history of signed blocks that has everything in it."""

from functools import cache

import attrs

from statemachine import PROTOCOL, State, Transfer
from statemachine.crypto.bls import Backend
from statemachine.events import Event
from statemachine.messages import Checkpoint, Vote
from statemachine.signed.block import Block, Included
from statemachine.signed.chain import apply_block
from statemachine.signed.envelope import Enclosed
from tests.statemachine.chains import (
    begun,
    blocks_evidence,
    built,
    checkpoint,
    double_vote,
    enclosed,
    invalid_block_evidence,
    members,
    proposer_at,
    proposer_evidence,
    registration,
    voted,
)


@attrs.frozen
class Step:
    """A block, with the state before it and what became of it."""

    before: State
    block: Block
    after: State
    events: tuple[Event, ...]


@cache
def history(backend: Backend) -> tuple[Step, ...]:
    """Let a newcomer in, make a checkpoint final, and report an offender four times over."""
    *four, newcomer = members(backend)
    steps: list[Step] = []

    def add(state: State, slot: int, *transactions: Included) -> State:
        block = built(backend, state, *transactions, slot=slot)
        applied = apply_block(PROTOCOL, backend, state, block)
        steps.append(Step(state, block, applied.state, applied.events))
        return applied.state

    state = begun(backend)
    transfer = Transfer(newcomer.address, four[0].address, 5)
    state = add(state, 1, enclosed(backend, state, newcomer, transfer))
    # Votes for the checkpoint of the epoch that the block begins.
    ahead = Checkpoint(1, state.head)
    state = add(state, 2, voted(backend, Vote(checkpoint(state, 0), ahead), four[:3]))
    ahead = Checkpoint(2, state.head)
    joining = enclosed(backend, state, newcomer, registration(backend, newcomer))
    state = add(state, 4, voted(backend, Vote(checkpoint(state, 1), ahead), four[1:]), joining)
    proposer = proposer_at(backend, steps[2].before, 4)
    offender = next(member for member in four if member != proposer)
    others = [member for member in four if member != offender]
    reports: tuple[Enclosed, ...] = (
        blocks_evidence(backend, state, newcomer, offender, 4),
        double_vote(backend, state, newcomer, offender),
        proposer_evidence(backend, state, newcomer, offender, 4),
        invalid_block_evidence(backend, state, newcomer, offender, 5, others),
    )
    add(
        state,
        5,
        *(
            enclosed(backend, state, newcomer, report, later)
            for later, report in enumerate(reports)
        ),
    )
    return tuple(steps)
