"""Exhaustive search: what is there, how it is told apart, and what it finds."""

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from properties.engines.explore import WORLDS, Budget, Exploration, World, explore, search
from properties.engines.explore.identity import Canonicalizer
from properties.engines.explore.outcome import ACCOUNTABLE_SAFETY
from properties.engines.explore.safety import are_in_conflict, check_accountable
from properties.engines.explore.share import Position, Share
from properties.engines.explore.worlds import ADJACENT, finality_world
from properties.laws import LAWS, law_by_id
from properties.laws.accusation import with_accusations
from properties.laws.law import OnState
from properties.mutants import MUTANTS
from properties.trace.run import Run
from statemachine import PROTOCOL, Protocol, Rejected, State, Status, evolve, genesis, state_root
from statemachine.messages import Checkpoint
from statemachine.records import fields_of
from statemachine.transactions import CastVotes, ReportVotes

BY_NAME = {world.name: world for world in WORLDS}

MISTAKES = {mutant.id: mutant.protocol for mutant in MUTANTS}

SAFETY = (law_by_id(ACCOUNTABLE_SAFETY),)

SMALL_FINALITY = ("finality-4", "finality-5", "finality-unequal", "finality-gap")


def visited(name: str, protocol: Protocol = PROTOCOL, **options: Any) -> Exploration:
    return explore(BY_NAME[name], protocol, **options)


def safety_of(name: str, protocol: Protocol) -> Exploration:
    """Hold a world against accountable safety alone."""
    return visited(name, protocol, laws=SAFETY)


# --- the worlds --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "states", "depth"),
    [
        ("finality-4", 320, 16),
        ("finality-5", 588, 20),
        ("finality-unequal", 635, 16),
        ("finality-gap", 597, 16),
        ("finality-pool", 7_365, 20),
    ],
)
def test_small_worlds_of_finality_are_exhausted(name: str, states: int, depth: int) -> None:
    outcome = visited(name)
    assert outcome.verdict() == f"held (exhausted: {states:,} states, depth {depth})"
    assert (outcome.exit_code(), outcome.exhausted) == (0, True)
    assert outcome.transitions > states


@pytest.mark.parametrize("name", ["staking", "together"])
def test_worlds_with_stake_are_exhausted_to_a_depth(name: str) -> None:
    outcome = visited(name, depth=4)
    assert (outcome.exit_code(), outcome.depth, len(outcome.levels)) == (0, 4, 5)
    assert outcome.levels == sorted(outcome.levels)
    assert outcome.refused > 0


def test_both_chains_can_make_checkpoints_final_that_conflict() -> None:
    # Otherwise to hold accountable safety would mean nothing.
    share = Share.of(BY_NAME["finality-4"], PROTOCOL, ())
    share.start()
    count = 0
    while share.level:
        finds = share.end_expanding()
        new = [place for place, key in enumerate(finds.keys) if key not in share.seen]
        share.seen.update(finds.keys)
        share.begin_keeping(new, new)
        count += sum(
            all(node.state.finality.finalised.epoch == 1 for node in position)
            for _, position in share.level
        )
    assert count > 10


# --- section 5 of the catalogue ----------------------------------------------------------


@pytest.mark.parametrize(
    ("mistake", "name", "votes"),
    [
        ("S18b", "finality-4", 8),
        ("S18c", "finality-5", 12),
        ("S18d", "finality-5", 12),
        ("E1", "finality-4", 12),
        ("E2", "finality-pool", 12),
        ("F1", "finality-pool", 6),
        ("F2", "finality-gap", 12),
        ("F3", "finality-pool", 12),
    ],
)
def test_mistakes_in_finality_break_accountable_safety_in_so_many_votes(
    mistake: str, name: str, votes: int
) -> None:
    refutation = safety_of(name, MISTAKES[mistake]).refutation
    assert refutation is not None
    assert refutation.violation.law == ACCOUNTABLE_SAFETY
    assert len(refutation.story) == votes
    assert all(isinstance(step.transaction, CastVotes) for step in refutation.story)


@pytest.mark.parametrize("mistake", ["S18b", "S18c", "S18d", "E1", "E2", "F1", "F2", "F3"])
def test_mistakes_in_finality_break_a_law_in_one_of_the_small_worlds(mistake: str) -> None:
    names = (*SMALL_FINALITY, "finality-pool")
    assert any(visited(name, MISTAKES[mistake]).refutation for name in names)


def test_a_link_over_an_epoch_must_be_allowed_to_see_why_all_between_must_be_justified() -> None:
    for name in ("finality-4", "finality-5", "finality-unequal"):
        assert safety_of(name, MISTAKES["F2"]).exit_code() == 0


def test_with_three_equal_validators_every_wrong_quorum_survives() -> None:
    three = finality_world("three", "", (1, 1, 1), (ADJACENT, ADJACENT))
    for mistake in ("S18b", "S18c", "S18d"):
        outcome = explore(three, MISTAKES[mistake], laws=SAFETY)
        assert outcome.exit_code() == 0


def test_a_fork_takes_twelve_votes_and_the_double_voters_can_be_slashed() -> None:
    outcome = safety_of("finality-4", MISTAKES["E1"])
    assert outcome.refutation is not None
    left, right = outcome.refutation.chains
    honest = [genesis(PROTOCOL, outcome.world.genesis) for _ in (left, right)]
    for place, chain in enumerate((left, right)):
        for transaction in chain:
            honest[place] = PROTOCOL.apply(honest[place], transaction)
    finals = [state.finality.finalised for state in honest]
    assert [final.epoch for final in finals] == [1, 1]
    assert finals[0] != finals[1]
    votes = [[tx for tx in chain if isinstance(tx, CastVotes)] for chain in (left, right)]
    twice = [
        ReportVotes(first.signers[0], first, second)
        for first in votes[0]
        for second in votes[1]
        if first.signers == second.signers and first.vote.target.epoch == second.vote.target.epoch
    ]
    state = honest[0]
    for report in twice:
        with contextlib.suppress(Rejected):
            state = PROTOCOL.apply(state, report)
    tombstoned = [
        validator
        for validator in state.validators.entries()
        if validator.status is Status.TOMBSTONED
    ]
    assert len(tombstoned) >= 2


def test_less_than_a_third_is_too_little_and_a_third_is_enough() -> None:
    """By the definition of the offences, over everything that can be signed in a small world."""
    seen: set[int] = set()
    share = Share.of(BY_NAME["finality-4"], MISTAKES["S18b"], ())
    share.start()
    while share.level:
        finds = share.end_expanding()
        new = [place for place, key in enumerate(finds.keys) if key not in share.seen]
        share.seen.update(finds.keys)
        share.begin_keeping(new, new)
        for _, (left, right) in share.level:
            if not are_in_conflict(left.state, right.state):
                continue
            guilty = {
                signer
                for _, target, signer in left.signed
                if any((target, signer) == signature[1:] for signature in right.signed)
            }
            violations = check_accountable(share.protocol, left, right)
            assert bool(violations) == (3 * len(guilty) < 4)
            seen.add(len(guilty))
    assert seen == {0, 1, 2, 3, 4}


# --- shortest counterexamples ------------------------------------------------------------


def stories(world: World, protocol: Protocol, length: int) -> Iterator[tuple[Any, ...]]:
    """Go through all sequences of transactions of a length that are not refused."""
    protocol = with_accusations(protocol)
    rows: list[tuple[State, tuple[Any, ...]]] = [(genesis(protocol, world.genesis), ())]
    for _ in range(length):
        longer = []
        for state, story in rows:
            for transaction in world.branches[0].alphabet(protocol, state, frozenset()):
                try:
                    longer.append((protocol.apply(state, transaction), (*story, transaction)))
                except Rejected:
                    continue
        rows = longer
    for _, story in rows:
        yield story


@pytest.mark.parametrize("mistake", ["S4", "S5"])
def test_no_shorter_story_breaks_a_law(mistake: str) -> None:
    protocol, world = MISTAKES[mistake], BY_NAME["staking"]
    outcome = visited("staking", protocol)
    assert outcome.refutation is not None
    length = len(outcome.refutation.story)
    assert length > 1
    run = Run.start(protocol, world.genesis)
    assert run.submit_all(outcome.refutation.chains[0])
    assert outcome.refutation.violation.law in {violation.law for violation in run.violations}
    for story in stories(world, protocol, length - 1):
        assert not Run.start(protocol, world.genesis).submit_all(story)


# --- folding -----------------------------------------------------------------------------


def positions(world: World, depth: int | None = None) -> list[Position]:
    """Visit a world without folding, and return all that there is."""
    plain = attrs.evolve(world, interchangeable=(), mirrored=False)
    share = Share.of(plain, PROTOCOL, ())
    position, _ = share.start()
    share.seen.add(share.key(position))
    positions = [position]
    for _ in itertools.count() if depth is None else range(depth):
        finds = share.end_expanding()
        share.seen.update(finds.keys)
        share.begin_keeping(range(len(finds.keys)), range(len(finds.keys)))
        positions += [position for _, position in share.level]
        if not share.level:
            break
    return positions


def folded_key(world: World, canonicalizer: Canonicalizer, position: Position) -> bytes:
    canonical_states = [canonicalizer.canonicalize(node.state, node.signed) for node in position]
    if len(canonical_states) == 1:
        return canonicalizer.key(canonical_states[0])
    keys = [
        canonicalizer.key_of_two(*canonical_states),
        canonicalizer.key_of_two(*canonical_states[::-1]),
    ]
    return min(keys) if world.mirrored else keys[0]


@pytest.mark.parametrize(
    ("name", "depth"),
    [("staking", 3), ("together", 3), ("finality-4", None), ("finality-unequal", None)],
)
def test_folding_visits_each_orbit_once(name: str, depth: int | None) -> None:
    world = BY_NAME[name]
    canonicalizer = Share.of(world, PROTOCOL, ()).canonicalizer
    everything = positions(world, depth)
    orbits = {folded_key(world, canonicalizer, position) for position in everything}
    folded = explore(world, PROTOCOL, depth=depth, laws=SAFETY)
    unfolded = explore(world, PROTOCOL, depth=depth, laws=SAFETY, folded=False)
    assert unfolded.states == len(everything)
    assert folded.states == len(orbits) < len(everything)


@pytest.mark.parametrize("mistake", [None, "S18b", "S18d", "E1", "F1", "F3"])
@pytest.mark.parametrize("name", ["finality-4", "finality-unequal"])
def test_folding_changes_no_verdict_on_finality(name: str, mistake: str | None) -> None:
    protocol = PROTOCOL if mistake is None else MISTAKES[mistake]
    same_verdict(BY_NAME[name], protocol, None)


@pytest.mark.parametrize("mistake", [None, "S5", "S7", "S6"])
def test_folding_changes_no_verdict_on_staking(mistake: str | None) -> None:
    protocol = PROTOCOL if mistake is None else MISTAKES[mistake]
    same_verdict(BY_NAME["staking"], protocol, 3)


def same_verdict(world: World, protocol: Protocol, depth: int | None) -> None:
    folded = explore(world, protocol, depth=depth)
    unfolded = explore(world, protocol, depth=depth, folded=False)
    assert folded.exit_code() == unfolded.exit_code()
    assert folded.depth == unfolded.depth
    if folded.refutation is not None and unfolded.refutation is not None:
        assert len(folded.refutation.story) == len(unfolded.refutation.story)
        assert folded.refutation.violation.law == unfolded.refutation.violation.law


# --- identity ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["staking", "together"])
def test_states_of_one_key_have_the_same_future(name: str) -> None:
    """What is dropped and folded must not matter to any transaction, nor to its outcome."""
    world = BY_NAME[name]
    share = Share.of(world, PROTOCOL, ())
    by_key: dict[bytes, list[Position]] = {}
    for position in all_paths(world, 3):
        by_key.setdefault(folded_key(world, share.canonicalizer, position), []).append(position)
    compared = 0
    for same in by_key.values():
        roots = {state_root(position[0].state): position for position in same}
        futures = [future(share, position) for position in roots.values()]
        assert all(future == futures[0] for future in futures)
        compared += len(futures) - 1
    assert compared > 20


def all_paths(world: World, length: int) -> Iterator[Position]:
    """Go through what every sequence of transactions leads to, no two taken for the same."""
    share = Share.of(attrs.evolve(world, interchangeable=()), PROTOCOL, ())
    level = [share.start()[0]]
    for _ in range(length):
        level = [
            share.moved(position, branch, edge)
            for position in level
            for branch, edge in share.edges(position)
        ]
        yield from level


def future(share: Share, position: Position) -> list[bytes]:
    """Return the keys of everything that can follow."""
    edges = share.chains[0].edges(position[0])
    return sorted(folded_key(share.world, share.canonicalizer, (edge.after,)) for edge in edges)


def test_what_is_kept_tells_states_apart_and_what_is_dropped_does_not() -> None:
    world = BY_NAME["together"]
    share = Share.of(attrs.evolve(world, interchangeable=()), PROTOCOL, ())
    state = list(all_paths(world, 2))[-1][0].state
    none: frozenset[Any] = frozenset()
    key = share.canonicalizer.key(share.canonicalizer.canonicalize(state, none))
    elsewhere = genesis(PROTOCOL, BY_NAME["staking"].genesis)
    root = bytes([7]) * 32
    record = next(state.finality.history.entries())
    finality = state.finality
    named = {
        "chain_id": "other",
        "params": elsewhere.params,
        "keys": elsewhere.keys,
        "mix": root,
        "seed": root,
        "head": root,
    }
    dropped = [evolve(state, **{name: content}) for name, content in named.items()] + [
        evolve(
            state,
            finality=evolve(
                finality,
                history=finality.history.set(bytes(8), evolve(record, root=root, seed=root)),
                justified=Checkpoint(finality.justified.epoch, root),
                finalised=Checkpoint(finality.finalised.epoch, root),
            ),
        )
    ]
    for same in dropped:
        assert share.canonicalizer.key(share.canonicalizer.canonicalize(same, none)) == key
    address = bytes([1]) * 20
    changed = {
        "slot": state.slot + 1,
        "supply": evolve(state.supply, burned=5),
        "pots": evolve(state.pots, treasury=5),
        "accounts": state.accounts.set(address, 5),
        "validators": state.validators.set(address, evolve(state.validators[address], missed=5)),
        "delegations": state.delegations.remove(address * 2),
        "snapshot": state.snapshot.set(address, 5),
        "agenda": state.agenda.set(bytes(48), True),
        "punished": state.punished.set(bytes(60), True),
        "reward_index": state.reward_index + 1,
        "undistributed": state.undistributed + 1,
        "nonces": state.nonces.set(address, 5),
        "finality": evolve(finality, votes=finality.votes.set(bytes(36), 5)),
    }
    keys = {
        share.canonicalizer.key(
            share.canonicalizer.canonicalize(evolve(state, **{name: content}), none)
        )
        for name, content in changed.items()
    }
    keys.add(
        share.canonicalizer.key(
            share.canonicalizer.canonicalize(state, frozenset({(0, 1, address)}))
        )
    )
    history = finality.history.set(bytes(8), evolve(record, justified=not record.justified))
    flagged = evolve(state, finality=evolve(finality, history=history))
    keys.add(share.canonicalizer.key(share.canonicalizer.canonicalize(flagged, none)))
    assert len(keys | {key}) == len(changed) + 3
    fields = {field.name for field in fields_of(State)}
    assert fields == {*named, *changed, "joining", "leaving"}


# --- budgets and processes ---------------------------------------------------------------


def test_a_budget_of_states_ends_the_search_undetermined() -> None:
    outcome = visited("finality-pool", budget=Budget(states=1_000))
    assert outcome.verdict() == "undetermined (1,000 states are seen: 1,000 states, depth 8)"
    assert (outcome.exit_code(), outcome.exhausted) == (4, False)


def test_a_budget_of_seconds_ends_the_search_undetermined() -> None:
    outcome = visited("finality-skip", budget=Budget(seconds=0.3))
    assert outcome.exit_code() == 4
    assert outcome.verdict().startswith("undetermined (0.3 seconds are over: ")
    assert 0 < outcome.states < 100_024


def test_an_interrupt_leaves_what_was_seen() -> None:
    def stop(outcome: Exploration) -> None:
        if outcome.depth == 5:
            raise KeyboardInterrupt

    outcome = visited("finality-pool", progress=stop)
    assert outcome.verdict() == "undetermined (interrupted: 162 states, depth 5)"


@pytest.mark.parametrize("options", [{}, {"budget": Budget(states=3_000)}])
def test_two_processes_see_the_same_as_one(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "WORTH_SHARING", {2: 20})
    budget = options.get("budget", Budget())
    alone = visited("finality-pool", budget=budget)
    two = visited("finality-pool", budget=attrs.evolve(budget, workers=2))
    for name in ("levels", "fired", "refused", "ended", "parents", "moves"):
        assert getattr(alone, name) == getattr(two, name)


@pytest.mark.parametrize("mistake", ["E2", "F3"])
def test_two_processes_find_the_same_counterexample(
    mistake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "WORTH_SHARING", {2: 20})
    world, protocol = BY_NAME["finality-pool"], MISTAKES[mistake]
    explorations = [
        explore(world, protocol, Budget(workers=workers), laws=SAFETY) for workers in (1, 2)
    ]
    assert explorations[0].refutation is not None
    assert explorations[0].refutation == explorations[1].refutation
    assert explorations[0].levels == explorations[1].levels


def test_laws_are_held_against_the_first_state_too() -> None:
    def of_nothing(_state: State) -> list[str]:
        return ["never"]

    law = attrs.evolve(LAWS[0], check=OnState(of_nothing))
    outcome = visited("finality-4", laws=(law,))
    assert outcome.refutation is not None
    assert outcome.refutation.story == ()
    assert outcome.states == 1
