"""The rules, one file a subject, and the protocol that they make up."""

from statemachine import transactions
from statemachine.protocol import Protocol
from statemachine.rules.accounts import transfer
from statemachine.rules.blocks import elect_proposer, produce_block
from statemachine.rules.claims import claim_rewards
from statemachine.rules.delegation import delegate, redelegate, undelegate
from statemachine.rules.epochs import (
    begin_epoch,
    process_due_delegations,
    update_validator_set,
)
from statemachine.rules.evidence import (
    report_blocks,
    report_invalid_block,
    report_proposer,
    report_votes,
)
from statemachine.rules.finality import cast_votes
from statemachine.rules.rewards import pay_epoch_reward
from statemachine.rules.slashing import slash
from statemachine.rules.validators import (
    change_commission,
    exit_validator,
    register_validator,
    unjail,
)

PROTOCOL = Protocol(
    name="stakespec",
    rules={
        transactions.Transfer: transfer,
        transactions.RegisterValidator: register_validator,
        transactions.ChangeCommission: change_commission,
        transactions.Delegate: delegate,
        transactions.Undelegate: undelegate,
        transactions.Redelegate: redelegate,
        transactions.ClaimRewards: claim_rewards,
        transactions.Exit: exit_validator,
        transactions.Unjail: unjail,
        transactions.ProduceBlock: produce_block,
        transactions.CastVotes: cast_votes,
        transactions.ReportBlocks: report_blocks,
        transactions.ReportVotes: report_votes,
        transactions.ReportProposer: report_proposer,
        transactions.ReportInvalidBlock: report_invalid_block,
    },
    epoch_steps=(
        pay_epoch_reward,
        process_due_delegations,
        update_validator_set,
        begin_epoch,
    ),
    slash=slash,
    elect=elect_proposer,
)
"""The default protocol."""
