"""All contracts, by the rule that they are about."""

from properties.engines.prove import (
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
from properties.engines.prove.contract import LEMMA, Contract
from properties.engines.prove.own import own_contracts
from statemachine.protocol import Protocol

CONTRACTS = (
    Contract("Transfer", accounts.transfer, 0.1),
    Contract("RegisterValidator", validators.register, 1.4),
    Contract("RegisterValidator", validators.register_anyone, 1.0),
    Contract("ChangeCommission", validators.change_commission, 2.0),
    Contract("Delegate", delegation.delegate, 1.8),
    Contract("Delegate", delegation.delegate_to_another, 2.1),
    Contract("Delegate", delegation.delegate_after_slash, 1.9),
    Contract("Undelegate", delegation.undelegate, 5.6),
    Contract("Undelegate", delegation.undelegate_from_jailed, 0.4),
    Contract("Undelegate", delegation.undelegate_after_slash, 2.9),
    Contract("Undelegate", delegation.undelegate_moved, 3.0),
    Contract("Undelegate", delegation.undelegate_moved_twice, 3.0),
    Contract("Redelegate", delegation.redelegate, 5.8),
    Contract("Redelegate", delegation.redelegate_after_slash, 3.0),
    Contract("Redelegate", delegation.redelegate_moved, 3.0),
    Contract("ClaimRewards", rewards.claim, 0.7),
    Contract("ClaimRewards", rewards.claim_commission, 1.7),
    Contract("ClaimRewards", rewards.claim_completed, 0.5),
    Contract("ClaimRewards", rewards.claim_commission_completed, 0.5),
    Contract("Exit", validators.leave, 1.0),
    Contract("Exit", validators.leave_after_slash, 0.8),
    Contract("Unjail", validators.unjail, 0.2),
    Contract("ProduceBlock", blocks.produce, 0.3),
    Contract("ProduceBlock", blocks.produce_after_slash, 1.1),
    Contract("epoch", blocks.reward, 0.7),
    Contract("epoch", blocks.catch_up, 3.0),
    Contract("epoch", blocks.release, 0.2),
    Contract("epoch", blocks.keep_unbonding, 0.3),
    Contract("epoch", blocks.move, 1.4),
    Contract("epoch", blocks.review, 1.1),
    Contract("slash", slashing.slash, 0.9),
    Contract("slash", slashing.slash_again, 2.0),
    Contract("slash", slashing.slash_moved, 0.6),
    Contract("slash", slashing.slash_moved_twice, 2.0),
    Contract("slash", slashing.jail, 0.3),
    Contract("CastVotes", finality.vote_for_previous, 2.2),
    Contract("CastVotes", finality.vote_for_current, 2.6),
    Contract("ReportBlocks", evidence.report_blocks, 2.1),
    Contract("ReportVotes", evidence.report_votes, 6.5),
    Contract("ReportProposer", evidence.report_proposer, 2.1),
    Contract("ReportInvalidBlock", evidence.report_invalid_block, 2.9),
    Contract(LEMMA, lemmas.quorum_is_two_thirds, 0.1),
    Contract(LEMMA, lemmas.quorums_intersect, 0.1),
    Contract(LEMMA, lemmas.share_and_rest, 0.1),
    Contract(LEMMA, lemmas.claims_under_a_slash, 0.1),
    Contract(LEMMA, lemmas.settling_is_exact, 0.4),
    Contract(LEMMA, lemmas.queue_moves_all, 1.0),
    Contract(LEMMA, lemmas.everyone_is_located, 0.1),
)
"""In the order in which they are shown."""


def contracts_of(protocol: Protocol) -> tuple[Contract, ...]:
    """Return the contracts of a protocol: a transaction type that it adds gets its own."""
    return (*CONTRACTS, *own_contracts(protocol))
