"""The file of signing records: the last signatures of each validator, for one chain."""

import json
from collections.abc import Mapping

from statemachine.codec import Malformed, from_jsonable, parse_json, to_jsonable
from statemachine.duties import SigningRecord
from statemachine.primitives import PublicKey, Root
from statemachine.records import record

FORMAT = "stakespec/signing-records/1"


@record
class SignerRecord:
    """The last signatures of one validator."""

    public_key: PublicKey
    signed: SigningRecord


@record
class SigningRecords:
    """The last signatures of all validators on one chain, by public key."""

    chain: Root
    """The identity of the chain: its genesis_validators_root."""
    records: tuple[SignerRecord, ...] = ()

    def by_key(self) -> dict[bytes, SigningRecord]:
        """Return the records by public key."""
        return {entry.public_key: entry.signed for entry in self.records}


def records_of(chain: bytes, records: Mapping[bytes, SigningRecord]) -> SigningRecords:
    """Return the records of a chain, in order."""
    return SigningRecords(chain, tuple(SignerRecord(*entry) for entry in sorted(records.items())))


def to_text(records: SigningRecords) -> str:
    """Return the file's text."""
    return json.dumps({"format": FORMAT, **to_jsonable(records)}, indent=1) + "\n"


def from_text(text: str) -> SigningRecords:
    """Read the file's text. Raises Malformed with the place and the reason."""
    document = parse_json(text)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Malformed(f'.format: a file of signing records says "format": "{FORMAT}"')
    records = from_jsonable({k: v for k, v in document.items() if k != "format"}, SigningRecords)
    if len(records.by_key()) < len(records.records):
        raise Malformed(".records: must have each public_key only once")
    return records
