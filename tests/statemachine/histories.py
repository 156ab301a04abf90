"""Long histories of the small chain, the same for the same seed."""

from random import Random
from typing import Any

from statemachine import (
    PROTOCOL,
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    MerkleMap,
    OffenceKind,
    ProduceBlock,
    Redelegate,
    RegisterValidator,
    Rejected,
    State,
    Transfer,
    Undelegate,
    Unjail,
    evolve,
)
from statemachine.map_keys import epoch_key
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.primitives import MAX_AMOUNT
from statemachine.state import NONCES
from statemachine.transactions import (
    CastVotes,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    FAY,
    NOBODY,
    PARAMS,
    accuse,
    elected,
    key_of,
    world,
)

PEOPLE = (ANNA, BEN, CARA, DORA, EMIL, FAY, NOBODY)

BUSY = evolve(PARAMS, churn_floor=2_000, churn_bps=1_000, downtime_threshold=6, reporter_bps=700)
"""Parameters under which everything happens soon."""


def history(seed: int, steps: int, params: Any = BUSY) -> list[tuple[State, Any]]:
    """Return states with the transaction, or offence, that led to each."""
    draw = Random(seed)
    # The machine itself leaves the nonces to blocks, so they are such as these left them.
    nonces = MerkleMap.from_items(NONCES, ((ANNA, 3), (DORA, 2**63 - 1)))
    state = evolve(world(params=params, commission_bps=777), nonces=nonces)
    applied: list[tuple[State, Any]] = [(state, None)]
    for _ in range(steps):
        tx = _draw_tx(draw, state)
        try:
            if isinstance(tx, tuple):
                state = PROTOCOL.slash(PROTOCOL, state, accuse(*tx)).state
            else:
                state = PROTOCOL.apply(state, tx)
        except Rejected:
            continue
        applied.append((state, tx))
    return applied


def _draw_tx(draw: Random, state: State) -> Any:
    first, second, third = (draw.choice(PEOPLE) for _ in range(3))
    amount = draw.choice((0, 1, 7, 333, 1_001, 5_000, MAX_AMOUNT, draw.randrange(3_000)))
    slot = state.slot + draw.choice((1, 1, 1, 1, 2, 3, 9))
    match draw.randrange(15):
        case 0:
            return Transfer(first, second, amount)
        case 1:
            return RegisterValidator(first, key_of(second), draw.randrange(10_001), amount)
        case 2:
            return ChangeCommission(first, draw.randrange(1_500))
        case 3 | 4:
            return Delegate(first, second, amount)
        case 5:
            return Undelegate(first, second, amount)
        case 6:
            return Redelegate(first, second, third, amount)
        case 7:
            return ClaimRewards(first, second)
        case 8 if draw.random() < 0.05:
            return Exit(first)
        case 8 | 9:
            return Unjail(first)
        case 10 if draw.random() < 0.25:
            kind = draw.choice((*OffenceKind, OffenceKind.DOWNTIME, OffenceKind.INVALID_BLOCK))
            epoch = max(0, state.epoch + 1 - draw.randrange(6))
            return first, epoch, kind, draw.randrange(3), draw.choice((None, second))
        case 13 | 14:
            return _votes(draw, state)
        case 12 if draw.random() < 0.04:
            return _evidence(draw, state, first)
        case _:
            return ProduceBlock(slot, elected(state, slot) or NOBODY, draw.randbytes(32))


def _votes(draw: Random, state: State) -> CastVotes:
    """Draw votes, most of them such as can be counted."""
    epochs = [int.from_bytes(key, "big") for key in state.finality.history]
    justified = [
        Checkpoint(epoch, record.root)
        for epoch, record in zip(epochs, state.finality.history.entries(), strict=True)
    ]
    source = draw.choice((state.finality.justified, state.finality.justified, *justified))
    target = draw.choice((justified[-1], *justified))
    active = tuple(state.finality.history[epoch_key(max(target.epoch, epochs[0]))].snapshot)
    chosen = sorted(draw.sample(active, draw.randrange(len(active) + 1)))
    return CastVotes(Vote(source, target), tuple(draw.choice((chosen, active))))


def _evidence(draw: Random, state: State, reporter: bytes) -> Any:
    """Draw evidence of any kind."""
    slot = max(0, state.slot - draw.randrange(12))
    root = state.finality.history[epoch_key(slot // state.params.epoch_length)].root
    header = Header(
        slot, bytes(32), root, draw.choice(PEOPLE), bytes(32), bytes(32), draw.randbytes(32)
    )
    match draw.randrange(4):
        case 0:
            return ReportBlocks(reporter, header, evolve(header, body=draw.randbytes(32)))
        case 1:
            return ReportProposer(reporter, header)
        case 2:
            return ReportInvalidBlock(reporter, header, tuple(state.snapshot))
        case _:
            first, second = _votes(draw, state), _votes(draw, state)
            forked = evolve(first.vote, target=evolve(first.vote.target, root=bytes(32)))
            return ReportVotes(
                reporter, first, draw.choice((second, CastVotes(forked, second.signers)))
            )
