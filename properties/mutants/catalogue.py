"""What a planted bug is, and the list of all of them."""

import attrs

from statemachine.protocol import Protocol


@attrs.frozen
class Mutant:
    """A protocol with one mistake in it, and the law that should notice."""

    id: str
    source: str
    """Where the mistake was made for real."""
    mistake: str
    """What is wrong, in a sentence."""
    protocol: Protocol
    laws: tuple[str, ...]
    """The laws that name the cause; any of them may be the first to break."""
