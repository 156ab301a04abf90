"""What everyone owns in a state: claims, computed by the protocol's own rules."""

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property

import attrs

from statemachine.map_keys import delegation_key, split_delegation_key
from statemachine.merkle_map import differences
from statemachine.rules.holdings import catch_up
from statemachine.rules.lots import BucketKey, bucket_key, oldest_admissible
from statemachine.rules.rewards import settle_validator
from statemachine.state import Delegation, Lot, State, Validator


@attrs.frozen
class Claim:
    """What one delegator owns behind one validator."""

    delegator: bytes
    stored: Delegation
    caught_up: Delegation
    """As it would be if it were touched now."""

    @property
    def bonded(self) -> int:
        """Tokens that have not been told to leave."""
        return sum(lot.amount for lot in self.caught_up.lots if lot.end is None)

    @property
    def leaving(self) -> int:
        """Tokens that have been told to leave, for good or for another validator."""
        return sum(lot.amount for lot in self.caught_up.lots if lot.end is not None)

    @property
    def reward(self) -> int:
        """Reward units earned and not yet paid out."""
        return self.caught_up.reward


@attrs.define(eq=False)
class ValidatorView:
    """One validator of a state, settled, with everyone who has stake behind it."""

    state: State
    address: bytes
    stored: Validator
    settled: Validator
    claims: tuple[Claim, ...]

    @property
    def lots(self) -> Iterator[tuple[bytes, Lot]]:
        """Every lot, caught up, with its delegator."""
        for claim in self.claims:
            for lot in claim.caught_up.lots:
                yield claim.delegator, lot

    def claimed_by_bucket(self) -> dict[BucketKey, tuple[int, int]]:
        """Return the tokens and the number of the lots in each bucket."""
        oldest = oldest_admissible(self.state)
        claimed: dict[BucketKey, tuple[int, int]] = {}
        for _, lot in self.lots:
            key = bucket_key(lot.start, lot.end, lot.past, oldest)
            amount, count = claimed.get(key, (0, 0))
            claimed[key] = (amount + lot.amount, count + 1)
        return claimed


def view_validator(state: State, address: bytes) -> ValidatorView | None:
    """Look at one validator; None where there is none."""
    stored = state.validators.get(address)
    if stored is None:
        return None
    settled = settle_validator(stored, state.reward_index)
    claims = tuple(
        Claim(
            split_delegation_key(key)[1],
            delegation,
            catch_up(delegation, settled, address, state.epoch),
        )
        for key, delegation in state.delegations.with_prefix(address)
    )
    return ValidatorView(state, address, stored, settled, claims)


def claim_of(state: State, validator: bytes, delegator: bytes) -> Claim | None:
    """Return what one delegator owns behind one validator; None where nothing."""
    delegation = state.delegations.get(delegation_key(validator, delegator))
    stored = state.validators.get(validator)
    if delegation is None or stored is None:
        return None
    settled = settle_validator(stored, state.reward_index)
    return Claim(delegator, delegation, catch_up(delegation, settled, validator, state.epoch))


@attrs.define(eq=False, slots=False)
class Step:
    """A transaction that was accepted: the states before and after it, and its events."""

    before: State
    transaction: object
    after: State
    events: tuple[object, ...]

    @cached_property
    def crossed_epoch(self) -> bool:
        """Whether an epoch boundary lies within the step."""
        return self.before.epoch != self.after.epoch

    @cached_property
    def changed(self) -> tuple[bytes, ...]:
        """The validators whose own record, or whose delegations, the step changed."""
        changed = {
            key: None for key, _, _ in differences(self.before.validators, self.after.validators)
        }
        for key, _, _ in differences(self.before.delegations, self.after.delegations):
            changed[split_delegation_key(key)[0]] = None
        return tuple(changed)

    @cached_property
    def all_views_after(self) -> dict[bytes, ValidatorView]:
        """All validators, as they have become."""
        return all_views(self.after)

    @cached_property
    def changed_accounts(self) -> tuple[bytes, ...]:
        """The accounts whose balance the step changed."""
        return tuple(key for key, _, _ in differences(self.before.accounts, self.after.accounts))

    @cached_property
    def views_before(self) -> dict[bytes, ValidatorView]:
        """The changed validators, as they were."""
        return _views(self.before, self.changed)

    @cached_property
    def views_after(self) -> dict[bytes, ValidatorView]:
        """The changed validators, as they have become."""
        return _views(self.after, self.changed)


_RECENT: deque[tuple[State, dict[bytes, ValidatorView]]] = deque(maxlen=2)
"""The states looked at last: what one step led to is what the next begins with."""


def _views(state: State, addresses: Iterable[bytes]) -> dict[bytes, ValidatorView]:
    cached = next((views for recent, views in _RECENT if recent is state), None)
    if cached is None:
        cached = {}
        _RECENT.append((state, cached))
    views = {}
    for address in addresses:
        view = cached.get(address) or view_validator(state, address)
        if view is not None:
            views[address] = cached[address] = view
    return views


def all_views(state: State) -> dict[bytes, ValidatorView]:
    """Look at every validator of a state."""
    return _views(state, state.validators)
