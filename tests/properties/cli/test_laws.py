"""`stakespec laws`, and what the group of all commands says."""

import json

import click
import pytest

from properties.cli.commands import ENTRIES, commands
from properties.laws import LAWS
from tests.properties.cli.commands import stakespec, usage_error, widest


def loaded(name: str) -> click.Command | None:
    return commands.get_command(click.Context(commands), name)


def test_every_law_is_listed_with_its_name_and_statement() -> None:
    listed = stakespec("laws")
    assert listed.exit_code == 0
    text = " ".join(listed.stdout.split())
    for law in LAWS:
        assert f"\n{law.id}" in listed.stdout
        assert f"{law.name}:" in text


def test_the_list_of_laws_fits_80_columns() -> None:
    assert widest(stakespec("laws").stdout) <= 80


def test_laws_as_json_are_all_laws_in_order() -> None:
    rows = json.loads(stakespec("laws", "--json").stdout)["laws"]
    assert rows == [
        {
            "id": law.id,
            "name": law.name,
            "looks_at": law.check.looks_at,
            "statement": law.statement,
            "source": law.source,
        }
        for law in LAWS
    ]


@pytest.mark.parametrize("argv", [["laws", "extra"], ["laws", "--nothing"], ["nothing"]])
def test_words_that_mean_nothing_are_named(argv: list[str]) -> None:
    assert argv[-1] in usage_error(stakespec(*argv))


@pytest.mark.parametrize("name", ENTRIES)
def test_each_command_explains_itself_within_80_columns(name: str) -> None:
    for option in ("--help", "-h"):
        shown = stakespec(name, option)
        assert shown.exit_code == 0
        assert widest(shown.stdout) <= 80
        assert shown.stdout.startswith(f"Usage: stakespec {name} ")


@pytest.mark.parametrize(
    "name", [name for name in ENTRIES if not isinstance(loaded(name), click.Group)]
)
def test_each_command_says_its_exit_codes(name: str) -> None:
    assert "Exit code" in stakespec(name, "--help").stdout


def test_the_group_lists_all_commands_and_exit_codes() -> None:
    shown = stakespec("--help").stdout
    assert "Exit codes: 0 held, 1 refuted, 2 bad input or usage" in shown
    for name in ENTRIES:
        assert f"\n  {name} " in shown


def test_the_version_is_shown() -> None:
    shown = stakespec("--version")
    assert shown.exit_code == 0
    assert shown.stdout.split()[-1][0].isdigit()
