"""Counterexamples that were found before, and what became of them."""

import attrs


@attrs.frozen
class Known:
    """A counterexample of an earlier run that was replayed."""

    file: str
    law: str
    """The law that it broke when it was found."""
    breaks: str | None
    """How a law breaks now, with its id first; None where none does, or none can be judged."""
    note: str = ""
    """Why it could not be judged."""

    def told(self) -> str:
        """Say in a line what became of it."""
        if self.note:
            return f"{self.file}: not judged: {self.note}"
        if self.breaks is None:
            return f"{self.file}: mended: {self.law} is not broken any longer"
        return f"{self.file}: still breaks {self.breaks}"


def still_breaking(known: tuple[Known, ...]) -> tuple[Known, ...]:
    """Return those that break a law still."""
    return tuple(one for one in known if one.breaks is not None)
