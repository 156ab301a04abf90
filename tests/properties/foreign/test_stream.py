"""Reading documents of any length: what comes out is what json would give, or its size."""

import io
import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from properties.cosmos import read_cosmos
from properties.cosmos.bech32 import encode
from properties.cosmos.leftovers import is_kept
from properties.foreign.fields import Skipped, Spool
from properties.foreign.stream import LONG, read_stream
from statemachine.codec import Malformed
from tests.properties.cli.commands import command
from tests.properties.cosmos.cosmos_documents import (
    Document,
    coins,
    gentx_document,
    module,
    new_document,
    old_document,
)

HUGE = "STAKESPEC_TEST_HUGE_EXPORT"
"""Set to 1 to have a file of 300 MB made and read: a minute of work."""


def streamed(document: Any) -> Any:
    return read_stream(io.BytesIO(json.dumps(document).encode()), "app_state", is_kept)


def many_accounts(count: int) -> list[Document]:
    return [
        {"address": encode("cosmos", number.to_bytes(20, "big")), "coins": coins(number + 1)}
        for number in range(count)
    ]


@pytest.mark.parametrize("make", [old_document, new_document, lambda: gentx_document("0.40")])
def test_what_is_streamed_reads_like_what_is_parsed_whole(make: Callable[[], Document]) -> None:
    whole, pieces = read_cosmos(make()), read_cosmos(streamed(make()))
    assert (pieces.genesis, pieces.findings) == (whole.genesis, whole.findings)
    assert pieces.balance == whole.balance


def test_long_lists_lie_on_disk_and_read_the_same() -> None:
    document = old_document()
    document["app_state"]["accounts"] += many_accounts(LONG)
    parsed = streamed(document)
    accounts = parsed["app_state"]["accounts"]
    assert isinstance(accounts, Spool)
    assert list(accounts) == list(accounts) == document["app_state"]["accounts"]
    assert read_cosmos(parsed).genesis == read_cosmos(document).genesis


def test_a_part_that_nobody_reads_is_only_counted() -> None:
    document = new_document()
    document["app_state"]["wasm"] = {"codes": [{"a": [1, None, 2]}, "x"], "params": {"b": True}}
    document["app_state"]["other"] = [[], {}, 0.5]
    app_state = streamed(document)["app_state"]
    assert app_state["wasm"] == Skipped(2, 4, False, ("codes", "params"))
    assert app_state["other"] == Skipped(3, 1, True)
    assert read_cosmos(streamed(document)).findings == read_cosmos(deepcopy(document)).findings


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "not JSON: premature EOF"),
        (b'{"a": 1} x', "not JSON: trailing garbage near '{\"a\": 1} x'"),
        (b'{"a": NaN}', "not JSON: invalid char in json text. near '{\"a\": NaN}'"),
        (b'["\xff"]', "not JSON: invalid bytes in UTF8 string. near"),
        (b'{"a": {"b": 1, "b": 2}}', "the key 'b' is there twice"),
        (b"[" * 65 + b"]" * 65, "nested more than 64 levels deep"),
        (b'{"app_state": {"x": ' + b"[" * 63 + b"]" * 63 + b"}}", "nested more than 64 levels"),
        (b"[" + b"9" * 101 + b"]", "a number is longer than any field"),
        (b"[" + b"9" * 5000 + b"]", "a number is longer than any field"),
        (b"[" + b"9" * 20_001 + b"]", "more than 20,000 digits in a row"),
        (b" " * 65_500 + b"9" * 20_001, "more than 20,000 digits in a row"),
        (b"[1e99999999999999999999]", "a number that is none"),
    ],
)
def test_what_is_not_json_is_refused(text: bytes, problem: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_stream(io.BytesIO(text), "app_state", is_kept)
    assert problem in str(refused.value)
    assert str(refused.value).isprintable()


def test_nesting_of_64_levels_is_read() -> None:
    assert read_stream(io.BytesIO(b"[" * 64 + b"]" * 64), "app_state") is not None


def huge_export(accounts: int, codes: int) -> Iterator[str]:
    """Write an export piece by piece: accounts, and contracts that nobody reads."""
    document = new_document()
    app_state = document["app_state"]
    extra = sum(range(1, accounts + 1))
    app_state["bank"]["supply"] = coins(1_867 + extra)
    balances = app_state["bank"].pop("balances")
    document["app_state"] = {}
    yield json.dumps(document)[:-2] + '"wasm": {"contracts": ['
    code = json.dumps({"address": module("x"), "state": [{"key": "AB" * 20, "value": "CD" * 90}]})
    for number in range(codes):
        yield ("," if number else "") + code
    yield ']}, "bank": ' + json.dumps(app_state.pop("bank"))[:-1] + ', "balances": ['
    yield ",".join(json.dumps(entry) for entry in balances)
    for number in range(accounts):
        address = encode("cosmos", number.to_bytes(20, "big"))
        yield "," + json.dumps({"address": address, "coins": coins(number + 1)})
    yield "]}, " + json.dumps(app_state)[1:] + "}"


def test_the_export_that_is_made_reads_whole() -> None:
    text = "".join(huge_export(accounts=10, codes=3))
    imported = read_cosmos(read_stream(io.BytesIO(text.encode()), "app_state", is_kept))
    assert imported.balance.total_in == imported.balance.stated == 1_867 + 55


@pytest.mark.skipif(os.environ.get(HUGE) != "1", reason=f"a minute of work: set {HUGE}=1")
@pytest.mark.timeout(900)
def test_an_export_of_300_megabytes_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    with path.open("w") as file:
        file.writelines(huge_export(accounts=100_000, codes=970_000))
    assert path.stat().st_size > 300 * 10**6
    argv = ("genesis", "from-cosmos", path, "-o", tmp_path / "ours.json", "--json")
    program = subprocess.run(command(*argv), capture_output=True, text=True, check=True)
    assert json.loads(program.stdout)["tokens"]["difference"] == "0"
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"{path.stat().st_size:,} bytes read, {peak:,} bytes of memory at most")
    # The accounts, which are kept, take most of it; the text, or the contracts, would not fit.
    assert peak < 300 * 2**20
