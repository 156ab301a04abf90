"""Starting a command: streams, signals, and packages that are not what they should be."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import click
import pytest

from properties.cli.commands import ENTRIES, commands
from tests.properties.cli.commands import FOLDER, command, environment, stakespec

FULL = Path("/dev/full")


def ended(
    argv: Sequence[object],
    folder: Path,
    variables: dict[str, str] | None = None,
    stdout: IO[str] | int = subprocess.PIPE,
    stderr: IO[str] | int = subprocess.PIPE,
) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end."""
    return subprocess.run(
        [str(word) for word in argv],
        env=variables or environment(),
        cwd=folder,
        stdout=stdout,
        stderr=stderr,
        text=True,
        check=False,
    )


needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")


def test_every_command_is_where_the_list_says_and_says_what_it_does() -> None:
    context = click.Context(commands)
    for name, entry in ENTRIES.items():
        command = commands.get_command(context, name)
        assert isinstance(command, click.Command), name
        assert entry.summary.endswith(".") and len(entry.summary) < 60


def test_the_list_of_commands_is_printed_without_importing_them(tmp_path: Path) -> None:
    code = (
        "import sys, properties.cli.commands as all\n"
        "all.commands.main(['--help'], standalone_mode=False)\n"
        "sys.exit('statemachine' in sys.modules)"
    )
    listed = ended([sys.executable, "-c", code], tmp_path)
    assert listed.returncode == 0
    assert all(f"\n  {name} " in listed.stdout for name in ENTRIES)


@pytest.mark.parametrize(
    ("module", "library"),
    [("laws", "rich.progress"), ("check", "hypothesis"), ("check", "crosshair"), ("run", "z3")],
)
def test_a_command_does_not_wait_for_libraries_that_it_may_not_need(
    module: str, library: str, tmp_path: Path
) -> None:
    code = f"import sys, properties.cli.{module}; sys.exit({library!r} in sys.modules)"
    assert ended([sys.executable, "-c", code], tmp_path).returncode == 0


def test_a_command_that_does_not_exist_is_refused_by_name() -> None:
    assert "No such command 'chek'" in stakespec("chek").stderr


@pytest.mark.parametrize("module", ["properties", "properties.cli"])
def test_both_packages_run_as_the_command(module: str, tmp_path: Path) -> None:
    version = ended([sys.executable, "-m", module, "--version"], tmp_path)
    assert version.stdout.startswith("stakespec, version ")


@needs_full
@pytest.mark.parametrize(
    "argv",
    [
        ("--help",),
        ("laws",),
        ("laws", "--json"),
        ("explore", "--list"),
        ("check", "--protocol", "properties.mutants:S9", "--engine", "walk", "--runs", 2),
    ],
    ids=lambda argv: argv[0],
)
def test_a_full_disk_is_no_verdict(argv: tuple[object, ...], tmp_path: Path) -> None:
    with FULL.open("w") as full:
        failed = ended(command(*argv), tmp_path, stdout=full)
    assert failed.returncode == 4
    last = failed.stderr.splitlines()[-1]
    assert last == "error: standard output cannot be written: No space left on device"
    assert "Traceback" not in failed.stderr


@needs_full
def test_a_full_disk_for_errors_changes_no_exit_code(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        refused = ended(command("replay", "nothing.json"), tmp_path, stderr=full)
    assert refused.returncode == 2


def test_a_closed_standard_output_is_no_verdict(tmp_path: Path) -> None:
    line = " ".join(command("laws")) + " >&-"
    failed = ended(["bash", "-c", line], tmp_path)
    assert (failed.returncode, failed.stderr) == (4, "error: standard output is closed\n")


def test_help_that_nobody_reads_is_no_verdict(tmp_path: Path) -> None:
    line = " ".join(command("--help")) + " | true; exit ${PIPESTATUS[0]}"
    failed = ended(["bash", "-c", line], tmp_path)
    assert (failed.returncode, failed.stderr) in [(4, ""), (0, "")]


def shadowed(folder: Path, **files: str) -> dict[str, str]:
    """Return an environment in which a folder's packages stand before all others."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return {**environment(), "PYTHONPATH": f"{folder}{os.pathsep}{FOLDER}"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_modules_are_imported_prints_no_traceback(
    number: signal.Signals, tmp_path: Path
) -> None:
    slow = "import sys, time\nprint('importing', file=sys.stderr, flush=True)\ntime.sleep(60)\n"
    process = subprocess.Popen(
        command("laws"),
        env=shadowed(tmp_path, click=slow),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "importing\n"
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (4, "", "interrupted\n")


def test_a_signal_that_was_ignored_before_is_ignored(tmp_path: Path) -> None:
    wait = "import sys, time\nprint('importing', file=sys.stderr, flush=True)\ntime.sleep(1)\n"
    process = subprocess.Popen(
        ["bash", "-c", 'trap \'\' INT TERM; exec "$0" "$@"', *command("--version")],
        env=shadowed(
            tmp_path, attrs=f"{wait}from attr import *\nfrom attr import frozen, define\n"
        ),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert output.startswith("stakespec, version")


def test_another_package_of_the_same_name_is_named_with_what_to_type(tmp_path: Path) -> None:
    variables = shadowed(tmp_path / "site", statemachine="class StateMachine: ...\n")
    metadata = tmp_path / "site" / "python_statemachine-2.5.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: python-statemachine\nVersion: 2.5.0\n")
    (metadata / "top_level.txt").write_text("statemachine\n")
    failed = ended(command("laws"), tmp_path, variables)
    assert failed.returncode == 4
    assert failed.stdout == ""
    assert failed.stderr == (
        f"error: the package statemachine at {tmp_path}/site/statemachine.py is not the one of"
        " stakespec; type pip uninstall python-statemachine, then"
        " pip install --force-reinstall stakespec\n"
    )


def test_a_fault_of_our_own_is_no_verdict(tmp_path: Path) -> None:
    variables = shadowed(tmp_path, cbor2="raise RuntimeError('out of order')\n")
    failed = ended(command("laws"), tmp_path, variables)
    assert (failed.returncode, failed.stdout) == (4, "")
    assert failed.stderr == (
        "error: RuntimeError: out of order\nThis is a fault of stakespec, and no verdict;"
        " STAKESPEC_TRACEBACK=1 shows where it lies\n"
    )
    failed = ended(command("laws"), tmp_path, {**variables, "STAKESPEC_TRACEBACK": "1"})
    assert "Traceback" in failed.stderr
