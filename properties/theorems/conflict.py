"""From a model in which quorums share too little to two branches that the real machine runs.

Every group of voters is one validator. On each branch those who vote there make a checkpoint
final; then all evidence that their votes are is put through the machine.
"""

from collections.abc import Mapping

from properties.engines.branches.branch import Branch, Signed
from properties.engines.branches.safety import weigh_conflict
from properties.model.names import address, public_key
from properties.theorems.quorums import GROUPS
from properties.trace.counterexample import Counterexample
from statemachine.description import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
)
from statemachine.messages import Vote
from statemachine.params import Params
from statemachine.protocol import Protocol
from statemachine.rules.genesis import genesis

OPERATORS = {group: address(number) for number, group in enumerate(GROUPS, start=1)}
REPORTER = address(9)

EVERYBODY = {"both": 5, "first": 1, "second": 1, "neither": 1}
"""Stakes with which those who vote on both branches are a quorum: what evidence must punish."""

Ballot = tuple[int, int, tuple[str, ...]]
"""The epochs of a source and of a target, and the groups that vote for this link."""

LEFT, RIGHT = ("both", "first"), ("both", "second")
"""Who votes on each branch, where all do."""


def _all(links: tuple[tuple[int, int], ...], groups: tuple[str, ...]) -> tuple[Ballot, ...]:
    return tuple((source, target, groups) for source, target in links)


PLANS: tuple[tuple[tuple[Ballot, ...], tuple[Ballot, ...]], ...] = (
    # Both branches link the same epochs: all that vote on both contradict themselves.
    (_all(((0, 2), (2, 3)), LEFT), _all(((0, 2), (2, 3)), RIGHT)),
    # One link around that of the other branch.
    (_all(((0, 2), (2, 3)), LEFT), _all(((0, 5), (5, 6)), RIGHT)),
    # Links past what is not justified, in step with each other: nobody contradicts itself.
    (_all(((0, 2), (2, 4)), LEFT), _all(((0, 3), (3, 5)), RIGHT)),
    # From sources that are not justified.
    (_all(((2, 3),), LEFT), _all(((4, 5),), RIGHT)),
    # Who votes from the middle does not vote around it; pooled, the two links are a quorum.
    (
        ((0, 2, LEFT), (0, 3, ("both",)), (2, 3, ("first",))),
        _all(((0, 4), (4, 5)), RIGHT),
    ),
    # One signer of little weight, named again and again.
    (_all(((0, 2), (2, 3)), ("first",) * 6), _all(((0, 2), (2, 3)), ("second",) * 6)),
)
"""The votes on each branch, in turn; each plan needs another mistake to succeed."""


def _start(stakes: Mapping[str, int]) -> Genesis:
    operators = [OPERATORS[group] for group in GROUPS if stakes[group]]
    staked = {OPERATORS[group]: stakes[group] for group in GROUPS}
    return Genesis(
        chain_id="theorems",
        params=Params(epoch_length=2, epoch_reward=0, min_stake=1, max_slot_gap=64),
        accounts=tuple(GenesisAccount(one, 50) for one in (*operators, REPORTER)),
        validators=tuple(GenesisValidator(one, public_key(one), 0) for one in operators),
        delegations=tuple(GenesisDelegation(one, one, staked[one]) for one in operators),
        randomness=bytes(32),
    )


def _grow(side: Branch, ballots: tuple[Ballot, ...], stakes: Mapping[str, int]) -> None:
    """Have groups vote for a branch's links, one after another."""
    signed = Signed()
    side.enter(1, signed)
    for source, target, groups in ballots:
        side.enter(target, signed)
        ends = side.checkpoint(source), side.checkpoint(target)
        voters = tuple(OPERATORS[group] for group in groups if stakes[group])
        if ends[0] is not None and ends[1] is not None and voters:
            side.cast(Vote(ends[0], ends[1]), voters, signed)


def conflicting_branches(
    protocol: Protocol, path: str, stakes: Mapping[str, int], found_by: str
) -> Counterexample | None:
    """Return two runs that break accountable safety with these stakes, or None."""
    start = _start(stakes)
    for plans in PLANS:
        left, right = (
            Branch(protocol, genesis(protocol, start), name * 32) for name in (b"L", b"R")
        )
        for side, ballots in zip((left, right), plans, strict=True):
            _grow(side, ballots, stakes)
        weighed = weigh_conflict(left, right)
        for message in weighed.complaints if weighed is not None else ():
            return Counterexample(
                path,
                "SAF-1",
                message,
                found_by,
                start,
                tuple(left.transactions),
                tuple(right.transactions),
            )
    return None
