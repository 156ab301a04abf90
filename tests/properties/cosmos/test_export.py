"""Our states in the layout of the Cosmos SDK: what comes back, and what cannot be said."""

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import Result

from properties.cosmos import CosmosImport, read_cosmos
from properties.cosmos.export import Target, to_cosmos
from properties.generate.states import draw_state
from properties.laws.views import claim_of
from statemachine import (
    PROTOCOL,
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    Params,
    ProduceBlock,
    State,
    Status,
    Undelegate,
    apply,
)
from statemachine import genesis as first_state
from statemachine.codec import to_jsonable
from statemachine.map_keys import split_delegation_key
from statemachine.state import Stay
from tests.properties.cli.commands import stakespec
from tests.properties.cosmos.cosmos_documents import new_document, old_document

ANNA, BEN, DORA = b"a" * 20, b"b" * 20, b"d" * 20
NOW = 1_555_952_400 * 10**9

WORLD = Genesis(
    "world-1",
    Params(
        epoch_length=4,
        epoch_reward=777,
        min_stake=10,
        churn_floor=10_000,
        double_sign_bps=500,
        downtime_bps=7,
        downtime_threshold=9,
        jail_epochs=3,
        evidence_window=14,
        max_commission_bps=2_000,
        max_commission_change_bps=100,
    ),
    (GenesisAccount(DORA, 55),),
    (GenesisValidator(ANNA, b"k" * 48, 1_234), GenesisValidator(BEN, b"l" * 48, 0, jailed=True)),
    (
        GenesisDelegation(ANNA, ANNA, 100),
        GenesisDelegation(BEN, BEN, 50),
        GenesisDelegation(DORA, ANNA, 200),
        GenesisDelegation(DORA, ANNA, 30, start=20, past=(Stay(BEN, 0, 20),)),
        GenesisDelegation(DORA, BEN, 40, end=9),
    ),
    treasury=17,
    epoch=21,
)

SAID = (
    "epoch_reward",
    "min_stake",
    "unbonding_epochs",
    "evidence_window",
    "double_sign_bps",
    "downtime_bps",
    "downtime_threshold",
    "jail_epochs",
    "max_commission_bps",
    "max_commission_change_bps",
)
"""The parameters that the SDK has too."""


def written_back(state: State) -> CosmosImport:
    document, _ = to_cosmos(state, Target(NOW))
    unbonding_epochs = state.params.unbonding_epochs
    return read_cosmos(json.loads(json.dumps(document)), unbonding_epochs=unbonding_epochs)


def by_history(description: Genesis) -> Counter[Any]:
    stakes: Counter[Any] = Counter()
    for entry in description.delegations:
        stakes[entry.delegator, entry.validator, entry.end, entry.start, entry.past] += entry.amount
    return stakes


def same(first: Genesis, second: Genesis) -> None:
    assert by_history(first) == by_history(second)
    assert first.accounts == second.accounts
    assert first.treasury == second.treasury
    assert (first.chain_id, first.epoch) == (second.chain_id, second.epoch)
    for before, after in zip(first.validators, second.validators, strict=True):
        assert (before.address, before.commission_bps) == (after.address, after.commission_bps)
        assert before.jailed is after.jailed


def test_a_genesis_comes_back_as_it_was() -> None:
    back = written_back(first_state(PROTOCOL, WORLD)).genesis
    same(WORLD, back)
    assert {name: getattr(back.params, name) for name in SAID} == {
        name: getattr(WORLD.params, name) for name in SAID
    }


@pytest.mark.parametrize("make", [old_document, new_document])
def test_what_was_read_from_a_document_comes_back(make: Any) -> None:
    """Compared as states: a genesis may hold histories that no evidence can reach."""
    before = first_state(PROTOCOL, read_cosmos(make()).genesis)
    after = first_state(PROTOCOL, written_back(before).genesis)
    assert dict(before.delegations.items()) == dict(after.delegations.items())
    assert before.accounts == after.accounts
    assert before.pots == after.pots


def test_rewards_not_paid_out_come_back_in_the_treasury() -> None:
    state = apply(first_state(PROTOCOL, WORLD), ProduceBlock(22 * 4, ANNA, bytes(32)))
    assert state.pots.rewards == 777
    imported = written_back(state)
    assert imported.genesis.treasury == 17 + 777
    balance = imported.balance
    assert balance.total_in == balance.total_out == balance.stated == 492 + 777


@pytest.mark.parametrize("seed", range(12))
def test_any_lawful_state_is_written_down_to_the_token(seed: int) -> None:
    state = draw_state(Random(seed))
    document, _ = to_cosmos(state, Target(NOW))
    if not state.validators:
        return
    imported = read_cosmos(document, unbonding_epochs=state.params.unbonding_epochs)
    supply = state.supply.genesis + state.supply.issued - state.supply.burned
    assert imported.balance.total_in == imported.balance.stated == supply
    stakes: Counter[bytes] = Counter()
    for key in state.delegations:
        holder, delegator = split_delegation_key(key)
        claim = claim_of(state, holder, delegator)
        assert claim is not None
        stakes[delegator] += sum(lot.amount for lot in claim.caught_up.lots)
    back: Counter[bytes] = Counter()
    for entry in imported.genesis.delegations:
        back[entry.delegator] += entry.amount
    assert +stakes == +back


def test_what_cannot_be_said_is_listed() -> None:
    state = first_state(PROTOCOL, WORLD)
    state = apply(state, Undelegate(DORA, ANNA, 200))
    state = apply(state, ProduceBlock(22 * 4, ANNA, bytes(32)))
    _, unsaid = to_cosmos(state, Target(NOW))
    rows = {row.subject: (row.count, row.amount) for row in unsaid}
    assert rows["rewards not paid out"] == (None, 777)
    assert rows["consensus keys"] == (2, None)
    assert state.validators[ANNA].status is Status.ACTIVE


# --- the command -------------------------------------------------------------------------


def run(folder: Path, *argv: str) -> Result:
    return stakespec("genesis", "to-cosmos", *(word.replace("%", str(folder)) for word in argv))


@pytest.mark.parametrize("make", [lambda: WORLD, lambda: first_state(PROTOCOL, WORLD)])
def test_the_command_writes_a_genesis_and_a_state(make: Any, tmp_path: Path) -> None:
    (tmp_path / "ours.json").write_text(json.dumps(to_jsonable(make())))
    argv = ("%/ours.json", "-o", "%/theirs.json", "--time", "2019-04-22T17:00:00Z")
    outcome = run(tmp_path, *argv, "--prefix", "osmo", "--denom", "uosmo")
    assert outcome.exit_code == 0, outcome.output
    assert "Cannot be said there" in outcome.stdout
    same(WORLD, read_cosmos(json.loads((tmp_path / "theirs.json").read_text())).genesis)
    report = json.loads(run(tmp_path, *argv, "--json").stdout)
    assert report["supply"] == "492"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--time", "noon"), "--time = 'noon': must be a time such as"),
        (("--time", "2019-04-22T17:00:00Z", "--prefix", "No!"), "--prefix 'No!': must be lower"),
        ((), "Missing option '--time'"),
    ],
)
def test_bad_options_are_refused(argv: tuple[str, ...], message: str, tmp_path: Path) -> None:
    (tmp_path / "ours.json").write_text(json.dumps(to_jsonable(WORLD)))
    outcome = run(tmp_path, "%/ours.json", "-o", "%/theirs.json", *argv)
    assert outcome.exit_code == 2
    assert message in outcome.stderr
    assert not (tmp_path / "theirs.json").exists()


def test_a_bad_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ours.json").write_text('{"pots": 3}')
    outcome = run(tmp_path, "%/ours.json", "-o", "%/t.json", "--time", "2019-04-22T17:00:00Z")
    assert outcome.exit_code == 2
    assert "State: field 'chain_id' is missing" in outcome.stderr
