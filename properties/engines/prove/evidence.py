"""Contracts of evidence: it leads to slashing, whatever is staked and whatever it costs."""

# ruff: noqa: F401 (what a contract asks and promises, its text names)

from properties.engines.prove.checkpoints import CHECKPOINTS, Checkpoints, root_of, signers
from properties.engines.prove.earnings import EARNINGS, Earnings
from properties.engines.prove.laws import (
    certified_by_two_thirds,
    outcome_of,
    stays_lawful,
)
from properties.engines.prove.shapes import (
    EPOCH,
    EPOCH_LENGTH,
    FIRST,
    OTHER,
    ROOT,
    SECOND,
    is_share,
)
from properties.laws.application import Outcome
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.transactions import (
    CastVotes,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)

OTHER_ROOT = b"\x01" * 32


def report_blocks(has: Earnings = EARNINGS, fraction: int = 3_333, reward: int = 500) -> Outcome:
    """Report two blocks for one slot.

    pre: has.is_lawful()
    pre: is_share(fraction)
    pre: is_share(reward)
    post: stays_lawful(_)
    """
    params = {"double_sign_bps": fraction, "reporter_bps": reward}
    tx = ReportBlocks(OTHER, _header(ROOT, ROOT), _header(ROOT, OTHER_ROOT))
    return outcome_of(has.state(params=params), tx)


def report_votes(
    has: Earnings = EARNINGS, fraction: int = 3_333, reward: int = 500, both: bool = True
) -> Outcome:
    """Report two votes that contradict each other, signed by one validator or by two.

    pre: has.is_lawful()
    pre: is_share(fraction)
    pre: is_share(reward)
    post: stays_lawful(_)
    """
    source = Checkpoint(EPOCH - 2, ROOT)
    first, second = (
        CastVotes(Vote(source, Checkpoint(EPOCH - 1, root)), signers(True, both, False))
        for root in (ROOT, OTHER_ROOT)
    )
    params = {"double_sign_bps": fraction, "reporter_bps": reward}
    return outcome_of(has.state(params=params), ReportVotes(OTHER, first, second))


def report_proposer(has: Earnings = EARNINGS, fraction: int = 1_000, reward: int = 500) -> Outcome:
    """Report a block of another than the elected proposer.

    pre: has.is_lawful()
    pre: is_share(fraction)
    pre: is_share(reward)
    post: stays_lawful(_)
    """
    params = {"invalid_block_bps": fraction, "reporter_bps": reward}
    tx = ReportProposer(OTHER, _header(ROOT, ROOT))
    return outcome_of(has.state(params=params), tx, (SECOND,))


def report_invalid_block(
    has: Checkpoints = CHECKPOINTS,
    fraction: int = 1_000,
    first: bool = False,
    second: bool = True,
    third: bool = True,
) -> Outcome:
    """Report a block that some validators, in any company, found invalid.

    pre: has.is_lawful()
    pre: is_share(fraction)
    post: stays_lawful(_)
    post: certified_by_two_thirds(_)
    """
    header = _header(root_of(EPOCH - 1), ROOT)
    tx = ReportInvalidBlock(OTHER, header, signers(first, second, third))
    return outcome_of(has.state(params={"invalid_block_bps": fraction}), tx)


def _header(checkpoint: bytes, body: bytes) -> Header:
    """Return what the first validator signed in the last epoch."""
    return Header((EPOCH - 1) * EPOCH_LENGTH, ROOT, checkpoint, FIRST, ROOT, body, ROOT)
