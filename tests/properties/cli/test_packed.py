"""Files that are packed, as `stakespec genesis from-cosmos` reads them."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.properties.cli.commands import stakespec
from tests.properties.cosmos.cosmos_documents import old_document

TEXT = json.dumps(old_document()).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("genesis.json")
        entry.size = len(TEXT)
        archive.addfile(entry, io.BytesIO(TEXT))
    return packed.getvalue()


PACKERS: list[Callable[[bytes], bytes]] = [
    gzip.compress,
    bz2.compress,
    lzma.compress,
    lambda content: zipped({"genesis.json": content}),
    lambda content: zipped({"read me.txt": b"!", "folder/genesis.json": content}),
]


def run(content: bytes, tmp_path: Path) -> Result:
    source = tmp_path / "packed"
    source.write_bytes(content)
    return stakespec("genesis", "from-cosmos", str(source), "-o", str(tmp_path / "ours.json"))


def refusal(outcome: Result, tmp_path: Path) -> str:
    assert outcome.exit_code == 2, outcome.output
    assert outcome.stderr.startswith(f"error: {tmp_path / 'packed'}: ")
    assert not (tmp_path / "ours.json").exists()
    return outcome.stderr


@pytest.mark.parametrize("pack", PACKERS)
def test_a_packed_file_is_read(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    plain = run(TEXT, tmp_path)
    written = (tmp_path / "ours.json").read_bytes()
    packed = run(pack(TEXT), tmp_path)
    assert packed.exit_code == 0, packed.output
    assert packed.stdout == plain.stdout
    assert (tmp_path / "ours.json").read_bytes() == written


@pytest.mark.parametrize("pack", PACKERS)
def test_a_packed_file_is_read_from_standard_input(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    output = str(tmp_path / "ours.json")
    outcome = stakespec("genesis", "from-cosmos", "-", "-o", output, input=pack(TEXT))
    assert outcome.exit_code == 0, outcome.output


@pytest.mark.parametrize("pack", PACKERS)
def test_a_damaged_file_is_refused(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    packed = pack(TEXT)
    for damaged in (packed[: len(packed) // 2], packed[:40] + b"\xaa\x55" * 8 + packed[56:]):
        message = refusal(run(damaged, tmp_path), tmp_path)
        assert "compressed, and damaged" in message or "cannot be unpacked" in message


def test_an_archive_of_several_files_names_them(tmp_path: Path) -> None:
    message = refusal(run(zipped({"a.json": TEXT, "b.json": TEXT}), tmp_path), tmp_path)
    assert "is a zip of 2 files ('a.json', 'b.json'); unpack the right one" in message
    assert "is a zip of 0 files (no file)" in refusal(run(zipped({}), tmp_path), tmp_path)


def test_a_tar_archive_is_refused_with_what_to_type(tmp_path: Path) -> None:
    for packed in (tarred(), gzip.compress(tarred())):
        message = refusal(run(packed, tmp_path), tmp_path)
        assert "is a tar archive; unpack it with tar -xf first" in message
