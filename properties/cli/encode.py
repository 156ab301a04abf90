"""`stakespec root`, `encode` and `decode`: the bytes that writers of clients need to see."""

import json
from typing import Any

import click

from properties.cli.files import BadInput, read_json, read_text, shown
from properties.cli.options import json_option
from properties.cli.output import print_json
from properties.conformance.explaining import explained_map, explained_state
from properties.conformance.types import RECORDS
from properties.conformance.views import map_places
from statemachine import PROTOCOL, Genesis, State, genesis, state_root
from statemachine.annotations import Malformed
from statemachine.codec import (
    canonical_bytes,
    from_canonical_bytes,
    from_jsonable,
    to_jsonable,
)

WIDTH = 80


@click.command()
@click.argument("file")
@click.option("--explain", is_flag=True, help="Show the bytes that go into each hash.")
@click.option("--map", "place", metavar="NAME", help="Explain a map, as in finality.votes.")
@click.option("--key", metavar="HEX", help="Explain the path to a key of the map.")
@json_option("Print the outcome as JSON.")
def root(file: str, explain: bool, place: str | None, key: str | None, as_json: bool) -> None:
    """Print the state root of FILE: a genesis, or a state as `run --state` writes it.

    Exit codes: 0 printed, 2 bad input or usage.
    """
    state = _state(file)
    if key is not None and place is None:
        raise BadInput("--key: goes with --map NAME")
    lines: list[tuple[str, str]] = []
    if place is not None:
        lines = list(explained_map(state, _place(place), _key(key)))
    elif explain:
        lines = list(explained_state(state))
    total = "0x" + state_root(state).hex()
    if as_json:
        steps = [{"what": label, "bytes": content} for label, content in lines]
        print_json("root", {"root": total, "steps": steps})
        return
    for label, content in lines:
        click.echo(f"{label}")
        for start in range(0, len(content), WIDTH - 6):
            click.echo(f"      {content[start : start + WIDTH - 6]}")
    click.echo(f"root {total}")


def _state(file: str) -> State:
    document = read_json(file)
    kind = document.pop("type", None) if isinstance(document, dict) else None
    try:
        if kind == "State" or (isinstance(document, dict) and "reward_index" in document):
            return from_jsonable(document, State)
        return genesis(PROTOCOL, from_jsonable(document, Genesis))
    except Malformed as error:
        raise BadInput(f"{shown(file)}: {error}") from error


def _place(place: str) -> str:
    places = map_places(State)
    if place not in places:
        raise BadInput(f"--map {place[:60]}: no such map; there are {', '.join(places)}")
    return place


def _key(key: str | None) -> bytes | None:
    if key is None:
        return None
    try:
        return bytes.fromhex(key.removeprefix("0x"))
    except ValueError:
        raise BadInput(f"--key {key[:60]}: must be hex digits, two to a byte") from None


def _record(name: str) -> Any:
    if name not in RECORDS:
        raise BadInput(f"there is no type {name[:60]!r}; there are {', '.join(RECORDS)}")
    return RECORDS[name]


@click.command()
@click.argument("type_name", metavar="TYPE")
@click.argument("file", default="-")
def encode(type_name: str, file: str) -> None:
    """Print the canonical bytes, as hex, of a TYPE in JSON, from FILE or standard input.

    Exit codes: 0 printed, 2 bad input or usage.
    """
    kind = _record(type_name)
    document = read_json(file)
    if isinstance(document, dict) and document.get("type") == type_name:
        document = {name: content for name, content in document.items() if name != "type"}
    try:
        record = from_jsonable(document, kind)
    except Malformed as error:
        raise BadInput(f"{shown(file)}: {error}") from error
    click.echo("0x" + canonical_bytes(record).hex())


@click.command()
@click.argument("type_name", metavar="TYPE")
@click.argument("file", default="-")
def decode(type_name: str, file: str) -> None:
    """Print the JSON of a TYPE whose canonical bytes are hex in FILE or standard input.

    Exit codes: 0 printed, 2 bad input or usage.
    """
    kind = _record(type_name)
    text = "".join(read_text(file).split()).removeprefix("0x")
    try:
        content = bytes.fromhex(text)
    except ValueError:
        place = len(text) - len(text.lstrip("0123456789abcdefABCDEF"))
        raise BadInput(
            f"{shown(file)}: digit {place}: must be an even number of hex digits"
        ) from None
    try:
        record = from_canonical_bytes(content, kind)
    except (Malformed, ValueError) as error:
        raise BadInput(f"{shown(file)}: {error}") from error
    click.echo(json.dumps(to_jsonable(record), indent=1))
