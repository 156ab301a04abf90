"""How votes and evidence are told."""

from properties.laws.describe import changes, describe, short, wrapped
from statemachine import PROTOCOL, ProduceBlock, evolve
from statemachine.messages import NO_BODY, Header, header_root
from statemachine.transactions import ReportBlocks, ReportVotes
from tests.statemachine.worlds import ANNA, BEN, CARA, EMIL, advance, checkpoint, votes, world

STATE = advance(world(), 2)

FIRST, SECOND, THIRD = (short(checkpoint(STATE, epoch).root) for epoch in range(3))


def test_votes_are_told_by_the_epochs_and_roots_of_their_link() -> None:
    assert describe(votes(STATE, 0, 1, ANNA, BEN)) == (
        f"CastVotes(vote epoch 0 ({FIRST}) to epoch 1 ({SECOND}), signers [0x01010101; 0x02020202])"
    )


def test_headers_are_told_by_what_tells_them_apart() -> None:
    header = Header(9, bytes(32), b"c" * 32, CARA, bytes(32), b"b" * 32, b"s" * 32)
    changed = evolve(header, body=NO_BODY)
    assert describe(ReportBlocks(EMIL, header, changed)) == (
        f"ReportBlocks(reporter 0x05050505, first block {short(header_root(header))} of slot 9 by"
        " 0x03030303 (checkpoint 0x63636363, state 0x73737373), second block"
        f" {short(header_root(changed))} of slot 9 by 0x03030303 (checkpoint 0x63636363, state"
        " 0x73737373))"
    )


def test_evidence_of_votes_fits_80_columns() -> None:
    tx = ReportVotes(EMIL, votes(STATE, 0, 2, ANNA, BEN, CARA), votes(STATE, 1, 2, ANNA))
    assert wrapped(describe(tx)).splitlines() == [
        f"   ReportVotes(reporter 0x05050505, first epoch 0 ({FIRST}) to epoch 2",
        f"     ({THIRD}) by [0x01010101; 0x02020202; 0x03030303], second epoch 1",
        f"     ({SECOND}) to epoch 2 ({THIRD}) by [0x01010101])",
    ]


def test_what_votes_change_is_told_by_epoch() -> None:
    after = PROTOCOL.apply(STATE, votes(STATE, 0, 1, ANNA, BEN, CARA))
    assert changes(STATE, after) == [
        "finality.history[epoch 1].justified: False -> True",
        "finality.votes[0 to 1, 0x01010101]: nothing -> 1,000",
        "finality.votes[0 to 1, 0x02020202]: nothing -> 1,000",
        "finality.votes[0 to 1, 0x03030303]: nothing -> 1,000",
        f"finality.justified: epoch 0 ({FIRST}) -> epoch 1 ({SECOND})",
    ]


def test_a_block_without_contents_is_told_without_them() -> None:
    assert describe(ProduceBlock(3, ANNA, bytes(32))) == "ProduceBlock(slot 3, proposer 0x01010101)"
    assert describe(ProduceBlock(3, ANNA, bytes(32), b"b" * 32)) == (
        "ProduceBlock(slot 3, proposer 0x01010101, body 0x62626262)"
    )
