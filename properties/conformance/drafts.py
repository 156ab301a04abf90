"""What vectors are filled from: cases that have their asks and not yet their replies."""

from collections.abc import Callable, Iterable

import attrs

from properties.conformance.asks import Message


@attrs.frozen
class Draft:
    """A case without replies."""

    id: str
    """A sentence that says what must hold."""
    about: str
    asks: tuple[Message, ...]


@attrs.frozen
class Family:
    """What becomes one file of vectors."""

    name: str
    about: str
    drafts: Callable[[], Iterable[Draft]]


def one(sentence: str, about: str, do: str, **fields: object) -> Draft:
    """Return a case of one ask."""
    return Draft(sentence, about, ({"do": do, **fields},))
