"""The context for drawing a transaction: state, participants, and the profile of the run."""

from random import Random

import attrs

from properties.model.names import address
from statemachine.map_keys import split_delegation_key
from statemachine.protocol import Protocol
from statemachine.state import ACCEPTING, State

NEWCOMERS = tuple(address(number) for number in range(0xA0, 0xA4))
"""Addresses that no small world starts with."""


@attrs.frozen
class Actors:
    """The accounts, validators and delegations of a state that take part."""

    accounts: tuple[bytes, ...]
    validators: tuple[bytes, ...]
    pairs: tuple[tuple[bytes, bytes], ...]
    """Validators and delegators of all delegations."""

    @classmethod
    def of(cls, state: State) -> "Actors":
        """Return the actors of a state."""
        return cls(
            tuple(state.accounts) or (address(1),),
            tuple(state.validators) or (address(1),),
            tuple(split_delegation_key(key) for key in state.delegations),
        )


@attrs.frozen
class RunProfile:
    """What is fixed for a run: who is offline, and how often each kind is drawn."""

    weights: tuple[int, ...]
    offline: tuple[bytes, ...]
    mischief: int
    """Of a hundred transactions, how many are meant to be rejected."""
    hurry: int
    """Of a hundred blocks, how many skip ahead by more than a slot."""


@attrs.frozen
class DrawContext:
    """The context in which a transaction is drawn."""

    protocol: Protocol
    state: State
    rng: Random
    profile: RunProfile
    actors: Actors

    def wrong(self) -> bool:
        """Decide whether to get something wrong on purpose."""
        return self.rng.randrange(100) < self.profile.mischief

    def spared(self) -> bool:
        """Decide to remove nobody: the last validators seldom leave, or worlds would be empty."""
        return len(self.state.snapshot) < 3 and bool(self.rng.randrange(8))

    def account(self) -> bytes:
        """Draw an account that has something, or on purpose one that has nothing."""
        if self.rng.randrange(12) == 0 or self.wrong():
            return self.rng.choice(NEWCOMERS)
        return self.rng.choice(self.actors.accounts)

    def validator(self) -> bytes:
        """Draw a validator, or on purpose somebody else."""
        return self.account() if self.wrong() else self.rng.choice(self.actors.validators)

    def accepting(self) -> bytes:
        """Draw a validator that accepts stake, if a few tries find one."""
        for _ in range(4):
            address = self.validator()
            validator = self.state.validators.get(address)
            if validator is not None and validator.status in ACCEPTING:
                return address
        return self.validator()

    def pair(self) -> tuple[bytes, bytes]:
        """Draw a validator and one of its delegators, or on purpose a pair that is none.

        Operators leave themselves less often than others do, or worlds would soon be empty.
        """
        if not self.actors.pairs or self.wrong():
            return self.validator(), self.account()
        pair = self.rng.choice(self.actors.pairs)
        if pair[0] == pair[1] and self.rng.randrange(4):
            pair = self.rng.choice(self.actors.pairs)
        return pair

    def amount(self, available: int) -> int:
        """Draw an amount: small, all, half, just around a boundary, or on purpose too much."""
        rng, least = self.rng, self.state.params.min_stake
        if self.wrong():
            return rng.choice((0, available + 1, 2**128 - 1))
        chosen = rng.choice(
            (1, 2, 3, available, available - 1, available // 2, least, least + 1, -1, -1, -1)
        )
        if chosen < 1:
            chosen = rng.randint(1, max(1, available))
        return min(chosen, available) or 1
