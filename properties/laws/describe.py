"""Describing a run: each transaction, and what it changed."""

import textwrap
from collections.abc import Iterator
from enum import Enum
from typing import Any

import attrs

from statemachine.map_keys import split_delegation_key, split_vote_key
from statemachine.merkle_map import MerkleMap, differences
from statemachine.messages import NO_BODY, Checkpoint, Header, Vote, header_root
from statemachine.primitives import REWARD_UNIT
from statemachine.state import Bucket, Lot, Slash, State, Stay
from statemachine.transactions import CastVotes

REWARD_FIELDS = frozenset({"reward", "commission", "owed", "undistributed"})
"""Fields counted in reward units; shown in tokens."""

QUIET_FIELDS = frozenset({"index", "settled", "reward_index", "mix", "seed", "agenda"})
"""Fields that a reader learns nothing from."""


def short(address: bytes) -> str:
    """Show an address by its first bytes."""
    return "0x" + address.hex()[:8]


def describe(transaction: Any) -> str:
    """Show a transaction on a line."""
    parts = []
    for field in attrs.fields(type(transaction)):
        content = getattr(transaction, field.name)
        if field.name in ("reveal", "public_key") or content == NO_BODY:
            continue
        parts.append(f"{field.name} {show(content)}")
    return f"{type(transaction).__name__}({', '.join(parts)})"


def show(content: Any, name: str = "") -> str:
    """Show one field's content."""
    if name in REWARD_FIELDS and isinstance(content, int):
        return f"{content / REWARD_UNIT:,.6f}"
    match content:
        case Enum():
            return str(content.value)
        case bool() | None:
            return str(content)
        case int():
            return f"{content:,}"
        case bytes():
            return short(content)
        case tuple():
            return "[" + "; ".join(show(item) for item in content) + "]"
        case Lot() | Bucket():
            return _show_stake(content)
        case Stay():
            return f"{short(content.validator)} in {content.start}..{content.end - 1}"
        case Slash():
            return (
                f"{content.fraction_bps} bps for {short(content.offender)} in epoch {content.epoch}"
            )
        case Checkpoint():
            return f"epoch {content.epoch} ({short(content.root)})"
        case Vote():
            return f"{show(content.source)} to {show(content.target)}"
        case CastVotes():
            return f"{show(content.vote)} by {show(content.signers)}"
        case Header():
            return (
                f"block {short(header_root(content))} of slot {content.slot} by"
                f" {short(content.proposer)} (checkpoint {short(content.checkpoint)}, state"
                f" {short(content.state_root)})"
            )
        case MerkleMap():
            return f"{len(content)} entries, total {content.total_weight:,}"
    if attrs.has(type(content)):
        inner = ", ".join(
            f"{field.name} {show(getattr(content, field.name), field.name)}"
            for field in attrs.fields(type(content))
            if field.name not in QUIET_FIELDS
        )
        return f"({inner})"
    return str(content)


def _show_stake(stake: Lot | Bucket) -> str:
    text = f"{stake.amount:,} from {stake.start}"
    if stake.end is not None:
        text += f" to {stake.end - 1}"
    if isinstance(stake, Lot) and stake.destination is not None:
        text += f" then {short(stake.destination)}"
    if isinstance(stake, Bucket):
        text += f" in {stake.lots}"
    if stake.past:
        text += " after " + ", ".join(show(stay) for stay in stake.past)
    return text


def wrapped(line: str, indent: str = "   ", width: int = 80) -> str:
    """Fit a line of a story into a width."""
    return textwrap.fill(
        line,
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


@attrs.frozen
class Change:
    """A field that differs between two states, and what it held in each."""

    place: str
    before: str
    after: str
    growth: int | None = None
    """By how much it grew, where it is a whole number."""

    def __str__(self) -> str:
        """Show it on a line."""
        return f"{self.place}: {self.before} -> {self.after}"


def changes(before: State, after: State) -> list[str]:
    """Return what changed between two states, a field a line."""
    return [str(change) for change in field_changes(before, after)]


def field_changes(before: State, after: State) -> list[Change]:
    """Return what changed between two states, field by field."""
    return list(_changes("", before, after))


def _changes(where: str, before: Any, after: Any) -> Iterator[Change]:
    if before is after:
        return
    for field in attrs.fields(type(after)):
        name = field.name
        was, is_now = getattr(before, name), getattr(after, name)
        if name in QUIET_FIELDS or was is is_now:
            continue
        place = f"{where}.{name}" if where else name
        if isinstance(is_now, MerkleMap):
            yield from _map_changes(place, was, is_now)
        elif was != is_now:
            whole = isinstance(is_now, Checkpoint) or not attrs.has(type(is_now))
            if not whole and type(was) is type(is_now):
                yield from _changes(place, was, is_now)
            else:
                growth = None if name in REWARD_FIELDS else _growth(was, is_now)
                yield Change(place, show(was, name), show(is_now, name), growth)


def _map_changes(
    place: str, before: MerkleMap[object], after: MerkleMap[object]
) -> Iterator[Change]:
    for key, was, is_now in differences(before, after):
        where = f"{place}[{_show_key(key)}]"
        if was is not None and is_now is not None and attrs.has(type(is_now)):
            yield from _changes(where, was, is_now)
        else:
            gone = "nothing"
            yield Change(
                where,
                gone if was is None else show(was),
                gone if is_now is None else show(is_now),
                _growth(was or 0, is_now or 0),
            )


def _growth(before: Any, after: Any) -> int | None:
    numbers = all(
        isinstance(number, int) and not isinstance(number, bool) for number in (before, after)
    )
    return after - before if numbers else None


def _show_key(key: bytes) -> str:
    """Show a key by the parts that it is made of; their lengths tell which they are."""
    epochs = [str(int.from_bytes(key[place : place + 8], "big")) for place in (0, 8)]
    match len(key):
        case 8:
            return f"epoch {epochs[0]}"
        case 36:
            return f"{epochs[1]} to {epochs[0]}, {short(split_vote_key(key)[2])}"
        case 40:
            return ", ".join(short(address) for address in split_delegation_key(key))
        case 60:
            return f"epoch {epochs[0]}, {short(key[8:28])}"
    return short(key)
