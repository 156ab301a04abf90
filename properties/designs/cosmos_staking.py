"""Cosmos' x/staking: what is slashed of stake that unbonds, that moved, and that came since.

Source: cosmos-sdk, x/staking/keeper/slash.go (`Slash`, `SlashUnbondingDelegation`,
`SlashRedelegation`), as of v0.46. A fault costs a share of the power at the infraction. First pay
entries that began to unbond since, each the share of its *initial* balance; then what moved away
since, the share of the amount that moved, out of what its owner has *bonded* where it went; and the
rest is taken from all that is bonded with the offender *now*.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import attrs

from properties.designs.correlation import itself, weight_of
from properties.model.design import Design
from statemachine import (
    PROTOCOL,
    MapLayout,
    MerkleMap,
    Offence,
    Protocol,
    State,
    Transition,
    evolve,
)
from statemachine.arithmetic import share
from statemachine.canonical import canonical_bytes
from statemachine.events import Slashed, StakeSlashed
from statemachine.map_keys import epoch_key
from statemachine.primitives import Amount
from statemachine.records import record
from statemachine.rules.accounts import destroy
from statemachine.rules.agenda import schedule_review
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.rules.slashing import slash
from statemachine.state import Lot
from statemachine.transactions import Redelegate, Undelegate

ADDRESS = 20


ENTRIES: MapLayout[int] = MapLayout(
    "entries", 3 * ADDRESS + 8, weigh=itself, encode=canonical_bytes
)
"""What left, by whom it left, where it went (itself: it unbonds), its owner, and when it left."""


@record
class StakingState(State):
    """A state that remembers how much began to leave."""

    entries: Annotated[MerkleMap[Amount], ENTRIES] = MerkleMap.empty(ENTRIES)


def noting(state: Any, source: bytes, destination: bytes, tx: Any) -> State:
    """Remember what a delegator told to leave in this epoch."""
    key = source + destination + tx.delegator + epoch_key(state.epoch)
    entries = state.entries.set(key, state.entries.get(key, 0) + tx.amount)
    forgotten = state.epoch - 2 * state.params.unbonding_epochs
    for old in [old for old, _ in entries.items() if old[-8:] < epoch_key(max(0, forgotten))]:
        entries = entries.remove(old)
    noted: State = evolve(state, entries=entries)
    return noted


def undelegate(protocol: Protocol, state: Any, tx: Undelegate) -> Transition:
    """Let stake unbond, and remember its initial balance."""
    left = PROTOCOL.rules[Undelegate](protocol, state, tx)
    return attrs.evolve(left, state=noting(left.state, tx.validator, tx.validator, tx))


def redelegate(protocol: Protocol, state: Any, tx: Redelegate) -> Transition:
    """Let stake move, and remember how much did."""
    left = PROTOCOL.rules[Redelegate](protocol, state, tx)
    return attrs.evolve(left, state=noting(left.state, tx.source, tx.destination, tx))


def take(
    state: State, holder: bytes, delegator: bytes, amount: int, may: Callable[[Lot], bool]
) -> tuple[State, tuple[StakeSlashed, ...]]:
    """Burn up to an amount of the lots of a delegation that may pay, one after another."""
    loaded = load_delegation(state, holder, delegator)
    lots, cuts = [], []
    for lot in loaded.delegation.lots:
        cut = min(amount, lot.amount) if may(lot) else 0
        lots.append(evolve(lot, amount=lot.amount - cut))
        amount -= cut
        if cut:
            cuts.append(StakeSlashed(holder, lot.start, lot.end, lot.past, cut))
    state, _ = save_delegation(state, loaded, lots)
    state = destroy(state, sum(cut.amount for cut in cuts))
    return schedule_review(state, holder), tuple(cuts)


def is_bonded(lot: Lot) -> bool:
    """Say whether stake has not been told to leave."""
    return lot.end is None


def is_unbonding(lot: Lot) -> bool:
    """Say whether stake that served has been told to leave for its owner's account."""
    return lot.end is not None and lot.start < lot.end and lot.destination is None


def left_since(state: Any, offence: Offence) -> Iterator[tuple[bytes, bytes, int]]:
    """Go through what has left the offender since: where it went, its owner, how much it was."""
    for key, initial in state.entries.with_prefix(offence.validator):
        if key[-8:] >= epoch_key(offence.epoch):
            yield key[ADDRESS : 2 * ADDRESS], key[2 * ADDRESS : 3 * ADDRESS], initial


def slash_as_staking(protocol: Protocol, state: State, offence: Offence) -> Transition:
    """Put the offender out as before, but take stake as x/staking does."""
    spared = slash(attrs.evolve(protocol, fraction=lambda _state, _offence: 0), state, offence)
    bps, state = protocol.fraction(state, offence), spared.state
    due = share(weight_of(state, offence), bps)
    cuts: tuple[StakeSlashed, ...] = ()
    for holder, delegator, initial in left_since(state, offence):
        may = is_unbonding if holder == offence.validator else is_bonded
        state, taken = take(state, holder, delegator, share(initial, bps), may)
        cuts += taken
    rest = due - sum(cut.amount for cut in cuts)
    bonded = {
        key[ADDRESS:]: sum(lot.amount for lot in one.delegation.lots if is_bonded(lot))
        for key, _ in state.delegations.with_prefix(offence.validator)
        for one in [load_delegation(state, offence.validator, key[ADDRESS:])]
    }
    total = sum(bonded.values())
    for delegator, amount in bonded.items():
        if rest > 0 and amount:
            part = amount * min(rest, total) // total
            state, taken = take(state, offence.validator, delegator, part, is_bonded)
            cuts += taken
    burned = sum(cut.amount for cut in cuts)
    events = tuple(
        evolve(event, fraction_bps=bps, burned=burned) if isinstance(event, Slashed) else event
        for event in spared.events
    )
    return Transition(state, (*cuts, *events))


BOOKS = "the oracle takes the share of all that was active at the infraction, and of nothing else"

DESIGN = Design.of(
    PROTOCOL.fork(
        "cosmos-staking",
        {Undelegate: undelegate, Redelegate: redelegate},
        slash=slash_as_staking,
        state=StakingState,
    ),
    settings=("reporter_bps=0",),
    set_aside={"ORA-1": BOOKS, "ORA-2": BOOKS},
)
"""SLA-1: who moved and unbonds there pays nothing. SLA-2: who moved and unbonds a part pays the
share of all that moved from the rest. SLA-3: who came since pays too."""
