"""From two roots that differ down to the first entries and fields that do, in a few questions."""

from collections.abc import Iterator

from properties.conformance.asks import OK, Answering, Message
from properties.conformance.client import ClientFault
from properties.conformance.differences import Difference, value_differences
from properties.conformance.machine import Machine
from properties.conformance.views import map_at

NEEDED = frozenset({"parts", "children", "entry"})
"""What a client must answer for a difference to be found in it."""

MOST_ENTRIES = 3
"""Entries of one map that are looked at."""

Found = tuple[Difference, ...]


def find_differences(machine: Machine, client: Answering) -> Found:
    """Return where the states of two machines differ, as far as the client can say.

    Every place has what we have under `before` and what the client has under `after`.
    """
    if not client.asks >= NEEDED:
        return ()
    try:
        return tuple(_walk(machine, client))
    except (ClientFault, KeyError, TypeError, AttributeError, ValueError) as error:
        return ({"place": f"the client cannot say where: {error}", "before": None, "after": None},)


def _walk(machine: Machine, client: Answering) -> Iterator[Difference]:
    ours, theirs = _both(machine, client, {"do": "parts"})
    yield from _fields(ours["fields"], theirs["fields"])
    for place, root in ours["maps"].items():
        if theirs["maps"].get(place) == root:
            continue
        keys = []
        for key in _keys(machine, client, place, ""):
            keys.append(key)
            if len(keys) == MOST_ENTRIES:
                break
        for key in keys:
            entries = _both(machine, client, {"do": "entry", "map": place, "key": f"0x{key}"})
            here, there = ({"": entry["entry"]} for entry in entries)
            yield from _fields(here, there, f"{place}[0x{key}]")
        if not keys:
            yield {
                "place": f"{place}: its root",
                "before": root,
                "after": theirs["maps"].get(place),
            }


def _fields(ours: Message, theirs: Message, where: str = "") -> Iterator[Difference]:
    for name in dict.fromkeys((*ours, *theirs)):
        yield from value_differences(where + name, ours.get(name), theirs.get(name))


def _keys(machine: Machine, client: Answering, place: str, prefix: str) -> Iterator[str]:
    """Go through the keys, as hex digits, whose entries differ below a prefix."""
    ask = {"do": "children", "map": place, "prefix": prefix}
    ours, theirs = (
        {child["prefix"]: child["digest"] for child in reply["children"]}
        for reply in _both(machine, client, ask)
    )
    length = 2 * _key_length(machine, place)
    pending = sorted(set(ours) | set(theirs))
    while pending:
        first = pending.pop(0)
        if ours.get(first) == theirs.get(first):
            continue
        if len(first) <= len(prefix):
            raise ValueError(f"a subtree {first!r} below {prefix!r}")
        # What one of the two has as one subtree, the other may have as several.
        pending = [prefix for prefix in pending if not prefix.startswith(first)]
        if len(first) == length:
            yield first
        else:
            yield from _keys(machine, client, place, first)


def _key_length(machine: Machine, place: str) -> int:
    return map_at(machine.now(), place).layout.key_length


def _both(machine: Machine, client: Answering, ask: Message) -> tuple[Message, Message]:
    reply = client.ask_all([ask])[0]
    if OK not in reply:
        raise ValueError(f"it answers {str(reply)[:100]} to {ask['do']}")
    return machine.must(ask), reply[OK]
