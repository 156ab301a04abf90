"""Accounts and their balances, in each of the three layouts that the SDK has had."""

import hashlib
from collections.abc import Mapping

import attrs

from properties.cosmos.addresses import AddressBook
from properties.cosmos.denominations import denomination_rows
from properties.cosmos.vesting import still_vesting
from properties.foreign.fields import Field, Spool, Unreadable, show_instant
from properties.foreign.rows import Findings, Row, counted

MODULES = (
    "bonded_tokens_pool",
    "not_bonded_tokens_pool",
    "distribution",
    "fee_collector",
    "mint",
    "gov",
    "govDepositedCoins",
    "govBurnedDepositCoins",
    "protocolpool",
    "protocolpool_escrow",
)
"""Accounts of the chain itself, whose tokens are not an owner's: each has an address that
is the hash of its name, so that it is found without being declared."""


@attrs.frozen
class Accounts:
    """The balances of the staked denomination."""

    layout: str
    balances: Mapping[bytes, int]
    """By our address, without the modules'; none is zero."""
    modules: Mapping[str, int]
    """By the name of a module, where its account holds any."""
    findings: Findings


def read_accounts(app_state: Field, book: AddressBook, denom: str, now: int) -> Accounts:
    """Read the accounts of a document; `now` says what has vested. Raises Unreadable."""
    layout, holders, owners = _layout(app_state)
    balances: dict[bytes, int] = {}
    seen: set[bytes] = set()
    others: dict[str, tuple[int, int]] = {}
    for holder in holders.entries():
        address_field = holder.need_within("address")
        address = book.account(address_field)
        if address in seen:
            raise address_field.refuse("there only once")
        seen.add(address)
        coins = holder.within("coins")
        for owned, amount in ({} if coins is None else coins.coins()).items():
            if owned == denom:
                balances[address] = amount.integer()
            else:
                held, before = others.get(owned, (0, 0))
                others[owned] = (held + 1, before + amount.integer())
    modules = _take_modules(balances)
    kept = {address: balance for address, balance in balances.items() if balance}
    findings = Findings(
        read=(
            Row("accounts", "with a balance", len(kept), sum(kept.values())),
            *(
                Row(f"account of {name}", "the chain's own; see tokens in", 1, balance)
                for name, balance in modules.items()
            ),
        ),
        missing=(*_owner_rows(owners, denom, now), *denomination_rows(app_state, others)),
    )
    return Accounts(layout, kept, modules, findings)


def _layout(app_state: Field) -> tuple[str, Field, Field | None]:
    """Return the layout's name, the list of what holds coins, and that of owners.

    A list that is null is an empty one, and tells the layout as well as any.
    """
    if isinstance(app_state.content.get("accounts", {}), list | Spool | None):
        accounts = _list(app_state, "accounts")
        return "app_state.accounts (SDK 0.37 and before)", accounts, accounts
    auth, bank = app_state.child("auth"), app_state.child("bank")
    owners = None if auth is None or not auth.has("accounts") else _list(auth, "accounts")
    if bank is not None and bank.has("balances"):
        return "app_state.bank.balances (SDK 0.40 and later)", _list(bank, "balances"), owners
    if owners is not None:
        return "app_state.auth.accounts with coins (SDK 0.38, 0.39)", owners, owners
    raise Unreadable(
        f"{app_state.described()}: there are no accounts, so nobody owns anything; it has"
        f" {app_state.keys()}. Accounts are read from app_state.accounts, or from"
        " app_state.auth.accounts and app_state.bank.balances. Export the whole app_state"
    )


def _list(section: Field, name: str) -> Field:
    return section.child(name) or Field(f"{section.where}.{name}", [])


def module_address(name: str) -> bytes:
    """Return the address of the account of a module of the chain."""
    return hashlib.sha256(name.encode()).digest()[:20]


def _take_modules(balances: dict[bytes, int]) -> dict[str, int]:
    """Remove the modules' accounts from the balances, and return them by name."""
    modules = {}
    for name in MODULES:
        held = balances.pop(module_address(name), None)
        if held:
            modules[name] = held
    return modules


def _owner_rows(owners: Field | None, denom: str, now: int) -> tuple[Row, ...]:
    """Return the rows on properties of accounts that have no counterpart here."""
    vesting = vested = locking = locked = delegated = delegating = used = 0
    for owner in () if owners is None else owners.entries():
        original = _amount(owner, "original_vesting", denom)
        if original:
            vesting += 1
            vested += original
            unvested = still_vesting(owner, original, denom, now)
            locking += unvested > 0
            locked += unvested
        behind = _amount(owner, "delegated_vesting", denom)
        if behind:
            delegating += 1
            delegated += behind
        sequence = owner.within("sequence") or owner.within("sequence_number")
        if sequence is not None and sequence.integer():
            used += 1
    return counted(
        (
            Row("vesting accounts", "amount as first vested", vesting, vested),
            Row(
                "tokens still vesting",
                f"locked there at {show_instant(now)}, liquid here at once",
                locking,
                locked,
            ),
            Row(
                "delegated vesting tokens",
                "ordinary stake here, liquid once it has unbonded",
                delegating,
                delegated,
            ),
            Row("sequence numbers", "accounts begin again", used),
        )
    )


def _amount(owner: Field, name: str, denom: str) -> int:
    coins = owner.within(name)
    return 0 if coins is None else coins.amount_of(denom)
