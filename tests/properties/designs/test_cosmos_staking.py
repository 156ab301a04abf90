"""Who pays by x/staking's rule, and who by ours: the numbers of specs/findings.md."""

from pathlib import Path
from typing import Any

import pytest

from properties.designs.cosmos_staking import DESIGN
from properties.laws.accusation import Accuse, with_accusations
from properties.laws.leaving import next_epoch
from properties.laws.views import claim_of
from properties.model.names import address, public_key
from statemachine import (
    PROTOCOL,
    Delegate,
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    OffenceKind,
    Params,
    Protocol,
    Redelegate,
    State,
    Undelegate,
    genesis,
)

ANNA, BEN, CLEO, DAN = (address(number) for number in range(1, 5))
FINDINGS = (Path(__file__).resolve().parents[3] / "specs" / "findings.md").read_text("utf-8")


def begun(protocol: Protocol) -> State:
    params = Params(
        epoch_length=1, epoch_reward=0, min_stake=100, unbonding_epochs=8, evidence_window=8,
        max_slot_gap=64, downtime_threshold=1_000, invalid_block_bps=5_000,
    )  # fmt: skip
    return genesis(
        protocol,
        Genesis(
            "staking",
            params,
            (GenesisAccount(CLEO, 1_000), GenesisAccount(DAN, 1_000)),
            tuple(GenesisValidator(one, public_key(one), 0) for one in (ANNA, BEN)),
            (
                GenesisDelegation(ANNA, ANNA, 1_000),
                GenesisDelegation(BEN, BEN, 1_000),
                GenesisDelegation(CLEO, ANNA, 1_000),
            ),
        ),
    )


def owned(state: State, owner: bytes) -> int:
    claims = (claim_of(state, one, owner) for one in (ANNA, BEN))
    staked = sum(lot.amount for claim in claims if claim for lot in claim.caught_up.lots)
    return staked + (state.accounts.get(owner) or 0)


def lost(protocol: Protocol, *orders: Any) -> tuple[int, ...]:
    """Return what CLEO and DAN lose for ANNA's fault of epoch 0, after an epoch for each order."""
    reported = with_accusations(protocol)
    state = begun(reported)
    for order in orders:
        state = next_epoch(reported, reported.apply(state, order))
    before = [owned(state, one) for one in (CLEO, DAN)]
    fault = Accuse(BEN, ANNA, OffenceKind.INVALID_BLOCK, 0, 0)
    after = reported.apply(state, fault)
    return tuple(had - owned(after, one) for had, one in zip(before, (CLEO, DAN), strict=True))


MOVE = Redelegate(CLEO, ANNA, BEN, 1_000)

STORIES = {
    "stays": (),
    "unbonds": (Undelegate(CLEO, ANNA, 1_000),),
    "moves": (MOVE,),
    "moves and unbonds there": (MOVE, Undelegate(CLEO, BEN, 1_000)),
    "moves and unbonds 600 there": (MOVE, Undelegate(CLEO, BEN, 600)),
    "DAN comes": (Delegate(DAN, ANNA, 1_000),),
}


@pytest.mark.parametrize("story", STORIES)
def test_who_pays_is_as_the_findings_say(story: str) -> None:
    ours, theirs = (lost(protocol, *STORIES[story]) for protocol in (PROTOCOL, DESIGN))
    assert f"| {story} | {ours[0]} and {ours[1]} | {theirs[0]} and {theirs[1]} |" in FINDINGS
