"""EIP-3076: what is read of a file, what contradicts, and what is never signed after it."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from properties.ethereum.interchange import read_interchange, write_interchange
from properties.foreign.fields import Unreadable
from statemachine.duties import SigningRecord, may_sign_header, may_sign_vote
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.rules.evidence import contradiction
from statemachine.state import OffenceKind
from tests.properties.cli.commands import stakespec

KEY = "0x" + "ab" * 48
CHAIN = "0x" + "04" * 32

Document = dict[str, Any]


def root(number: int) -> str:
    return "0x" + number.to_bytes(32, "big").hex()


def block(slot: int, signed: int | None = None) -> Document:
    return {"slot": str(slot)} | ({} if signed is None else {"signing_root": root(signed)})


def attestation(source: int, target: int, signed: int | None = None) -> Document:
    told = {"source_epoch": str(source), "target_epoch": str(target)}
    return told | ({} if signed is None else {"signing_root": root(signed)})


def document(*, blocks: Any = (), attestations: Any = (), key: str = KEY) -> Document:
    return {
        "metadata": {"interchange_format_version": "5", "genesis_validators_root": CHAIN},
        "data": [
            {
                "pubkey": key,
                "signed_blocks": list(blocks),
                "signed_attestations": list(attestations),
            }
        ],
    }


def record_of(interchange: Document) -> SigningRecord:
    return read_interchange(interchange).records[bytes.fromhex(KEY[2:])]


def kinds(interchange: Document) -> list[OffenceKind]:
    return [conflict.kind for conflict in read_interchange(interchange).contradictions]


def vote(source: int, target: int, branch: int = 0) -> Vote:
    return Vote(Checkpoint(source, bytes([branch]) * 32), Checkpoint(target, bytes([branch]) * 32))


def test_a_record_has_the_highest_of_each_number() -> None:
    interchange = document(
        blocks=[block(81_952, 1), block(81_951, 2)],
        attestations=[attestation(2_290, 3_007, 3), attestation(2_300, 3_006, 4)],
    )
    assert record_of(interchange) == SigningRecord(source=2_300, target=3_007, slot=81_952)
    assert record_of(document()) == SigningRecord()


def test_two_entries_of_one_key_are_one_record() -> None:
    interchange = document(blocks=[block(3)])
    interchange["data"] += document(attestations=[attestation(1, 2)], key=KEY.replace("ab", "AB"))[
        "data"
    ]
    assert record_of(interchange) == SigningRecord(source=1, target=2, slot=3)


@pytest.mark.parametrize(
    ("interchange", "offences"),
    [
        (document(blocks=[block(7, 1), block(7, 2)]), [OffenceKind.DOUBLE_BLOCK]),
        (document(blocks=[block(7, 1), block(7, 1)]), []),
        (document(blocks=[block(7), block(7)]), [OffenceKind.DOUBLE_BLOCK]),
        (document(blocks=[block(7, 1), block(8, 1)]), []),
        (
            document(attestations=[attestation(2, 3, 1), attestation(2, 3, 2)]),
            [OffenceKind.DOUBLE_VOTE],
        ),
        (
            document(attestations=[attestation(1, 3, 1), attestation(2, 3, 1)]),
            [OffenceKind.DOUBLE_VOTE],
        ),
        (document(attestations=[attestation(2, 3, 1), attestation(2, 3, 1)]), []),
        (
            document(attestations=[attestation(1, 9, 1), attestation(2, 8, 2)]),
            [OffenceKind.SURROUND_VOTE],
        ),
        (
            document(attestations=[attestation(2, 8, 1), attestation(1, 9, 2)]),
            [OffenceKind.SURROUND_VOTE],
        ),
        (document(attestations=[attestation(1, 8, 1), attestation(1, 9, 2)]), []),
        (document(attestations=[attestation(1, 8, 1), attestation(8, 9, 2)]), []),
    ],
)
def test_a_contradiction_of_each_kind_is_named(
    interchange: Document, offences: list[OffenceKind]
) -> None:
    assert kinds(interchange) == offences


def test_a_file_contradicts_itself_where_our_predicate_says_so() -> None:
    """All pairs of votes in four epochs, signed on one branch or on two."""
    links = [(source, target) for source, target in product(range(4), range(4)) if source < target]
    for first, second, branch in product(links, links, (0, 1)):
        interchange = document(
            attestations=[attestation(*first, 1), attestation(*second, 1 + branch)]
        )
        if first != second and branch == 0:
            continue
        expected = contradiction(vote(*first), vote(*second, branch))
        assert kinds(interchange) == ([] if expected is None else [expected])


def test_what_a_record_allows_contradicts_nothing_in_the_file() -> None:
    links = [(source, target) for source, target in product(range(5), range(5)) if source < target]
    for signed, asked in product(links, links):
        record = record_of(document(attestations=[attestation(*signed)]))
        if may_sign_vote(record, vote(*asked, branch=1)):
            assert contradiction(vote(*signed), vote(*asked, branch=1)) is None


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ((3, 4), False),  # a second vote for its target
        ((1, 6), False),  # spans what was signed
        ((3, 3), False),
        ((2, 5), True),
        ((4, 5), True),
    ],
)
def test_after_an_import_no_contradiction_of_a_vote_is_signed(
    asked: tuple[int, int], allowed: bool
) -> None:
    record = record_of(document(attestations=[attestation(2, 4, 1)]))
    assert may_sign_vote(record, vote(*asked)) is allowed


def test_after_an_import_a_vote_that_would_be_spanned_is_not_signed() -> None:
    record = record_of(document(attestations=[attestation(1, 9, 1)]))
    assert not may_sign_vote(record, vote(2, 8))


def test_after_an_import_no_second_block_of_a_slot_is_signed() -> None:
    record = record_of(document(blocks=[block(7, 1)]))
    empty = bytes(32)
    headers = [
        Header(slot, empty, empty, bytes(20), empty, empty, state_root=empty) for slot in (6, 7, 8)
    ]
    assert [may_sign_header(record, header) for header in headers] == [False, False, True]


def test_what_is_written_reads_back() -> None:
    interchange = document(blocks=[block(7)], attestations=[attestation(2, 4)])
    interchange["data"] += document(key="0x" + "cd" * 48)["data"]
    read = read_interchange(interchange)
    written = write_interchange(read.genesis_validators_root, read.records)
    again = read_interchange(json.loads(json.dumps(written)))
    assert (again.records, again.genesis_validators_root) == (
        read.records,
        read.genesis_validators_root,
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda interchange: interchange["metadata"].update(interchange_format_version="4"),
            "metadata.interchange_format_version = '4': must be \"5\", the version that is read",
        ),
        (
            lambda interchange: interchange["metadata"].pop("genesis_validators_root"),
            "metadata: 'genesis_validators_root' is missing; it has interchange_format_version."
            " Is this file complete?",
        ),
        (
            lambda interchange: interchange.pop("data"),
            "the document: 'data' is missing; it has metadata.",
        ),
        (
            lambda interchange: interchange["data"][0].update(pubkey=KEY[:-1] + "g"),
            "data[0].pubkey = '0x",
        ),
        (
            lambda interchange: interchange["data"][0].update(signed_blocks=[block(-1)]),
            "data[0].signed_blocks[0].slot = '-1': must be a whole number from 0",
        ),
        (
            lambda interchange: interchange["data"][0].update(
                signed_attestations=[attestation(5, 4)]
            ),
            "data[0].signed_attestations[0].source_epoch = '5': must be at most target_epoch = 4",
        ),
        (
            lambda interchange: interchange["data"][0].update(signed_blocks=[block(2**62)]),
            "data[0].signed_blocks[0].slot = '4611686018427387904': must be at most 461168",
        ),
    ],
)
def test_a_bad_file_is_refused_with_the_place(change: Any, message: str) -> None:
    interchange = document()
    change(interchange)
    with pytest.raises(Unreadable) as refused:
        read_interchange(interchange)
    assert str(refused.value).startswith(message)


# --- the command -------------------------------------------------------------------------


def run(folder: Path, *argv: str) -> Result:
    return stakespec("duties", *(word.replace("%", str(folder)) for word in argv))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    interchange = document(blocks=[block(7, 1), block(7, 2)], attestations=[attestation(2, 4)])
    (tmp_path / "eip.json").write_text(json.dumps(interchange))
    return tmp_path


def test_import_writes_records_and_export_writes_them_back(folder: Path) -> None:
    outcome = run(folder, "import", "%/eip.json", "-o", "%/records.json")
    assert outcome.exit_code == 0, outcome.output
    assert "1 validators, 2 signed blocks, 1 signed attestations" in outcome.stdout
    assert "double_block of 0xabababababababab...:" in outcome.stdout
    assert run(folder, "export", "%/records.json", "-o", "%/again.json").exit_code == 0
    again = json.loads((folder / "again.json").read_text())
    assert again["data"][0]["signed_blocks"] == [{"slot": "7"}]
    run(folder, "import", "%/again.json", "-o", "%/records2.json")
    assert (folder / "records.json").read_text() == (folder / "records2.json").read_text()


def test_import_adds_to_records_and_never_goes_behind_them(folder: Path) -> None:
    run(folder, "import", "%/eip.json", "-o", "%/records.json")
    (folder / "eip.json").write_text(json.dumps(document(blocks=[block(5)])))
    argv = ("import", "%/eip.json", "-o", "%/records.json", "--into", "%/records.json", "--json")
    account = json.loads(run(folder, *argv).stdout)
    assert (account["records_written"], account["contradictions"]) == (1, [])
    written = json.loads((folder / "records.json").read_text())
    assert written["records"][0]["signed"] == {"source": 2, "target": 4, "slot": 7}


def test_records_of_another_chain_are_not_mixed(folder: Path) -> None:
    run(folder, "import", "%/eip.json", "-o", "%/records.json")
    elsewhere = document()
    elsewhere["metadata"]["genesis_validators_root"] = root(1)
    (folder / "eip.json").write_text(json.dumps(elsewhere))
    outcome = run(folder, "import", "%/eip.json", "-o", "%/new.json", "--into", "%/records.json")
    assert outcome.exit_code == 2
    assert "its records are of the chain 0x0404" in outcome.stderr
    assert not (folder / "new.json").exists()


def test_a_bad_file_ends_in_2(folder: Path) -> None:
    (folder / "eip.json").write_text("[]")
    outcome = run(folder, "import", "%/eip.json", "-o", "%/records.json")
    assert outcome.exit_code == 2
    assert "must be an object with metadata and data" in outcome.stderr
    outcome = run(folder, "export", "%/eip.json", "-o", "%/again.json")
    assert outcome.exit_code == 2
    assert 'says "format": "stakespec/signing-records/1"' in outcome.stderr
