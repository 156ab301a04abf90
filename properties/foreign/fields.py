"""Typed access to the parts of a parsed document, with errors that name the place."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from statemachine.primitives import MAX_AMOUNT

DECIMAL_PLACES = 18
"""Digits after the point of the SDK's decimals."""

ONE: int = 10**DECIMAL_PLACES
"""A whole, in the unit in which decimals are read."""

SECOND: int = 10**9
"""Nanoseconds in a second, the unit in which times are read."""

SHOWN_KEYS = 24
"""How many of an object's members a message names."""

DEEPEST_WRAPPER = 8
"""How many levels of nested objects are searched for a member."""

_INTEGER = re.compile(r"\d{1,60}")
_DECIMAL = re.compile(r"(\d{1,60})(?:\.(\d{1,18}))?")
_SECONDS = re.compile(r"(\d{1,15})(?:\.(\d{1,9}))?s")
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unreadable(ValueError):
    """A document that cannot be read; names the field, what it holds and what it must be."""


class Missing(Unreadable):
    """A document that lacks something required: perhaps it is of another kind."""


class Spool(ABC):
    """A list that is too long to be kept in memory."""

    @abstractmethod
    def __iter__(self) -> Iterator[object]:
        """Read the entries from the first on."""

    @abstractmethod
    def __len__(self) -> int:
        """How many entries there are."""


@attrs.frozen
class Skipped:
    """A part that is not read; only its size is kept."""

    members: int
    values: int
    """Single values in it, at any depth."""
    is_list: bool = False
    keys: tuple[str, ...] = ()
    """The first names in it, if it is an object."""


@attrs.frozen
class Field:
    """A part of the document, and its path."""

    where: str
    content: Any

    def refuse(self, bound: str, hint: str = "") -> Unreadable:
        """Return the error that this part is not what it must be."""
        ending = f"; {hint}" if hint else ""
        return Unreadable(f"{self.where} = {_shown(self.content)}: must be {bound}{ending}")

    def has(self, name: str) -> bool:
        """Say whether an object has a member, which may be null."""
        if not isinstance(self.content, dict):
            raise self.refuse("an object")
        return name in self.content

    def child(self, name: str) -> "Field | None":
        """Return a member, or None where it is absent or null."""
        if not self.has(name):
            return None
        if self.content.get(name) is None:
            return None
        return Field(f"{self.where}.{name}" if self.where else name, self.content[name])

    def find(self, *names: str) -> "Field | None":
        """Return a member of a member ..., or None where one of them is absent."""
        field: Field | None = self
        for name in names:
            if field is None:
                return None
            field = field.child(name)
        return field

    def need(self, *names: str) -> "Field":
        """Return a member of a member ..., which must be there."""
        field = self
        for name in names:
            member = field.child(name)
            if member is None:
                raise field.without(name)
            field = member
        return field

    def without(self, name: str, hint: str = "") -> Unreadable:
        """Return the error that a member is missing, with the members that are there."""
        state = "null" if name in self.content else "missing"
        return Missing(
            f"{self.described()}: {name!r} is {state}; it has {self.keys()}."
            f" {hint or 'Is this file complete?'}"
        )

    def described(self) -> str:
        """Return the path of this part, and the type that it states."""
        members = self.content if isinstance(self.content, dict) else {}
        stated = members.get("@type", members.get("type"))
        kind = f" of type {_shown(stated)}" if isinstance(stated, str) else ""
        return f"{self.where or 'the document'}{kind}"

    def keys(self) -> str:
        """Return the names of an object's members."""
        names = [_name(name) for name in self.content]
        more = f" and {len(names) - SHOWN_KEYS} more" if len(names) > SHOWN_KEYS else ""
        return (", ".join(names[:SHOWN_KEYS]) or "nothing") + more

    def within(self, name: str) -> "Field | None":
        """Return a member of this object, or of the objects nested in it, the outermost.

        Chains wrap their own types around those of the SDK, under names of their own, so
        names do not say where to look. Two at one depth are refused: which is meant?
        """
        level = [self]
        for _ in range(DEEPEST_WRAPPER):
            members = [inner for inner in (field.child(name) for field in level) if inner]
            if len(members) > 1:
                places = " and ".join(member.where for member in members)
                raise self.refuse(f"an object with one {name!r}", f"it has {places}")
            if members:
                return members[0]
            level = [
                Field(f"{field.where}.{_name(key)}", held)
                for field in level
                for key, held in field.content.items()
                if isinstance(held, dict)
            ]
        return None

    def need_within(self, name: str) -> "Field":
        """Return a member of this object or of those nested in it, which must be there."""
        member = self.within(name)
        if member is None:
            raise Missing(
                f"{self.described()}: no {name!r} in it or in the objects nested in it; it has"
                f" {self.keys()}{self._nested_keys()}. It is read wherever one of these objects"
                " has it."
            )
        return member

    def _nested_keys(self) -> str:
        nested = (
            Field(f"{self.where}.{_name(key)}", held)
            for key, held in self.content.items()
            if isinstance(held, dict)
        )
        return "".join(f"; {field.described()} has {field.keys()}" for field in nested)

    def items(self, name: str) -> "tuple[Field, ...]":
        """Return the entries of a member list; none where it is absent or null."""
        member = self.child(name)
        return () if member is None else tuple(member.entries())

    def needed_items(self, name: str) -> "tuple[Field, ...]":
        """Return the entries of a member list that must be there; null is an empty one."""
        entries = self.items(name)
        if name not in self.content:
            raise self.without(name)
        return entries

    def entries(self) -> "Iterator[Field]":
        """Return the entries of a list."""
        if not isinstance(self.content, list | Spool):
            raise self.refuse("a list")
        for place, entry in enumerate(self.content):
            yield Field(f"{self.where}[{place}]", entry)

    def text(self) -> str:
        """Return a text that is not empty."""
        if not isinstance(self.content, str) or not self.content:
            raise self.refuse("a text")
        return self.content

    def flag(self) -> bool:
        """Return a truth value."""
        if not isinstance(self.content, bool):
            raise self.refuse("true or false")
        return self.content

    def integer(self) -> int:
        """Return a whole number that is no more than an amount can be.

        It is written as a number or as a text.
        """
        number = self.content
        if isinstance(number, str) and _full(_INTEGER, number):
            number = int(number)
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= MAX_AMOUNT:
            return number
        raise self.refuse(f"a whole number from 0 to {MAX_AMOUNT}")

    def decimal(self) -> int:
        """Return a decimal in units of 1 / ONE."""
        match = _full(_DECIMAL, self.content) if isinstance(self.content, str) else None
        if match is None:
            raise self.refuse('a decimal in quotes, at least 0, such as "0.050000000000000000"')
        whole, fraction = match.groups(default="")
        return int(whole) * ONE + int(fraction.ljust(DECIMAL_PLACES, "0"))

    def fraction(self) -> int:
        """Return a decimal from 0 to 1, in units of 1 / ONE."""
        amount = self.decimal()
        if amount > ONE:
            raise self.refuse("a decimal from 0 to 1")
        return amount

    def duration(self) -> int:
        """Return a duration in nanoseconds, written as nanoseconds or as in "1814400s"."""
        if isinstance(self.content, str):
            match = _full(_SECONDS, self.content)
            if match is not None:
                whole, fraction = match.groups(default="")
                return int(whole) * SECOND + int(fraction.ljust(9, "0"))
            if not _full(_INTEGER, self.content):
                raise self.refuse('nanoseconds ("1814400000000000") or seconds ("1814400s")')
        return self.integer()

    def instant(self) -> int:
        """Return a time (RFC 3339) in nanoseconds since 1970."""
        match = _full(_INSTANT, self.content) if isinstance(self.content, str) else None
        wanted = 'a time such as "2019-04-22T17:00:00Z"'
        if match is None:
            raise self.refuse(wanted)
        moment, fraction, sign, hours, minutes = match.groups(default="")
        try:
            time = datetime.fromisoformat(moment + "+00:00")
            if sign:
                ahead = timedelta(hours=int(hours), minutes=int(minutes))
                time += -ahead if sign == "+" else ahead
        except (ValueError, OverflowError):
            raise self.refuse(wanted) from None
        since = time - _EPOCH
        seconds = since.days * 86_400 + since.seconds
        return seconds * SECOND + int(fraction.ljust(9, "0"))

    def coins(self) -> "dict[str, Field]":
        """Return the amount of each denomination in a list of coins."""
        amounts: dict[str, Field] = {}
        for coin in self.entries():
            denom = coin.need("denom").text()
            if denom in amounts:
                raise coin.need("denom").refuse("there only once")
            amounts[denom] = coin.need("amount")
        return amounts

    def amount_of(self, denom: str) -> int:
        """Return the whole amount of one denomination in a list of coins."""
        amount = self.coins().get(denom)
        return 0 if amount is None else amount.integer()

    def decimal_amount_of(self, denom: str) -> int:
        """Return the amount of one denomination in a list of coins, in units of 1 / ONE."""
        amount = self.coins().get(denom)
        return 0 if amount is None else amount.decimal()


def show_instant(nanoseconds: int) -> str:
    """Return a time in RFC 3339, as `Field.instant` reads it."""
    seconds, fraction = divmod(nanoseconds, SECOND)
    moment = (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()
    return f"{moment}.{fraction:09d}Z" if fraction else f"{moment}Z"


def _full(pattern: "re.Pattern[str]", text: str) -> "re.Match[str] | None":
    return pattern.fullmatch(text) if text.isascii() else None


def _name(name: str) -> str:
    return name if name.isascii() and name.isprintable() else ascii(name)


def _shown(content: object) -> str:
    if isinstance(content, Skipped):
        return f"({'a list' if content.is_list else 'an object'} of {content.members})"
    if isinstance(content, dict | list | Spool):
        kind = "an object" if isinstance(content, dict) else "a list"
        return f"({kind} of {len(content)})"
    text = ascii(content)
    return text if len(text) <= 80 else text[:77] + "..."
