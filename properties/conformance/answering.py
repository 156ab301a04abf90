"""Asks with the replies of our machine, as steps of a case."""

from collections.abc import Iterable, Iterator

from properties.conformance.asks import OK, Message
from properties.conformance.machine import Machine
from properties.conformance.vectors import Step
from properties.conformance.views import map_roots

LEADS = frozenset({"genesis", "chain", "state", "apply", "block"})
"""The asks that lead to another state."""


def answered(machine: Machine, asks: Iterable[Message]) -> Iterator[Step]:
    """Go through asks with their replies, and the roots of the maps that they change."""
    roots: dict[str, str] = {}
    for ask in asks:
        reply = machine.reply(ask)
        changed = None
        if OK in reply and ask["do"] in LEADS:
            now = map_roots(machine.now())
            changed = {place: root for place, root in now.items() if roots.get(place) != root}
            roots = now
        yield Step(ask, reply, changed)
