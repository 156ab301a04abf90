"""Over long histories every token is accounted for, whatever happens."""

from collections import Counter

import pytest

from statemachine import PROTOCOL, ClaimRewards, Rejected, Undelegate
from statemachine.map_keys import delegation_key, split_delegation_key
from statemachine.rules.accounts import balance_of
from statemachine.state import Status
from tests.statemachine.histories import history
from tests.statemachine.worlds import advance, check_tokens, stake_of


@pytest.mark.parametrize("seed", range(8))
def test_tokens_add_up_and_claims_are_covered_after_every_step(seed: int) -> None:
    steps = history(seed, 600)
    for state, _ in steps:
        check_tokens(state)
    happened = Counter(type(tx).__name__ for _, tx in steps)
    assert len(happened) >= 9
    assert min(happened["ProduceBlock"], happened["Delegate"]) > 10


@pytest.mark.parametrize("seed", range(4))
def test_after_any_history_everybody_can_take_out_all_their_stake_and_rewards(seed: int) -> None:
    state = history(seed, 300)[-1][0]
    delegations = [split_delegation_key(key) for key, _ in state.delegations.items()]
    for validator, delegator in delegations:
        bonded = sum(
            lot.amount
            for lot in state.delegations[delegation_key(validator, delegator)].lots
            if lot.end is None and stake_of(state, validator, delegator)
        )
        while bonded:
            amount = min(bonded, 2_000)
            try:
                state = PROTOCOL.apply(state, Undelegate(delegator, validator, amount))
            except Rejected as refused:
                available = refused.details["available"]
                assert isinstance(available, int)
                if refused.reason == "insufficient_stake":
                    bonded = available
                    continue
                state = advance(state)
                continue
            bonded -= amount
    state = advance(state, 16)
    for validator, delegator in delegations:
        assert stake_of(state, validator, delegator) == 0
        try:
            state = PROTOCOL.apply(state, ClaimRewards(delegator, validator))
        except Rejected as refused:
            assert refused.reason in ("nothing_to_claim", "no_delegation")
    check_tokens(state)
    assert state.pots.bonded + state.pots.unbonding == 0
    assert len(state.snapshot) == 0
    assert all(validator.status is not Status.ACTIVE for validator in state.validators.entries())
    assert balance_of(state, delegations[0][1]) > 0
