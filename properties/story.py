"""Telling a run as a story: what each transaction was, and what it changed."""

import textwrap
from collections.abc import Iterator
from enum import Enum
from typing import Any

import attrs

from statemachine.merkle_map import MerkleMap, differences
from statemachine.primitives import REWARD_UNIT
from statemachine.state import Bucket, Lot, Slash, State, Stay

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
        if field.name in ("reveal", "public_key"):
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


def changes(before: State, after: State) -> list[str]:
    """Return what changed between two states, a field a line."""
    return list(_changes("", before, after))


def _changes(where: str, before: Any, after: Any) -> Iterator[str]:
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
            if attrs.has(type(is_now)) and type(was) is type(is_now):
                yield from _changes(place, was, is_now)
            else:
                yield f"{place}: {show(was, name)} -> {show(is_now, name)}"


def _map_changes(place: str, before: MerkleMap[Any], after: MerkleMap[Any]) -> Iterator[str]:
    for key, was, is_now in differences(before, after):
        if len(key) == 40:
            where = f"{place}[{short(key[:20])}, {short(key[20:])}]"
        else:
            where = f"{place}[{short(key)}]"
        if was is not None and is_now is not None and attrs.has(type(is_now)):
            yield from _changes(where, was, is_now)
        else:
            gone = "nothing"
            yield (
                f"{where}: {gone if was is None else show(was)} ->"
                f" {gone if is_now is None else show(is_now)}"
            )
