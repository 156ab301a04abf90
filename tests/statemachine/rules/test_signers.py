"""Lists of signers: in order, each once, none unknown, and weighed by one snapshot."""

from collections.abc import Sequence

import pytest

from statemachine import MerkleMap, Rejected, RejectionReason
from statemachine.rules.signers import require_in_order, weigh_signers
from statemachine.state import SNAPSHOT
from tests.statemachine.worlds import ANNA, BEN, CARA, DORA, explained, refusal

SNAP = MerkleMap.from_items(SNAPSHOT, ((ANNA, 5), (BEN, 7), (CARA, 2**127)))

BAD: list[tuple[Sequence[bytes], tuple[object, ...]]] = [
    ((), refusal(RejectionReason.NO_SIGNERS)),
    ((ANNA, ANNA), refusal(RejectionReason.DUPLICATE_SIGNER, signer=ANNA)),
    ((BEN, ANNA), refusal(RejectionReason.UNSORTED_SIGNERS, before=BEN, after=ANNA)),
    ((ANNA, CARA, BEN, BEN), refusal(RejectionReason.UNSORTED_SIGNERS, before=CARA, after=BEN)),
    ((ANNA, BEN, BEN, ANNA), refusal(RejectionReason.DUPLICATE_SIGNER, signer=BEN)),
    # One who is there twice with another between is out of order, not a duplicate.
    ((ANNA, BEN, ANNA), refusal(RejectionReason.UNSORTED_SIGNERS, before=BEN, after=ANNA)),
]


@pytest.mark.parametrize(("signers", "expected"), BAD)
def test_a_list_of_signers_is_refused_for_the_first_thing_that_is_wrong(
    signers: Sequence[bytes], expected: tuple[object, ...]
) -> None:
    for check in (require_in_order, lambda signers: weigh_signers(SNAP, signers)):
        with pytest.raises(Rejected) as refused:
            check(signers)
        assert explained(refused.value) == expected


def test_each_signer_weighs_what_the_snapshot_says_in_the_order_given() -> None:
    assert weigh_signers(SNAP, (ANNA, BEN, CARA)) == (5, 7, 2**127)
    assert weigh_signers(SNAP, (ANNA, CARA)) == (5, 2**127)
    assert weigh_signers(SNAP, (BEN,)) == (7,)


@pytest.mark.parametrize("signers", [(DORA,), (ANNA, BEN, CARA, DORA), (bytes(20), ANNA)])
def test_nobody_who_is_unknown_is_skipped(signers: Sequence[bytes]) -> None:
    unknown = next(signer for signer in signers if signer in (DORA, bytes(20)))
    with pytest.raises(Rejected) as refused:
        weigh_signers(SNAP, signers)
    assert explained(refused.value) == refusal(RejectionReason.UNKNOWN_SIGNER, signer=unknown)


def test_the_order_of_a_list_is_checked_before_who_is_in_it() -> None:
    with pytest.raises(Rejected) as refused:
        weigh_signers(SNAP, (DORA, CARA))
    assert refused.value.reason is RejectionReason.UNSORTED_SIGNERS


def test_an_empty_snapshot_knows_nobody() -> None:
    with pytest.raises(Rejected) as refused:
        weigh_signers(MerkleMap.empty(SNAPSHOT), (ANNA,))
    assert refused.value.reason is RejectionReason.UNKNOWN_SIGNER
