"""Writes a state in the layout of the Cosmos SDK 0.50, and reports what that cannot express."""

import base64
from collections import Counter
from typing import Any

import attrs

from properties.cosmos.accounts import module_address
from properties.cosmos.addresses import OPERATOR_ENDING
from properties.cosmos.bech32 import encode
from properties.cosmos.parameters import YEAR
from properties.foreign.fields import DECIMAL_PLACES, ONE, SECOND, show_instant
from properties.foreign.rows import Row, counted
from properties.laws.views import claim_of
from statemachine.map_keys import split_delegation_key
from statemachine.primitives import BPS
from statemachine.state import Lot, State, Status, Stay, Validator

Document = dict[str, Any]

PUT_OUT_THERE = (Status.JAILED, Status.TOMBSTONED, Status.EXITING, Status.EXITED)
"""The statuses that are jailed in the document, which knows no other exclusion."""


@attrs.frozen
class Target:
    """Properties of the chain that is written."""

    now: int
    """Its genesis_time, in nanoseconds since 1970."""
    prefix: str = "cosmos"
    """The prefix of its account addresses."""
    denom: str = "stake"
    epoch_seconds: int = 86_400

    @property
    def epoch(self) -> int:
        """Nanoseconds in an epoch."""
        return self.epoch_seconds * SECOND


@attrs.define
class _Stakes:
    """Stake as the document has it; amounts by delegator and validator."""

    bonded: Counter[tuple[bytes, bytes]] = attrs.field(factory=Counter)
    leaving: list[tuple[bytes, bytes, int, int]] = attrs.field(factory=list)
    """Delegator, validator, amount, and epochs until it is released."""
    moved: list[tuple[bytes, Stay, bytes, int]] = attrs.field(factory=list)
    """Delegator, the stay, where the stake is now, and how much."""
    early: int = 0
    late: int = 0
    young: int = 0
    older_stays: int = 0
    """Lots and stays that the document cannot express as they are."""


def to_cosmos(state: State, target: Target) -> tuple[Document, tuple[Row, ...]]:
    """Return a genesis document, and rows for what it cannot express."""
    stakes = _stakes(state)
    tokens: Counter[bytes] = Counter()
    for (_, holder), amount in stakes.bonded.items():
        tokens[holder] += amount
    staked = tokens.total() + sum(amount for _, _, amount, _ in stakes.leaving)
    # Dust is owned by nobody, like the treasury.
    community = state.pots.treasury + state.pots.bonded + state.pots.unbonding - staked
    app_state = {
        "auth": {"accounts": _accounts(state, target)},
        "bank": _bank(state, tokens, staked, community, target),
        "distribution": {
            "fee_pool": {"community_pool": _decimal_coins(community, target)},
            "outstanding_rewards": _outstanding(state, state.pots.rewards, target),
        },
        "mint": {"minter": {"annual_provisions": _provisions(state, target)}},
        "slashing": _slashing(state, target),
        "staking": _staking(state, stakes, tokens, target),
    }
    window = state.params.evidence_window * target.epoch_seconds
    document = {
        "genesis_time": show_instant(target.now),
        "chain_id": state.chain_id,
        "initial_height": "1",
        "consensus": {"params": {"evidence": {"max_age_duration": str(window * SECOND)}}},
        "app_state": app_state,
    }
    return document, _unsaid(state, stakes)


def _bank(
    state: State, tokens: Counter[bytes], staked: int, community: int, target: Target
) -> Document:
    """Return the balances of accounts and of the modules that hold everything else."""
    bonded_pool = sum(
        tokens[address]
        for address, validator in state.validators.items()
        if validator.status is Status.ACTIVE
    )
    modules = {
        "bonded_tokens_pool": bonded_pool,
        "not_bonded_tokens_pool": staked - bonded_pool,
        "distribution": community + state.pots.rewards,
    }
    balances = list(state.accounts.items())
    balances += [(module_address(name), held) for name, held in modules.items() if held]
    return {
        "balances": [
            {"address": encode(target.prefix, address), "coins": _coins(balance, target)}
            for address, balance in balances
        ],
        "supply": _coins(state.accounts.total_weight + sum(modules.values()), target),
    }


def _stakes(state: State) -> _Stakes:
    stakes = _Stakes()
    for key in state.delegations:
        holder, delegator = split_delegation_key(key)
        claim = claim_of(state, holder, delegator)
        if claim is not None:
            for lot in claim.caught_up.lots:
                _sort(state, stakes, holder, delegator, lot)
    return stakes


def _sort(state: State, stakes: _Stakes, holder: bytes, delegator: bytes, lot: Lot) -> None:
    """Add a lot to the stakes, in the document's terms."""
    if not lot.amount:
        return
    epoch, params = state.epoch, state.params
    past = lot.past
    if lot.end is not None and lot.destination is None:
        left = min(lot.end + params.unbonding_epochs - epoch, params.unbonding_epochs)
        stakes.late += lot.end > epoch
        stakes.leaving.append((delegator, holder, lot.amount, left))
        stakes.older_stays += len(past)
        return
    if lot.destination is not None:
        past = (*past, Stay(holder, lot.start, epoch + 1))
        stakes.late += 1
        holder = lot.destination
    stakes.early += lot.start > epoch
    stakes.young += bool(lot.start) and not past
    stakes.bonded[delegator, holder] += lot.amount
    current = [stay for stay in past if stay.end + params.unbonding_epochs > epoch]
    stakes.older_stays += max(0, len(current) - 1)
    for stay in current[-1:]:
        stakes.moved.append((delegator, stay, holder, lot.amount))


def _accounts(state: State, target: Target) -> list[Document]:
    owners = sorted({*state.accounts, *state.nonces})
    return [
        {
            "@type": "/cosmos.auth.v1beta1.BaseAccount",
            "address": encode(target.prefix, address),
            "pub_key": None,
            "account_number": str(number),
            "sequence": str(state.nonces.get(address) or 0),
        }
        for number, address in enumerate(owners)
    ]


def _staking(state: State, stakes: _Stakes, tokens: Counter[bytes], target: Target) -> Document:
    params = state.params
    return {
        "params": {
            "unbonding_time": f"{params.unbonding_epochs * target.epoch_seconds}s",
            "max_validators": max(1, len(state.validators)),
            "max_entries": 7,
            "historical_entries": 10_000,
            "bond_denom": target.denom,
            "min_commission_rate": _decimal(0),
        },
        "validators": [
            _validator(state, address, validator, tokens[address], target)
            for address, validator in state.validators.items()
        ],
        "delegations": [
            {
                "delegator_address": encode(target.prefix, delegator),
                "validator_address": _operator(holder, target),
                "shares": _decimal(amount * ONE),
            }
            for (delegator, holder), amount in sorted(stakes.bonded.items())
        ],
        "unbonding_delegations": [
            {
                "delegator_address": encode(target.prefix, delegator),
                "validator_address": _operator(holder, target),
                "entries": [
                    {
                        "creation_height": "0",
                        "completion_time": show_instant(target.now + left * target.epoch),
                        "initial_balance": str(amount),
                        "balance": str(amount),
                    }
                ],
            }
            for delegator, holder, amount, left in stakes.leaving
        ],
        "redelegations": [_redelegation(state, *entry, target) for entry in stakes.moved],
    }


def _redelegation(
    state: State, delegator: bytes, stay: Stay, holder: bytes, amount: int, target: Target
) -> Document:
    unbonding_epochs = state.params.unbonding_epochs
    left = min(stay.end + unbonding_epochs - state.epoch, unbonding_epochs)
    return {
        "delegator_address": encode(target.prefix, delegator),
        "validator_src_address": _operator(stay.validator, target),
        "validator_dst_address": _operator(holder, target),
        "entries": [
            {
                "creation_height": "0",
                "completion_time": show_instant(target.now + left * target.epoch),
                "initial_balance": str(amount),
                "shares_dst": _decimal(amount * ONE),
            }
        ],
    }


def _validator(
    state: State, address: bytes, validator: Validator, tokens: int, target: Target
) -> Document:
    active = validator.status is Status.ACTIVE
    params = state.params
    return {
        "operator_address": _operator(address, target),
        "consensus_pubkey": {
            "@type": "/cosmos.crypto.bls12_381.PubKey",
            "key": base64.b64encode(validator.public_key).decode(),
        },
        "jailed": validator.status in PUT_OUT_THERE,
        "status": "BOND_STATUS_BONDED" if active else "BOND_STATUS_UNBONDED",
        "tokens": str(tokens),
        "delegator_shares": _decimal(tokens * ONE),
        "description": {"moniker": address.hex()[:8]},
        "unbonding_height": "0",
        "unbonding_time": "1970-01-01T00:00:00Z",
        "commission": {
            "commission_rates": {
                "rate": _bps(validator.commission_bps),
                "max_rate": _bps(params.max_commission_bps),
                "max_change_rate": _bps(params.max_commission_change_bps),
            },
            "update_time": show_instant(target.now),
        },
        "min_self_delegation": str(params.min_stake),
    }


def _slashing(state: State, target: Target) -> Document:
    params = state.params
    serving = [
        validator for validator in state.validators.entries() if validator.status is Status.ACTIVE
    ]
    return {
        "params": {
            # A validator's own blocks there are all blocks, divided by those who serve.
            "signed_blocks_window": str(params.downtime_threshold * max(1, len(serving))),
            "min_signed_per_window": _decimal(0),
            "downtime_jail_duration": f"{params.jail_epochs * target.epoch_seconds}s",
            "slash_fraction_double_sign": _bps(params.double_sign_bps),
            "slash_fraction_downtime": _bps(params.downtime_bps),
        },
        "signing_infos": [],
        "missed_blocks": [],
    }


def _outstanding(state: State, rewards: int, target: Target) -> list[Document]:
    """Return all unpaid rewards, at the first validator: claims work differently there."""
    first = next(iter(state.validators), None)
    if first is None or not rewards:
        return []
    return [
        {
            "validator_address": _operator(first, target),
            "outstanding_rewards": _decimal_coins(rewards, target),
        }
    ]


def _provisions(state: State, target: Target) -> str:
    """Return what a year issues, rounded up so that an epoch's share stays the same."""
    return _decimal(-(-state.params.epoch_reward * YEAR * ONE // target.epoch))


def _unsaid(state: State, stakes: _Stakes) -> tuple[Row, ...]:
    everyone = tuple(state.validators.entries())
    gone = [
        validator for validator in everyone if validator.status in (Status.EXITING, Status.EXITED)
    ]
    out = [validator for validator in everyone if validator.status is Status.TOMBSTONED]
    return counted(
        (
            Row("tombstoned validators", "jailed there: they may ask to return", len(out)),
            Row("validators that left for good", "jailed there", len(gone)),
            Row("consensus keys", "BLS12-381: a chain must have the key type", len(everyone)),
            Row(
                "missed blocks",
                "counts begin at 0",
                sum(1 for validator in everyone if validator.missed),
            ),
            Row("slash histories", "applied, and forgotten", _slashes(everyone)),
            Row("stake that joins later", "bonded at once", stakes.early),
            Row("stake that leaves later", "leaves at once", stakes.late),
            Row("epochs in which stake joined", "answers for all there", stakes.young),
            Row("stays before the last", "forgotten", stakes.older_stays),
            Row("rewards not paid out", "all at one validator", None, state.pots.rewards),
            Row("churn, invalid blocks, reporters", "no such parameters there", 5),
            Row("finality, votes, seeds", "the consensus engine's there", 1),
            Row("offences punished", "may be punished again", len(state.punished)),
        )
    )


def _slashes(validators: tuple[Validator, ...]) -> int:
    return sum(len(validator.slashes) for validator in validators)


def _operator(address: bytes, target: Target) -> str:
    return encode(target.prefix + OPERATOR_ENDING, address)


def _coins(amount: int, target: Target) -> list[Document]:
    return [{"denom": target.denom, "amount": str(amount)}] if amount else []


def _decimal_coins(amount: int, target: Target) -> list[Document]:
    return [{"denom": target.denom, "amount": _decimal(amount * ONE)}] if amount else []


def _bps(share: int) -> str:
    return _decimal(share * ONE // BPS)


def _decimal(number: int) -> str:
    """Return a number of units of 1 / ONE as a decimal of the SDK."""
    whole, fraction = divmod(number, ONE)
    return f"{whole}.{fraction:0{DECIMAL_PLACES}d}"
