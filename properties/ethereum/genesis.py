"""Reading the validators of a beacon chain into a genesis of ours.

A validator there is an operator here with its own stake: its effective balance, in Gwei.
What it has beside that is its operator's account. Its key is the same: both are BLS12-381.
"""

from collections.abc import Iterator, Sequence
from math import isqrt

import attrs

from properties.ethereum.beacon import (
    FAR_FUTURE,
    SLOTS_IN_AN_EPOCH,
    WHAT_IS_READ,
    BeaconState,
    BeaconValidator,
    read_beacon,
)
from properties.foreign.fields import Missing, Unreadable
from properties.foreign.rows import BalanceSheet, Findings, ParamRow, Row, counted
from properties.model.settings import PARAMETERS, apply_settings, setting_names
from statemachine import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    OutOfRange,
    Params,
    evolve,
)
from statemachine.hashing import digest

ETH = 10**9
"""Gwei in one of them."""

UNBONDING_EPOCHS = 256
"""MIN_VALIDATOR_WITHDRAWABILITY_DELAY: epochs between leaving and being paid out."""

_PENALTY_QUOTIENTS = {"phase0": 128, "altair": 64, "electra": 4_096, "fulu": 4_096}
"""MIN_SLASHING_PENALTY_QUOTIENT by fork; 32 in those that are not named."""


@attrs.frozen
class EthereumImport:
    """A genesis made from a beacon chain, and the report on how."""

    genesis: Genesis
    layout: str
    epoch: int
    """Of the document."""
    epoch_source: str
    """Where it comes from."""
    findings: Findings
    params: tuple[ParamRow, ...]
    balance: BalanceSheet


def read_ethereum(
    document: object,
    *,
    chain_id: str = "ethereum",
    epoch: int | None = None,
    settings: Sequence[str] = (),
) -> EthereumImport:
    """Read a parsed answer of the Beacon API.

    `epoch` is that of the document, in place of what it tells. Raises Unreadable, BadSetting.
    """
    try:
        return _read(read_beacon(document), chain_id, epoch, settings)
    except Missing as error:
        raise Unreadable(f"{error} {WHAT_IS_READ}") from error
    except OutOfRange as error:
        raise Unreadable(f"the file does not make a valid genesis: {error}") from error


def _read(
    beacon: BeaconState, chain_id: str, epoch: int | None, settings: Sequence[str]
) -> EthereumImport:
    if not beacon.validators:
        raise Unreadable("data: must have at least one validator")
    now, source = _epoch(beacon, epoch)
    stands = [_stand(validator, now) for validator in beacon.validators]
    active = sum(entry.stake for entry in stands if entry.status.startswith("active"))
    params, rows = _params(beacon, active, settings)
    first = max(now, params.unbonding_epochs)
    genesis = Genesis(
        chain_id=chain_id,
        params=params,
        accounts=tuple(
            GenesisAccount(entry.address, entry.liquid) for entry in stands if entry.liquid
        ),
        validators=tuple(
            GenesisValidator(entry.address, entry.public_key, 0, entry.is_jailed)
            for entry in stands
        ),
        delegations=tuple(
            GenesisDelegation(
                entry.address,
                entry.address,
                entry.stake,
                end=_end(entry, now, first, params.unbonding_epochs),
            )
            for entry in stands
            if entry.stake
        ),
        epoch=first,
        randomness=digest("stakespec/ethereum-genesis", ascii(beacon.chain or chain_id).encode()),
    )
    return EthereumImport(
        genesis,
        beacon.layout,
        now,
        source,
        _findings(beacon, stands, now, params),
        rows,
        _balance(beacon, genesis),
    )


@attrs.frozen
class _Stand:
    """A validator, as it stands in the epoch of the document."""

    address: bytes
    public_key: bytes
    status: str
    """In the Beacon API's own words."""
    stake: int
    liquid: int
    is_jailed: bool
    withdrawable_epoch: int


def _stand(validator: BeaconValidator, now: int) -> _Stand:
    status = _status(validator, now)
    staked = status.startswith(("active", "exited"))
    stake = min(validator.balance, validator.effective_balance) if staked else 0
    return _Stand(
        address=digest("stakespec/ethereum-validator", validator.public_key)[:20],
        public_key=validator.public_key,
        status=status,
        stake=stake,
        liquid=validator.balance - stake,
        is_jailed=validator.slashed or status.startswith(("exited", "withdrawal")),
        withdrawable_epoch=validator.withdrawable_epoch,
    )


def _status(validator: BeaconValidator, now: int) -> str:
    if validator.activation_epoch > now:
        return "pending"
    if now < validator.exit_epoch:
        if validator.exit_epoch == FAR_FUTURE:
            return "active_ongoing"
        return "active_slashed" if validator.slashed else "active_exiting"
    if now < validator.withdrawable_epoch:
        return "exited_slashed" if validator.slashed else "exited_unslashed"
    return "withdrawal"


def _end(entry: _Stand, now: int, first: int, unbonding_epochs: int) -> int | None:
    """Return the epoch at which a validator's stake left; None while it is bonded.

    It is paid out unbonding_epochs after that: as long from our first epoch as there, but
    no later than stake that leaves in it.
    """
    if entry.status == "active_ongoing":
        return None
    left = entry.withdrawable_epoch - now
    return first + max(1, min(left, unbonding_epochs)) - unbonding_epochs


def _epoch(beacon: BeaconState, epoch: int | None) -> tuple[int, str]:
    """Return the epoch of a document, and its source."""
    if epoch is not None:
        return epoch, "--epoch"
    if beacon.epoch is not None:
        return beacon.epoch, "the slot of the state"
    return max(_been(beacon), default=0), "the latest that has been; give --epoch N if later"


def _been(beacon: BeaconState) -> Iterator[int]:
    """Return epochs that have been, when a listing was made: an activation is set when it
    is a few epochs ahead at most, and whoever has no effective balance any more was paid out.
    """
    for entry in beacon.validators:
        if entry.activation_epoch != FAR_FUTURE:
            yield entry.activation_epoch
        if not entry.balance and entry.withdrawable_epoch != FAR_FUTURE:
            yield entry.withdrawable_epoch


def _params(
    beacon: BeaconState, active: int, settings: Sequence[str]
) -> tuple[Params, tuple[ParamRow, ...]]:
    quotient = _PENALTY_QUOTIENTS.get(beacon.version, 32)
    fork = beacon.version or "a fork that is not named"
    chosen: dict[str, tuple[int, str]] = {
        "epoch_length": (SLOTS_IN_AN_EPOCH, "SLOTS_PER_EPOCH"),
        "epoch_reward": (
            64 * isqrt(active),
            "what full participation is issued now; constant here",
        ),
        "min_stake": (16 * ETH, "EJECTION_BALANCE; 32 to be registered there"),
        "unbonding_epochs": (UNBONDING_EPOCHS, "MIN_VALIDATOR_WITHDRAWABILITY_DELAY"),
        "evidence_window": (UNBONDING_EPOCHS, "as long as unbonding"),
        "double_sign_bps": (
            max(1, 10_000 // quotient),
            f"MIN_SLASHING_PENALTY_QUOTIENT {quotient:,} of {fork}; no correlation here",
        ),
        "downtime_bps": (0, "no such offence there"),
        "churn_bps": (0, "the floor alone"),
        "churn_floor": (
            max(128 * ETH, active // 65_536),
            "the active stake / CHURN_LIMIT_QUOTIENT, at least 128; constant here",
        ),
    }
    theirs = evolve(Params(), **{name: number for name, (number, _) in chosen.items()})
    params = apply_settings(theirs, settings)
    overridden = setting_names(settings)
    rows = tuple(
        ParamRow(
            name,
            getattr(params, name),
            "--set" if name in overridden else chosen.get(name, (0, "the default here"))[1],
        )
        for name in PARAMETERS
    )
    return params, rows


def _findings(beacon: BeaconState, stands: list[_Stand], now: int, params: Params) -> Findings:
    def row(subject: str, note: str, *statuses: str) -> Row:
        chosen = [entry for entry in stands if entry.status in statuses]
        return Row(subject, note, len(chosen), sum(entry.stake + entry.liquid for entry in chosen))

    late = [
        entry
        for entry in stands
        if entry.stake
        and entry.status != "active_ongoing"
        and entry.withdrawable_epoch - now > params.unbonding_epochs
    ]
    poor = [
        entry
        for entry in stands
        if entry.status == "active_ongoing" and entry.stake < params.min_stake
    ]
    return Findings(
        read=counted(
            (
                row("validators active", "their effective balances are bonded", "active_ongoing"),
                row("validators exited", "unbonding", "exited_unslashed", "exited_slashed"),
            )
        ),
        changed=counted(
            (
                row(
                    "validators waiting for activation",
                    "liquid here; they join through the churn when they delegate",
                    "pending",
                ),
                row("validators exiting", "unbonding from the first epoch on", "active_exiting"),
                row("validators slashed", "unbonding and jailed", "active_slashed"),
                row("validators withdrawable", "liquid here at once, and jailed", "withdrawal"),
                Row("withdrawable later", "released unbonding_epochs from the start", len(late)),
                Row("active below min_stake", "idle here", len(poor)),
            )
        ),
        missing=(
            Row("withdrawal credentials", "whoever operates a validator owns it", len(stands)),
            Row("addresses", "digests of the keys", len(stands)),
            *(Row(f"data.{name}", "left out", 1) for name in beacon.unread),
        ),
    )


def _balance(beacon: BeaconState, genesis: Genesis) -> BalanceSheet:
    held = sum(account.balance for account in genesis.accounts)
    bonded = sum(entry.amount for entry in genesis.delegations if entry.end is None)
    leaving = sum(entry.amount for entry in genesis.delegations if entry.end is not None)
    return BalanceSheet(
        (
            Row(
                "validators' balances",
                "",
                len(beacon.validators),
                sum(entry.balance for entry in beacon.validators),
            ),
        ),
        (
            Row("accounts", "", len(genesis.accounts), held),
            Row("bonded stake", "", None, bonded),
            Row("unbonding stake", "", None, leaving),
        ),
    )
