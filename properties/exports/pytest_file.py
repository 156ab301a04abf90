"""A counterexample as a pytest file, so that a fixed bug stays fixed."""

import os
import re
import textwrap
from enum import Enum
from pathlib import Path

import attrs

from properties.exports.retelling import Retelling
from properties.exports.source import WIDTH, parts_of, source_of
from properties.laws import Law
from properties.laws.accusation import DRAWN_TYPES
from properties.model.design import law_of, types_of
from properties.model.protocols import folder_of
from properties.trace.counterexample import Counterexample
from statemachine.state import State

PROMISE = (
    "Written by `stakespec replay --pytest`. It fails, and tells the story, for as long as"
    " the protocol breaks a law on the way."
)


def as_pytest(retelling: Retelling, output: str = "") -> str:
    """Return the text of a test file, formatted as ruff formats.

    Where it is to be written decides how it finds a protocol that is not installed.
    """
    package = retelling.package
    law = law_of(retelling.protocol, package.law)
    large = isinstance(package.start, State)
    own = types_of(retelling.protocol) != DRAWN_TYPES
    body, used = _from_json(package, own) if large else _from_parts(package)
    modules = _modules(used)
    if large and own:
        modules["properties.model.protocols"] = {"types_at"}
    imports = [_import(module, names) for module, names in sorted(modules.items())]
    way = _way_to(package.protocol, output)
    text = "\n".join(
        [
            f'"""{law.id}, {law.name}.\n',
            textwrap.fill(law.statement, WIDTH) + "\n",
            textwrap.fill(PROMISE, WIDTH),
            '"""\n',
            *way,
            *imports,
            "",
            body,
            "",
            "",
            f"def {_test_name(law, retelling)}() -> None:",
            "    assert_held(COUNTEREXAMPLE)",
            "",
        ]
    )
    too_long = any(len(line) > 100 for line in text.splitlines())
    return "# ruff: noqa: E501\n" + text if too_long else text


def _way_to(path: str, output: str) -> list[str]:
    """Return what makes a module be found in whatever folder the test is started."""
    folder = folder_of(path)
    if folder is None:
        return []
    there = Path(os.path.relpath(folder, Path(output).resolve().parent)).as_posix()
    return [
        "import sys",
        "from pathlib import Path",
        "",
        f'sys.path.insert(0, str(Path(__file__).resolve().parent / "{there}"))',
        "",
    ]


def _test_name(law: Law, retelling: Retelling) -> str:
    where = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", retelling.where)
    return "test_" + re.sub(r"\W+", "_", f"{law.id} {law.name} holds {where}").lower()


def _from_json(package: Counterexample, own: bool) -> tuple[str, set[type]]:
    """Write a large start as JSON, which reads no worse than Python."""
    types = ",\n    types_at,\n" if own else "\n"
    text = f'COUNTEREXAMPLE = Counterexample.from_text(\n    r"""{package.to_text()}"""{types})'
    return text, {Counterexample}


def _from_parts(package: Counterexample) -> tuple[str, set[type]]:
    names = _names(package)
    lines = [f'{name} = bytes.fromhex("{address.hex()}")' for address, name in names.items()]
    if lines:
        lines.append("")
    opening = "COUNTEREXAMPLE = "
    lines.append(opening + source_of(package, names).spread(0, len(opening)))
    used = {
        type(content)
        for content in parts_of(package)
        if attrs.has(type(content)) or isinstance(content, Enum)
    }
    return "\n".join(lines), used


def _names(package: Counterexample) -> dict[bytes, str]:
    """Call validators and accounts by number, in the order in which they appear."""
    addresses = dict.fromkeys(
        content
        for content in parts_of(package)
        if isinstance(content, bytes) and len(content) == 20
    )
    validators = dict.fromkeys(
        validator.address for validator in getattr(package.start, "validators", ())
    )
    accounts = [address for address in addresses if address not in validators]
    return {
        **{address: f"VALIDATOR_{number}" for number, address in enumerate(validators, start=1)},
        **{address: f"ACCOUNT_{number}" for number, address in enumerate(accounts, start=1)},
    }


def _modules(used: set[type]) -> dict[str, set[str]]:
    modules = {"properties.exports.regression": {"assert_held"}}
    for kind in used:
        modules.setdefault(kind.__module__, set()).add(kind.__name__)
    return modules


def _import(module: str, names: set[str]) -> str:
    ordered = sorted(names, key=str.lower)
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in ordered), ")"])
