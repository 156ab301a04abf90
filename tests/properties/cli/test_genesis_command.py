"""`stakespec genesis from-cosmos` as its user sees it."""

import json
from pathlib import Path

import pytest
from click.testing import Result

from statemachine.codec import from_jsonable, parse_json
from statemachine.description import Genesis
from tests.properties.cli.commands import stakespec
from tests.properties.cosmos.cosmos_documents import account, new_document, old_document


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "cosmos.json"
    path.write_text(json.dumps(old_document()))
    return path


def run(source: Path, *options: str) -> Result:
    output = source.with_name("ours.json")
    return stakespec("genesis", "from-cosmos", str(source), "-o", str(output), *options)


def refused(outcome: Result, source: Path) -> str:
    assert outcome.exit_code == 2, outcome.output
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("error: ")
    assert [path.name for path in source.parent.iterdir()] == [source.name]
    return outcome.stderr.removeprefix("error: ").rstrip("\n")


def test_the_genesis_that_is_written_reads_back(source: Path) -> None:
    assert run(source).exit_code == 0
    written = source.with_name("ours.json").read_text()
    assert written.endswith("}\n")
    description = from_jsonable(parse_json(written), Genesis)
    assert len(description.validators) == 3


def test_the_report_ends_with_tokens_in_and_out_and_what_to_type_next(source: Path) -> None:
    shown = run(source).stdout
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    for line in (
        "tokens in 1,867",
        "tokens out 1,867",
        "difference 0",
        "supply stated by staking.pool 1,867",
        "State: epoch 21, 2 of 3 validators active,",
        "active stake 606",
        "supply 1,867 = held 1,867",
    ):
        assert line in lines
    assert lines[-1] == f"stakespec check --genesis {source.with_name('ours.json')}"


def test_the_report_fits_80_columns(source: Path) -> None:
    *table, _ = run(source).stdout.split("Written to")
    assert max(len(line) for line in table[0].splitlines()) <= 80


def test_amounts_of_18_decimals_fit_80_columns(tmp_path: Path) -> None:
    path = tmp_path / "cosmos.json"
    document = new_document()
    document["app_state"]["bank"]["balances"][0]["coins"][0]["amount"] = str(10**36)
    path.write_text(json.dumps(document))
    shown = run(path).stdout.split("Written to")[0]
    assert f"{10**36 + 100:,}" in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_json_has_the_same_account(source: Path) -> None:
    report = json.loads(run(source, "--json").stdout)
    assert report["tokens"]["total_in"] == report["tokens"]["total_out"] == "1867"
    assert report["tokens"]["difference"] == "0"
    assert report["state"]["active_validators"] == 2
    assert report["state"]["supply"] == report["state"]["held"] == "1867"
    assert report["next"] == f"stakespec check --genesis {source.with_name('ours.json')}"


def test_a_document_is_read_from_standard_input(tmp_path: Path) -> None:
    output = tmp_path / "ours.json"
    outcome = stakespec(
        "genesis",
        "from-cosmos",
        "-",
        "-o",
        str(output),
        input=json.dumps(new_document()),
    )
    assert outcome.exit_code == 0
    assert output.exists()


def test_options_reach_the_genesis(source: Path) -> None:
    assert run(source, "--unbonding-epochs", "7", "--set", "min_stake=1_0").exit_code == 0
    written = from_jsonable(parse_json(source.with_name("ours.json").read_text()), Genesis)
    assert (written.epoch, written.params.min_stake) == (7, 10)


def test_bad_settings_are_refused(source: Path) -> None:
    assert refused(run(source, "--set", "no=1"), source).startswith(
        "--set: there is no parameter 'no'"
    )
    assert "instead of --set" in refused(run(source, "--set", "unbonding_epochs=3"), source)
    assert refused(run(source, "--at", "noon"), source).startswith("--at = 'noon': must be a time")


@pytest.mark.parametrize("count", ["0", "1048577", "many"])
def test_a_number_of_epochs_out_of_range_is_a_mistake_of_usage(source: Path, count: str) -> None:
    outcome = run(source, "--unbonding-epochs", count)
    assert outcome.exit_code == 2
    assert "--unbonding-epochs" in outcome.stderr


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON"),
        (json.dumps(old_document())[:-200], "not JSON"),
        ('{"app_state": {}, "app_state": {}}', "the key 'app_state' is there twice"),
        ("[]", "must be an object with app_state in it"),
        ('{"app_state": {"staking": 0.5}, "chain_id": "a", "genesis_time": "b"}', "staking = 0.5"),
    ],
)
def test_a_bad_file_is_refused_and_nothing_is_written(
    source: Path, text: str, problem: str
) -> None:
    source.write_text(text)
    message = refused(run(source), source)
    assert message.startswith(f"{source}: ")
    assert problem in message


def test_a_missing_file_is_refused(source: Path) -> None:
    outcome = run(source.with_name("nothing.json"))
    assert "there is no such file" in refused(outcome, source)


def test_the_file_that_is_read_is_not_written_over(source: Path) -> None:
    before = source.read_text()
    outcome = stakespec("genesis", "from-cosmos", str(source), "-o", str(source))
    assert "is the file that is read; name another" in refused(outcome, source)
    assert source.read_text() == before
    outcome = stakespec("genesis", "from-cosmos", str(source), "-o", "-")
    assert "name a file for the genesis" in refused(outcome, source)


def test_a_genesis_that_was_there_before_survives_a_refusal(source: Path) -> None:
    output = source.with_name("ours.json")
    output.write_text("before")
    source.write_text("{}")
    assert run(source).exit_code == 2
    assert output.read_text() == "before"


def test_names_from_the_file_cannot_write_to_the_terminal(source: Path) -> None:
    document = old_document()
    document["app_state"]["[red]\x1b[2J"] = {"a": 1}
    document["app_state"]["accounts"].append(
        {"address": account("zoe"), "coins": [{"denom": "\x1b[2J", "amount": "1"}]}
    )
    source.write_text(json.dumps(document))
    outcome = run(source)
    assert outcome.exit_code == 0
    assert "\x1b" not in outcome.stdout
    assert "[red]" in outcome.stdout
