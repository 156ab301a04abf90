"""A counterexample as a file: where it starts, what was done, and which law it broke."""

import json
from typing import Any

import attrs

from properties.accusation import TRANSACTION_TYPES
from properties.runner import Start
from statemachine.codec import (
    Malformed,
    from_tagged,
    parse_json,
    tagged,
)
from statemachine.genesis import Genesis
from statemachine.state import State

FORMAT = "stakespec/counterexample/1"


@attrs.frozen
class Counterexample:
    """Everything that it takes to see a law broken again."""

    protocol: str
    """Where the protocol is, as MODULE:NAME."""
    law: str
    message: str
    """How the law was broken, with the numbers put in."""
    found_by: str
    """The engine and the seed."""
    start: Start
    transactions: tuple[Any, ...]

    def to_text(self) -> str:
        """Return the file's text."""
        document = {
            "format": FORMAT,
            "protocol": self.protocol,
            "law": self.law,
            "message": self.message,
            "found_by": self.found_by,
            "start": tagged(self.start),
            "transactions": [tagged(transaction) for transaction in self.transactions],
        }
        return json.dumps(document, indent=1) + "\n"

    @classmethod
    def from_text(cls, text: str) -> "Counterexample":
        """Read the file's text. Raises Malformed with the place and the reason."""
        document = parse_json(text)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise Malformed(f'.format: a counterexample says "format": "{FORMAT}"')
        names = {"format", *(field.name for field in attrs.fields(cls))}
        for name in document:
            if name not in names:
                raise Malformed(f"a counterexample has no field {name!r}")
        for name in sorted(names):
            if name not in document:
                raise Malformed(f"field {name!r} is missing")
        for name in ("protocol", "law", "message", "found_by"):
            if not isinstance(document[name], str):
                raise Malformed(f".{name}: must be text")
        if not isinstance(document["transactions"], list):
            raise Malformed(".transactions: must be a list")
        return cls(
            document["protocol"],
            document["law"],
            document["message"],
            document["found_by"],
            _read_start(document["start"]),
            tuple(read_transactions(document["transactions"])),
        )


def _read_start(given: Any) -> Start:
    try:
        start: Start = from_tagged(given, (Genesis, State))
    except Malformed as error:
        raise Malformed(_placed(".start", error)) from error
    return start


def read_transactions(given: list[Any]) -> list[Any]:
    """Read transactions from JSON's own types. Raises Malformed with the place."""
    transactions = []
    for place, entry in enumerate(given):
        try:
            transactions.append(from_tagged(entry, TRANSACTION_TYPES))
        except Malformed as error:
            raise Malformed(_placed(f".transactions[{place}]", error)) from error
    return transactions


def _placed(place: str, error: Malformed) -> str:
    """Say where a reason lies; a reason that begins with a place goes on from there."""
    reason = str(error)
    return f"{place}{reason}" if reason.startswith((".", "[")) else f"{place}: {reason}"
