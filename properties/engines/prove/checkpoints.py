"""A shape with three validators' votes on their way from one checkpoint to the next."""

from collections.abc import Mapping

import attrs

from properties.engines.prove.shapes import (
    EPOCH,
    FIRST,
    NOTHING,
    PARAMS,
    SECOND,
    THIRD,
    delegation,
    positive,
    state_of,
    sums_fit,
    validator,
)
from statemachine.map_keys import epoch_key, link_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint, Vote
from statemachine.records import evolve
from statemachine.state import HISTORY, SNAPSHOT, VOTES, Bucket, EpochRecord, Finality, Lot, State

VALIDATORS = (FIRST, SECOND, THIRD)


def root_of(epoch: int) -> bytes:
    """Return the root of an epoch's checkpoint in this shape."""
    return bytes([epoch]) * 32


def checkpoint(epoch: int) -> Checkpoint:
    """Return an epoch's checkpoint in this shape."""
    return Checkpoint(epoch, root_of(epoch))


@attrs.frozen
class Checkpoints:
    """Epochs 7 to 10, of which 8 is justified, and maybe 9; 7 is final.

    Stakes are others now than they were at the targets.
    """

    first: int = 5
    second: int = 6
    third: int = 7
    now: int = 8
    """What each has staked now."""
    voted: bool = False
    """Whether the first validator has voted for every link there is."""
    justified: bool = True
    """Whether epoch 9 is justified."""

    def is_lawful(self) -> bool:
        """Say whether these numbers make a state that can be."""
        return (
            positive(self.first, self.second, self.third, self.now)
            and sums_fit(self.first, self.second, self.third)
            and sums_fit(self.now, self.now, self.now)
            and (not self.voted or 3 * self.first <= 2 * (self.first + self.second + self.third))
        )

    def finality(self) -> Finality:
        """Return what is remembered of checkpoints, and the votes cast so far."""
        weights = (self.first, self.second, self.third)
        then = MerkleMap.from_items(SNAPSHOT, zip(VALIDATORS, weights, strict=True))
        now = MerkleMap.from_items(SNAPSHOT, ((validator, self.now) for validator in VALIDATORS))
        records = []
        for epoch in range(EPOCH - 3, EPOCH + 1):
            justified = epoch < EPOCH - 1 or (epoch == EPOCH - 1 and self.justified)
            snapshot = now if epoch == EPOCH else then
            seed = bytes(32)
            records.append(
                (epoch_key(epoch), EpochRecord(root_of(epoch), seed, snapshot, then, justified))
            )
        votes = []
        if self.voted:
            votes.append((link_key(EPOCH - 2, EPOCH - 1) + FIRST, self.first))
        latest = EPOCH - 1 if self.justified else EPOCH - 2
        return Finality(
            MerkleMap.from_items(HISTORY, records),
            MerkleMap.from_items(VOTES, votes),
            checkpoint(latest),
            checkpoint(EPOCH - 3),
        )

    def state(self, params: Mapping[str, int] = NOTHING) -> State:
        """Return the state."""
        return state_of(
            evolve(PARAMS, **params),
            {},
            {address: validator(Bucket(0, None, (), self.now, 1)) for address in VALIDATORS},
            {address + address: delegation(Lot(self.now, 0)) for address in VALIDATORS},
            finality=self.finality(),
        )


CHECKPOINTS = Checkpoints()
"""An example."""

ONE_JUSTIFIED = Checkpoints(justified=False)
"""An example in which epoch 9 is not justified."""


def vote(source: int, target: int) -> Vote:
    """Return a vote for a link of this shape."""
    return Vote(checkpoint(source), checkpoint(target))


def signers(first: bool, second: bool, third: bool) -> tuple[bytes, ...]:
    """Return who of the three signs."""
    chosen = []
    if first:
        chosen.append(FIRST)
    if second:
        chosen.append(SECOND)
    if third:
        chosen.append(THIRD)
    return tuple(chosen)
