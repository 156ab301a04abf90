"""Collected gentxs: the transactions with which a chain's first validators create themselves."""

from collections.abc import Mapping

import attrs

from properties.cosmos.addresses import AddressBook
from properties.cosmos.commission import Commission, read_commission
from properties.foreign.fields import Field, Unreadable
from properties.foreign.rows import Findings, Row, counted

PLACES = (("genutil", "gen_txs"), ("genutil", "gentxs"), ("gentxs",))
"""Their places, newest layout first."""

_CREATES = "MsgCreateValidator"


@attrs.frozen
class Gentx:
    """A validator that creates itself with stake of its own."""

    where: str
    address: bytes
    owner: bytes
    """The account that pays the stake: the operator's."""
    amount: int
    commission: Commission
    min_self_delegation: int


def messages(app_state: Field) -> tuple[Field, ...]:
    """Return the messages that create validators. Raises Unreadable."""
    return tuple(
        message
        for names in PLACES
        for transactions in (app_state.find(*names),)
        if transactions is not None
        for transaction in transactions.entries()
        for message in _messages(transaction)
    )


def read_gentxs(app_state: Field, book: AddressBook, denom: str) -> tuple[Gentx, ...]:
    """Read the collected gentxs of a document. Raises Unreadable."""
    return tuple(_read(message, book, denom) for message in messages(app_state))


def _messages(transaction: Field) -> tuple[Field, ...]:
    """Return what one transaction says: `body.messages`, or `value.msg` before SDK 0.40."""
    body = transaction.find("body", "messages") or transaction.find("value", "msg")
    if body is None:
        raise Unreadable(
            f"{transaction.described()}: neither body.messages nor value.msg is in it; it has"
            f" {transaction.keys()}"
        )
    creating = []
    for message in body.entries():
        kind = message.child("@type") or message.need("type")
        if not kind.text().endswith(_CREATES):
            raise kind.refuse(f"a type that ends in {_CREATES}, as every gentx's")
        creating.append(message.child("value") if not message.has("@type") else message)
    return tuple(message for message in creating if message is not None)


def _read(message: Field, book: AddressBook, denom: str) -> Gentx:
    operator = message.need("validator_address")
    coin = message.child("value") or message.need("delegation")
    if coin.need("denom").text() != denom:
        raise coin.need("denom").refuse(f"the bond denomination, {denom}")
    address = book.operator(operator)
    delegator = message.child("delegator_address")
    minimum = message.child("min_self_delegation")
    return Gentx(
        where=message.where,
        address=address,
        # Since SDK 0.50 it may be empty: the operator's own account is meant.
        owner=book.account(delegator) if delegator is not None and delegator.content else address,
        amount=coin.need("amount").integer(),
        commission=read_commission(message.need("commission")),
        min_self_delegation=1 if minimum is None else minimum.integer(),
    )


def gentx_rows(gentxs: tuple[Gentx, ...]) -> Findings:
    """Return the row on gentxs."""
    staked = sum(gentx.amount for gentx in gentxs)
    note = "validators made, each staking from its account's balance"
    return Findings(read=counted((Row("gentxs", note, len(gentxs), staked),)))


def take_stakes(balances: Mapping[bytes, int], gentxs: tuple[Gentx, ...]) -> dict[bytes, int]:
    """Return the balances less what gentxs stake. Raises Unreadable."""
    left = dict(balances)
    for gentx in gentxs:
        balance = left.get(gentx.owner, 0)
        if balance < gentx.amount:
            raise Unreadable(
                f"{gentx.where}: stakes {gentx.amount:,}, but its account has {balance:,}; is the"
                " account in the file?"
            )
        left[gentx.owner] = balance - gentx.amount
    return {address: balance for address, balance in left.items() if balance}
