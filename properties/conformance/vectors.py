"""Vectors: files of cases, each a conversation that any client can be held to.

A case is a list of asks with the replies that our machine gives. It needs nothing but its
file: what it starts from is its first ask.
"""

import json
from collections.abc import Iterable
from typing import Any

import attrs

from properties.conformance.asks import Message
from statemachine.annotations import Malformed
from statemachine.codec import parse_json
from statemachine.hashing import digest

FORMAT = "stakespec/vectors/1"


@attrs.frozen
class Step:
    """An ask, and the reply that it must get."""

    ask: Message
    reply: Message
    maps: Message | None = None
    """The root of each map that the ask changes, where it leads to a state."""


@attrs.frozen
class Case:
    """A conversation about one thing."""

    id: str
    """A sentence that says what must hold."""
    about: str
    steps: tuple[Step, ...]
    kills: tuple[str, ...] = ()
    """The planted bugs that fail it."""


@attrs.frozen
class Vectors:
    """A file of cases."""

    family: str
    about: str
    protocol: str
    cases: tuple[Case, ...]

    def to_text(self) -> str:
        """Return the file's text: a line for each case's head, and for each of its steps."""
        cases = [_case_as_jsonable(case) for case in self.cases]
        head = {
            "format": FORMAT,
            "family": self.family,
            "about": self.about,
            "protocol": self.protocol,
            "contents": contents_hash(cases),
        }
        lines = [json.dumps(head)[:-1] + ', "cases": [']
        for number, case in enumerate(cases):
            steps = case.pop("steps")
            lines.append(json.dumps(case)[:-1] + ', "steps": [')
            lines += _comma_separated(json.dumps(step) for step in steps)
            lines.append("]}" + ("," if number + 1 < len(cases) else ""))
        return "\n".join([*lines, "]}"]) + "\n"

    @classmethod
    def from_text(cls, text: str) -> "Vectors":
        """Read the file's text. Raises Malformed with the place and the reason."""
        document = parse_json(text)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise Malformed(f'.format: a file of vectors says "format": "{FORMAT}"')
        for name, kind in (("family", str), ("about", str), ("protocol", str), ("cases", list)):
            if not isinstance(document.get(name), kind):
                raise Malformed(f".{name}: must be there, as {kind.__name__}")
        if document.get("contents") != contents_hash(document["cases"]):
            raise Malformed(".contents: is not the hash of the cases; the file was changed")
        return cls(
            document["family"],
            document["about"],
            document["protocol"],
            tuple(_read_case(place, case) for place, case in enumerate(document["cases"])),
        )


def _comma_separated(lines: Iterable[str]) -> list[str]:
    kept = list(lines)
    return [line + "," for line in kept[:-1]] + kept[-1:]


def _case_as_jsonable(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "about": case.about,
        "kills": list(case.kills),
        "steps": [_step_as_jsonable(step) for step in case.steps],
    }


def _step_as_jsonable(step: Step) -> dict[str, object]:
    written: dict[str, object] = {"ask": step.ask, "reply": step.reply}
    return written if step.maps is None else {**written, "maps": step.maps}


def contents_hash(cases: list[Any]) -> str:
    """Return the hash of a file's cases: of their JSON without spaces, names in order."""
    text = json.dumps(cases, separators=(",", ":"), sort_keys=True, ensure_ascii=True)
    return "0x" + digest("stakespec/vectors", text.encode()).hex()


def _read_case(place: int, document: object) -> Case:
    where = f".cases[{place}]"
    if not isinstance(document, dict):
        raise Malformed(f"{where}: must be an object")
    for name, kind in (("id", str), ("about", str), ("steps", list), ("kills", list)):
        if not isinstance(document.get(name), kind):
            raise Malformed(f"{where}.{name}: must be there, as {kind.__name__}")
    steps = []
    for number, step in enumerate(document["steps"]):
        if not (
            isinstance(step, dict)
            and isinstance(step.get("ask"), dict)
            and isinstance(step.get("reply"), dict)
        ):
            raise Malformed(f"{where}.steps[{number}]: must have an ask and a reply")
        steps.append(Step(step["ask"], step["reply"], step.get("maps")))
    return Case(document["id"], document["about"], tuple(steps), tuple(document["kills"]))
