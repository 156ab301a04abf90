"""Two machines side by side: the same asks, and the first difference between the replies."""

from typing import Any

import attrs

from properties.conformance.asks import (
    FAILED,
    KINDS,
    MALFORMED,
    OK,
    REJECTED,
    Answering,
    Message,
)
from properties.conformance.client import ClientFault
from properties.conformance.differences import Difference, value_differences
from properties.conformance.machine import Machine
from properties.conformance.rejections import FREE_TEXT


@attrs.frozen
class Divergence:
    """Where two implementations part."""

    kind: str
    """What kind of difference it is, in words."""
    ask: Message
    ours: Message
    theirs: Message
    differences: tuple[Difference, ...] = ()
    """Places, with what we have (`before`) and what they have (`after`)."""


def reply_kind(reply: Message) -> str:
    """Return which kind of reply it is."""
    return next((kind for kind in KINDS if kind in reply), "nothing")


def compared(
    ask: Message, ours: Message, theirs: Message, tells: frozenset[str]
) -> Divergence | None:
    """Return how the reply of a client differs from ours; None where it does not."""
    here, there = reply_kind(ours), reply_kind(theirs)
    if here != there:
        return Divergence(_kinds_differ(here, there), ask, ours, theirs)
    mine, yours = ours[here], theirs[there]
    if here == REJECTED:
        return _rejections(ask, ours, theirs, tells)
    if here == MALFORMED:
        if not isinstance(yours, dict) or yours.get("fault") != mine["fault"]:
            return Divergence("malformed in another way", ask, ours, theirs)
        return None
    if here == FAILED:
        return None
    if not isinstance(yours, dict):
        return Divergence("a reply that is no object", ask, ours, theirs)
    for name, content in mine.items():
        if name == "events" and "events" not in tells:
            continue
        if yours.get(name) != content:
            places = tuple(value_differences(name, content, yours.get(name)))
            return Divergence(f"another {name}", ask, ours, theirs, places)
    return None


def _kinds_differ(here: str, there: str) -> str:
    kinds = {
        (OK, REJECTED): "refused what must be accepted",
        (REJECTED, OK): "accepted what must be refused",
        (MALFORMED, OK): "accepted what is malformed",
        (OK, MALFORMED): "called malformed what must be accepted",
    }
    return kinds.get((here, there), f"{there} where we have {here}")


def _rejections(
    ask: Message, ours: Message, theirs: Message, tells: frozenset[str]
) -> Divergence | None:
    mine, yours = ours[REJECTED], theirs[REJECTED]
    if not isinstance(yours, dict) or yours.get("reason") != mine["reason"]:
        return Divergence("refused for another reason", ask, ours, theirs)
    if "details" not in tells:
        return None
    details: Any = yours.get("details")
    for name, content in mine["details"].items():
        actual = details.get(name) if isinstance(details, dict) else None
        if name not in FREE_TEXT and actual != content:
            places = tuple(value_differences(f"details.{name}", content, actual))
            return Divergence("refused with other values", ask, ours, theirs, places)
    return None


@attrs.define(eq=False)
class Pair:
    """Our machine and a client."""

    machine: Machine
    client: Answering

    def put(self, asks: list[Message]) -> tuple[int, Divergence] | None:
        """Put asks to both; return the first at which they part, and how. Raises nothing."""
        ours = [self.machine.reply(ask) for ask in asks]
        return self.check(asks, ours)

    def check(self, asks: list[Message], ours: list[Message]) -> tuple[int, Divergence] | None:
        """Put asks to the client whose replies are ours; return where they part, and how."""
        try:
            theirs = self.client.ask_all(asks)
        except ClientFault as fault:
            last = fault.last or {}
            place = next((place for place, ask in enumerate(asks) if ask is last), 0)
            return place, Divergence(
                f"the client's fault: {fault.kind}", last, ours[place], {fault.kind: fault.message}
            )
        for place, (ask, mine, yours) in enumerate(zip(asks, ours, theirs, strict=True)):
            divergence = compared(ask, mine, yours, self.client.tells)
            if divergence is not None:
                return place, divergence
        return None
