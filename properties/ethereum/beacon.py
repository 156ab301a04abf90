"""The validators of a beacon chain, from either of two answers of the standard Beacon API.

`/eth/v1/beacon/states/{id}/validators` lists them with their balances and statuses;
`/eth/v2/debug/beacon/states/{id}` is the whole state, with balances in a list of their own.
"""

from collections.abc import Iterator

import attrs

from properties.foreign.fields import Field, Missing

FAR_FUTURE = 2**64 - 1
"""The epoch that means never."""

SLOTS_IN_AN_EPOCH = 32

_KEPT = frozenset({"validators", "balances", "fork"})
"""Members of a whole state that are read."""

WHAT_IS_READ = (
    "stakespec reads Beacon API responses: states/{id}/validators, and debug states/{id} as JSON."
)


@attrs.frozen
class BeaconValidator:
    """A validator as the beacon chain has it; amounts are in Gwei."""

    where: str
    public_key: bytes
    balance: int
    effective_balance: int
    slashed: bool
    activation_epoch: int
    exit_epoch: int
    withdrawable_epoch: int


@attrs.frozen
class BeaconState:
    """The content of a document."""

    layout: str
    chain: str
    """The chain's genesis_validators_root, if the document states it; else empty."""
    version: str
    """The name of the fork, if the document states it; else empty."""
    epoch: int | None
    validators: tuple[BeaconValidator, ...]
    unread: tuple[str, ...]
    """Members of the state that were not read."""


def is_kept(path: tuple[str, ...]) -> bool:
    """Say whether a reader of a long document must keep a part of `data`."""
    return path[0] in _KEPT


def read_beacon(document: object) -> BeaconState:
    """Read a parsed answer. Raises Unreadable."""
    if not isinstance(document, dict):
        raise Field("the document", document).refuse("an object with data in it")
    root = Field("", document)
    state = root.need("data")
    version = root.child("version")
    name = "" if version is None else version.text()
    if not isinstance(state.content, dict):
        listed = tuple(_of_listing(entry) for entry in state.entries())
        return BeaconState("states/{id}/validators", "", name, None, listed, ())
    if "validators" not in state.content or "balances" not in state.content:
        raise Missing(f"data: validators and balances are not both in it; it has {state.keys()}.")
    chain = state.child("genesis_validators_root")
    unread = tuple(sorted(set(state.content) - _KEPT - {"slot", "genesis_validators_root"}))
    return BeaconState(
        layout="debug states/{id}",
        chain="" if chain is None else chain.text(),
        version=name,
        epoch=state.need("slot").integer() // SLOTS_IN_AN_EPOCH,
        validators=tuple(_of_state(state)),
        unread=unread,
    )


def _of_listing(entry: Field) -> BeaconValidator:
    return _validator(entry.need("validator"), entry.need("balance"))


def _of_state(state: Field) -> Iterator[BeaconValidator]:
    validators, balances = state.need("validators"), state.need("balances")
    many, amounts = tuple(validators.entries()), tuple(balances.entries())
    if len(many) != len(amounts):
        raise balances.refuse(f"a list of {len(many):,}, as there are validators")
    for entry, balance in zip(many, amounts, strict=True):
        yield _validator(entry, balance)


def _validator(entry: Field, balance: Field) -> BeaconValidator:
    activation, leaving = entry.need("activation_epoch"), entry.need("exit_epoch")
    withdrawable = entry.need("withdrawable_epoch")
    if leaving.integer() > withdrawable.integer():
        raise leaving.refuse(f"at most withdrawable_epoch = {withdrawable.integer()}")
    return BeaconValidator(
        where=entry.where,
        public_key=_public_key(entry.need("pubkey")),
        balance=balance.integer(),
        effective_balance=entry.need("effective_balance").integer(),
        slashed=entry.need("slashed").flag(),
        activation_epoch=activation.integer(),
        exit_epoch=leaving.integer(),
        withdrawable_epoch=withdrawable.integer(),
    )


def _public_key(field: Field) -> bytes:
    text = field.text()
    if not text.startswith("0x") or len(text) != 98 or text[2:].strip("0123456789abcdefABCDEF"):
        raise field.refuse("0x and 96 hex digits")
    return bytes.fromhex(text[2:])
