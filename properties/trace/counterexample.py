"""A counterexample as a file: its start, its transactions, and the law they break."""

import json
from collections.abc import Callable
from typing import Any

import attrs

from properties.laws.accusation import DRAWN_TYPES
from properties.trace.run import Start
from statemachine.codec import (
    Malformed,
    from_jsonable,
    from_tagged,
    parse_json,
    tagged,
)
from statemachine.description import Genesis
from statemachine.errors import brief
from statemachine.primitives import Address
from statemachine.records import record
from statemachine.state import State

FORMAT = "stakespec/counterexample/1"


@record
class _Followers:
    """The validators that followed the signing rule."""

    honest: tuple[Address, ...]


@attrs.frozen
class Counterexample:
    """Everything needed to replay a broken law."""

    protocol: str
    """Where the protocol is, as MODULE:NAME."""
    law: str
    message: str
    """How the law was broken, with the numbers."""
    found_by: str
    """The engine and the seed."""
    start: Start
    transactions: tuple[Any, ...]
    other: tuple[Any, ...] | None = None
    """For a law of two runs: the transactions of the other run, from the same start."""
    honest: tuple[bytes, ...] = ()
    """For a law about honest validators: those that followed the signing rule."""

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
        if self.other is not None:
            document["other"] = [tagged(transaction) for transaction in self.other]
        if self.honest:
            document["honest"] = ["0x" + address.hex() for address in self.honest]
        return json.dumps(document, indent=1) + "\n"

    @classmethod
    def from_text(
        cls,
        text: str,
        types_of: Callable[[str], tuple[type, ...]] = lambda _path: DRAWN_TYPES,
    ) -> "Counterexample":
        """Read the file's text. Raises Malformed with the place and the reason.

        Which types of transactions there are may depend on the protocol that the file names.
        """
        document = parse_json(text)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise Malformed(f'.format: a counterexample says "format": "{FORMAT}"')
        names = {"format", *(field.name for field in attrs.fields(cls))}
        for name in document:
            if name not in names:
                raise Malformed(f"a counterexample has no field {brief(name)}")
        for name in sorted(names - {"other", "honest"}):
            if name not in document:
                raise Malformed(f"field {name!r} is missing")
        for name in ("protocol", "law", "message", "found_by"):
            if not isinstance(document[name], str):
                raise Malformed(f".{name}: must be text")
        for name in ("transactions", "other", "honest"):
            if not isinstance(document.get(name, []), list):
                raise Malformed(f".{name}: must be a list")
        types = types_of(document["protocol"])
        return cls(
            document["protocol"],
            document["law"],
            document["message"],
            document["found_by"],
            read_start(document["start"], types),
            tuple(read_transactions(document["transactions"], types)),
            tuple(read_transactions(document["other"], types, ".other"))
            if "other" in document
            else None,
            from_jsonable({"honest": document.get("honest", [])}, _Followers).honest,
        )


STARTS = (Genesis, State)
"""What a start is, or extends."""


def read_start(document: object, types: tuple[type, ...] = ()) -> Start:
    """Read a start from JSON's own types: one of some types. Raises Malformed with the place."""
    starts = [kind for kind in types if issubclass(kind, STARTS)]
    try:
        start: Start = from_tagged(document, starts or STARTS)
    except Malformed as error:
        raise Malformed(_placed(".start", error)) from error
    return start


def read_transactions(
    entries: list[object], types: tuple[type, ...], where: str = ".transactions"
) -> list[object]:
    """Read transactions from JSON's own types. Raises Malformed with the place."""
    types = tuple(kind for kind in types if not issubclass(kind, STARTS))
    transactions = []
    for place, entry in enumerate(entries):
        try:
            transactions.append(from_tagged(entry, types))
        except Malformed as error:
            raise Malformed(_placed(f"{where}[{place}]", error)) from error
    return transactions


def _placed(place: str, error: Malformed) -> str:
    """Prefix a reason with its place; a reason that starts with a place continues the path."""
    reason = str(error)
    return f"{place}{reason}" if reason.startswith((".", "[")) else f"{place}: {reason}"
