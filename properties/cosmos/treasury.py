"""Tokens without an owner here, which go to the treasury; and the balance sheet."""

import attrs

from properties.cosmos.accounts import Accounts
from properties.cosmos.staking import Staking
from properties.foreign.fields import ONE, Field
from properties.foreign.rows import BalanceSheet, Findings, Row, counted
from statemachine import Genesis

DISTRIBUTION_NAMES = ("distribution", "distr")
"""The names of the section, newer first."""

BONDED_POOL = "bonded_tokens_pool"
NOT_BONDED_POOL = "not_bonded_tokens_pool"

_MODULE_NOTES = {
    "distribution": "rewards not withdrawn, and the community pool",
    "fee_collector": "fees not distributed yet",
    "mint": "held by the mint",
    "gov": "deposits on proposals",
    "govDepositedCoins": "deposits on proposals",
    "govBurnedDepositCoins": "burned deposits, which nobody owns",
    "protocolpool": "community pool",
    "protocolpool_escrow": "community pool, promised",
}


@attrs.frozen
class Treasury:
    """What goes to the treasury, and where all tokens of the document lie."""

    amount: int
    tokens_in: tuple[Row, ...]
    findings: Findings


def read_treasury(app_state: Field, accounts: Accounts, staking: Staking, denom: str) -> Treasury:
    """Find the tokens that are in no owner's account. Raises Unreadable."""
    pooled = _pooled(accounts, staking)
    kept, notes = _kept_by_the_chain(app_state, accounts, denom)
    surplus = max(0, pooled - staking.tokens - staking.unbonding)
    tokens_in = (
        Row("accounts", "", len(accounts.balances), sum(accounts.balances.values())),
        Row("validators' tokens", "", len(staking.validators), staking.tokens),
        Row("unbonding entries", "", None, staking.unbonding),
        *counted((Row("more in the staking pools", "than staked", amount=surplus),)),
        *kept,
    )
    amount = sum(row.amount or 0 for row in kept) + staking.remainder + surplus
    changed = tuple(
        Row(f"{row.subject} -> treasury", row.note, row.count, row.amount) for row in kept
    )
    return Treasury(
        amount, tokens_in, Findings(changed=changed + notes + _pool_rows(accounts, staking))
    )


def _pooled(accounts: Accounts, staking: Staking) -> int:
    """Return the tokens in the accounts that hold stake, or the stake where there are none."""
    if BONDED_POOL not in accounts.modules and NOT_BONDED_POOL not in accounts.modules:
        return staking.tokens + staking.unbonding
    return accounts.modules.get(BONDED_POOL, 0) + accounts.modules.get(NOT_BONDED_POOL, 0)


def _pool_rows(accounts: Accounts, staking: Staking) -> tuple[Row, ...]:
    difference = _pooled(accounts, staking) - staking.tokens - staking.unbonding
    if difference < 0:
        note = "staked, but not in the staking pools: taken as staked"
        return (Row("stake beyond its pools", note, amount=-difference),)
    note = "in the staking pools, but not staked: to the treasury"
    return counted((Row("more in the staking pools", note, amount=difference),))


def _kept_by_the_chain(
    app_state: Field, accounts: Accounts, denom: str
) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Return the tokens that the chain itself holds, and notes on them."""
    modules = tuple(
        Row(name, _MODULE_NOTES[name], None, held)
        for name, held in accounts.modules.items()
        if name in _MODULE_NOTES
    )
    community, unpaid = _distribution(app_state, denom)
    if community + unpaid == 0:
        pass
    elif "distribution" in accounts.modules:
        # The account holds both, so the section only says how they divide.
        held = accounts.modules["distribution"]
        from_pool = min(held, community // ONE)
        split = (
            Row("community pool", "in the account distribution", None, from_pool),
            Row("rewards not withdrawn", "in the account distribution", None, held - from_pool),
        )
        modules = tuple(row for row in modules if row.subject != "distribution") + counted(split)
    else:
        whole, dust = divmod(community + unpaid, ONE)
        modules += counted(
            (
                Row("community pool", "whole tokens of it", None, community // ONE),
                Row("rewards not withdrawn", "theirs to claim", None, whole - community // ONE),
            )
        )
        notes = (Row("fraction of a token", f"left out: 0.{dust:018d}", 1),) if dust else ()
        return modules + _fees(app_state, denom), notes
    return modules + _fees(app_state, denom), ()


def _distribution(app_state: Field, denom: str) -> tuple[int, int]:
    """Return the community pool and the rewards not withdrawn, in units of 1 / ONE."""
    sections = [app_state.child(name) for name in DISTRIBUTION_NAMES]
    section = next((field for field in sections if field is not None), None)
    if section is None:
        return 0, 0
    pool = section.find("fee_pool", "community_pool")
    community = 0 if pool is None else pool.decimal_amount_of(denom)
    unpaid = 0
    for entry in section.items("outstanding_rewards"):
        rewards = entry.child("outstanding_rewards")
        unpaid += 0 if rewards is None else rewards.decimal_amount_of(denom)
    return community, unpaid


def _fees(app_state: Field, denom: str) -> tuple[Row, ...]:
    """Return fees that old documents keep outside any account."""
    fees = app_state.find("auth", "collected_fees")
    amount = 0 if fees is None else fees.amount_of(denom)
    return counted((Row("collected fees", "fees not distributed yet", amount=amount),))


def draw_up(
    app_state: Field, genesis: Genesis, treasury: Treasury, denom: str
) -> tuple[BalanceSheet, Findings]:
    """Compare the document's tokens with those of a genesis, and with the stated supply."""
    bonded = [entry.amount for entry in genesis.delegations if entry.end is None]
    leaving = [entry.amount for entry in genesis.delegations if entry.end is not None]
    held = sum(account.balance for account in genesis.accounts)
    tokens_out = (
        Row("accounts", "", len(genesis.accounts), held),
        Row("bonded stake", "", len(bonded), sum(bonded)),
        Row("unbonding stake", "", len(leaving), sum(leaving)),
        Row("treasury", "", None, genesis.treasury),
    )
    stated, stated_by = _stated_supply(app_state, denom)
    sheet = BalanceSheet(treasury.tokens_in, tokens_out, stated, stated_by)
    if stated is None or stated == sheet.total_in:
        return sheet, Findings()
    difference = abs(stated - sheet.total_in)
    side = "less" if stated > sheet.total_in else "more"
    note = f"the parts of the file hold so much {side} than {stated_by} says; the parts count"
    return sheet, Findings(changed=(Row("supply as stated", note, amount=difference),))


def _stated_supply(app_state: Field, denom: str) -> tuple[int | None, str]:
    """Return the supply that the document states, and where; None if it states none."""
    for names in (("bank", "supply"), ("supply", "supply")):
        coins = app_state.find(*names)
        if coins is not None and coins.content:
            return coins.amount_of(denom), ".".join(names)
    pool = app_state.find("staking", "pool")
    if pool is None:
        return None, ""
    # In these documents the tokens that are not bonded are all others: balances, entries
    # that unbond, the community pool, fees and rewards (the SDK's supply invariant).
    bonded = pool.need("bonded_tokens").decimal()
    others = pool.need("not_bonded_tokens").decimal()
    return (bonded + others) // ONE, "staking.pool"
