"""Validators, delegations and unbonding entries."""

from collections.abc import Iterable, Mapping, Sequence

import attrs

from properties.cosmos.addresses import AddressBook
from properties.cosmos.clock import Clock
from properties.cosmos.commission import Commission, read_commission
from properties.cosmos.gentxs import Gentx, gentx_rows
from properties.cosmos.redelegations import with_redelegations
from properties.cosmos.unbonding import read_unbonding
from properties.foreign.fields import ONE, Field, Unreadable
from properties.foreign.rows import Findings, Row, counted
from statemachine import GenesisDelegation, GenesisValidator
from statemachine.hashing import digest
from statemachine.primitives import BPS

UNBONDED, UNBONDING, BONDED = 0, 1, 2
"""A validator's status as old documents write it."""

_STATUSES = {
    "BOND_STATUS_UNBONDED": UNBONDED,
    "BOND_STATUS_UNBONDING": UNBONDING,
    "BOND_STATUS_BONDED": BONDED,
    "Unbonded": UNBONDED,
    "Unbonding": UNBONDING,
    "Bonded": BONDED,
}


@attrs.frozen
class ValidatorEntry:
    """A validator as the document has it."""

    address: bytes
    status: int
    jailed: bool
    tokens: int
    shares: int
    """Shares of all its delegations, in units of 1 / ONE."""
    commission: Commission
    min_self_delegation: int


@attrs.frozen
class Staking:
    """The result of reading the staking section."""

    validators: tuple[ValidatorEntry, ...]
    genesis_validators: tuple[GenesisValidator, ...]
    delegations: tuple[GenesisDelegation, ...]
    """Bonded first, then unbonding."""
    self_stakes: Mapping[bytes, int]
    """The self-bonded stake of each operator."""
    tokens: int
    """Of all validators."""
    unbonding: int
    """In all unbonding entries."""
    remainder: int
    """Tokens of validators that no delegation owns: what rounding leaves, mostly."""
    freed: Mapping[bytes, int]
    """Unbonding tokens of validators that are gone, by delegator: liquid here."""
    findings: Findings


def read_staking(
    section: Field, gentxs: tuple[Gentx, ...], book: AddressBook, clock: Clock
) -> Staking:
    """Read the staking section, and the validators that gentxs make. Raises Unreadable."""
    listed = tuple(_read_validator(entry, book) for entry in section.needed_items("validators"))
    validators = (*listed, *(_created(gentx) for gentx in gentxs))
    if not validators:
        raise Unreadable(
            f"{section.where}.validators: must have at least one validator, unless gentxs make"
            " them: neither app_state.genutil.gen_txs (or gentxs) nor app_state.gentxs has any."
            " Give the genesis with the gentxs collected, or an export of the chain once started"
        )
    addresses = frozenset(validator.address for validator in validators)
    if len(addresses) < len(validators):
        raise Unreadable(f"{_twice(validators, listed, gentxs, section)} must be there only once")
    divided, remainder, split = _read_delegations(
        section, book, {validator.address: validator for validator in listed}
    )
    staked = (
        GenesisDelegation(gentx.owner, gentx.address, gentx.amount)
        for gentx in gentxs
        if gentx.amount
    )
    bonded, redelegated = with_redelegations(
        section,
        book,
        (*divided, *staked),
        {entry.address: (entry.tokens, entry.shares) for entry in validators},
        clock,
    )
    unbonding, freed, unbonded = read_unbonding(section, book, addresses, clock)
    return Staking(
        validators=validators,
        genesis_validators=tuple(_translate(validator) for validator in validators),
        delegations=(*bonded, *unbonding),
        self_stakes=_self_stakes(bonded),
        tokens=sum(validator.tokens for validator in validators),
        unbonding=sum(entry.amount for entry in unbonding) + sum(freed.values()),
        remainder=remainder,
        freed=freed,
        findings=_validator_rows(validators) + gentx_rows(gentxs) + split + unbonded + redelegated,
    )


def _self_stakes(bonded: Iterable[GenesisDelegation]) -> dict[bytes, int]:
    """Return the self-bonded stake of each operator."""
    stakes: dict[bytes, int] = {}
    for delegation in bonded:
        if delegation.delegator == delegation.validator:
            own = stakes.get(delegation.delegator, 0)
            stakes[delegation.delegator] = own + delegation.amount
    return stakes


def _created(gentx: Gentx) -> ValidatorEntry:
    """Return the validator that a gentx creates, with a share for each token."""
    return ValidatorEntry(
        address=gentx.address,
        status=BONDED,
        jailed=False,
        tokens=gentx.amount,
        shares=0,
        commission=gentx.commission,
        min_self_delegation=gentx.min_self_delegation,
    )


def _twice(
    validators: tuple[ValidatorEntry, ...],
    listed: tuple[ValidatorEntry, ...],
    gentxs: tuple[Gentx, ...],
    section: Field,
) -> str:
    """Return the path of the first duplicate validator."""
    seen: set[bytes] = set()
    for place, validator in enumerate(validators):
        if validator.address in seen:
            if place < len(listed):
                return f"{section.where}.validators[{place}].operator_address"
            return f"{gentxs[place - len(listed)].where}.validator_address"
        seen.add(validator.address)
    return section.where


def _read_validator(entry: Field, book: AddressBook) -> ValidatorEntry:
    minimum = entry.child("min_self_delegation")
    jailed = entry.child("jailed")
    return ValidatorEntry(
        address=book.operator(entry.need("operator_address")),
        status=_read_status(entry.need("status")),
        jailed=jailed is not None and jailed.flag(),
        tokens=entry.need("tokens").integer(),
        shares=entry.need("delegator_shares").decimal(),
        commission=read_commission(entry.need("commission")),
        min_self_delegation=1 if minimum is None else minimum.integer(),
    )


def _read_status(field: Field) -> int:
    status = field.content
    if isinstance(status, int) and not isinstance(status, bool) and status in _STATUSES.values():
        return status
    if isinstance(status, str) and status in _STATUSES:
        return _STATUSES[status]
    raise field.refuse(f"0, 1, 2 or one of {', '.join(_STATUSES)}")


def _translate(validator: ValidatorEntry) -> GenesisValidator:
    return GenesisValidator(
        address=validator.address,
        public_key=_placeholder_key(validator.address),
        commission_bps=validator.commission.rate * BPS // ONE,
        jailed=validator.jailed,
    )


def _placeholder_key(address: bytes) -> bytes:
    """Return 48 bytes in place of a key: no point of the curve, so nobody can sign."""
    head = digest("stakespec/placeholder-key", address)
    return head + digest("stakespec/placeholder-key", address, head)[:16]


def _read_delegations(
    section: Field, book: AddressBook, validators: Mapping[bytes, ValidatorEntry]
) -> tuple[tuple[GenesisDelegation, ...], int, Findings]:
    """Return the bonded stake, the tokens that no delegation owns, and the rows on both."""
    delegations = []
    left = {address: (entry.tokens, entry.shares) for address, entry in validators.items()}
    seen: set[tuple[bytes, bytes]] = set()
    worthless = 0
    for entry in section.needed_items("delegations"):
        delegator = book.account(entry.need("delegator_address"))
        holder = book.operator(entry.need("validator_address"))
        if holder not in validators:
            raise entry.need("validator_address").refuse("one of app_state.staking.validators")
        if (delegator, holder) in seen:
            raise Unreadable(f"{entry.where}: the same delegator and validator are there twice")
        seen.add((delegator, holder))
        shares_field = entry.need("shares")
        shares, validator = shares_field.decimal(), validators[holder]
        tokens_left, shares_left = left[holder]
        if shares > shares_left:
            raise shares_field.refuse(
                f"at most {shares_left // ONE:,}, which the validator's delegator_shares ="
                f" {validator.shares // ONE:,} have left after the delegations before it"
            )
        amount = shares * validator.tokens // validator.shares if shares else 0
        left[holder] = (tokens_left - amount, shares_left - shares)
        if amount:
            delegations.append(GenesisDelegation(delegator, holder, amount))
        else:
            worthless += 1
    rounding = sum(tokens for tokens, shares in left.values() if not shares)
    unclaimed = sum(tokens for tokens, shares in left.values() if shares)
    findings = _delegation_rows(delegations, rounding, unclaimed, worthless)
    return tuple(delegations), rounding + unclaimed, findings


def _delegation_rows(
    delegations: Sequence[GenesisDelegation], rounding: int, unclaimed: int, worthless: int
) -> Findings:
    owned = sum(delegation.amount for delegation in delegations)
    return Findings(
        read=(Row("delegations", "each at least one token", len(delegations), owned),),
        changed=counted(
            (
                Row("rounding of shares", "to the treasury", amount=rounding),
                Row(
                    "stake without delegation",
                    "tokens of validators that no delegation claims; to the treasury",
                    amount=unclaimed,
                ),
                Row("delegations below one token", "left out", worthless),
            )
        ),
    )


def _validator_rows(validators: tuple[ValidatorEntry, ...]) -> Findings:
    inexact = sum(1 for validator in validators if validator.commission.rate * BPS % ONE)
    jailed = [validator for validator in validators if validator.jailed]
    waiting = [validator for validator in validators if validator.status == UNBONDING]
    idle = [validator for validator in validators if validator.status == UNBONDED]
    tokens = sum(validator.tokens for validator in validators)
    return Findings(
        read=(
            Row("validators", "", len(validators), tokens),
            Row(
                "  of them jailed",
                "may ask to return at once",
                len(jailed),
                sum(entry.tokens for entry in jailed),
            ),
            Row("  of them unbonding", "", len(waiting), sum(entry.tokens for entry in waiting)),
            Row("  of them unbonded", "", len(idle), sum(entry.tokens for entry in idle)),
        ),
        changed=counted(
            (
                Row("commission rates", "rounded down to a basis point", inexact),
                Row(
                    "consensus keys",
                    "ed25519 has no counterpart: placeholders, with which nobody can sign",
                    len(validators),
                ),
                Row(
                    "commission limits",
                    "of each validator there, of the chain here: the widest admit all",
                    len(validators),
                ),
            )
        ),
        missing=(Row("validator descriptions", "left out", len(validators)),),
    )
