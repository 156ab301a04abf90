"""What things cost, counted and not timed: whatever the size of the state, the same."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from statemachine import (
    PROTOCOL,
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    MerkleMap,
    Redelegate,
    RegisterValidator,
    State,
    Transfer,
    Undelegate,
    evolve,
    genesis,
    merkle_hashing,
    state_root,
)
from statemachine.hashing import digest
from statemachine.map_keys import epoch_key
from statemachine.merkle_map import differences
from statemachine.merkle_nodes import leaves
from statemachine.messages import Checkpoint, Vote
from statemachine.rules.blocks import pass_slots
from statemachine.transactions import CastVotes
from tests.benchmarks.worlds import Size, account, described, with_changes

FEW = Size(220, 100, 100)
MANY = Size(10_220, 10_000, 100)
CHANGED = 20

COUNTED = (
    *("get", "set", "set_sorted", "remove", "with_prefix", "without_prefix", "prefix_weight"),
    *("locate", "prove", "root"),
)
"""What can be asked of a map."""

MAPS = ("accounts", "validators", "delegations", "snapshot", "keys", "agenda", "punished")


def aged(size: Size) -> State:
    """Return a state of a size in its second epoch."""
    state = genesis(PROTOCOL, described(size))
    return pass_slots(PROTOCOL, state, state.params.epoch_length).state


@pytest.fixture(scope="module")
def few() -> State:
    return aged(FEW)


@pytest.fixture(scope="module")
def many() -> State:
    return aged(MANY)


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is asked of maps while a test runs, and the entries that are gone through."""
    counted: Counter[str] = Counter()

    def counting(name: str, method: Any) -> Callable[..., Any]:
        def call(self: MerkleMap[Any], *arguments: Any) -> Any:
            counted[f"{name} {self.layout.name}"] += 1
            return method(self, *arguments)

        return call

    for name in COUNTED:
        monkeypatch.setattr(MerkleMap, name, counting(name, getattr(MerkleMap, name)))

    def counted_leaves(top: Any) -> Iterator[Any]:
        for leaf in leaves(top):
            counted["entries gone through"] += 1
            yield leaf

    monkeypatch.setattr("statemachine.merkle_map.leaves", counted_leaves)
    return counted


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is hashed while a test runs, by kind."""
    kinds: Counter[str] = Counter()

    def counted(domain: str, *parts: bytes) -> bytes:
        kinds[domain.rpartition("/")[2]] += 1
        return digest(domain, *parts)

    monkeypatch.setattr(merkle_hashing, "digest", counted)
    return kinds


def cost_of_a_boundary(state: State, size: Size, changed: int, counted: Counter[str]) -> Any:
    before = with_changes(state, size, changed)
    due = before.agenda.prefix_count(epoch_key(before.epoch + 1))
    counted.clear()
    after = pass_slots(PROTOCOL, before, before.slot + 1).state
    cost = Counter(counted)
    assert after.epoch == before.epoch + 1
    return cost, due, len(list(differences(before.validators, after.validators)))


@pytest.mark.parametrize("changed", [0, CHANGED])
def test_a_boundary_asks_the_same_of_the_maps_at_100_and_at_10_000_validators(
    few: State, many: State, changed: int, operations: Counter[str]
) -> None:
    at_few = cost_of_a_boundary(few, FEW, changed, operations)
    at_many = cost_of_a_boundary(many, MANY, changed, operations)
    assert at_few == at_many
    cost, due, touched = at_many
    assert touched == changed
    # The agenda is read by each of the two steps that work through it.
    assert cost["entries gone through"] == 2 * due
    assert cost["set validators"] <= 2 * due + changed
    assert cost["set delegations"] <= due
    assert changed == 0 or cost["set validators"] >= changed


def txs(size: Size) -> tuple[Any, ...]:
    """Return a transaction of each kind, by accounts in the same roles whatever the size."""
    validator, destination, delegator = account(3), account(4), account(size.validators + 3)
    return (
        Transfer(delegator, destination, 1_000),
        Delegate(delegator, validator, 1_000),
        Delegate(delegator, destination, 1_000),
        Undelegate(delegator, validator, 1_000),
        Redelegate(delegator, validator, destination, 1_000),
        ClaimRewards(delegator, validator),
        ClaimRewards(validator, validator),
        ChangeCommission(validator, 1_100),
        Exit(validator),
        RegisterValidator(delegator, bytes(48), 1_000, 10**9),
    )


def votes_of(state: State, *signers: int) -> CastVotes:
    """Return votes for the checkpoint of a state's second epoch."""
    source, target = (
        Checkpoint(epoch, state.finality.history[epoch_key(epoch)].root) for epoch in (0, 1)
    )
    return CastVotes(Vote(source, target), tuple(sorted(account(number) for number in signers)))


def test_votes_ask_as_much_of_the_maps_as_there_are_signers_whoever_else_is_active(
    few: State, many: State, operations: Counter[str]
) -> None:
    costs = []
    for state in (few, many):
        tx = votes_of(state, *range(7))
        operations.clear()
        PROTOCOL.apply(state, tx)
        costs.append(Counter(operations))
    assert costs[0] == costs[1]
    assert costs[0] == {
        "get history": 2,
        "get snapshot": 7,
        "set_sorted votes": 1,
        "prefix_weight votes": 1,
    }


def test_a_boundary_forgets_ten_thousand_votes_like_none(
    many: State, operations: Counter[str]
) -> None:
    voted = PROTOCOL.apply(many, votes_of(many, *range(MANY.validators)))
    costs = []
    for state in (many, voted):
        last = 2 + state.params.evidence_window
        before = evolve(state, slot=last * state.params.epoch_length - 1)
        operations.clear()
        after = pass_slots(PROTOCOL, before, before.slot + 1).state
        costs.append(Counter(operations))
        assert len(after.finality.votes) == 0
    assert len(voted.finality.votes) == MANY.validators
    assert costs[0] == costs[1]
    assert costs[0]["entries gone through"] == 0


KINDS = range(len(txs(FEW)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_transaction_asks_the_same_of_the_maps_at_100_and_at_10_000_validators(
    few: State, many: State, kind: int, operations: Counter[str]
) -> None:
    costs = []
    for state, size in ((few, FEW), (many, MANY)):
        operations.clear()
        PROTOCOL.apply(state, txs(size)[kind])
        costs.append(Counter(operations))
    assert costs[0] == costs[1]
    assert 0 < costs[0].total() <= 40
    assert costs[0]["entries gone through"] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_root_of_the_next_state_hashes_only_what_the_transaction_changed(
    many: State, kind: int, hashed: Counter[str]
) -> None:
    state_root(many)
    hashed.clear()
    after = PROTOCOL.apply(many, txs(MANY)[kind])
    assert not hashed, "nothing is hashed before a root is asked for"
    state_root(after)
    cost = Counter(hashed)
    changed = {name: list(differences(getattr(many, name), getattr(after, name))) for name in MAPS}
    assert cost["root"] == sum(1 for nodes in changed.values() if nodes)
    assert cost["leaf"] == sum(len(nodes) for nodes in changed.values())
    assert cost["branch"] <= sum(
        len(getattr(after, name).prove(key).steps)
        for name, nodes in changed.items()
        for key, _, _ in nodes
    )
    hashed.clear()
    state_root(after)
    assert not hashed, "what was hashed once is not hashed again"


def test_a_transfer_hashes_two_paths(many: State, hashed: Counter[str]) -> None:
    state_root(many)
    hashed.clear()
    after = PROTOCOL.apply(many, Transfer(account(1), account(2), 5))
    state_root(after)
    depths = [len(after.accounts.prove(account(number)).steps) for number in (1, 2)]
    assert hashed["leaf"] == 2
    assert max(depths) <= hashed["branch"] < sum(depths)
