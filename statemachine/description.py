"""What a chain begins with: its parameters, its accounts, validators and stake.

A genesis must satisfy the same bounds as transactions.
"""

from itertools import pairwise

from statemachine.errors import OutOfRange
from statemachine.params import Params
from statemachine.primitives import (
    MAX_AMOUNT,
    MAX_SLOT,
    Address,
    Amount,
    BasisPoints,
    Epoch,
    PublicKey,
    Root,
    Text,
)
from statemachine.records import record
from statemachine.state import Stay


@record
class GenesisAccount:
    """An account's first balance, at least 1."""

    address: Address
    balance: Amount


@record
class GenesisValidator:
    """A validator from the start. It serves if its operator's own stake suffices."""

    address: Address
    public_key: PublicKey
    commission_bps: BasisPoints
    jailed: bool = False
    """Outside the active set until it unjails, which it may at once."""


@record
class GenesisDelegation:
    """Stake behind a validator from before the start, at least 1."""

    delegator: Address
    validator: Address
    amount: Amount
    end: Epoch | None = None
    """For unbonding stake, the epoch at which it stopped being active."""
    start: Epoch = 0
    """The first epoch in which it was active there; 0 for any that no evidence can reach."""
    past: tuple[Stay, ...] = ()
    """Earlier stays for whose infractions it is still liable, oldest first."""


@record
class Genesis:
    """What a chain starts from."""

    chain_id: Text
    params: Params
    accounts: tuple[GenesisAccount, ...]
    validators: tuple[GenesisValidator, ...]
    delegations: tuple[GenesisDelegation, ...]
    treasury: Amount = 0
    epoch: Epoch = 0
    """The first epoch; late enough for the ends of unbonding stake to lie before it."""
    randomness: Root = bytes(32)
    """The seed of the first epoch's elections."""

    def __attrs_post_init__(self) -> None:
        """Check what holds between the parts. Raises OutOfRange."""
        _check_unique("Genesis.accounts", tuple(entry.address for entry in self.accounts))
        _check_unique("Genesis.validators", tuple(entry.address for entry in self.validators))
        _check_unique(
            "Genesis.validators.public_key", tuple(entry.public_key for entry in self.validators)
        )
        last = MAX_SLOT // self.params.epoch_length
        if self.epoch > last:
            bound = f"at most {last}, so that its slots are in range"
            raise OutOfRange("Genesis.epoch", self.epoch, bound)
        known = frozenset(entry.address for entry in self.validators)
        amounts = [self.treasury]
        for place, account in enumerate(self.accounts):
            _check_positive(f"Genesis.accounts[{place}].balance", account.balance)
            amounts.append(account.balance)
        for place, validator in enumerate(self.validators):
            highest = self.params.max_commission_bps
            if validator.commission_bps > highest:
                raise OutOfRange(
                    f"Genesis.validators[{place}].commission_bps",
                    validator.commission_bps,
                    f"at most max_commission_bps = {highest}",
                )
        for place, delegation in enumerate(self.delegations):
            where = f"Genesis.delegations[{place}]"
            _check_positive(f"{where}.amount", delegation.amount)
            amounts.append(delegation.amount)
            if delegation.validator not in known:
                given = "0x" + delegation.validator.hex()
                raise OutOfRange(f"{where}.validator", given, "one of the validators")
            self._check_end(where, delegation)
            self._check_history(where, delegation, known)
        if sum(amounts) > MAX_AMOUNT:
            raise OutOfRange("the sum of a genesis", sum(amounts), f"at most {MAX_AMOUNT}")

    def _check_end(self, where: str, delegation: GenesisDelegation) -> None:
        if delegation.end is None:
            return
        release = delegation.end + self.params.unbonding_epochs
        if not delegation.end <= self.epoch < release:
            raise OutOfRange(
                f"{where}.end",
                delegation.end,
                f"at most epoch = {self.epoch}, with its release after it",
            )

    def _check_history(
        self, where: str, delegation: GenesisDelegation, known: frozenset[bytes]
    ) -> None:
        last = self.epoch if delegation.end is None else delegation.end
        if delegation.start > last:
            bound = f"at most {last}, its end or the first epoch"
            raise OutOfRange(f"{where}.start", delegation.start, bound)
        latest = delegation.start
        for place, stay in reversed(tuple(enumerate(delegation.past))):
            inside = f"{where}.past[{place}]"
            if stay.validator not in known:
                given = "0x" + stay.validator.hex()
                raise OutOfRange(f"{inside}.validator", given, "one of the validators")
            if not stay.start < stay.end <= latest:
                bound = f"after its start = {stay.start}, and at most {latest}, when the next began"
                raise OutOfRange(f"{inside}.end", stay.end, bound)
            latest = stay.start


def _check_positive(where: str, amount: int) -> None:
    if amount == 0:
        raise OutOfRange(where, amount, "at least 1")


def _check_unique(where: str, keys: tuple[bytes, ...]) -> None:
    ordered = sorted(keys)
    for before, after in pairwise(ordered):
        if before == after:
            raise OutOfRange(where, "0x" + after.hex(), "there only once")
