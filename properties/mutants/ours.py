"""Mistakes of our own making: one for each law that no mistake made elsewhere breaks first."""

from properties.mutants.catalogue import Mutant
from properties.mutants.parts import fork_step, rebound, then, then_validator
from statemachine.arithmetic import remaining
from statemachine.events import DustSwept, StakeReleased, StatusChanged
from statemachine.map_keys import delegation_key, epoch_key
from statemachine.messages import block_root
from statemachine.primitives import MAX_AMOUNT
from statemachine.protocol import Offence, Protocol, Transition
from statemachine.records import evolve
from statemachine.rules import (
    PROTOCOL,
    accounts,
    blocks,
    claims,
    delegation,
    epochs,
    holdings,
    slashing,
)
from statemachine.rules import validators as operators
from statemachine.rules.buckets import active_stake
from statemachine.rules.churn import churn_limit
from statemachine.state import Booking, Delegation, State, Status
from statemachine.transactions import (
    ChangeCommission,
    ClaimRewards,
    Delegate,
    ProduceBlock,
    Transfer,
    Undelegate,
    Unjail,
)

# --- form ---------------------------------------------------------------------------------


def _newest_bucket_first(protocol: Protocol, state: State, tx: Delegate) -> Transition:
    transition = delegation.delegate(protocol, state, tx)
    buckets = transition.state.validators[tx.validator].buckets
    return then_validator(transition, tx.validator, buckets=buckets[::-1])


_save_unmerged = rebound(holdings.save_delegation, oldest_admissible=lambda _state: 0)
_add_unmerged = rebound(delegation.add_stake, save_delegation=_save_unmerged)
_delegate_unmerged = rebound(delegation.delegate, add_stake=_add_unmerged)


# --- pots and stake ----------------------------------------------------------------------


def _keep_an_empty_account(protocol: Protocol, state: State, tx: Transfer) -> Transition:
    transition = accounts.transfer(protocol, state, tx)
    if tx.sender in transition.state.accounts:
        return transition
    return then(transition, accounts=transition.state.accounts.set(tx.sender, 0))


def _keep_an_empty_delegation(protocol: Protocol, state: State) -> Transition:
    transition = epochs.process_due_delegations(protocol, state)
    delegations = transition.state.delegations
    for event in transition.events:
        if isinstance(event, StakeReleased):
            key = delegation_key(event.validator, event.delegator)
            validator = transition.state.validators[event.validator]
            if key not in delegations:
                empty = Delegation((), len(validator.slashes), validator.index, 0)
                delegations = delegations.set(key, empty)
    return then(transition, delegations=delegations)


def _stay_in_the_bonded_pot(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    return then(delegation.undelegate(protocol, state, tx), pots=state.pots)


def _dust_stays(protocol: Protocol, state: State) -> Transition:
    transition = epochs.process_due_delegations(protocol, state)
    dust = sum(event.unbonding for event in transition.events if isinstance(event, DustSwept))
    pots = transition.state.pots
    unbonding, treasury = pots.unbonding + dust, pots.treasury - dust
    return then(transition, pots=evolve(pots, unbonding=unbonding, treasury=treasury))


def _a_place_without_stake(protocol: Protocol, state: State) -> Transition:
    transition = epochs.update_validator_set(protocol, state)
    snapshot = transition.state.snapshot
    for event in transition.events:
        if isinstance(event, StatusChanged) and event.after is Status.EXITED:
            buckets = transition.state.validators[event.validator].buckets
            if not active_stake(buckets, state.epoch):
                snapshot = snapshot.set(event.validator, 0)
    return then(transition, snapshot=snapshot)


def _forget_departures(protocol: Protocol, state: State) -> Transition:
    transition = epochs.process_due_delegations(protocol, state)
    for address, before in state.validators.items():
        if transition.state.validators[address].departures != before.departures:
            transition = then_validator(transition, address, departures=before.departures)
    return transition


def _join_at_once(protocol: Protocol, state: State, tx: Delegate) -> Transition:
    unbounded = evolve(state, params=evolve(state.params, churn_floor=MAX_AMOUNT))
    return then(delegation.delegate(protocol, unbounded, tx), params=state.params)


def _an_epoch_late(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    """Have stake leave as if the next epoch were full, and book it where it belongs."""
    full = Booking(state.epoch + 1, churn_limit(state))
    later = evolve(state, leaving=(*state.leaving, full)[:1])
    in_time = delegation.undelegate(protocol, state, tx).state
    return then(delegation.undelegate(protocol, later, tx), leaving=in_time.leaving)


def _an_epoch_each(protocol: Protocol, state: State, tx: Delegate) -> Transition:
    """Have whoever comes next wait for another epoch, though this one has room."""
    transition = delegation.delegate(protocol, state, tx)
    return then(
        transition,
        joining=tuple(
            evolve(booking, amount=max(booking.amount, churn_limit(state)))
            for booking in transition.state.joining
        ),
    )


def _keep_past_bookings(protocol: Protocol, state: State) -> Transition:
    kept = tuple(booking for booking in state.joining if booking.epoch >= state.epoch)
    return then(epochs.begin_epoch(protocol, state), joining=kept)


def _fractions_for_nobody(protocol: Protocol, state: State, tx: ClaimRewards) -> Transition:
    transition = claims.claim_rewards(protocol, state, tx)
    key = delegation_key(tx.validator, tx.delegator)
    claimed = transition.state.delegations.get(key)
    if claimed is None or not claimed.lots:
        return transition
    owed = transition.state.validators[tx.validator].owed + claimed.reward
    emptied = transition.state.delegations.set(key, evolve(claimed, reward=0))
    return then_validator(then(transition, delegations=emptied), tx.validator, owed=owed)


# --- time and standing -------------------------------------------------------------------


def _dated_by_the_first(protocol: Protocol, state: State, tx: ProduceBlock) -> Transition:
    transition = blocks.produce_block(protocol, state, tx)
    first = evolve(state, slot=state.slot + 1)
    return (
        then(transition, slot=first.slot) if first.epoch == transition.state.epoch else transition
    )


def _never_count_anew(protocol: Protocol, state: State, offence: Offence) -> Transition:
    transition = slashing.slash(protocol, state, offence)
    missed = state.validators[offence.validator].missed
    return then_validator(transition, offence.validator, missed=missed)


def _out_an_epoch_early(protocol: Protocol, state: State, tx: Unjail) -> Transition:
    validator = state.validators.get(tx.operator)
    if validator is None or validator.status is not Status.JAILED or tx.operator in state.snapshot:
        return operators.unjail(protocol, state, tx)
    shorter = evolve(validator, jailed_until=max(0, validator.jailed_until - 1))
    state = evolve(state, validators=state.validators.set(tx.operator, shorter))
    return operators.unjail(protocol, state, tx)


def _never_reviewed(protocol: Protocol, state: State, tx: ChangeCommission) -> Transition:
    return then(operators.change_commission(protocol, state, tx), agenda=state.agenda)


def _sentence_from_the_offence(protocol: Protocol, state: State, offence: Offence) -> Transition:
    transition = slashing.slash(protocol, state, offence)
    before = state.validators[offence.validator].status
    if before is Status.JAILED or transition.state.validators[offence.validator].status is not (
        Status.JAILED
    ):
        return transition
    until = offence.epoch + state.params.jail_epochs
    return then_validator(transition, offence.validator, jailed_until=until)


def _slashed_and_still_in(protocol: Protocol, state: State, offence: Offence) -> Transition:
    transition = slashing.slash(protocol, state, offence)
    events = tuple(event for event in transition.events if not isinstance(event, StatusChanged))
    status = state.validators[offence.validator].status
    return then_validator(Transition(transition.state, events), offence.validator, status=status)


# --- finality ----------------------------------------------------------------------------


def _slash_the_past(protocol: Protocol, state: State, offence: Offence) -> Transition:
    transition = slashing.slash(protocol, state, offence)
    fraction_bps = slashing.fraction_of(state, offence)
    finality = transition.state.finality
    history = finality.history
    for key, record in finality.history.items():
        weight = remaining(record.snapshot.get(offence.validator, 0), fraction_bps)
        if weight and key != epoch_key(state.epoch):
            snapshot = record.snapshot.set(offence.validator, weight)
            history = history.set(key, evolve(record, snapshot=snapshot))
    return then(transition, finality=evolve(finality, history=history))


def _block_of_nobody(protocol: Protocol, state: State, tx: ProduceBlock) -> Transition:
    transition = blocks.produce_block(protocol, state, tx)
    head = block_root(state.head, tx.slot, bytes(20), tx.reveal, tx.body)
    return then(transition, head=head)


MUTANTS = (
    Mutant(
        "N1", "ours", "Who is slashed goes on serving.",
        PROTOCOL.fork("n1-still-in", slash=_slashed_and_still_in),
        ("SLA-8",),
    ),
    Mutant(
        "N2", "ours", "An account that has been emptied is kept.",
        PROTOCOL.fork("n2-empty-account", {Transfer: _keep_an_empty_account}),
        ("ACC-2",),
    ),
    Mutant(
        "N3", "ours", "A delegation is kept when all of it has been released.",
        fork_step("n3-empty-delegation", epochs.process_due_delegations, _keep_an_empty_delegation),
        ("ACC-3",),
    ),
    Mutant(
        "N4", "ours", "Stake that is told to leave stays in the bonded pot.",
        PROTOCOL.fork("n4-bonded-pot", {Undelegate: _stay_in_the_bonded_pot}),
        ("ACC-4", "ACC-5", "RUN-1"),
    ),
    Mutant(
        "N5", "ours", "What rounding leaves of released stake stays in the unbonding pot.",
        fork_step("n5-unbonding-pot", epochs.process_due_delegations, _dust_stays),
        ("ACC-5", "ORA-2"),
    ),
    Mutant(
        "N6", "ours", "Who exits with nothing keeps a place in the active set.",
        fork_step("n6-place-without-stake", epochs.update_validator_set, _a_place_without_stake),
        ("ACC-9",),
    ),
    Mutant(
        "N7", "ours", "A validator does not know where its stake has gone.",
        fork_step("n7-departures", epochs.process_due_delegations, _forget_departures),
        ("STK-5", "SLA-1"),
    ),
    Mutant(
        "N8", "ours", "Stake joins as fast as it likes.",
        PROTOCOL.fork("n8-unbounded-churn", {Delegate: _join_at_once}),
        ("STK-8", "SAF-3"),
    ),
    Mutant(
        "N8b", "ours", "Who comes when nobody waits to leave waits an epoch in vain.",
        PROTOCOL.fork("n8b-an-epoch-late", {Undelegate: _an_epoch_late}),
        ("STK-10",),
    ),
    Mutant(
        "N8c", "ours", "Each delegation takes an epoch of its own.",
        PROTOCOL.fork("n8c-an-epoch-each", {Delegate: _an_epoch_each}),
        ("STK-11",),
    ),
    Mutant(
        "N9", "ours", "The bookings of an epoch are kept when it has begun.",
        fork_step("n9-past-bookings", epochs.begin_epoch, _keep_past_bookings),
        ("STK-9",),
    ),
    Mutant(
        "N10", "ours", "What is left of a reward below a unit is owed to nobody.",
        PROTOCOL.fork("n10-fractions", {ClaimRewards: _fractions_for_nobody}),
        ("RWD-2", "ORA-1"),
    ),
    Mutant(
        "N11", "ours", "A block that comes late is dated by the first slot that was missed.",
        PROTOCOL.fork("n11-dated", {ProduceBlock: _dated_by_the_first}),
        ("TIM-1",),
    ),
    Mutant(
        "N12", "ours", "Missed blocks that have been punished count on.",
        PROTOCOL.fork("n12-count-on", slash=_never_count_anew),
        ("TIM-4", "TIM-9"),
    ),
    Mutant(
        "N13", "ours", "Who is jailed may return an epoch early.",
        PROTOCOL.fork("n13-early", {Unjail: _out_an_epoch_early}),
        ("TIM-5", "TIM-11"),
    ),
    Mutant(
        "N14", "ours", "A change of commission is not put on the agenda.",
        PROTOCOL.fork("n14-never-reviewed", {ChangeCommission: _never_reviewed}),
        ("TIM-6",),
    ),
    Mutant(
        "N15", "ours", "A sentence is counted from the epoch of the offence.",
        PROTOCOL.fork("n15-sentence", slash=_sentence_from_the_offence),
        ("TIM-7", "TIM-11"),
    ),
    Mutant(
        "N16", "ours", "A slash is taken out of the active sets of the past as well.",
        PROTOCOL.fork("n16-slashed-past", slash=_slash_the_past),
        ("FIN-4", "FIN-8"),
    ),
    Mutant(
        "N17", "ours", "The root of a block does not depend on its proposer.",
        PROTOCOL.fork("n17-of-nobody", {ProduceBlock: _block_of_nobody}),
        ("FIN-10",),
    ),
    Mutant(
        "N18", "ours", "The newest buckets are kept first.",
        PROTOCOL.fork("n18-newest-first", {Delegate: _newest_bucket_first}),
        ("STK-12",),
    ),
    Mutant(
        "N19", "ours", "Stake that is added leaves what nothing can tell apart in lots of its own.",
        PROTOCOL.fork("n19-unmerged", {Delegate: _delegate_unmerged}),
        ("STK-13",),
    ),
)  # fmt: skip
