"""Accounts and their balances, in each of the three layouts that the SDK has had."""

import hashlib
from collections.abc import Iterator, Mapping

import attrs

from properties.cosmos.fields import AddressBook, Field
from properties.cosmos.rows import Findings, Row, counted

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

SHOWN_DENOMINATIONS = 5
"""How many other denominations get rows of their own."""

_WRAPPERS = ("value", "base_vesting_account", "BaseVestingAccount", "base_account", "BaseAccount")


@attrs.frozen
class Accounts:
    """Who holds how much of the staked denomination."""

    layout: str
    balances: Mapping[bytes, int]
    """By our address, without the modules'; none is zero."""
    modules: Mapping[str, int]
    """By the name of a module, where its account holds any."""
    findings: Findings


def read_accounts(app_state: Field, book: AddressBook, denom: str) -> Accounts:
    """Read the accounts of a document. Raises CosmosError."""
    layout, holders, owners = _layout(app_state)
    balances: dict[bytes, int] = {}
    others: dict[str, tuple[int, int]] = {}
    for holder in holders:
        address_field = _part(holder, "address")
        if address_field is None:
            raise holder.refuse("an account with an address")
        address = book.account(address_field)
        if address in balances:
            raise address_field.refuse("there only once")
        coins = _part(holder, "coins")
        amounts = {} if coins is None else coins.coins()
        balances[address] = amounts[denom].integer() if denom in amounts else 0
        for other, amount in amounts.items():
            if other != denom:
                held, owned = others.get(other, (0, 0))
                others[other] = (held + 1, owned + amount.integer())
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
        missing=(*_owner_rows(owners, denom), *_denomination_rows(others)),
    )
    return Accounts(layout, kept, modules, findings)


def _layout(app_state: Field) -> tuple[str, Iterator[Field], tuple[Field, ...]]:
    """Return the layout's name, what holds coins, and what describes owners."""
    old = app_state.child("accounts")
    if old is not None and isinstance(old.given, list):
        entries = tuple(old.entries())
        return "app_state.accounts (SDK 0.37 and before)", iter(entries), entries
    owners = app_state.find("auth", "accounts")
    balances = app_state.find("bank", "balances")
    if balances is not None:
        declared = () if owners is None else tuple(owners.entries())
        return "app_state.bank.balances (SDK 0.40 and later)", balances.entries(), declared
    if owners is not None:
        entries = tuple(owners.entries())
        return "app_state.auth.accounts with coins (SDK 0.38, 0.39)", iter(entries), entries
    raise app_state.refuse(
        "an object with accounts, or with auth.accounts and bank.balances",
        "without accounts there is nobody to own anything. Export the whole app_state",
    )


def _part(account: Field, name: str) -> Field | None:
    """Return a member of an account, however deep its type wraps it."""
    level: Field | None = account
    while level is not None:
        found = level.child(name)
        if found is not None:
            return found
        inner = (level.child(wrapper) for wrapper in _WRAPPERS)
        level = next((wrapped for wrapped in inner if wrapped is not None), None)
    return None


def _take_modules(balances: dict[bytes, int]) -> dict[str, int]:
    """Take the modules' accounts out of the balances, and return them by name."""
    modules = {}
    for name in MODULES:
        held = balances.pop(hashlib.sha256(name.encode()).digest()[:20], None)
        if held:
            modules[name] = held
    return modules


def _owner_rows(owners: tuple[Field, ...], denom: str) -> tuple[Row, ...]:
    """Return the rows on what accounts have here that they do not have with us."""
    vesting = vested = delegated = delegating = used = 0
    for owner in owners:
        original = _amount(owner, "original_vesting", denom)
        if original:
            vesting += 1
            vested += original
        behind = _amount(owner, "delegated_vesting", denom)
        if behind:
            delegating += 1
            delegated += behind
        sequence = _part(owner, "sequence") or _part(owner, "sequence_number")
        if sequence is not None and sequence.integer():
            used += 1
    return counted(
        (
            Row("vesting accounts", "amount as first vested; liquid here at once", vesting, vested),
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
    coins = _part(owner, name)
    return 0 if coins is None else coins.amount_of(denom)


def _denomination_rows(others: dict[str, tuple[int, int]]) -> tuple[Row, ...]:
    ordered = sorted(others.items(), key=lambda entry: (-entry[1][0], entry[0]))
    rows = [
        Row(f"coin {_plain(denom)}", f"left out: {owned:,} of it, in so many accounts", held)
        for denom, (held, owned) in ordered[:SHOWN_DENOMINATIONS]
    ]
    rest = ordered[SHOWN_DENOMINATIONS:]
    if rest:
        rows.append(Row("other coins", "so many more denominations, left out", len(rest)))
    return tuple(rows)


def _plain(denom: str) -> str:
    text = denom if denom.isascii() and denom.isprintable() else ascii(denom)
    return text if len(text) <= 24 else text[:21] + "..."
