"""Reading a Cosmos SDK genesis or export into a genesis of ours.

Pure: a parsed document goes in, and a genesis comes out together with the account of what
was read, what was changed on the way and what has no counterpart, down to the token.
"""

from collections.abc import Sequence
from itertools import chain

import attrs

from properties.cosmos.accounts import Accounts, read_accounts
from properties.cosmos.addresses import OPERATOR_ENDING, AddressBook, decode_address
from properties.cosmos.clock import set_clock
from properties.cosmos.gentxs import messages as gentx_messages
from properties.cosmos.gentxs import read_gentxs, take_stakes
from properties.cosmos.imported import CosmosImport
from properties.cosmos.layouts import find_root, find_staking
from properties.cosmos.leftovers import unread
from properties.cosmos.parameters import Chosen, choose_params, service_rows, slashing_rows
from properties.cosmos.staking import Staking, read_staking
from properties.cosmos.treasury import Treasury, draw_up, read_treasury
from properties.foreign.fields import Field, Missing, Unreadable, show_instant
from properties.foreign.rows import (
    BalanceSheet,
    Findings,
    ParamRow,
    Row,
    counted,
)
from properties.model.settings import BadSetting
from statemachine import Genesis, GenesisAccount, OutOfRange
from statemachine.hashing import digest

DEFAULT_UNBONDING_EPOCHS = 21
"""Epochs into which a chain's unbonding time is divided: days, on most chains."""

__all__ = [
    "DEFAULT_UNBONDING_EPOCHS",
    "BadSetting",
    "BalanceSheet",
    "CosmosError",
    "CosmosImport",
    "Findings",
    "ParamRow",
    "Row",
    "read_cosmos",
]


WHAT_IS_READ = "stakespec reads genesis files and exports of Cosmos SDK 0.33 to 0.53."
"""The end of every message about something missing."""


class CosmosError(ValueError):
    """A document that cannot be read; names the field, what it holds and what it must be."""


def read_cosmos(
    document: object,
    *,
    unbonding_epochs: int = DEFAULT_UNBONDING_EPOCHS,
    at: str | None = None,
    settings: Sequence[str] = (),
) -> CosmosImport:
    """Read a parsed Cosmos SDK genesis or export.

    `at` is the time (RFC 3339) from which remaining times are counted, in place of the
    time that the document itself tells; `settings` are texts as `properties.model.settings`
    takes them.
    Raises CosmosError, BadSetting.
    """
    try:
        return _read(document, unbonding_epochs, at, settings)
    except Missing as error:
        raise CosmosError(f"{error} {WHAT_IS_READ}") from error
    except Unreadable as error:
        raise CosmosError(str(error)) from error
    except OutOfRange as error:
        raise CosmosError(f"the file does not make a valid genesis: {error}") from error


def _read(
    document: object, unbonding_epochs: int, at: str | None, settings: Sequence[str]
) -> CosmosImport:
    root = find_root(document)
    app_state, chain_id = root.need("app_state"), root.need("chain_id")
    genesis_time = root.need("genesis_time")
    section = find_staking(app_state)
    denom = section.need("params", "bond_denom").text()
    clock = set_clock(genesis_time, section, app_state, at, unbonding_epochs)
    book = AddressBook(_prefix(section, app_state))
    gentxs = read_gentxs(app_state, book, denom)
    staking = read_staking(section, gentxs, book, clock)
    accounts = read_accounts(app_state, book, denom, clock.now)
    accounts = attrs.evolve(accounts, balances=take_stakes(accounts.balances, gentxs))
    treasury = read_treasury(app_state, accounts, staking, denom)
    chosen = choose_params(root, app_state, staking, clock, settings)
    randomness = digest(
        "stakespec/cosmos-genesis", ascii(chain_id.text()).encode(), genesis_time.text().encode()
    )
    genesis = _assemble(chain_id, chosen, accounts, staking, treasury, randomness)
    balance, difference = draw_up(app_state, genesis, treasury, denom)
    if balance.total_in != balance.total_out:
        raise Unreadable(
            f"tokens in = {balance.total_in:,}, but tokens out = {balance.total_out:,}: this is"
            " a bug of the importer; please report it with the file"
        )
    findings = (
        accounts.findings
        + staking.findings
        + treasury.findings
        + difference
        + Findings(changed=_long_addresses(book))
        + slashing_rows(app_state.child("slashing"))
        + service_rows(staking, chosen.params, section)
        + unread(root, app_state)
    )
    return CosmosImport(
        genesis=genesis,
        chain_id=chain_id.text(),
        genesis_time=genesis_time.text(),
        now=show_instant(clock.now),
        now_source=clock.source,
        denom=denom,
        layout=accounts.layout,
        findings=findings,
        params=chosen.rows,
        balance=balance,
    )


def _prefix(section: Field, app_state: Field) -> str:
    """Return what account addresses begin with, from the first operator's."""
    validators = section.items("validators")
    for operator in chain(
        (validator.need("operator_address") for validator in validators),
        (message.need("validator_address") for message in gentx_messages(app_state)),
    ):
        prefix, _ = decode_address(operator)
        if not prefix.endswith(OPERATOR_ENDING) or prefix == OPERATOR_ENDING:
            raise operator.refuse(f"an address whose prefix ends in {OPERATOR_ENDING}")
        return prefix.removesuffix(OPERATOR_ENDING)
    return ""


def _assemble(
    chain_id: Field,
    chosen: Chosen,
    accounts: Accounts,
    staking: Staking,
    treasury: Treasury,
    randomness: bytes,
) -> Genesis:
    balances = dict(accounts.balances)
    for owner, freed in staking.freed.items():
        balances[owner] = balances.get(owner, 0) + freed
    return Genesis(
        chain_id=chain_id.text(),
        params=chosen.params,
        accounts=tuple(
            GenesisAccount(address, balance) for address, balance in sorted(balances.items())
        ),
        validators=staking.genesis_validators,
        delegations=staking.delegations,
        treasury=treasury.amount,
        epoch=chosen.params.unbonding_epochs,
        randomness=randomness,
    )


def _long_addresses(book: AddressBook) -> tuple[Row, ...]:
    note = "accounts of 32 bytes; the address here is a digest of theirs"
    return counted((Row("long addresses", note, len(book.long)),))
