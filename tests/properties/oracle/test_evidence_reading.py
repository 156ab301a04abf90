"""What evidence proves, by the reading of the laws."""

from typing import Any

import pytest

from properties.laws.accusation import Accuse, repetitions
from properties.oracle.evidence import Charge, charges, fraction_bps
from properties.oracle.finality import FinalityOracle
from statemachine import PROTOCOL, OffenceKind, Rejected, State, evolve
from statemachine.events import Slashed
from statemachine.messages import Checkpoint, Header, Vote
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
    EMIL,
    NOBODY,
    advance,
    checkpoint,
    world,
)

STATE = advance(world(), 3)

ELSEWHERE = b"e" * 32

HEADER = Header(9, bytes(32), checkpoint(STATE, 2).root, CARA, bytes(32), bytes(32), bytes(32))

OTHER = evolve(HEADER, body=b"b" * 32)


def proved(tx: Any, state: State = STATE) -> tuple[Charge, ...]:
    return charges(PROTOCOL, state, FinalityOracle.at(state, PROTOCOL).terms, tx)


def cast(source: int, target: int, *signers: bytes, root: bytes | None = None) -> CastVotes:
    there = root if root is not None else checkpoint(STATE, target).root
    return CastVotes(Vote(checkpoint(STATE, source), Checkpoint(target, there)), signers)


def elected_in(slot: int) -> bytes:
    record = STATE.finality.history[(slot // 4).to_bytes(8, "big")]
    then = evolve(STATE, slot=slot, seed=record.seed, snapshot=record.snapshot)
    return PROTOCOL.elect(then, slot) or NOBODY


IN_TURN = evolve(HEADER, proposer=elected_in(9))
OUT_OF_TURN = evolve(HEADER, proposer=BEN if elected_in(9) != BEN else CARA)

GUILTY = (
    (ReportBlocks(EMIL, HEADER, OTHER), OffenceKind.DOUBLE_BLOCK, (CARA,), 2, 9),
    (
        ReportBlocks(EMIL, evolve(HEADER, checkpoint=ELSEWHERE), HEADER),
        OffenceKind.DOUBLE_BLOCK, (CARA,), 2, 9,
    ),
    (
        ReportVotes(EMIL, cast(0, 3, ANNA, BEN), cast(1, 3, ANNA, BEN, CARA)),
        OffenceKind.DOUBLE_VOTE, (ANNA, BEN), 3, 0,
    ),
    (
        ReportVotes(EMIL, cast(0, 3, BEN), cast(0, 3, BEN, root=ELSEWHERE)),
        OffenceKind.DOUBLE_VOTE, (BEN,), 3, 0,
    ),
    (
        ReportVotes(EMIL, cast(1, 2, BEN, CARA), cast(0, 3, ANNA, CARA)),
        OffenceKind.SURROUND_VOTE, (CARA,), 3, 0,
    ),
    (
        ReportVotes(EMIL, cast(0, 3, CARA, root=ELSEWHERE), cast(1, 2, CARA)),
        OffenceKind.SURROUND_VOTE, (CARA,), 2, 0,
    ),
    (
        ReportVotes(EMIL, cast(0, 3, CARA, root=ELSEWHERE), cast(1, 2, CARA, root=ELSEWHERE)),
        OffenceKind.SURROUND_VOTE, (CARA,), 2, 0,
    ),
    (
        ReportProposer(EMIL, OUT_OF_TURN),
        OffenceKind.INVALID_BLOCK, (OUT_OF_TURN.proposer,), 2, 9,
    ),
    (
        ReportInvalidBlock(EMIL, HEADER, (ANNA, BEN, CARA)),
        OffenceKind.INVALID_BLOCK, (CARA,), 2, 9,
    ),
    (Accuse(EMIL, ANNA, OffenceKind.DOWNTIME, 1, 7), OffenceKind.DOWNTIME, (ANNA,), 1, 7),
)  # fmt: skip
"""Evidence, and what it proves: the offence, the offenders, the epoch and the slot."""

HARMLESS = (
    ReportBlocks(EMIL, HEADER, HEADER),
    ReportBlocks(EMIL, HEADER, evolve(OTHER, slot=10)),
    ReportBlocks(EMIL, HEADER, evolve(OTHER, proposer=BEN)),
    ReportBlocks(EMIL, evolve(HEADER, proposer=NOBODY), evolve(OTHER, proposer=NOBODY)),
    ReportVotes(EMIL, cast(0, 3, ANNA), cast(0, 3, ANNA)),
    ReportVotes(EMIL, cast(0, 1, ANNA), cast(1, 2, ANNA)),
    ReportVotes(EMIL, cast(0, 2, ANNA), cast(0, 3, ANNA)),
    ReportVotes(EMIL, cast(0, 2, ANNA), cast(1, 3, ANNA)),
    ReportVotes(EMIL, cast(0, 3, ANNA), cast(1, 3, BEN)),
    ReportVotes(EMIL, cast(0, 3, BEN, ANNA), cast(1, 3, BEN)),
    ReportVotes(EMIL, cast(0, 3, ANNA, ANNA), cast(1, 3, ANNA)),
    ReportVotes(EMIL, cast(0, 3, ANNA, NOBODY), cast(1, 3, ANNA)),
    ReportVotes(EMIL, cast(0, 4, ANNA, root=ELSEWHERE), cast(1, 4, ANNA, root=ELSEWHERE)),
    ReportProposer(EMIL, IN_TURN),
    ReportProposer(EMIL, evolve(OUT_OF_TURN, checkpoint=ELSEWHERE)),
    ReportProposer(EMIL, evolve(OUT_OF_TURN, slot=16)),
    ReportInvalidBlock(EMIL, HEADER, (ANNA, BEN)),
    ReportInvalidBlock(EMIL, HEADER, (ANNA, BEN, BEN, CARA)),
    ReportInvalidBlock(EMIL, HEADER, (ANNA, BEN, CARA, NOBODY)),
    ReportInvalidBlock(EMIL, evolve(HEADER, checkpoint=ELSEWHERE), (ANNA, BEN, CARA)),
    ReportInvalidBlock(EMIL, HEADER, ()),
)


@pytest.mark.parametrize(("tx", "kind", "offenders", "epoch", "slot"), GUILTY)
def test_evidence_proves_an_offence(
    tx: Any, kind: OffenceKind, offenders: tuple[bytes, ...], epoch: int, slot: int
) -> None:
    expected = tuple(Charge(offender, kind, epoch, slot) for offender in offenders)
    assert proved(tx) == expected


@pytest.mark.parametrize("tx", [case[0] for case in GUILTY[:-1]])
def test_the_protocol_slashes_for_what_is_proved(tx: Any) -> None:
    transition = PROTOCOL.transition(STATE, tx)
    slashed = [event for event in transition.events if isinstance(event, Slashed)]
    punished = [(event.offender, event.kind, event.epoch) for event in slashed]
    assert punished == [(charge.offender, charge.kind, charge.epoch) for charge in proved(tx)]
    for event in slashed:
        assert event.fraction_bps == fraction_bps(STATE.params, event.kind)


@pytest.mark.parametrize("tx", HARMLESS)
def test_what_is_no_offence_proves_nothing_and_is_refused(tx: Any) -> None:
    assert proved(tx) == ()
    with pytest.raises(Rejected):
        PROTOCOL.apply(STATE, tx)


def test_evidence_of_two_messages_is_repeated_in_either_order() -> None:
    tx = ReportBlocks(EMIL, HEADER, OTHER)
    assert repetitions(tx) == (tx, ReportBlocks(EMIL, OTHER, HEADER))
    alone = ReportProposer(EMIL, HEADER)
    assert repetitions(alone) == (alone,)
