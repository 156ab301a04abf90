"""`stakespec run` as its user sees it."""

import json
from pathlib import Path
from typing import Any

import pytest

from properties.laws.accusation import Accuse
from properties.laws.describe import describe
from statemachine import (
    PROTOCOL,
    OffenceKind,
    ProduceBlock,
    Rejected,
    State,
    Transfer,
    evolve,
    genesis,
    state_root,
)
from statemachine.codec import from_tagged, parse_json, tagged
from tests.properties.cli.commands import (
    BROKEN_JSON,
    refusal,
    some_transactions,
    stakespec,
    stakespec_in,
    usage_error,
    widest,
    write_genesis,
    write_transactions,
)
from tests.statemachine.worlds import ANNA, DORA, EMIL, described, world


def roots() -> list[str | None]:
    """Return the root after each transaction; None for one that is rejected."""
    state = world()
    expected: list[str | None] = []
    for tx in some_transactions():
        try:
            state = PROTOCOL.apply(state, tx)
            expected.append("0x" + state_root(state).hex())
        except Rejected:
            expected.append(None)
    return expected


def run(folder: Path, *options: str) -> Any:
    return stakespec("run", write_genesis(folder), write_transactions(folder), *options)


def test_each_accepted_transaction_shows_the_root_after_it(tmp_path: Path) -> None:
    outcome = run(tmp_path)
    assert outcome.exit_code == 0
    first, second, third = roots()
    lines = outcome.stdout.splitlines()
    assert (second, third) == (None, lines[5].strip())
    assert lines[:5] == [
        "1. Transfer(sender 0x04040404, recipient 0x05050505, amount 700)",
        f"   {first}",
        "2. Transfer(sender 0x06060606, recipient 0x05050505, amount 10,001)",
        "   rejected: insufficient_balance: needed 10001, available 10000",
        f"3. {describe(some_transactions()[2])}",
    ]


def test_the_summary_adds_up(tmp_path: Path) -> None:
    text = " ".join(run(tmp_path).stdout.split())
    assert f"2 of 3 accepted; slot 1, epoch 0 root {roots()[-1]} a client may trust" in text
    assert "a final checkpoint of this state for 0 epochs supply tokens" in text
    assert "accounts 45,000 bonded 3,000 unbonding 0 rewards 0 treasury 0 total 48,000" in text
    *_, summary = run(tmp_path, "--json").stdout.splitlines()
    supply = {
        name: int(amount) for name, amount in json.loads(summary)["summary"]["supply"].items()
    }
    parts = ("accounts", "bonded", "unbonding", "rewards", "treasury")
    assert sum(supply[name] for name in parts) == supply["total"]


def test_json_lines_have_a_result_for_each_transaction_and_then_the_summary(
    tmp_path: Path,
) -> None:
    outcome = run(tmp_path, "--json")
    first, second, third, last = map(json.loads, outcome.stdout.splitlines())
    format = {"format": "stakespec/run/1"}
    assert first == {**format, "line": 1, "type": "Transfer", "root": roots()[0]}
    assert second == {
        **format,
        "line": 2,
        "type": "Transfer",
        "rejected": "insufficient_balance",
        "details": {"needed": "10001", "available": "10000"},
    }
    assert third == {**format, "line": 3, "type": "ProduceBlock", "root": roots()[2]}
    assert (last["summary"]["submitted"], last["summary"]["accepted"]) == (3, 2)
    assert last["summary"]["root"] == roots()[2]


def test_a_trace_shows_what_each_transaction_changed(tmp_path: Path) -> None:
    shown = run(tmp_path, "--trace").stdout
    assert f"   accounts[0x{DORA.hex()}]: 10,000 -> 9,300\n" in shown
    assert f"   accounts[0x{EMIL.hex()}]: 10,000 -> 10,700\n" in shown
    # Nothing is left out, and nothing cut short.
    for place in ("mix", "head"):
        assert f"   {place}\n     0x" in shown
    assert "..." not in shown
    assert "   slot: 0 -> 1\n" in shown
    assert "accounts[" not in run(tmp_path).stdout


@pytest.mark.parametrize("option", [(), ("--trace",)])
def test_the_output_fits_80_columns(tmp_path: Path, option: tuple[str, ...]) -> None:
    large = 2**100
    accounts = tuple(evolve(entry, balance=large) for entry in described().accounts)
    path = write_genesis(tmp_path, evolve(described(), accounts=accounts))
    txs = write_transactions(tmp_path, (*some_transactions(), Transfer(DORA, EMIL, large - 1_000)))
    assert widest(stakespec("run", path, txs, *option).stdout) <= 80


def test_transactions_are_read_from_standard_input(tmp_path: Path) -> None:
    txs = write_transactions(tmp_path)
    named = run(tmp_path)
    piped = stakespec("run", write_genesis(tmp_path), "-", input=txs.read_text())
    assert piped.exit_code == 0
    assert piped.stdout == named.stdout


def test_a_genesis_is_read_from_standard_input(tmp_path: Path) -> None:
    text = write_genesis(tmp_path).read_text()
    piped = stakespec("run", "-", write_transactions(tmp_path), input=text)
    assert piped.stdout == run(tmp_path).stdout


def test_standard_input_cannot_be_both(tmp_path: Path) -> None:
    text = write_genesis(tmp_path).read_text()
    assert refusal(stakespec("run", "-", "-", input=text)) == (
        "standard input can be read only once; name a file for one of the two"
    )


def test_empty_lines_are_passed_over_and_counted(tmp_path: Path) -> None:
    txs = tmp_path / "transactions.jsonl"
    txs.write_text("\n\n" + json.dumps(tagged(Transfer(DORA, EMIL, 1))) + "\n\n")
    outcome = stakespec("run", write_genesis(tmp_path), txs)
    assert outcome.stdout.startswith("3. Transfer(")
    assert "1 of 1 accepted" in outcome.stdout


def test_no_transactions_leave_the_first_state(tmp_path: Path) -> None:
    outcome = stakespec("run", write_genesis(tmp_path), write_transactions(tmp_path, ()))
    assert outcome.exit_code == 0
    assert f"root 0x{state_root(genesis(PROTOCOL, described())).hex()}\n" in outcome.stdout


def test_another_protocol_runs_from_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "own_fork.py").write_text(
        "from statemachine import PROTOCOL, Transfer\n"
        "FORK = PROTOCOL.fork('none', {Transfer: lambda p, s, o: PROTOCOL.transition(s, None)})\n"
    )
    write_genesis(tmp_path)
    write_transactions(tmp_path)
    finished = stakespec_in(
        tmp_path, "run", "genesis.json", "transactions.jsonl", "--protocol", "own_fork:FORK"
    )
    assert finished.returncode == 0, finished.stderr
    assert "   rejected: unknown_transaction: transaction NoneType\n" in finished.stdout
    assert "1 of 3 accepted" in finished.stdout


def test_an_interrupt_does_not_look_like_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_tx: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("properties.cli.run.describe", interrupt)
    outcome = run(tmp_path)
    assert (outcome.exit_code, outcome.stderr) == (4, "interrupted\n")


GOOD_LINE = json.dumps(tagged(Transfer(DORA, EMIL, 1)))
BLOCK = tagged(ProduceBlock(1, DORA, bytes(32)))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[]", "must be an object with a type, not []"),
        ('"Transfer"', "must be an object with a type, not 'Transfer'"),
        ('{"type": "Transfer"}', "Transfer: field 'sender' is missing"),
        ('{"type": "Teleport"}', ".type: must be one of Transfer, "),
        ("{}", ".type: must be one of Transfer, "),
        (GOOD_LINE[:-1] + ', "tip": 1}', "Transfer has no field 'tip'; it has sender, "),
        (GOOD_LINE.replace('"1"', "1"), ".amount: must be a decimal number in quotes, not 1"),
        (GOOD_LINE.replace('"1"', '"-1"'), ".amount: must be a decimal number of at most 39"),
        (GOOD_LINE.replace('"1"', f'"{2**128}"'), f".amount: {2**128} is not from 0 to "),
        (GOOD_LINE.replace("0x04", "0X04"), ".sender: must be 0x and 40 lower-case hex digits"),
        (json.dumps({**BLOCK, "slot": -1}), ".slot: -1 is not from 0 to "),
        (json.dumps({**BLOCK, "slot": 2**62}), f".slot: {2**62} is not from 0 to "),
        *(pair for name, pair in BROKEN_JSON.items() if name != "empty"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_nothing_is_applied(
    tmp_path: Path, line: str, message: str
) -> None:
    txs = tmp_path / "transactions.jsonl"
    txs.write_text(f"{GOOD_LINE}\n{line}\n{GOOD_LINE}\n")
    complaint = refusal(stakespec("run", write_genesis(tmp_path), txs))
    assert complaint.startswith(f"{txs}, line 2: {message}")


def test_a_line_of_standard_input_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    outcome = stakespec("run", write_genesis(tmp_path), "-", input="[]\n")
    assert refusal(outcome) == ("standard input, line 1: must be an object with a type, not []")


def test_files_that_cannot_be_opened_are_named(tmp_path: Path) -> None:
    genesis_file, txs = write_genesis(tmp_path), write_transactions(tmp_path)
    nowhere = tmp_path / "nowhere"
    missing = f"{nowhere}: there is no such file; check the path"
    assert refusal(stakespec("run", nowhere, txs)) == missing
    assert refusal(stakespec("run", genesis_file, nowhere)) == missing
    folder = f"{tmp_path}: is a directory; name a file in it"
    assert refusal(stakespec("run", tmp_path, txs)) == folder
    assert refusal(stakespec("run", genesis_file, tmp_path)) == folder


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    txs = tmp_path / "transactions.jsonl"
    txs.write_bytes(b"\x1f\x8b\xff")
    assert refusal(stakespec("run", write_genesis(tmp_path), txs)) == (
        f"{txs}: not UTF-8 text (byte 1); unpack it first if it is compressed"
    )


def test_the_two_files_the_wrong_way_round_are_refused(tmp_path: Path) -> None:
    complaint = refusal(stakespec("run", write_transactions(tmp_path), write_genesis(tmp_path)))
    assert complaint.startswith(f"{tmp_path / 'transactions.jsonl'}: not JSON: Extra data: line 2")


def test_a_missing_argument_is_a_usage_error(tmp_path: Path) -> None:
    assert usage_error(stakespec("run")).startswith("Missing argument ")
    alone = refusal(stakespec("run", write_genesis(tmp_path)))
    assert alone.endswith("not a chain; a genesis takes a file of transactions after it")


def test_a_genesis_that_breaks_a_bound_is_refused(tmp_path: Path) -> None:
    path = write_genesis(tmp_path, params={"epoch_length": 0})
    complaint = refusal(stakespec("run", path, write_transactions(tmp_path)))
    assert complaint == f"{path}: .params.epoch_length: 0 is not from 1 to 1048576"


def test_the_transaction_that_only_engines_use_is_refused(tmp_path: Path) -> None:
    accusation = Accuse(DORA, ANNA, OffenceKind.DOUBLE_BLOCK, 0, 0)
    txs = write_transactions(tmp_path, (accusation,))
    complaint = refusal(stakespec("run", write_genesis(tmp_path), txs))
    assert ".type: must be one of Transfer," in complaint
    assert complaint.endswith("not 'Accuse'")


def test_a_fork_with_a_rule_for_it_takes_it(tmp_path: Path) -> None:
    (tmp_path / "trusting.py").write_text(
        "from properties.laws.accusation import with_accusations\n"
        "from statemachine import PROTOCOL\n"
        "TRUSTING = with_accusations(PROTOCOL)\n"
    )
    txs = write_transactions(tmp_path, (Accuse(DORA, ANNA, OffenceKind.DOUBLE_BLOCK, 0, 0),))
    outcome = stakespec_in(
        tmp_path, "run", write_genesis(tmp_path), txs, "--protocol", "trusting:TRUSTING"
    )
    assert "1 of 1 accepted" in outcome.stdout


def test_the_roots_of_all_maps_are_shown_after_each_transaction(tmp_path: Path) -> None:
    state = PROTOCOL.apply(world(), some_transactions()[0])
    expected = "0x" + state.accounts.root().hex()
    assert f"   accounts\n     {expected}\n" in run(tmp_path, "--roots").stdout
    first, second, *_ = map(json.loads, run(tmp_path, "--roots", "--json").stdout.splitlines())
    assert first["maps"]["accounts"] == expected
    assert "finality.votes" in first["maps"]
    assert "maps" not in second


def test_a_trace_in_json_is_whole(tmp_path: Path) -> None:
    *_, third, _summary = map(json.loads, run(tmp_path, "--trace", "--json").stdout.splitlines())
    first = json.loads(run(tmp_path, "--trace", "--json").stdout.splitlines()[0])
    assert first["changes"] == [
        {"place": f"accounts[0x{DORA.hex()}]", "before": "10000", "after": "9300"},
        {"place": f"accounts[0x{EMIL.hex()}]", "before": "10000", "after": "10700"},
    ]
    assert {"slot", "mix", "head"} <= {change["place"] for change in third["changes"]}


def test_the_state_at_the_end_is_written(tmp_path: Path) -> None:
    run(tmp_path, "--state", str(tmp_path / "state.json"))
    written = from_tagged(parse_json((tmp_path / "state.json").read_text()), (State,))
    assert "0x" + state_root(written).hex() == roots()[-1]
