"""Lists of signers: each validator once, in order, and known."""

from collections.abc import Sequence
from itertools import pairwise

from statemachine.errors import Rejected, RejectionReason
from statemachine.merkle_map import MerkleMap


def require_in_order(signers: Sequence[bytes]) -> None:
    """Check that signers ascend strictly, so that each set of them has one form.

    Rejects: no_signers; duplicate_signer (two neighbours are the same) or unsorted_signers,
    whichever comes first. Source: catalogue B21; seed S19.
    """
    if not signers:
        raise Rejected(RejectionReason.NO_SIGNERS)
    for before, after in pairwise(signers):
        if before == after:
            raise Rejected(RejectionReason.DUPLICATE_SIGNER, signer=after)
        if before > after:
            raise Rejected(RejectionReason.UNSORTED_SIGNERS, before=before, after=after)


def weigh_signers(snapshot: MerkleMap[int], signers: Sequence[bytes]) -> tuple[int, ...]:
    """Return the stake of each signer in a snapshot. Nobody is skipped (seed S20).

    Rejects: as `require_in_order` does; unknown_signer for one who is not in the snapshot.
    """
    require_in_order(signers)
    weights = []
    for signer in signers:
        weight = snapshot.get(signer)
        if weight is None:
            raise Rejected(RejectionReason.UNKNOWN_SIGNER, signer=signer)
        weights.append(weight)
    return tuple(weights)
