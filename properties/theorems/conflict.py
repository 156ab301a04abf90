"""From a model in which quorums share too little to two branches that the real machine runs.

Every group of voters is one validator. On each branch those who vote there make a checkpoint
final; then all evidence that their votes are is put through the machine.
"""

from collections.abc import Mapping

from properties.engines.branches.branch import Branch, Signed
from properties.engines.branches.safety import weigh_conflict
from properties.model.worlds import address, public_key
from properties.theorems.quorums import GROUPS
from properties.trace.counterexample import Counterexample
from statemachine.messages import Checkpoint, Vote
from statemachine.params import Params
from statemachine.protocol import Protocol
from statemachine.rules.genesis import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    genesis,
)

OPERATORS = {group: address(number) for number, group in enumerate(GROUPS, start=1)}
REPORTER = address(9)

EVERYBODY = {"both": 5, "first": 1, "second": 1, "neither": 1}
"""Stakes with which those who vote on both branches are a quorum: what evidence must punish."""

PLANS = (((2, 3), (2, 3)), ((2, 3), (5, 6)))
"""The epochs that each branch links: the same ones, or one link around that of the other."""


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


def _grow(side: Branch, targets: tuple[int, ...], voters: tuple[bytes, ...]) -> None:
    """Have voters link a branch's checkpoints, one after another."""
    signed = Signed()
    side.enter(1, signed)
    for epoch in targets:
        side.enter(epoch, signed)
        target = side.checkpoint(epoch)
        if target is not None:
            source: Checkpoint = side.state.finality.justified
            side.cast(Vote(source, target), voters, signed)


def conflicting_branches(
    protocol: Protocol, path: str, stakes: Mapping[str, int], found_by: str
) -> Counterexample | None:
    """Return two runs that break accountable safety with these stakes, or None."""
    start = _start(stakes)
    voters = [
        tuple(OPERATORS[group] for group in ("both", alone) if stakes[group])
        for alone in ("first", "second")
    ]
    for plans in PLANS:
        left, right = (
            Branch(protocol, genesis(protocol, start), name * 32) for name in (b"L", b"R")
        )
        for side, targets, who in zip((left, right), plans, voters, strict=True):
            _grow(side, targets, who)
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
