"""Telling states apart: 16 bytes for what can matter to the future of a state, and no more.

Dropped are `mix`, `seed`, `head`, and the roots and seeds in checkpoints and in the history
of epochs. They differ between all histories, and decide nothing in a world: there it is
proposed in turn (`worlds.in_turn`), and a rule only ever compares a root with that of the
same epoch on the same chain, so that the epoch names it. Chain id and parameters are
dropped because nothing changes them, and `keys` because it follows from the validators.

All else is kept, as rows. A row that speaks of nobody who is interchangeable is shared; one
that speaks of one of them belongs to its column, with the name left out; one that speaks of
several is a knot. States that differ only in who is who have the same shared rows, the same
columns in another order, and knots that agree once they are renamed in that order.
"""

import marshal
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from hashlib import blake2b
from itertools import permutations, product
from operator import add, attrgetter
from typing import Any

import attrs

from statemachine.map_keys import split_vote_key
from statemachine.merkle_map import MerkleMap
from statemachine.records import own_fields
from statemachine.state import Bucket, Departure, Lot, State

Group = tuple[bytes, ...]
"""Addresses that may be exchanged for each other without a difference to anybody else."""

Signature = tuple[int, int, bytes]
"""Source epoch, target epoch and signer of a vote on a chain."""

Renaming = Mapping[bytes, bytes]
"""Who is called by whose name."""

SELF = b"self"
"""Stands for the name of the one that a column is about."""

MAPS = (
    ("accounts", 0),
    ("validators", 0),
    ("delegations", 0),
    ("snapshot", 0),
    ("agenda", 8),
    ("punished", 8),
    ("nonces", 0),
)
"""The maps of a state, and where in their keys the addresses begin."""

REST = attrgetter("slot", "supply", "pots", "reward_index", "undistributed", "joining", "leaving")
"""The fields of a state that are no maps."""

ADDRESS = 20
"""Bytes in an address."""

UNORDERED = (Lot, Bucket, Departure)
"""What stands in an order that follows from its contents, names among them."""

MOST_REMEMBERED = 100_000
"""Rows of each kind that are kept so that they need not be made again."""


@attrs.define(eq=False)
class Row:
    """A fact about a state, and who it speaks of."""

    content: Any
    """Numbers, text, bytes and tuples; lists where the order says nothing."""
    names: tuple[bytes, ...]
    """Those in it who are interchangeable."""
    alone: bytes
    """As bytes, with the one name in it, if there is one, left out."""
    renamed: dict[int, bytes] = attrs.field(factory=dict)
    """As bytes under other names, by the number of their order."""


@attrs.frozen(eq=False)
class CanonicalState:
    """A state as far as it can matter, with the interchangeable apart."""

    parts: Mapping[str, tuple[Row, ...]]
    """The rows of each part of the state."""
    shared: bytes
    """A digest of the rows that are shared."""
    groups: tuple[Group, ...]
    columns: tuple[tuple[bytes, ...], ...]
    """For each group, a digest for each of its members, in order."""
    knots: tuple[Row, ...]


Neighbour = tuple[State, CanonicalState]
"""A state and its canonical form."""


class Canonicalizer:
    """Makes canonical states of the states of one world, and keys of them."""

    def __init__(self, groups: Sequence[Group], owners: Mapping[bytes, bytes]) -> None:
        """Take the groups, and the owners of names that are not addresses (public keys)."""
        self._groups = tuple(groups)
        self._names = tuple(name for group in groups for name in group)
        self._aliases = {key: owner for key, owner in owners.items() if owner in self._names}
        self._rows: dict[tuple[str, bytes, int], tuple[object, Row]] = {}
        self._facts: dict[object, Row] = {}
        self._weights: dict[tuple[str, bytes, int], tuple[object, tuple[Row, ...]]] = {}
        self._renamings = [
            self._renaming(tuple(name for group_names in parts for name in group_names))
            for parts in product(*(permutations(group) for group in self._groups))
        ]

    def _renaming(self, names: tuple[bytes, ...]) -> Renaming:
        renaming = dict(zip(self._names, names, strict=True))
        keys = {key: b"key of " + renaming[owner] for key, owner in self._aliases.items()}
        return {**renaming, **keys}

    def canonicalize(
        self, state: State, signed: frozenset[Signature], near: Neighbour | None = None
    ) -> CanonicalState:
        """Portray a state; one near it saves the work on what the two share."""
        parts: dict[str, tuple[Row, ...]] = {}
        before, before_parts = (None, {}) if near is None else (near[0], near[1].parts)
        for name, offset in MAPS:
            content = getattr(state, name)
            if getattr(before, name, None) is content:
                parts[name] = before_parts[name]
            else:
                parts[name] = tuple(self._map_rows(name, content, offset))
        if before is not None and before.finality is state.finality:
            parts["finality"] = before_parts["finality"]
        else:
            parts["finality"] = tuple(self._finality_rows(state))
        for name in own_fields(state, State):
            content = getattr(state, name)
            if isinstance(content, MerkleMap):
                # Its keys are numbers, and then addresses.
                offset = content.layout.key_length % ADDRESS
                parts[name] = tuple(self._map_rows(name, content, offset))
        parts["signed"] = tuple([self._fact("signed", vote) for vote in sorted(signed)])
        parts["rest"] = (self._row("rest", (*REST(state), *self._own_fields(state))),)
        return self._arranged(parts)

    def key(self, canonical: CanonicalState) -> bytes:
        """Return 16 bytes: the same for states that differ only in who is who."""
        if canonical.knots:
            return min(
                [self._key_in((canonical,), number) for number in range(len(self._renamings))]
            )
        pieces = [canonical.shared]
        for column in canonical.columns:
            pieces += sorted(column)
        return short_digest(pieces)

    def key_of_two(self, first: CanonicalState, second: CanonicalState) -> bytes:
        """Return the same for two chains, in which who is who is decided together."""
        if first.knots or second.knots:
            return min(
                [self._key_in((first, second), number) for number in range(len(self._renamings))]
            )
        pieces = [first.shared, second.shared]
        for ours, theirs in zip(first.columns, second.columns, strict=True):
            pieces += sorted(map(add, ours, theirs))
        return blake2b(b"".join(pieces), digest_size=16).digest()

    def exact(self, canonical: CanonicalState) -> bytes:
        """Return 16 bytes that say who is who as well."""
        return self._key_in((canonical,), 0)

    def names_in(self, content: object) -> tuple[bytes, ...]:
        """Return who among the interchangeable is named in something."""
        written = marshal.dumps(_plain(content), 2)
        return tuple([name for name in self._names if name in written])

    # --- what a design adds --------------------------------------------------------------

    def _own_fields(self, state: State) -> Iterator[object]:
        """Return what else a design adds, whatever it is: nobody knows what it decides."""
        for name in own_fields(state, State):
            content = getattr(state, name)
            if not isinstance(content, MerkleMap):
                yield content

    # --- rows ----------------------------------------------------------------------------

    def _map_rows(self, kind: str, content: MerkleMap[object], offset: int) -> Iterator[Row]:
        rows = self._rows
        if len(rows) > MOST_REMEMBERED:
            rows.clear()
        for key, entry in content.items():
            cached = rows.get((kind, key, id(entry)))
            if cached is None or cached[0] is not entry:
                row = self._row(kind, (*_split(key, offset), entry))
                cached = rows[kind, key, id(entry)] = (entry, row)
            yield cached[1]

    def _finality_rows(self, state: State) -> Iterator[Row]:
        finality = state.finality
        yield self._fact("final", (finality.justified.epoch, finality.finalised.epoch))
        for key, record in finality.history.items():
            yield self._fact("history", (key, record.justified))
            yield from self._weight_rows("weight", key, record.snapshot)
            yield from self._weight_rows("elector", key, record.electors)
        for key, weight in finality.votes.items():
            yield self._fact("votes", (key[:16], split_vote_key(key)[2], weight))

    def _weight_rows(self, kind: str, key: bytes, weights: MerkleMap[int]) -> tuple[Row, ...]:
        cached = self._weights.get((kind, key, id(weights)))
        if cached is None or cached[0] is not weights:
            if len(self._weights) > MOST_REMEMBERED:
                self._weights.clear()
            rows = tuple([self._fact(kind, (key, *item)) for item in weights.items()])
            cached = self._weights[kind, key, id(weights)] = (weights, rows)
        return cached[1]

    def _fact(self, kind: str, content: tuple[object, ...]) -> Row:
        """Return a row of numbers and bytes alone, which is likely to come again."""
        row = self._facts.get((kind, content))
        if row is None:
            if len(self._facts) > MOST_REMEMBERED:
                self._facts.clear()
            row = self._facts[kind, content] = self._row(kind, content)
        return row

    def _row(self, kind: str, content: Any) -> Row:
        plain = (kind, *_plain(content))
        # Version 2 writes equal contents alike; later ones depend on who else refers to them.
        written = marshal.dumps(plain, 2)
        names = []
        for key, owner in self._aliases.items():
            if key in written:
                written = written.replace(key, owner)
        for name in self._names:
            if name in written:
                names.append(name)
        if len(names) == 1:
            written = written.replace(names[0], SELF)
        return Row(plain, tuple(names), written)

    # --- arranging -----------------------------------------------------------------------

    def _arranged(self, parts: Mapping[str, tuple[Row, ...]]) -> CanonicalState:
        shared: list[bytes] = []
        columns: dict[bytes, list[bytes]] = {name: [] for name in self._names}
        knots: list[Row] = []
        for rows in parts.values():
            for row in rows:
                names = row.names
                if not names:
                    shared.append(row.alone)
                elif len(names) == 1:
                    columns[names[0]].append(row.alone)
                else:
                    knots.append(row)
        return CanonicalState(
            parts,
            short_digest(shared),
            self._groups,
            tuple(
                [tuple([short_digest(columns[name]) for name in group]) for group in self._groups]
            ),
            tuple(knots),
        )

    def _key_in(self, canonical_states: Sequence[CanonicalState], number: int) -> bytes:
        """Return the key under other names."""
        renaming = self._renamings[number]
        pieces: list[bytes] = []
        for canonical in canonical_states:
            named: dict[bytes, bytes] = {}
            for group, columns in zip(self._groups, canonical.columns, strict=True):
                for name, column in zip(group, columns, strict=True):
                    named[renaming[name]] = column
            pieces.append(canonical.shared)
            pieces += [named[name] for name in self._names]
            pieces += sorted([self._renamed_row(knot, number) for knot in canonical.knots])
        return short_digest(pieces)

    def _renamed_row(self, row: Row, number: int) -> bytes:
        written = row.renamed.get(number)
        if written is None:
            written = marshal.dumps(_renamed(row.content, self._renamings[number]), 2)
            row.renamed[number] = written
        return written


def short_digest(pieces: Sequence[bytes]) -> bytes:
    """Return 16 bytes that stand for pieces, each of which says where it ends."""
    return blake2b(b"".join(pieces), digest_size=16).digest()


def _renamed(content: Any, renaming: Renaming) -> Any:
    kind = content.__class__
    if kind is bytes:
        return renaming.get(content, content)
    if kind is tuple:
        return tuple([_renamed(item, renaming) for item in content])
    if kind is list:
        return tuple(sorted([marshal.dumps(_renamed(item, renaming), 2) for item in content]))
    return content


def _split(key: bytes, offset: int) -> tuple[bytes, ...]:
    """Return what a key is made of: numbers in front, then addresses."""
    addresses = range(offset, len(key), 20)
    return (key[:offset], *[key[start : start + 20] for start in addresses])


PLAIN = frozenset({int, bytes, bool, type(None), str})


def _plain(content: Any) -> Any:
    """Return content as numbers, text, bytes and tuples; as lists where no order counts."""
    kind = content.__class__
    if kind in PLAIN:
        return content
    if kind is tuple:
        if not content:
            return content
        items = [_plain(item) for item in content]
        return items if content[0].__class__ in UNORDERED else tuple(items)
    getter = _GETTERS.get(kind)
    if getter is None:
        if isinstance(content, Enum):
            return content.value
        getter = _GETTERS[kind] = _getter(kind)
    return tuple([_plain(field) for field in getter(content)])


def _getter(kind: type) -> Any:
    names = [field.name for field in attrs.fields(kind)]
    return attrgetter(*names) if len(names) > 1 else lambda record: (getattr(record, names[0]),)


_GETTERS: dict[type, Any] = {}
