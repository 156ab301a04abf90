"""The commands under attack by `selftest`: damaged files, full disks, kills at random moments."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from click.testing import CliRunner

from properties.cli.commands import commands
from properties.cli.files import write_atomically
from properties.selftest.kinds import LONGEST_ERROR, Fault, Kind, of_files
from properties.selftest.samples import samples

EXIT_CODES = range(6)

READERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "genesis": (
        ("run", "FILE", "TRANSACTIONS"),
        ("check", "--genesis", "FILE", "--engine", "walk", "--runs", "0"),
        ("genesis", "from-cosmos", "FILE", "-o", "OUT"),
        ("genesis", "from-ethereum", "FILE", "-o", "OUT"),
        ("genesis", "to-cosmos", "FILE", "-o", "OUT", "--time", "2024-01-01T00:00:00Z"),
        ("encode", "Genesis", "FILE"),
        ("root", "FILE"),
    ),
    "transactions": (("run", "GENESIS", "FILE"), ("run", "GENESIS", "FILE", "--json")),
    "chain": (("genesis", "from-cosmos", "FILE", "-o", "OUT"), ("run", "FILE")),
    "counterexample": (
        ("replay", "FILE"),
        ("replay", "FILE", "--json"),
        ("replay", "FILE", "--pytest", "OUT"),
        ("vectors", "explain", "FILE"),
    ),
    "state": (("encode", "State", "FILE"), ("root", "FILE"), ("root", "FILE", "--explain")),
    "block": (("encode", "Block", "FILE"),),
    "hex of a block": (("decode", "Block", "FILE"), ("decode", "Envelope", "FILE")),
    "cosmos genesis": (("genesis", "from-cosmos", "FILE", "-o", "OUT"),),
    "signing records": (("duties", "export", "FILE", "-o", "OUT"),),
    "interchange": (("duties", "import", "FILE", "-o", "OUT"),),
    "counterexample from a state": (("replay", "FILE"), ("replay", "FILE", "--itf", "OUT")),
}
"""The commands that read each kind of file. The signatures in the chain are not valid."""


def of_commands(rng: Random) -> str:
    """Give a command a damaged file: it must end with a known exit code and a short message."""
    name, text = of_files(rng)
    command = rng.choice(READERS[name])
    with tempfile.TemporaryDirectory(prefix="selftest-") as folder:
        arguments = _arguments(command, Path(folder), text)
        outcome = CliRunner().invoke(commands, arguments, catch_exceptions=True)
        error = outcome.exception
        if error is not None and not isinstance(error, SystemExit):
            raise Fault(f"{' '.join(command)}: {type(error).__name__}: {str(error)[:300]}")
        if outcome.exit_code not in EXIT_CODES:
            raise Fault(f"{' '.join(command)}: exit code {outcome.exit_code}")
        if outcome.exit_code == 2 and len(outcome.stderr) > LONGEST_ERROR + len(folder):
            raise Fault(f"{' '.join(command)}: an error of {len(outcome.stderr):,} characters")
        left = sorted(path.name for path in Path(folder).iterdir() if path.suffix == ".tmp")
        if left:
            raise Fault(f"{' '.join(command)}: {left[0]} is left behind")
    return f"exit {outcome.exit_code}"


def _arguments(command: tuple[str, ...], folder: Path, text: str) -> list[str]:
    texts = samples().files
    contents = {"FILE": text, "GENESIS": texts["genesis"], "TRANSACTIONS": texts["transactions"]}
    arguments = []
    for word in command:
        if word in contents:
            path = folder / f"{word.lower()}.json"
            path.write_bytes(contents[word].encode("utf-8", "surrogatepass"))
            word = str(path)
        arguments.append(str(folder / "out") if word == "OUT" else word)
    return arguments


PRINTERS: tuple[tuple[str, ...], ...] = (
    ("laws",),
    ("laws", "--json"),
    ("explore", "--list"),
    ("mutants", "--list"),
    ("--help",),
    ("--version",),
    ("run", "GENESIS", "TRANSACTIONS"),
)


def of_full_disks(rng: Random) -> str:
    """Have a command print to a full disk: it must give neither a verdict nor a traceback."""
    command = rng.choice(PRINTERS)
    with tempfile.TemporaryDirectory(prefix="selftest-") as folder, open("/dev/full", "wb") as full:
        finished = subprocess.run(
            _command(*_arguments(command, Path(folder), "")),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=120,
        )
    complaint = finished.stderr.decode(errors="replace")
    if "Traceback" in complaint or finished.returncode != 4:
        raise Fault(
            f"{' '.join(command)} > /dev/full: exit {finished.returncode}: {complaint[-300:]}"
        )
    return "exit 4"


WRITER = (
    "import sys; from properties.cli.files import write_atomically\n"
    "print('ready', flush=True)\n"
    "for number in range(10**9):\n"
    "    write_atomically(sys.argv[1], str(number) * 20_000 + '\\n')\n"
)
"""Writes one file over and over, atomically each time."""


def of_kills(rng: Random) -> str:
    """Kill a writer at a random moment: its file must be whole, and the next writer cleans up."""
    with tempfile.TemporaryDirectory(prefix="selftest-") as folder:
        target = Path(folder) / "out"
        command = [sys.executable, "-c", WRITER, str(target)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(rng.random() / 20)
            writer.kill()
        text = target.read_text() if target.exists() else ""
        number = text[: len(text) // 20_000]
        if text and text != number * 20_000 + "\n":
            raise Fault(f"a torn file of {len(text):,} characters after a kill")
        write_atomically(target, "whole")
        if os.listdir(folder) != ["out"]:
            raise Fault(f"left behind after a kill: {', '.join(sorted(os.listdir(folder)))}")
    return "whole" if text else "absent"


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "properties.cli", *arguments]


ATTACKS: dict[str, Kind] = {
    "commands": of_commands,
    "full disks": of_full_disks,
    "kills": of_kills,
}
"""The kinds of input that take a command."""
