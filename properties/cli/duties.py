"""`stakespec duties`: exchange signing records with other clients."""

import json
from typing import Any

import click

from properties.cli.files import (
    BadInput,
    check_output,
    read_json,
    read_text,
    shown,
    write_atomically,
)
from properties.cli.options import json_option
from properties.cli.output import print_json
from properties.ethereum.interchange import (
    Contradiction,
    Interchange,
    latest,
    read_interchange,
    write_interchange,
)
from properties.ethereum.records_file import SigningRecords, from_text, records_of, to_text
from properties.foreign.fields import Unreadable
from statemachine.codec import Malformed

LIMIT = 2**30
"""Bytes in the largest file that is read."""


@click.group()
def duties() -> None:
    """Import and export signing records, which keep validators from signing contradictions."""


@duties.command("import")
@click.argument("file")
@click.option("-o", "--output", metavar="OUT", required=True, help="Where to write the records.")
@click.option(
    "--into",
    metavar="RECORDS",
    help="Add to these records from before. May be OUT.",
)
@json_option("Print the report as JSON.")
def import_(file: str, output: str, into: str | None, as_json: bool) -> None:
    """Read a slashing-protection file (EIP-3076; FILE, or - for standard input).

    Writes for each validator the highest source and target epochs of its votes, and the
    highest slot of its blocks. Contradictions in the file are reported, and change nothing:
    a validator that signs only beyond its record adds none.

    Exit codes: 0 done, 2 bad input or usage (nothing is written).
    """
    check_output(output, "-o")
    document = read_json(file, limit_bytes=LIMIT)
    try:
        read = read_interchange(document)
    except Unreadable as error:
        raise BadInput(f"{shown(file)}: {error}") from error
    records = dict(read.records)
    if into is not None:
        for key, signed in _read_records(into, read.genesis_validators_root).by_key().items():
            records[key] = latest(records[key], signed) if key in records else signed
    write_atomically(output, to_text(records_of(read.genesis_validators_root, records)))
    account = _account(read, len(records), output)
    if as_json:
        print_json("duties-import", account)
    else:
        _print(account)


@duties.command("export")
@click.argument("file")
@click.option("-o", "--output", metavar="OUT", required=True, help="Where to write the file.")
def export(file: str, output: str) -> None:
    """Write signing records (FILE) as a slashing-protection file (EIP-3076).

    The file has the last vote and the last block of each validator: all that a record holds,
    and all that a reader needs.

    Exit codes: 0 done, 2 bad input or usage (nothing is written).
    """
    check_output(output, "-o")
    records = _read_records(file, None)
    document = write_interchange(records.chain, records.by_key())
    write_atomically(output, json.dumps(document, indent=1) + "\n")
    click.echo(f"{len(records.records):,} validators written to {shown(output)}")


def _read_records(file: str, chain: bytes | None) -> SigningRecords:
    """Read a file of records, which must be of a chain. Raises BadInput."""
    try:
        records = from_text(read_text(file))
    except Malformed as error:
        raise BadInput(f"{shown(file)}: {error}") from error
    if chain is not None and records.chain != chain:
        raise BadInput(
            f"{shown(file)}: its records are of the chain 0x{records.chain.hex()}, the new"
            f" ones of 0x{chain.hex()} (genesis_validators_root); keep a file for each"
        )
    return records


def _account(read: Interchange, written: int, output: str) -> dict[str, object]:
    return {
        "genesis_validators_root": "0x" + read.genesis_validators_root.hex(),
        "validators": len(read.records),
        "signed_blocks": read.blocks,
        "signed_attestations": read.attestations,
        "contradictions": [_shown(contradiction) for contradiction in read.contradictions],
        "records_written": written,
        "output": output,
    }


def _shown(contradiction: Contradiction) -> dict[str, str]:
    return {
        "kind": contradiction.kind.value,
        "public_key": "0x" + contradiction.public_key.hex(),
        "first": contradiction.first,
        "second": contradiction.second,
    }


def _print(account: dict[str, Any]) -> None:
    click.echo(
        f"chain {account['genesis_validators_root']}\n"
        f"{account['validators']:,} validators, {account['signed_blocks']:,} signed blocks,"
        f" {account['signed_attestations']:,} signed attestations"
    )
    for contradiction in account["contradictions"]:
        click.echo(
            f"{contradiction['kind']} of {contradiction['public_key'][:18]}...:"
            f"\n  {contradiction['first']}\n  {contradiction['second']}"
        )
    click.echo(f"{account['records_written']:,} records written to {shown(account['output'])}")
