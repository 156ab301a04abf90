"""The rules, one file a subject, and the protocol that they make up."""

from statemachine.protocol import Protocol
from statemachine.rules import (
    accounts,
    blocks,
    claims,
    delegation,
    evidence,
    finality,
    validators,
)
from statemachine.rules.blocks import elect_proposer
from statemachine.rules.epochs import (
    begin_epoch,
    process_due_delegations,
    update_validator_set,
)
from statemachine.rules.rewards import pay_epoch_reward
from statemachine.rules.slashing import slash

PROTOCOL = Protocol(
    name="stakespec",
    rules={
        **accounts.RULES,
        **validators.RULES,
        **delegation.RULES,
        **claims.RULES,
        **blocks.RULES,
        **finality.RULES,
        **evidence.RULES,
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
