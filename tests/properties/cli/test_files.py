import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from properties.cli.files import BadInput, read_json, read_text, write_atomically
from properties.trace.durable import PREFIX, SUFFIX, remove_leftovers
from tests.properties.cli.commands import environment


def refusal(path: Path, **options: int) -> str:
    with pytest.raises(BadInput) as refused:
        read_text(path, **options)
    assert refused.value.exit_code == 2
    return refused.value.message


def test_a_text_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("é\r\n".encode())
    assert read_text(path) == "é\r\n"


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "nothing.json"
    assert refusal(path) == f"{path}: there is no such file; check the path"


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: is a directory; name a file in it"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch(mode=0o000)
    assert refusal(path) == f"{path}: may not be read; check its permissions with ls -l"


def test_a_name_that_no_file_can_have_is_refused() -> None:
    assert refusal(Path("a\0b")).startswith("'a\\x00b': not the name of a file")
    assert "cannot be read" in refusal(Path("x" * 5_000))


def test_a_file_that_is_not_utf_8_is_refused_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(b"ab\x8b")
    assert refusal(path) == f"{path}: not UTF-8 text (byte 2); unpack it first if it is compressed"


def test_a_file_above_the_limit_is_refused_with_both_sizes(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * 1_001)
    assert refusal(path, limit_bytes=1_000) == (
        f"{path}: 1,001 bytes, but at most 1,000 are read; cut it down first, for example with jq"
    )
    assert read_text(path, limit_bytes=1_001) == "x" * 1_001


def test_an_endless_file_is_refused_at_the_limit() -> None:
    assert refusal(Path("/dev/zero"), limit_bytes=100) == (
        "/dev/zero: larger than 100 bytes, the most that is read"
    )


@click.command()
@click.argument("file")
def show(file: str) -> None:
    click.echo(read_json(file, limit_bytes=100))


def test_a_dash_is_standard_input() -> None:
    assert CliRunner().invoke(show, ["-"], input='["é"]').output == "['é']\n"
    too_long = CliRunner().invoke(show, ["-"], input="x" * 101)
    assert too_long.exit_code == 2
    assert (
        too_long.stderr == "error: standard input: larger than 100 bytes, the most that is read\n"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ('{"a": [1, 2', "not JSON: Expecting ',' delimiter: line 1 column 12 (char 11)"),
        ('{"a": 1, "a": 2}', "the key 'a' is there twice"),
        ("NaN", "is not a"),
        ("1" * 101, "a number of 101 digits is longer than any field"),
        ("[" * 200_000, "nested more than 64 levels deep"),
        ("\ufeff[]", "not JSON"),
    ],
)
def test_bad_json_is_refused_with_the_reason(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_json(path)
    assert refused.value.message.startswith(f"{path}: ")
    assert problem in refused.value.message


def test_writing_replaces_a_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("before")
    write_atomically(path, "é\n")
    assert path.read_bytes() == "é\n".encode()
    assert os.listdir(tmp_path) == ["out.json"]


def test_writing_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "out")
    write_atomically(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "out").read_text() == "text"


def test_a_failed_write_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("before")
    with pytest.raises(BadInput, match="cannot be written"):
        write_atomically(path, "half \ud800")
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["out.json"]


def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a directory; name a file in it"):
        write_atomically(tmp_path, "text")
    with pytest.raises(BadInput, match="make it first"):
        write_atomically(tmp_path / "missing" / "out.json", "text")
    with pytest.raises(BadInput, match="is not a regular file"):
        write_atomically("/dev/null", "text")
    assert os.listdir(tmp_path) == []


KILLED = """
import os, signal, sys
from properties.trace import durable
def kill(*_): os.kill(os.getpid(), signal.SIGKILL)
os.replace = kill
durable.replace_file(durable.Path(sys.argv[1]), "text")
"""
"""Writes a file, and is killed just before it gets its name."""


def leftovers(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(PREFIX)]


def test_what_a_killed_writer_left_behind_goes_with_the_next_write(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], env=environment(), check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(leftovers(tmp_path)) == 1
    write_atomically(path, "after")
    assert os.listdir(tmp_path) == ["out.json"]


def test_what_somebody_still_writes_to_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / f"{PREFIX}0{SUFFIX}"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        remove_leftovers(tmp_path)
        assert path.exists()
    remove_leftovers(tmp_path)
    assert not path.exists()


def noting(calls: list[str], name: str) -> Callable[..., None]:
    call = getattr(os, name)

    def note(*argv: object) -> None:
        calls.append(name)
        call(*argv)

    return note


def test_a_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noting(calls, name))
    write_atomically(tmp_path / "out.json", "text")
    assert calls == ["fsync", "replace", "fsync"]
