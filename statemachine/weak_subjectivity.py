"""How old a checkpoint may be that a client trusts without asking anybody again.

Source: specs/security.md, weak subjectivity; the bound of specs/protocol/evidence.md, sets
that change.
"""

from statemachine.params import Params
from statemachine.primitives import Amount


def safe_checkpoint_age(params: Params, active_stake: Amount) -> int:
    """Return how many epochs old a trusted final checkpoint may be, at most.

    Up to this age, whoever finalises another checkpoint against it can still be accused, and
    some of them still have stake to lose, with full churn on both branches. At least 0, which
    means that no checkpoint is safe once its epoch has ended; at most `evidence_window`.

    The active stake is that of the checkpoint. Stake that moves as a whole without a booking,
    behind a validator that exits, is jailed or returns, is not accounted for.
    """
    weight, gained, lost = active_stake, 0, 0
    for epochs in range(params.evidence_window):
        limit = params.churn_limit(weight)
        weight, gained, lost = weight + limit, gained + 2 * limit, lost + limit
        # Threshold: three times max(w - a - e) - w / 3 - w / 3, which is a whole number.
        if 3 * (weight - gained - lost) <= 2 * weight:
            return epochs
    return params.evidence_window
