"""Files of whole chains: the genesis with its proofs, then block after block.

JSON lines: the first is the genesis with the name of the format, every other a block.
"""

import json
from collections.abc import Iterable
from typing import TypeVar

import attrs

from statemachine.codec import Malformed, from_jsonable, parse_json, to_jsonable
from statemachine.signed.block import Block
from statemachine.signed.chain import ProvenGenesis

T = TypeVar("T")

FORMAT = "stakespec/chain/1"


@attrs.frozen
class Chain:
    """A chain as it is in a file."""

    genesis: ProvenGenesis
    blocks: tuple[Block, ...]


def is_chain(text: str) -> bool:
    """Say whether a text means to be a chain, by its first line."""
    first = text.partition("\n")[0]
    return f'"{FORMAT}"' in first or '"stakespec/chain/' in first


def chain_to_text(genesis: ProvenGenesis, blocks: Iterable[Block]) -> str:
    """Return what a file of a chain holds."""
    lines = [{"format": FORMAT, **to_jsonable(genesis)}, *(to_jsonable(block) for block in blocks)]
    return "".join(json.dumps(line) + "\n" for line in lines)


def chain_from_text(text: str) -> Chain:
    """Read a chain, all of it before any is applied. Raises Malformed with the line."""
    lines = text.splitlines()
    if not lines:
        raise Malformed("empty; the first line must be the genesis of a chain")
    genesis = _read(1, lines[0], ProvenGenesis)
    blocks = tuple(
        _read(number, line, Block) for number, line in enumerate(lines[1:], start=2) if line.strip()
    )
    return Chain(genesis, blocks)


def _read(number: int, line: str, kind: type[T]) -> T:
    try:
        document = parse_json(line)
        if number == 1:
            document = _without_format(document)
        return from_jsonable(document, kind)
    except Malformed as error:
        raise Malformed(f"line {number}: {error}") from error


def _without_format(document: object) -> object:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        name = document.get("format") if isinstance(document, dict) else document
        raise Malformed(f".format: must be {FORMAT}, not {name!r:.60}")
    return {name: content for name, content in document.items() if name != "format"}
