"""The rows of an import report."""

import attrs


@attrs.frozen
class Row:
    """One subject: its count, its tokens, and what happened to them."""

    subject: str
    note: str
    count: int | None = None
    amount: int | None = None
    """Tokens of the bond denomination, unless the note says otherwise."""


@attrs.frozen
class ParamRow:
    """One parameter of ours, and where it comes from."""

    name: str
    number: int
    source: str


@attrs.frozen
class Findings:
    """The rows from one part of the document."""

    read: tuple[Row, ...] = ()
    changed: tuple[Row, ...] = ()
    """What has a counterpart here that differs a little."""
    missing: tuple[Row, ...] = ()
    """What has no counterpart here."""

    def __add__(self, other: "Findings") -> "Findings":
        """Return the rows of both, in order."""
        return Findings(
            self.read + other.read, self.changed + other.changed, self.missing + other.missing
        )


@attrs.frozen
class BalanceSheet:
    """The tokens before and after an import."""

    tokens_in: tuple[Row, ...]
    """Tokens in the document, by place; each token once."""
    tokens_out: tuple[Row, ...]
    """Tokens in our genesis, by place."""
    stated: int | None = None
    """The supply that the document itself states."""
    stated_by: str = ""
    """Where it states it."""

    @property
    def total_in(self) -> int:
        """Tokens in the document."""
        return total(self.tokens_in)

    @property
    def total_out(self) -> int:
        """Tokens in our genesis."""
        return total(self.tokens_out)


def total(rows: tuple[Row, ...]) -> int:
    """Return the tokens in rows."""
    return sum(row.amount or 0 for row in rows)


def counted(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return the rows with a count or tokens."""
    return tuple(row for row in rows if row.count or row.amount)
