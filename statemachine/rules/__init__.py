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
from statemachine.rules.blocks import elect_proposer, only_the_elected
from statemachine.rules.epochs import (
    begin_epoch,
    has_enough_of_its_own,
    process_due_delegations,
    update_validator_set,
)
from statemachine.rules.rewards import pay_epoch_reward
from statemachine.rules.slashing import fraction_of, slash

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
    closing_steps=(pay_epoch_reward, process_due_delegations),
    opening_steps=(update_validator_set, begin_epoch),
    slash=slash,
    fraction=fraction_of,
    serves=has_enough_of_its_own,
    elect=elect_proposer,
    leaders=only_the_elected,
)
"""The default protocol."""
