"""Counterexamples as ITF traces, read back by another project's library."""

import json
from pathlib import Path
from random import Random
from typing import Any

import attrs
import itf_py  # type: ignore[import-untyped]
import pytest

from properties.exports.itf import as_itf
from properties.exports.retelling import Retelling, retell
from properties.generate.transactions import draw_profile
from properties.model.worlds import draw_genesis
from properties.trace.counterexample import Counterexample
from properties.trace.run import Run, Start
from statemachine import (
    PROTOCOL,
    Delegate,
    Genesis,
    GenesisAccount,
    Params,
    Transfer,
    Undelegate,
    genesis,
)
from statemachine.map_keys import split_delegation_key
from statemachine.state import State
from tests.properties.cli.commands import stakespec, write_counterexample
from tests.properties.laws.violations_of_forks import accuse
from tests.properties.laws.violations_of_states import good_state
from tests.statemachine.worlds import ANNA, BEN, DORA, EMIL, described

STORY = (
    Transfer(DORA, EMIL, 1),
    Transfer(DORA, EMIL, 10_000),
    Delegate(DORA, ANNA, 500),
    Undelegate(DORA, ANNA, 100),
)
"""The second is refused."""


def retold(start: Start, *transactions: Any) -> Retelling:
    example = Counterexample(
        "statemachine:PROTOCOL", "ACC-1", "none", "by hand", start, transactions
    )
    return retell(PROTOCOL, example, [])


def read(retelling: Retelling) -> Any:
    return itf_py.trace_from_json(json.loads(as_itf(retelling)))


def hex_of(content: bytes) -> str:
    return "0x" + content.hex()


def check_state(values: dict[str, Any], state: State) -> None:
    """Hold every variable against the state that it was written from."""
    assert (values["slot"], values["epoch"]) == (state.slot, state.epoch)
    for name in ("supply", "pots"):
        for field, amount in values[name]._asdict().items():
            assert amount == getattr(getattr(state, name), field)
    for name in ("accounts", "snapshot"):
        assert dict(values[name]) == {hex_of(k): v for k, v in getattr(state, name).items()}
    for name in ("justified", "finalised"):
        checkpoint = getattr(state.finality, name)
        assert tuple(values[name]) == (checkpoint.epoch, hex_of(checkpoint.root))
    assert list(values["validators"]) == [hex_of(address) for address in state.validators]
    for address, validator in state.validators.items():
        told = values["validators"][hex_of(address)]
        assert (told.status, told.missed) == (validator.status.value, validator.missed)
        assert told.bonded + told.unbonding == sum(bucket.amount for bucket in validator.buckets)
        assert told.active == state.snapshot.get(address, 0)
        assert len(told.slashes) == len(validator.slashes)
    assert sum(validator.bonded for validator in values["validators"].values()) == state.pots.bonded
    assert (
        sum(validator.unbonding for validator in values["validators"].values())
        == state.pots.unbonding
    )
    assert len(values["delegations"]) == len(state.delegations)
    for key, delegation in state.delegations.items():
        told = values["delegations"][
            tuple(hex_of(address) for address in split_delegation_key(key))
        ]
        lots = [(lot.amount, lot.start, list(lot.end), list(lot.destination)) for lot in told.lots]
        assert lots == [
            (
                lot.amount,
                lot.start,
                [] if lot.end is None else [lot.end],
                [] if lot.destination is None else [hex_of(lot.destination)],
            )
            for lot in delegation.lots
        ]


@pytest.mark.parametrize("number", range(25))
def test_every_state_of_a_drawn_run_reads_back_as_it_was(number: int) -> None:
    rng = Random(number)
    start = draw_genesis(rng)
    run = Run.start(PROTOCOL, start)
    run.walk(rng, draw_profile(run.protocol, rng, run.state), 25)
    retelling = retold(start, *run.submitted)
    trace = read(retelling)
    branch = retelling.branches[0]
    assert len(trace.states) == len(branch.moments) + 1
    for told, state in zip(trace.states, branch.states, strict=True):
        check_state(told.values, state)
    for told, moment in zip(trace.states[1:], branch.moments, strict=True):
        assert type(told.values["tx"]).__name__ == type(moment.transaction).__name__
        assert len(told.values["events"]) == len(moment.events)
        assert told.values["refusal"] == (moment.refusal or "")


def test_a_transaction_and_its_events_are_variants_with_their_fields() -> None:
    trace = read(retold(described(), *STORY))
    start, transfer, _, delegate, undelegate = (state.values for state in trace.states)
    assert type(start["tx"]).__name__ == "Start" and start["events"] == []
    assert type(transfer["tx"]).__name__ == "Transfer"
    assert (transfer["tx"].sender, transfer["tx"].amount) == (hex_of(DORA), 1)
    assert type(delegate["events"][0]).__name__ == "Delegated"
    assert delegate["events"][0].amount == 500
    assert undelegate["events"][0].amount == 100


def test_a_refused_transaction_stutters_and_says_why() -> None:
    _, before, refused, *_ = (state.values for state in read(retold(described(), *STORY)).states)
    assert refused["refusal"] == "insufficient_balance: needed 10000, available 9999"
    for name in set(refused) - {"tx", "events", "refusal"}:
        assert refused[name] == before[name]


def test_of_two_chains_the_first_is_traced() -> None:
    retelling = retold(described(), *STORY)
    package = attrs.evolve(retelling.package, other=STORY[:1])
    trace = read(retell(PROTOCOL, package, []))
    assert len(trace.states) == 1 + len(STORY)


def test_all_states_have_the_variables_that_the_head_names() -> None:
    trace = read(retold(good_state(), accuse(BEN, 1), *STORY))
    assert trace.vars[:3] == ["tx", "events", "refusal"]
    for place, state in enumerate(trace.states):
        assert list(state.values) == trace.vars
        assert state.meta == {"index": place}


def test_every_number_is_a_bigint_so_that_none_is_rounded() -> None:
    most = 2**128 - 1
    start = Genesis("big", Params(), (GenesisAccount(DORA, most),), (), ())
    assert genesis(PROTOCOL, start).accounts[DORA] == most
    text = as_itf(retold(start, Transfer(DORA, EMIL, most - 1)))
    assert read(retold(start, Transfer(DORA, EMIL, most - 1))).states[1].values["tx"].amount == (
        most - 1
    )

    def numbers(content: Any) -> list[Any]:
        if isinstance(content, dict):
            return [number for item in content.values() for number in numbers(item)]
        if isinstance(content, list):
            return [number for item in content for number in numbers(item)]
        return [content] if type(content) in (int, float) else []

    document = json.loads(text)
    assert [numbers({**state, "#meta": {}}) for state in document["states"]] == [[], []]


@attrs.frozen
class Weighed:
    """An event of a designer's own, with what no field of ours can hold."""

    share: float


def test_what_itf_has_no_form_for_is_marked_as_such() -> None:
    retelling = retold(described(), STORY[0])
    branch = retelling.branches[0]
    moment = attrs.evolve(branch.moments[0], events=(Weighed(0.5),))
    changed = attrs.evolve(retelling, branches=(attrs.evolve(branch, moments=(moment,)),))
    event = read(changed).states[1].values["events"][0]
    assert type(event).__name__ == "Weighed"
    assert event.share.value == "0.5"


def test_the_command_writes_what_was_found(tmp_path: Path) -> None:
    out = tmp_path / "trace.itf.json"
    outcome = stakespec("replay", write_counterexample(tmp_path, transactions=STORY), "--itf", out)
    assert outcome.exit_code == 1
    assert outcome.stdout.endswith(f"written to {out}\n")
    trace = itf_py.trace_from_json(json.loads(out.read_text()))
    assert trace.meta["format"] == "ITF"
    assert trace.meta["status"] == "violation"
    assert trace.meta["source"] == "properties.mutants:S9"
    assert trace.meta["description"] == (
        "ACC-1: pots 48,500, expected 48,000: 500 created by Delegate"
    )
    # What came after the law was broken was not run.
    assert len(trace.states) == 4
    assert trace.states[-1].values["pots"].bonded == 3_500
