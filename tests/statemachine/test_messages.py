"""What validators sign: every field counts, but for those that follow from others."""

import pytest

from statemachine import evolve
from statemachine.hashing import digest
from statemachine.messages import (
    NO_BODY,
    Checkpoint,
    Header,
    Vote,
    block_root,
    header_content,
    header_root,
    vote_content,
)
from tests.statemachine.generic import fields_of

ONE, TWO, SIX = (bytes([number]) * 32 for number in (1, 2, 6))

HEADER = Header(
    slot=258,
    parent=ONE,
    checkpoint=TWO,
    proposer=bytes([3]) * 20,
    reveal=bytes([4]) * 32,
    body=bytes([5]) * 32,
    state_root=SIX,
)

VOTE = Vote(Checkpoint(1, ONE), Checkpoint(24, TWO))


def test_what_is_signed_of_a_vote_are_its_canonical_bytes() -> None:
    assert vote_content(VOTE).hex() == (
        "82" + "82" + "01" + "5820" + "01" * 32 + "82" + "1818" + "5820" + "02" * 32
    )


def test_what_is_signed_of_a_header_are_its_canonical_bytes() -> None:
    digests = ["5820" + f"{number:02}" * 32 for number in range(1, 7)]
    digests[2] = "54" + "03" * 20
    assert header_content(HEADER).hex() == "87" + "190102" + "".join(digests)


def other_headers() -> dict[str, Header]:
    """Return the header with each of its fields changed in turn."""
    changed = {}
    for field in fields_of(Header):
        before = getattr(HEADER, field.name)
        shifted = before + 1 if isinstance(before, int) else bytes([9]) * len(before)
        changed[field.name] = evolve(HEADER, **{field.name: shifted})
    return changed


def test_every_field_of_a_header_is_signed() -> None:
    contents = {header_content(header) for header in (HEADER, *other_headers().values())}
    assert len(contents) == 1 + len(fields_of(Header)) == 8


def test_every_part_of_a_vote_is_signed() -> None:
    changed = [
        VOTE,
        Vote(VOTE.target, VOTE.source),
        evolve(VOTE, source=evolve(VOTE.source, epoch=2)),
        evolve(VOTE, source=evolve(VOTE.source, root=SIX)),
        evolve(VOTE, target=evolve(VOTE.target, epoch=2)),
        evolve(VOTE, target=evolve(VOTE.target, root=SIX)),
    ]
    assert len({vote_content(vote) for vote in changed}) == len(changed)


@pytest.mark.parametrize("name", [field.name for field in fields_of(Header)])
def test_a_blocks_root_leaves_out_its_checkpoint_and_state_root_alone(name: str) -> None:
    same = header_root(other_headers()[name]) == header_root(HEADER)
    assert same is (name in ("checkpoint", "state_root"))


def test_a_blocks_root_is_the_digest_of_what_led_to_it() -> None:
    parts = (ONE, (258).to_bytes(8, "big"), HEADER.proposer, HEADER.reveal, HEADER.body)
    assert header_root(HEADER) == digest("stakespec/block", *parts)
    assert header_root(HEADER) == block_root(ONE, 258, *parts[2:])


def test_the_body_of_a_machine_without_blocks_is_no_digest() -> None:
    assert bytes(32) == NO_BODY
