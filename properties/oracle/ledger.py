"""Who owns what, eagerly, in exact fractions: the slow and obviously right model.

No indices, no buckets, no catching up. A slash walks all stake and cuts it, a reward
walks all stake and pays it. Where the machine must round, the ledger keeps the exact
fraction, and counts in `slack` how many units rounding can have made of a difference.
"""

from collections.abc import Sequence
from fractions import Fraction

import attrs

from statemachine.primitives import BPS

FINEST = 1 << 256
"""Fractions that outgrow this denominator twice over are rounded to it."""

Stays = tuple[tuple[bytes, int, int], ...]
"""Where stake was before, as (validator, first epoch, first epoch after)."""

Chunk = tuple[int, int | None, bytes | None, Stays]
"""Start, end, destination and earlier stays of some stake."""

Pair = tuple[bytes, bytes]
"""Validator and delegator."""

Cut = tuple[bytes, int, int]
"""An offender, the epoch of an infraction, and the share that it costs in basis points."""


Number = int | Fraction
"""An exact number; whole ones are kept as integers, which are quicker to work with."""


def exact(number: Number) -> Number:
    """Keep whole fractions as integers, and keep others from growing without end.

    What outgrows a denominator of 2**512 is rounded, by less than 2**-256.
    """
    if isinstance(number, int):
        return number
    if number.denominator == 1:
        return number.numerator
    if number.denominator.bit_length() <= 512:
        return number
    return Fraction(round(number * FINEST), FINEST)


@attrs.define
class Holding:
    """What one delegator has behind one validator."""

    chunks: dict[Chunk, Number] = attrs.field(factory=dict)
    """Tokens by history."""
    reward: Number = 0
    """In reward units."""
    slack: int = 0
    """Tokens by which rounding can have moved the stake."""
    reward_slack: Number = 0
    """Reward units by which differences of stake can have moved the reward."""

    def add(self, chunk: Chunk, amount: Number) -> None:
        """Add stake of some history."""
        self.chunks[chunk] = exact(self.chunks.get(chunk, 0) + amount)

    def bonded(self) -> Number:
        """Return the stake that has not been told to leave."""
        return exact(sum(amount for chunk, amount in self.chunks.items() if chunk[1] is None))

    def leaving(self) -> Number:
        """Return the stake that has been told to leave."""
        return exact(sum(amount for chunk, amount in self.chunks.items() if chunk[1] is not None))

    def active(self, epoch: int) -> Number:
        """Return the stake that is active in an epoch."""
        return exact(
            sum(
                amount
                for (start, end, _, _), amount in self.chunks.items()
                if start <= epoch and (end is None or epoch < end)
            )
        )


def was_behind(holder: bytes, chunk: Chunk, offender: bytes, epoch: int) -> bool:
    """Say whether stake was active behind an offender in an epoch."""
    start, end, _, stays = chunk
    here = holder == offender and start <= epoch and (end is None or epoch < end)
    return here or any(
        validator == offender and first <= epoch < after for validator, first, after in stays
    )


@attrs.define
class Ledger:
    """All accounts, stakes, rewards and pots of a chain."""

    unbonding_epochs: int
    evidence_window: int
    balances: dict[bytes, int] = attrs.field(factory=dict)
    holdings: dict[Pair, Holding] = attrs.field(factory=dict)
    commissions: dict[bytes, Number] = attrs.field(factory=dict)
    """In reward units, and so is their slack."""
    commission_slack: dict[bytes, Number] = attrs.field(factory=dict)
    rates: dict[bytes, int] = attrs.field(factory=dict)
    next_rates: dict[bytes, int] = attrs.field(factory=dict)
    members: tuple[bytes, ...] = ()
    """The validators that serve in this epoch."""
    pots: dict[str, int] = attrs.field(factory=dict)
    """bonded, unbonding, rewards, treasury, issued and burned, in units."""
    changed: set[bytes] = attrs.field(factory=set)
    """The accounts whose balance has changed since they were last compared."""

    def holding(self, validator: bytes, delegator: bytes) -> Holding:
        """Return a holding, new where there is none."""
        return self.holdings.setdefault((validator, delegator), Holding())

    def delegate(self, validator: bytes, delegator: bytes, amount: int, start: int) -> None:
        """Turn tokens into stake that is active from an epoch on."""
        self.pay(delegator, -amount)
        self.pots["bonded"] += amount
        self.holding(validator, delegator).add((start, None, None, ()), amount)

    def leave(
        self, validator: bytes, delegator: bytes, amount: int, end: int, destination: bytes | None
    ) -> None:
        """Tell stake to leave at an epoch: the newest first, of one age by where it was."""
        self.pots["bonded"] -= amount
        self.pots["unbonding"] += amount
        holding = self.holding(validator, delegator)
        left: Number = amount
        bonded = sorted(
            (chunk for chunk in holding.chunks if chunk[1] is None),
            key=lambda chunk: (-chunk[0], chunk[3]),
        )
        for chunk in bonded:
            moved = min(left, holding.chunks[chunk])
            start, _, _, stays = chunk
            if moved:
                holding.add((start, max(end, start), destination, stays), moved)
                holding.chunks[chunk] = exact(holding.chunks[chunk] - moved)
                left = exact(left - moved)
            if not holding.chunks[chunk]:
                del holding.chunks[chunk]

    def pay(self, account: bytes, amount: int) -> None:
        """Change a balance."""
        self.changed.add(account)
        self.balances[account] = self.balances.get(account, 0) + amount
        if not self.balances[account]:
            del self.balances[account]

    def reward(self, growth: int, epoch: int, dust: dict[bytes, int]) -> Number:
        """Pay a growth of the reward per unit of stake to all that was active in an epoch.

        The growth is in 1 / REWARD_SCALE. Returns what was paid, commission included, in
        reward units.
        """
        members = frozenset(self.members)
        paid: Number = 0
        for (validator, _), holding in self.holdings.items():
            if validator not in members:
                continue
            share = holding.active(epoch) * growth
            commission = exact(share * self.rates[validator])
            holding.reward = exact(holding.reward + share * BPS - commission)
            holding.reward_slack = exact(holding.reward_slack + holding.slack * growth * BPS)
            self.commissions[validator] = exact(self.commissions[validator] + commission)
            self.commission_slack[validator] += holding.slack * growth * BPS
            paid = exact(paid + share * BPS)
        for validator in self.members:
            self.commission_slack[validator] += dust.get(validator, 0) * growth * BPS
        return paid

    def slash(self, offender: bytes, epoch: int, fraction_bps: int) -> None:
        """Cut all stake that was active behind an offender in an epoch."""
        for (validator, _), holding in self.holdings.items():
            for chunk in holding.chunks:
                if was_behind(validator, chunk, offender, epoch):
                    kept = Fraction(holding.chunks[chunk]) * (BPS - fraction_bps) / BPS
                    holding.chunks[chunk] = exact(kept)
                    holding.slack += 1

    def penalise(self, validator: bytes, epoch: int, fraction_bps: int, taken: int) -> None:
        """Cut as a slash does, and burn what was taken."""
        self.slash(validator, epoch, fraction_bps)
        self.pots["burned"] += taken

    def losses(self, cuts: Sequence[Cut]) -> dict[Pair, tuple[Number, int]]:
        """Return what cuts take from whom, one after another: how much, in how many pieces."""
        lost: dict[Pair, tuple[Number, int]] = {}
        for (validator, delegator), holding in self.holdings.items():
            taken: Number = 0
            pieces = 0
            for chunk, amount in holding.chunks.items():
                left = Fraction(amount)
                for offender, epoch, fraction_bps in cuts:
                    if was_behind(validator, chunk, offender, epoch):
                        left = left * (BPS - fraction_bps) / BPS
                        pieces += 1
                taken += amount - left
            if pieces:
                lost[validator, delegator] = (exact(taken), pieces)
        return lost

    def take_due(self, epoch: int) -> tuple[dict[Pair, Number], dict[tuple[Pair, bytes], Number]]:
        """Take out what a boundary releases, and move what it moves; return both."""
        released: dict[Pair, Number] = {}
        moved: dict[tuple[Pair, bytes], Number] = {}
        for pair, holding in list(self.holdings.items()):
            for chunk in list(holding.chunks):
                start, end, destination, stays = chunk
                if end is None:
                    continue
                if destination is not None and end <= epoch:
                    amount = holding.chunks.pop(chunk)
                    stays = tuple(stay for stay in stays if stay[2] + self.evidence_window > epoch)
                    if start < epoch:
                        known = start if start + self.evidence_window > epoch else 0
                        stays = (*stays, (pair[0], known, epoch))
                    there = self.holding(destination, pair[1])
                    there.add((epoch, None, None, stays), amount)
                    there.slack += holding.slack
                    moved[pair, destination] = moved.get((pair, destination), 0) + amount
                elif destination is None and end + self.unbonding_epochs <= epoch:
                    amount = holding.chunks.pop(chunk)
                    released[pair] = released.get(pair, 0) + amount
        return released, moved
