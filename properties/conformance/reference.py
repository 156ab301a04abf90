"""The tables of specs/schemas/README.md: records, maps, domains and reasons."""

from collections.abc import Iterable
from typing import Any

from properties.conformance.annotations import ALIASES, written
from properties.conformance.rejections import DETAILS, FREE_TEXT
from properties.conformance.types import EVENTS, RECORDS, TRANSACTIONS
from properties.conformance.views import map_places
from statemachine import primitives
from statemachine.annotations import bound_of, entry_type
from statemachine.merkle_map import MapLayout
from statemachine.primitives import Bounds, Length
from statemachine.records import fields_of
from statemachine.state import OffenceKind, State

DOMAINS = (
    ("stakespec/state", "the state root", "the state's bytes, each map as its root"),
    ("stakespec/merkle-map/NAME/root", "a map's root", "the commitment of its top node, or none"),
    ("stakespec/merkle-map/NAME/leaf", "a leaf", "key, entry"),
    ("stakespec/merkle-map/NAME/branch", "a branch", "depth (2), prefix, children"),
    ("stakespec/genesis", "the first mix and seed", "randomness"),
    ("stakespec/genesis-block", "the first head", "the bytes of the genesis, sorted"),
    ("stakespec/proposer", "an election", "seed, epoch (8), slot (8), attempt (8)"),
    ("stakespec/substitute", "an election instead of one who left", "the same"),
    ("stakespec/mix", "the mix after a block", "mix, reveal"),
    ("stakespec/block", "a block's root", "parent, slot (8), proposer, reveal, body"),
    ("stakespec/body", "a header's body", "the bytes of each transaction with its name"),
    ("stakespec/reveal", "a header's reveal", "the signature of the slot"),
    ("stakespec/signed", "what is signed", "chain id, kind, content"),
    ("stakespec/address", "an address: its first 20 bytes", "public key"),
    ("stakespec/together", "our own checks of a block's signatures at once", "the block's bytes"),
    ("stakespec/coefficient", "a coefficient in these", "the digest above, place (8)"),
)
"""Every domain of the protocol: what is hashed under it, and its parts."""


class _Words:
    """Says annotations in words."""

    def integer(self, bounds: Bounds) -> str:
        return f"{bounds.low} .. {bounds.high}"

    def content(self, length: int) -> str:
        return f"{length} bytes"

    def text(self, longest: int) -> str:
        return f"text of at most {longest}"

    def flag(self) -> str:
        return "true or false"

    def choice(self, texts: list[str]) -> str:
        return ", ".join(texts)

    def record(self, kind: type) -> str:
        return kind.__name__

    def named(self, kinds: list[type]) -> str:
        return "one of " + ", ".join(kind.__name__ for kind in kinds) + ", with its name"

    def several(self, item: str) -> str:
        return f"list of {item}"

    def optional(self, item: str) -> str:
        return f"{item}, or null"

    def map(self, layout: MapLayout[Any], entry: str) -> str:
        return f"map {layout.name}"


def _said(annotation: Any) -> str:
    """Say an annotation: by its name where it has one."""
    return ALIASES.get(annotation) or written(annotation, _Named())


class _Named(_Words):
    """Says bounds by the names of their types."""

    def integer(self, bounds: Bounds) -> str:
        return _alias(bounds) or super().integer(bounds)

    def content(self, length: int) -> str:
        return _alias(Length(length)) or super().content(length)


def _alias(bound: object) -> str | None:
    return next(
        (name for kind, name in ALIASES.items() if bound_of(kind, type(bound)) == bound), None
    )


def reference() -> str:
    """Return the text of the page."""
    lines = [
        "# Tables",
        "",
        "Made by `stakespec vectors schemas`; do not edit. Beside this page are:",
        "",
        "- `specs/schemas/*.schema.json`: JSON Schemas of all that is written as JSON",
        "- `specs/schemas/outcomes/*.schema.json`: JSON Schemas of what `--json` prints",
        "- `specs/schemas/stakespec.cddl`: the canonical bytes of every record, in CDDL",
        "- `specs/schemas/records.json`: the fields of every record, for programs to read",
        "",
        "## Types of single fields",
        "",
        "| type | range | in JSON |",
        "|---|---|---|",
    ]
    for kind, name in ALIASES.items():
        bounds = bound_of(kind, Bounds)
        as_json = "0x and hex" if bound_of(kind, Length) else "text"
        if bounds is not None:
            as_json = "decimal string" if bounds.decimal else "number"
        lines.append(f"| {name} | {written(kind, _Words())} | {as_json} |")
    lines += [
        "",
        "An Epoch is a Count, and RewardUnits are an Index: they have the same range.",
    ]
    lines += _records("Transactions", TRANSACTIONS)
    others = [kind for kind in RECORDS.values() if kind not in (*TRANSACTIONS, *EVENTS)]
    lines += _records("Records", others)
    lines += _records("Events", EVENTS)
    lines += _maps()
    lines += ["", "## Domains", "", "| domain | of | parts |", "|---|---|---|"]
    lines += [f"| `{domain}` | {purpose} | {parts} |" for domain, purpose, parts in DOMAINS]
    lines += ["", "Numbers in parts are big-endian, of as many bytes as is said.", ""]
    lines += _reasons()
    lines += _constants()
    return "\n".join(lines) + "\n"


def _records(title: str, kinds: Iterable[type]) -> list[str]:
    lines = ["", f"## {title}", "", "Fields in the order of the canonical bytes.", ""]
    lines += ["| record | fields |", "|---|---|"]
    for kind in kinds:
        fields = ", ".join(f"`{field.name}` {_said(field.type)}" for field in fields_of(kind))
        lines.append(f"| {kind.__name__} | {fields} |")
    return lines


def _maps() -> list[str]:
    lines = ["", "## Maps", "", "| map | name in hashes | bytes of a key | entry |"]
    lines.append("|---|---|---|---|")
    for place, annotation in map_places(State).items():
        layout = bound_of(annotation, MapLayout)
        assert layout is not None
        entry = _said(entry_type(annotation))
        lines.append(f"| `{place}` | {layout.name} | {layout.key_length} | {entry} |")
    return lines


def _reasons() -> list[str]:
    lines = ["## Reasons for rejection", ""]
    lines += [
        "Values have the types above: an Amount is a decimal string. Where a block, or a genesis",
        "with proofs, is refused for one of its parts, there is a `position` (Count) as well. A",
        "`bad_signature` of several signers has `signers` (Count) in the place of the key.",
        f"The wording of `{'`, `'.join(sorted(FREE_TEXT))}` is for people; a client may have its"
        " own.",
        "",
        "| reason | values |",
        "|---|---|",
    ]
    for reason, details in DETAILS.items():
        shown = ", ".join(f"`{name}` {kind}" for name, kind in details.items())
        lines.append(f"| `{reason}` | {shown or 'none'} |")
    return lines


def _constants() -> list[str]:
    lines = ["", "## Constants", "", "| constant | number |", "|---|---|"]
    for name in ("MAX_AMOUNT", "MAX_SLOT", "BPS", "REWARD_SCALE", "REWARD_UNIT"):
        lines.append(f"| {name} | {getattr(primitives, name)} |")
    for number, kind in enumerate(OffenceKind):
        lines.append(f"| the kind `{kind.value}` in keys of `punished` | {number} |")
    return lines
