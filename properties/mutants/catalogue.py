"""The type of planted bugs."""

import attrs

from statemachine.protocol import Protocol


@attrs.frozen
class Mutant:
    """A protocol with one mistake in it, and the laws that name it.

    One without laws is *equivalent*: written differently, it does the same, and no law
    may be said to break.
    """

    id: str
    source: str
    """Where the mistake was really made."""
    mistake: str
    """What is wrong, in a sentence."""
    protocol: Protocol
    laws: tuple[str, ...]
    """The laws that name the cause; any of them may be the first to break."""
    rows: tuple[str, ...] = attrs.field()
    """The rows that it stands for: S, mistakes of the source design; B, bugs of real chains."""

    @rows.default
    def _own_row(self) -> tuple[str, ...]:
        return (self.id.rstrip("abcdefgh"),) if self.id[0] in "SB" else ()

    @property
    def path(self) -> str:
        """The path that loads its protocol."""
        return f"properties.mutants:{self.id}"
