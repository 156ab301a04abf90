"""Keys of the state's maps: each kind is made, and taken apart, by functions beside each other.

A key is a row of fixed-length parts. The part that a rule looks up by stands first, so that
`MerkleMap.with_prefix` gives all entries of a validator, an epoch or a link. Numbers are
big-endian, so that keys sort as numbers do.
"""

ADDRESS = 20
"""Bytes in an address."""

EPOCH = 8
"""Bytes in an epoch."""


def epoch_key(epoch: int) -> bytes:
    """Return an epoch as the first part of a key."""
    return epoch.to_bytes(EPOCH, "big")


def epoch_of_key(key: bytes) -> int:
    """Return the epoch that a key begins with."""
    return int.from_bytes(key[:EPOCH], "big")


def delegation_key(validator: bytes, delegator: bytes) -> bytes:
    """Return the key of a delegation: by validator first, so that theirs lie together."""
    return validator + delegator


def split_delegation_key(key: bytes) -> tuple[bytes, bytes]:
    """Return the validator and the delegator of a delegation."""
    return key[:ADDRESS], key[ADDRESS:]


def agenda_key(epoch: int, validator: bytes, delegator: bytes) -> bytes:
    """Return the key of a delegation that is due at the boundary before an epoch."""
    return epoch_key(epoch) + delegation_key(validator, delegator)


def split_agenda_key(key: bytes) -> tuple[int, bytes, bytes]:
    """Return the epoch, the validator and the delegator of what is due."""
    return epoch_of_key(key), *split_delegation_key(key[EPOCH:])


def link_key(source: int, target: int) -> bytes:
    """Return the first part of the keys of votes for a link, by the target's epoch first."""
    return epoch_key(target) + epoch_key(source)


def vote_key(source: int, target: int, validator: bytes) -> bytes:
    """Return the key of a validator's vote for a link between two epochs."""
    return link_key(source, target) + validator


def split_vote_key(key: bytes) -> tuple[int, int, bytes]:
    """Return the source epoch, the target epoch and the validator of a vote."""
    return epoch_of_key(key[EPOCH:]), epoch_of_key(key), key[2 * EPOCH :]


def punished_key(epoch: int, validator: bytes, kind: int, slot: int) -> bytes:
    """Return the key of an offence: a validator's, of a kind (by position), in an epoch.

    The slot tells offences of one kind in the same epoch apart.
    """
    return epoch_key(epoch) + validator + kind.to_bytes(8, "big") + slot.to_bytes(24, "big")


def split_punished_key(key: bytes) -> tuple[int, bytes, int, int]:
    """Return the epoch, the validator, the kind (by position) and the slot of an offence."""
    validator_end = EPOCH + ADDRESS
    kind = key[validator_end : validator_end + 8]
    slot = key[validator_end + 8 :]
    validator = key[EPOCH:validator_end]
    return epoch_of_key(key), validator, int.from_bytes(kind, "big"), int.from_bytes(slot, "big")
