"""Forks that do the same in another way: no engine may refute them.

A law that does so says how a thing is done and not what, or is wrong.
"""

import attrs

from properties.mutants.catalogue import Mutant
from statemachine.arithmetic import reduce_without_bias
from statemachine.errors import Rejected, RejectionReason
from statemachine.events import CheckpointFinalised, CheckpointJustified, Event, VotesCounted
from statemachine.hashing import digest
from statemachine.map_keys import epoch_key, split_delegation_key
from statemachine.merkle_map import MerkleMap
from statemachine.protocol import Offence, Protocol, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL, accounts, claims, finality, slashing
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.rules.rewards import settle_validator
from statemachine.state import State
from statemachine.transactions import CastVotes, ClaimRewards, Transfer


def _touch_first(protocol: Protocol, state: State, offence: Offence) -> Transition:
    """Slash after every delegation of the offender has caught up."""
    after = state
    for key, _ in state.delegations.with_prefix(offence.validator):
        touched = load_delegation(after, offence.validator, split_delegation_key(key)[1])
        if all(lot.amount for lot in touched.delegation.lots):
            after, _ = save_delegation(after, touched, touched.delegation.lots)
    return slashing.slash(protocol, after, offence)


def _settle_all(protocol: Protocol, state: State, tx: ClaimRewards) -> Transition:
    """Claim after every validator has been settled, not the one that owes alone."""
    settled = state.validators
    for address, validator in state.validators.items():
        settled = settled.set(address, settle_validator(validator, state.reward_index))
    return claims.claim_rewards(protocol, evolve(state, validators=settled), tx)


def _in_two_halves(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """Count the votes of one half of the signers, and then those of the other."""
    whole = finality.cast_votes(protocol, state, tx)
    half = len(tx.signers) // 2
    halves = tx.signers[:half], tx.signers[half:]
    link = whole.events[0]
    assert isinstance(link, VotesCounted)
    announced: list[Event] = []
    fresh = 0
    for signers in filter(None, halves):
        try:
            transition = finality.cast_votes(protocol, state, evolve(tx, signers=signers))
        except Rejected as rejection:
            if rejection.reason is RejectionReason.ALREADY_VOTED:
                continue
            # The quorum of the first half has made the state forget the source of the link.
            return whole
        state = transition.state
        fresh += sum(
            event.signers for event in transition.events if isinstance(event, VotesCounted)
        )
        announced += [
            event
            for event in transition.events
            if isinstance(event, CheckpointJustified | CheckpointFinalised)
        ]
    return Transition(state, (evolve(link, signers=fresh), *announced))


def _elect_by_walking(state: State, slot: int) -> bytes | None:
    """Look for who is elected, and only then whether that one is still there."""
    record = state.finality.history[epoch_key(state.epoch)]
    elected = _draw_by_walking("stakespec/proposer", state, slot, record.electors)
    if state.snapshot and (elected is None or elected not in state.snapshot):
        elected = _draw_by_walking("stakespec/substitute", state, slot, state.snapshot)
    return elected if state.snapshot else None


def _draw_by_walking(domain: str, state: State, slot: int, stake: MerkleMap[int]) -> bytes | None:
    """Add stakes up from the first address on until the drawn one is reached."""
    total = sum(weight for _, weight in stake.items())
    attempt, offset = 0, None
    while offset is None and total:
        drawn = digest(
            domain,
            state.seed,
            state.epoch.to_bytes(8, "big"),
            slot.to_bytes(8, "big"),
            attempt.to_bytes(8, "big"),
        )
        offset = reduce_without_bias(int.from_bytes(drawn, "big"), 256, total)
        attempt += 1
    for address, weight in stake.items():
        if offset is not None and offset < weight:
            return address
        offset = offset - weight if offset is not None else None
    return None


def _by_way_of_the_treasury(_protocol: Protocol, state: State, tx: Transfer) -> Transition:
    """Pay into the treasury, and out of it to the recipient."""
    transition = accounts.transfer(_protocol, state, tx)
    paid = accounts.debit(state, tx.sender, tx.amount)
    pots = paid.pots
    held = evolve(paid, pots=evolve(pots, treasury=pots.treasury + tx.amount))
    freed = evolve(held, pots=evolve(held.pots, treasury=held.pots.treasury - tx.amount))
    return attrs.evolve(transition, state=accounts.credit(freed, tx.recipient, tx.amount))


EQUIVALENTS = (
    Mutant(
        "EQ1", "ours", "Every delegation of an offender catches up before the slash.",
        PROTOCOL.fork("eq1-touch-first", slash=_touch_first),
        (),
    ),
    Mutant(
        "EQ2", "ours", "All validators are settled when somebody claims.",
        PROTOCOL.fork("eq2-settle-all", {ClaimRewards: _settle_all}),
        (),
    ),
    Mutant(
        "EQ3", "ours", "Votes are counted in two halves.",
        PROTOCOL.fork("eq3-two-halves", {CastVotes: _in_two_halves}),
        (),
    ),
    Mutant(
        "EQ4", "ours", "The proposer is found by walking through the active set.",
        PROTOCOL.fork("eq4-walking", elect=_elect_by_walking),
        (),
    ),
    Mutant(
        "EQ5", "ours", "Transfers go by way of the treasury.",
        PROTOCOL.fork("eq5-treasury", {Transfer: _by_way_of_the_treasury}),
        (),
    ),
)  # fmt: skip
