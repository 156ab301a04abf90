"""Every law holds in a good state and complains, with its numbers, of a planted violation."""

import attrs
import pytest

from properties.laws import LAWS, check_state, check_step, law_by_id
from properties.laws.law import Law, OnEnd, OnSum
from properties.laws.views import Step, all_views
from properties.model.protocols import load_protocol
from properties.mutants import MUTANTS, admission, blocks, elections, standing
from properties.trace.processes import differing_message, differing_root
from properties.trace.run import Run
from properties.trace.trial import Trial, check_end
from statemachine import PROTOCOL, ProduceBlock, Unjail, evolve
from tests.properties.laws.violations_of_forks import HOWEVER_OLD, PLANTED_FORKS, PlantedFork
from tests.properties.laws.violations_of_states import PLANTED_STATES, PlantedState, good_state
from tests.properties.laws.violations_of_steps import PLANTED_STEPS, PlantedStep, step_of
from tests.statemachine.worlds import CARA, NOBODY, advance, described, world

PLANTED_ELSEWHERE = {
    "TIM-8",
    "RUN-2",
    "SAF-1",
    "SAF-2",
    "SAF-3",
    "LIV-1",
    "PRO-1",
    *(
        mutant.laws[0]
        for module in (admission, blocks, elections, standing)
        for mutant in module.MUTANTS
    ),
    "FIN-12",
}
"""Laws of several runs: of hash seeds below, the others in `test_branches`, `test_proposers`;
those that mutants break in `test_named_laws`; that of the quorum in `test_quorum`."""


def ids(planted: tuple[PlantedState | PlantedStep | PlantedFork, ...]) -> list[str]:
    return [f"{violation.law}-{number}" for number, violation in enumerate(planted)]


def test_no_two_laws_share_an_id() -> None:
    assert len({law.id for law in LAWS}) == len(LAWS)


def test_no_two_laws_share_a_name() -> None:
    assert len({law.name for law in LAWS}) == len(LAWS)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.id)
def test_a_law_says_what_it_demands_and_why(law: Law) -> None:
    assert law.statement.endswith(".")
    assert law.name
    assert law.source


def test_a_law_is_found_by_its_id() -> None:
    for law in LAWS:
        assert law_by_id(law.id) is law


def test_a_law_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(KeyError) as caught:
        law_by_id("ACC-99")
    ids = ", ".join(law.id for law in LAWS)
    assert caught.value.args == (f"no law ACC-99; there are {ids}",)


def test_every_law_has_a_planting() -> None:
    planted = {planting.law for planting in (*PLANTED_STATES, *PLANTED_STEPS, *PLANTED_FORKS)}
    assert planted | PLANTED_ELSEWHERE == {law.id for law in LAWS}


def test_the_good_state_breaks_no_law() -> None:
    assert check_state(LAWS, good_state(), all_views(good_state())) == []


@pytest.mark.parametrize("planted", PLANTED_STATES, ids=ids(PLANTED_STATES))
def test_a_corrupted_state_breaks_this_law_and_no_other(planted: PlantedState) -> None:
    corrupted = planted.corrupt(good_state())
    violations = check_state(LAWS, corrupted, all_views(corrupted))
    assert {violation.law for violation in violations} == {planted.law, *planted.also}
    assert planted.message in [
        violation.message for violation in violations if violation.law == planted.law
    ]


@pytest.mark.parametrize("planted", PLANTED_STATES, ids=ids(PLANTED_STATES))
def test_what_breaks_a_law_of_states_is_seen_when_a_boundary_is_crossed(
    planted: PlantedState,
) -> None:
    before = evolve(good_state(), slot=good_state().slot - 1)
    corrupted = planted.corrupt(good_state())
    step = Step(before, ProduceBlock(corrupted.slot, NOBODY, bytes(32)), corrupted, ())
    laws = (law_by_id(planted.law),)
    if planted.law == "ACC-2":
        assert NOBODY in step.changed_accounts
    # A sum is not enough to go by: the transaction is named as well.
    told = planted.message
    if planted.law == "ACC-1":
        told += " by ProduceBlock"
    elif isinstance(laws[0].check, OnSum):
        told += " after ProduceBlock"
    assert told in [violation.message for violation in check_step(laws, PROTOCOL, step)]


@pytest.mark.parametrize("planted", PLANTED_STEPS, ids=ids(PLANTED_STEPS))
def test_a_corrupted_step_breaks_its_law(planted: PlantedStep) -> None:
    laws = (law_by_id(planted.law),)
    lawful = step_of(planted.transaction, planted.prepare(good_state()))
    assert check_step(laws, PROTOCOL, lawful) == []
    corrupted = Step(
        lawful.before, lawful.transaction, planted.corrupt(lawful.after), lawful.events
    )
    violations = check_step(laws, PROTOCOL, corrupted)
    assert planted.message in [violation.message for violation in violations]
    assert {violation.law for violation in violations} == {planted.law}


@pytest.mark.parametrize("planted", PLANTED_FORKS, ids=ids(PLANTED_FORKS))
def test_a_fork_breaks_its_law_and_the_protocol_does_not(planted: PlantedFork) -> None:
    lawful = Run.start(PROTOCOL, good_state())
    forked = Run.start(planted.protocol, good_state())
    for run in (lawful, forked):
        for tx in planted.txs:
            run.submit(tx)
        if isinstance(law_by_id(planted.law).check, OnEnd):
            run.violations += check_end(run.protocol, run.state, planted.law)[1]
    assert lawful.violations == []
    assert lawful.coverage.steps == len(planted.txs) - planted.refused
    assert (planted.law, planted.message) in [
        (violation.law, violation.message) for violation in forked.violations
    ]


def test_who_may_return_from_jail_and_is_refused_breaks_a_law() -> None:
    start = evolve(
        described(),
        validators=tuple(
            evolve(entry, jailed=entry.address == CARA) for entry in described().validators
        ),
    )
    lawful, forked = (
        Run.start(protocol, start)
        for protocol in (PROTOCOL, load_protocol("properties.mutants:B34b"))
    )
    for run in (lawful, forked):
        run.submit(Unjail(CARA))
    assert (lawful.violations, lawful.coverage.steps) == ([], 1)
    assert [violation.law for violation in forked.violations] == ["TIM-8", "ADM-2"]
    assert forked.violations[0].message.startswith(
        "0x03030303, jailed until epoch 0, with 1,000 of"
    )


def test_evidence_that_is_too_old_breaks_a_law_where_it_is_accepted() -> None:
    later = advance(good_state())
    lawful = Run.start(PROTOCOL, later)
    assert lawful.submit(HOWEVER_OLD.txs[0]) is None
    assert lawful.violations == []
    forked = Run.start(HOWEVER_OLD.protocol, later)
    forked.submit(HOWEVER_OLD.txs[0])
    assert ("SLA-5", HOWEVER_OLD.message) in [
        (violation.law, violation.message) for violation in forked.violations
    ]


def test_a_proposer_found_by_hash_order_breaks_determinism() -> None:
    operators = [bytes([number]) * 20 for number in range(1, 9)]
    state = world(stakes=dict.fromkeys(operators, 1_000))
    proposals = tuple(ProduceBlock(1, operator, operator + bytes(12)) for operator in operators)
    trial = Trial(state, proposals)
    assert differing_root(PROTOCOL, "statemachine:PROTOCOL", [trial]) is None
    mutant = next(mutant for mutant in MUTANTS if mutant.id == "S1")
    difference = differing_root(mutant.protocol, "properties.mutants:S1", [trial])
    assert difference is not None
    assert differing_message(2) == "after transaction 3 the state root depends on the hash seed"


def test_a_law_of_a_sum_in_units_shows_fractions() -> None:
    bonded = law_by_id("ACC-4")
    assert isinstance(bonded.check, OnSum)
    law = attrs.evolve(bonded, check=attrs.evolve(bonded.check, unit=1_000))
    state = good_state()
    pots = evolve(state.pots, bonded=state.pots.bonded + 1)
    state = evolve(state, pots=pots)
    (violation,) = check_state((law,), state, all_views(state))
    assert violation.message == (
        "the state keeps 5.201000, its parts add up to 5.200000: off by 0.001"
    )
