"""All contracts, by the rule that they are about."""

import re
from collections.abc import Callable
from typing import Any

import attrs

from properties.contracts import (
    accounts,
    blocks,
    delegation,
    evidence,
    finality,
    lemmas,
    rewards,
    slashing,
    validators,
)

LEMMA = "lemma"
"""The rule of contracts that are about no rule."""


@attrs.frozen
class Contract:
    """A function whose text says for which numbers it promises which laws."""

    rule: str
    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.function.__name__

    @property
    def summary(self) -> str:
        """What is done in it, in a sentence."""
        return (self.function.__doc__ or "").partition("\n")[0]

    @property
    def promises(self) -> tuple[str, ...]:
        """What holds after it, by the names in its text."""
        return tuple(re.findall(r"^ *post: (\w+)", self.function.__doc__ or "", re.MULTILINE))


CONTRACTS = (
    Contract("Transfer", accounts.transfer),
    Contract("RegisterValidator", validators.register),
    Contract("ChangeCommission", validators.change_commission),
    Contract("Delegate", delegation.delegate),
    Contract("Delegate", delegation.delegate_to_another),
    Contract("Delegate", delegation.delegate_after_slash),
    Contract("Undelegate", delegation.undelegate),
    Contract("Undelegate", delegation.undelegate_from_jailed),
    Contract("Undelegate", delegation.undelegate_after_slash),
    Contract("Redelegate", delegation.redelegate),
    Contract("Redelegate", delegation.redelegate_after_slash),
    Contract("ClaimRewards", rewards.claim),
    Contract("ClaimRewards", rewards.claim_commission),
    Contract("Exit", validators.leave),
    Contract("Exit", validators.leave_after_slash),
    Contract("Unjail", validators.unjail),
    Contract("ProduceBlock", blocks.produce),
    Contract("ProduceBlock", blocks.produce_after_slash),
    Contract("epoch", blocks.reward),
    Contract("epoch", blocks.catch_up),
    Contract("epoch", blocks.release),
    Contract("epoch", blocks.move),
    Contract("epoch", blocks.review),
    Contract("slash", slashing.slash),
    Contract("slash", slashing.slash_again),
    Contract("slash", slashing.slash_moved),
    Contract("slash", slashing.jail),
    Contract("CastVotes", finality.vote_for_previous),
    Contract("CastVotes", finality.vote_for_current),
    Contract("ReportBlocks", evidence.report_blocks),
    Contract("ReportVotes", evidence.report_votes),
    Contract("ReportProposer", evidence.report_proposer),
    Contract("ReportInvalidBlock", evidence.report_invalid_block),
    Contract(LEMMA, lemmas.quorum_is_two_thirds),
    Contract(LEMMA, lemmas.quorums_intersect),
    Contract(LEMMA, lemmas.share_and_rest),
    Contract(LEMMA, lemmas.claims_under_a_slash),
    Contract(LEMMA, lemmas.settling_is_exact),
    Contract(LEMMA, lemmas.everyone_is_located),
)
"""In the order in which they are shown."""
