"""Mistakes of standing and of churn: who may come back, and what joins and leaves unbooked."""

import attrs

from properties.mutants.catalogue import Mutant
from properties.mutants.parts import fork_step, then, then_validator
from statemachine.events import CheckpointFinalised, CheckpointJustified
from statemachine.map_keys import agenda_key, epoch_key
from statemachine.primitives import MAX_AMOUNT
from statemachine.protocol import Offence, Protocol, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL, delegation, epochs, finality, slashing
from statemachine.rules import validators as operators
from statemachine.rules.agenda import schedule_review
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.state import SIGNED_TWICE, State, Status
from statemachine.transactions import CastVotes, Exit, Redelegate, Undelegate

# --- standing ----------------------------------------------------------------------------


def _jail_the_exiting(protocol: Protocol, state: State, offence: Offence) -> Transition:
    transition = slashing.slash(protocol, state, offence)
    if state.validators[offence.validator].status is not Status.EXITING:
        return transition
    if offence.kind in SIGNED_TWICE:
        return transition
    until = state.epoch + state.params.jail_epochs
    return then_validator(transition, offence.validator, status=Status.JAILED, jailed_until=until)


def _same_sentence(protocol: Protocol, state: State, offence: Offence) -> Transition:
    transition = slashing.slash(protocol, state, offence)
    before = state.validators[offence.validator]
    if before.status is not Status.JAILED:
        return transition
    return then_validator(transition, offence.validator, jailed_until=before.jailed_until)


def _keep_own_stake(_protocol: Protocol, state: State, tx: Exit) -> Transition:
    validator = operators.require_in_service(state, tx.operator)
    after = Status.EXITED if validator.status is Status.JAILED else Status.EXITING
    left = evolve(validator, status=after)
    state = evolve(state, validators=state.validators.set(tx.operator, left))
    return Transition(schedule_review(state, tx.operator))


def _serve_from_jail(protocol: Protocol, state: State, tx: Exit) -> Transition:
    transition = operators.exit_validator(protocol, state, tx)
    return then_validator(transition, tx.operator, status=Status.EXITING)


def _final_twice(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    transition = finality.cast_votes(protocol, state, tx)
    again = tuple(event for event in transition.events if isinstance(event, CheckpointFinalised))
    return attrs.evolve(transition, events=transition.events + again)


def _justified_again(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    transition = finality.cast_votes(protocol, state, tx)
    if any(isinstance(event, CheckpointJustified) for event in transition.events):
        return transition
    record = transition.state.finality.history.get(epoch_key(tx.vote.target.epoch))
    if record is None or not record.justified:
        return transition
    again = CheckpointJustified(tx.vote.target, tx.vote.source)
    return attrs.evolve(transition, events=(*transition.events, again))


# --- churn -------------------------------------------------------------------------------


def _leave_unbooked(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    return then(delegation.undelegate(protocol, state, tx), leaving=state.leaving)


def _move_unbooked(protocol: Protocol, state: State, tx: Redelegate) -> Transition:
    return then(delegation.redelegate(protocol, state, tx), leaving=state.leaving)


def _move_in_unbooked(protocol: Protocol, state: State, tx: Redelegate) -> Transition:
    unbounded = evolve(state, params=evolve(state.params, churn_floor=MAX_AMOUNT))
    if tx.source in state.snapshot:
        unbounded = state
    transition = delegation.redelegate(protocol, unbounded, tx)
    return then(transition, joining=state.joining, params=state.params)


def _exit_unbooked(protocol: Protocol, state: State, tx: Exit) -> Transition:
    return then(operators.exit_validator(protocol, state, tx), leaving=state.leaving)


def _start_all(protocol: Protocol, state: State) -> Transition:
    """Have what waits to become active do so at the next boundary, whatever was booked."""
    transition = epochs.process_due_delegations(protocol, state)
    after = transition.state
    for key, holding in after.delegations.items():
        if not any(lot.start > after.epoch and lot.end is None for lot in holding.lots):
            continue
        loaded = load_delegation(after, key[:20], key[20:])
        lots = [
            evolve(lot, start=after.epoch) if lot.start > after.epoch and lot.end is None else lot
            for lot in loaded.delegation.lots
        ]
        after, _ = save_delegation(after, loaded, lots)
        due = agenda_key(after.epoch, key[:20], key[:20])
        after = evolve(after, agenda=after.agenda.set(due, True))
    return Transition(after, transition.events)


MUTANTS = (
    Mutant(
        "T1", "ours", "Who is slashed while exiting is jailed, and may return.",
        PROTOCOL.fork("t1-jail-the-exiting", slash=_jail_the_exiting),
        ("TIM-10",),
    ),
    Mutant(
        "T2", "ours", "Who is slashed in jail is not kept there any longer.",
        PROTOCOL.fork("t2-same-sentence", slash=_same_sentence),
        ("TIM-11",),
    ),
    Mutant(
        "T3", "ours", "Who exits leaves its own stake bonded.",
        PROTOCOL.fork("t3-keep-own-stake", {Exit: _keep_own_stake}),
        ("STK-7",),
    ),
    Mutant(
        "T4", "ours", "Who exits from jail serves until the epoch ends.",
        PROTOCOL.fork("t4-serve-from-jail", {Exit: _serve_from_jail}),
        ("TIM-10",),
    ),
    Mutant(
        "T5", "ours", "A checkpoint is announced as final twice.",
        PROTOCOL.fork("t5-final-twice", {CastVotes: _final_twice}),
        ("FIN-11",),
    ),
    Mutant(
        "T6", "ours", "Late votes announce a checkpoint as justified again.",
        PROTOCOL.fork("t6-justified-again", {CastVotes: _justified_again}),
        ("FIN-11",),
    ),
    Mutant(
        "C1", "ours", "Undelegated stake takes no room in the queue.",
        PROTOCOL.fork("c1-leave-unbooked", {Undelegate: _leave_unbooked}),
        ("STK-8",),
    ),
    Mutant(
        "C2", "ours", "Redelegated stake takes no room in the queue.",
        PROTOCOL.fork("c2-move-unbooked", {Redelegate: _move_unbooked}),
        ("STK-8",),
    ),
    Mutant(
        "C3", "ours", "Stake that moves from behind an inactive validator joins without bound.",
        PROTOCOL.fork("c3-move-in-unbooked", {Redelegate: _move_in_unbooked}),
        ("STK-8", "ADM-1"),
    ),
    Mutant(
        "C4", "ours", "The own stake of who exits takes no room in the queue.",
        PROTOCOL.fork("c4-exit-unbooked", {Exit: _exit_unbooked}),
        ("STK-8",),
    ),
    Mutant(
        "C5", "ours", "All that waits joins at the next boundary.",
        fork_step("c5-start-all", epochs.process_due_delegations, _start_all),
        ("STK-8",),
    ),
)  # fmt: skip
