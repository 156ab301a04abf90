"""Counterexamples as pytest files: they fail while the bug is there, and pass once it is not."""

import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import attrs
import pytest

from properties.exports.pytest_file import as_pytest
from properties.exports.retelling import Branch, Moment, Retelling, retell
from properties.generate.states import draw_state
from properties.laws.accusation import Accuse
from properties.model.worlds import draw_genesis
from properties.trace.counterexample import Counterexample
from statemachine import PROTOCOL, Delegate, Genesis, OffenceKind, Params, Transfer
from statemachine.state import State
from tests.properties.cli.commands import FOLDER, environment, stakespec, write_counterexample
from tests.properties.laws.violations_of_states import good_state
from tests.properties.trace.test_counterexample import ONE_OF_EACH
from tests.statemachine.worlds import ANNA, DORA, EMIL, described

STORY = (Transfer(DORA, EMIL, 1), Delegate(DORA, ANNA, 500))
"""Breaks ACC-1 under mutant S9."""

AWKWARD = '""" \' \\ \\n \n\t{} “é” \U0001f600 </script>'


def package(**changes: Any) -> Counterexample:
    parts: dict[str, Any] = {
        "protocol": "statemachine:PROTOCOL",
        "law": "ACC-1",
        "message": "pots 1, expected 0: 1 created",
        "found_by": "walk, seed 1, run 2",
        "start": described(),
        "transactions": STORY,
    }
    return Counterexample(**{**parts, **changes})


def text_of(example: Counterexample) -> str:
    return as_pytest(retell(PROTOCOL, example, []))


def unrun(example: Counterexample) -> str:
    """Write a counterexample down without running it."""
    state = good_state()
    moments = tuple(Moment(tx, state, state) for tx in example.transactions)
    return as_pytest(Retelling(PROTOCOL, example, (Branch(state, moments),), ()))


def read_back(text: str) -> Counterexample:
    """Run the file as Python and return what it calls the counterexample."""
    names: dict[str, Any] = {}
    exec(compile(text, "written", "exec", dont_inherit=True), names)
    package = names["COUNTEREXAMPLE"]
    assert isinstance(package, Counterexample)
    return package


def run_pytest(file: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", file.name]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=file.parent,
        env=environment(),
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("start", [described(), good_state()], ids=["genesis", "state"])
def test_it_fails_with_the_story_while_the_bug_is_there(
    tmp_path: Path, start: Genesis | State
) -> None:
    file = write_counterexample(tmp_path, start=start, transactions=STORY)
    out = tmp_path / "test_regression.py"
    told = stakespec("replay", file, "--pytest", out)
    assert told.exit_code == 1
    assert told.stdout.endswith(f"written to {out}; run it with: pytest {out}\n")
    finished = run_pytest(out)
    assert finished.returncode == 1, finished.stdout
    assert "1 failed" in finished.stdout
    assert (
        "FAILED test_regression.py::test_acc_1_conservation_holds_after_delegate" in finished.stdout
    )
    assert "2. Delegate(delegator 0x04040404, validator 0x01010101, amount 500)" in finished.stdout
    assert "expected 48,000: 500 created by Delegate" in finished.stdout or start != described()
    assert "500 created by Delegate" in " ".join(finished.stdout.split())


@pytest.mark.parametrize("start", [described(), good_state()], ids=["genesis", "state"])
def test_it_passes_once_the_bug_is_fixed(tmp_path: Path, start: Genesis | State) -> None:
    file = write_counterexample(tmp_path, start=start, transactions=STORY)
    out = tmp_path / "test_regression.py"
    fixed = ("--protocol", "statemachine:PROTOCOL")
    assert stakespec("replay", file, "--pytest", out, *fixed).exit_code == 0
    finished = run_pytest(out)
    assert finished.returncode == 0, finished.stdout
    assert "1 passed" in finished.stdout


@pytest.mark.parametrize("number", range(20))
def test_a_start_at_a_genesis_reads_back_from_its_constructors(number: int) -> None:
    example = package(start=draw_genesis(Random(number)))
    text = text_of(example)
    assert "Genesis(" in text and "from_text" not in text
    assert read_back(text) == example


@pytest.mark.parametrize("number", range(5))
def test_a_start_at_a_state_reads_back_from_json(number: int) -> None:
    example = package(start=draw_state(Random(number)))
    text = text_of(example)
    assert "Counterexample.from_text(" in text
    assert read_back(text) == example


def test_every_transaction_and_every_text_reads_back() -> None:
    example = package(message=AWKWARD, found_by=AWKWARD * 9, transactions=ONE_OF_EACH)
    assert read_back(unrun(example)) == example
    state = attrs.evolve(example, start=good_state())
    assert read_back(unrun(state)) == state


def test_two_chains_read_back() -> None:
    example = package(other=(STORY[0], Delegate(EMIL, ANNA, 7)), honest=(ANNA,))
    text = text_of(example)
    assert read_back(text) == example
    assert "def test_acc_1_conservation_holds_on_two_chains() -> None:" in text


def test_fields_that_are_as_by_default_are_left_out() -> None:
    start = Genesis("small", Params(epoch_length=7), (), (), ())
    text = unrun(package(start=start, transactions=()))
    assert "params=Params(epoch_length=7),\n" in text
    assert "treasury=" not in text


def test_validators_and_accounts_are_called_by_number() -> None:
    text = unrun(package())
    assert f'VALIDATOR_1 = bytes.fromhex("{ANNA.hex()}")\n' in text
    assert text.count(ANNA.hex()) == 2, "in its name and in its public key"
    assert "Delegate(delegator=ACCOUNT_1, validator=VALIDATOR_1, amount=500)" in text


@pytest.mark.parametrize(
    ("law", "transactions", "name"),
    [
        ("ACC-1", STORY, "test_acc_1_conservation_holds_after_delegate"),
        ("SLA-1", STORY[:1], "test_sla_1_slash_equivalence_holds_after_transfer"),
        ("TIM-2", (), "test_tim_2_snapshot_frozen_holds_at_the_start"),
        (
            "SLA-5",
            (Accuse(DORA, ANNA, OffenceKind.DOWNTIME, 0, 0), ONE_OF_EACH[1]),
            "test_sla_5_admissible_evidence_only_holds_after_register_validator",
        ),
    ],
)
def test_it_is_named_after_the_law_and_the_last_transaction(
    law: str, transactions: tuple[Any, ...], name: str
) -> None:
    assert f"def {name}() -> None:" in unrun(package(law=law, transactions=transactions))


def test_it_is_laid_out_as_ruff_lays_it_out_and_mypy_takes_it(tmp_path: Path) -> None:
    """Also where a limit of columns is another: texts and lone items of every length tell."""
    for number in range(8):
        example = package(start=draw_genesis(Random(number)), transactions=ONE_OF_EACH[:number])
        (tmp_path / f"test_{number}.py").write_text(unrun(example))
    for length in range(50, 110):
        example = package(message=("word " * 30)[:length], transactions=())
        (tmp_path / f"test_text_{length}.py").write_text(unrun(example))
    for digits in range(30):
        example = package(transactions=(Transfer(DORA, EMIL, 10**digits),))
        (tmp_path / f"test_lone_{digits}.py").write_text(unrun(example))
    (tmp_path / "test_all.py").write_text(unrun(package(transactions=ONE_OF_EACH)))
    two = package(other=STORY[:1], honest=(ANNA, DORA), transactions=())
    (tmp_path / "test_two.py").write_text(unrun(two))
    (tmp_path / "test_state.py").write_text(unrun(package(start=good_state())))
    settings = ("--config", f"{FOLDER}/pyproject.toml")
    for argv in (
        ["ruff", "format", "--diff", "--isolated", "--line-length", "88", "."],
        ["ruff", "format", "--diff", "--isolated", "--line-length", "100", "."],
        ["ruff", "check", *settings, "--ignore", "D1", "."],
        ["mypy", "--strict", "test_all.py", "test_two.py", "test_state.py"],
    ):
        finished = subprocess.run(
            [sys.executable, "-m", *argv],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment(),
            check=False,
        )
        assert finished.returncode == 0, (argv, finished.stdout, finished.stderr)


def test_a_test_of_a_fork_that_is_not_installed_runs_from_any_folder(tmp_path: Path) -> None:
    forks, tests, elsewhere = tmp_path / "forks", tmp_path / "a" / "tests", tmp_path / "elsewhere"
    for folder in (forks, tests, elsewhere):
        folder.mkdir(parents=True)
    (forks / "my_fork.py").write_text("from properties.mutants import S9 as FORK\n")
    file = write_counterexample(tmp_path, protocol="my_fork:FORK", transactions=STORY)
    output = tests / "test_it.py"
    argv = [sys.executable, "-m", "properties", "replay", str(file), "--trust"]
    subprocess.run([*argv, "--pytest", str(output)], cwd=forks, env=environment(), check=False)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(output)]
    for folder in (forks, tests, elsewhere):
        broken = subprocess.run(
            command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
        )
        assert broken.returncode == 1
        assert "ACC-1: pots 48,500, expected 48,000" in broken.stdout
    (forks / "my_fork.py").write_text("from statemachine import PROTOCOL as FORK\n")
    mended = subprocess.run(command, cwd=elsewhere, env=environment(), check=False)
    assert mended.returncode == 0
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", str(output)]
    assert subprocess.run(ruff, check=False).returncode == 0
