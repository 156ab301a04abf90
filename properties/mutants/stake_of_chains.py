"""Mistakes that real chains made with stake and slashing, planted as forks.

The rows are those of the catalogue of real bugs in `specs/properties.md`.
"""

from collections.abc import Callable
from typing import Any

import attrs

from properties.mutants.catalogue import Mutant
from properties.mutants.parts import fork_step, replace_step, spare, then
from statemachine.errors import Rejected, RejectionReason
from statemachine.events import Slashed, StakeReleased, StakeSlashed, StatusChanged
from statemachine.map_keys import delegation_key, epoch_key, split_agenda_key, split_delegation_key
from statemachine.primitives import BPS
from statemachine.protocol import Offence, Protocol, Rule, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL, accounts, delegation, epochs, slashing, validators
from statemachine.rules.buckets import with_buckets
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.rules.lots import oldest_admissible
from statemachine.rules.rewards import settle_validator
from statemachine.state import Lot, State, Status
from statemachine.transactions import Redelegate, RegisterValidator, Undelegate, Unjail


def _with_lots(
    transition: Transition, holder: bytes, delegator: bytes, change: Callable[[Lot], Lot]
) -> Transition:
    """Change the lots of one delegation after a transition, and the buckets and pots with them."""
    touched = load_delegation(transition.state, holder, delegator)
    after, events = save_delegation(
        transition.state, touched, [change(lot) for lot in touched.delegation.lots]
    )
    return Transition(after, (*transition.events, *events))


# B1, B17, B33: getting out from under a slash ----------------------------------------------


def _undelegate_without_past(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    transition = delegation.undelegate(protocol, state, tx)
    return _with_lots(
        transition,
        tx.validator,
        tx.delegator,
        lambda lot: lot if lot.end is None else evolve(lot, past=()),
    )


def _redelegate_without_past(protocol: Protocol, state: State) -> Transition:
    transition = epochs.process_due_delegations(protocol, state)
    for key, _ in transition.state.delegations.items():
        holder, delegator = split_delegation_key(key)
        if any(lot.past for lot in transition.state.delegations[key].lots):
            transition = _with_lots(transition, holder, delegator, lambda lot: evolve(lot, past=()))
    return transition


def _release_moved_at_once(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    transition = delegation.undelegate(protocol, state, tx)
    touched = load_delegation(transition.state, tx.validator, tx.delegator)
    freed = [lot for lot in touched.delegation.lots if lot.past and lot.end is not None]
    if not freed:
        return transition
    kept = [lot for lot in touched.delegation.lots if lot not in freed]
    amount = sum(lot.amount for lot in freed)
    after, events = save_delegation(transition.state, touched, kept)
    released = StakeReleased(tx.delegator, tx.validator, amount)
    after = accounts.credit(after, tx.delegator, amount)
    return Transition(after, (*transition.events, *events, released))


# B2, B3, B12, B13, B14, B34: whom a slash hits, and how often ------------------------------


def _slash_twice_what_moved(protocol: Protocol, state: State, offence: Offence) -> Transition:
    first = slashing.slash(protocol, state, offence)
    moved = any(
        bucket.past and bucket.end is not None
        for validator in state.validators.entries()
        for bucket in validator.buckets
    )
    if not moved:
        return first
    again = slashing.slash(protocol, evolve(first.state, punished=state.punished), offence)
    cuts = tuple(event for event in again.events if isinstance(event, StakeSlashed))
    return Transition(again.state, (*first.events, *cuts))


def _slash_at(epoch_of: Callable[[State, int], int]) -> Callable[..., Transition]:
    """Slash the stake that was active in another epoch than that of the infraction.

    What may be punished, and what is announced, stays as it is.
    """

    def slash(protocol: Protocol, state: State, offence: Offence) -> Transition:
        right = slashing.slash(protocol, state, offence)
        anew = evolve(state, punished=state.punished.without_prefix(b""))
        moved = attrs.evolve(offence, epoch=epoch_of(state, offence.epoch))
        wrong = slashing.slash(protocol, anew, moved)
        events = tuple(
            evolve(event, epoch=offence.epoch) if isinstance(event, Slashed) else event
            for event in wrong.events
        )
        return Transition(evolve(wrong.state, punished=right.state.punished), events)

    return slash


def _never_too_old(protocol: Protocol, state: State, offence: Offence) -> Transition:
    epoch = max(offence.epoch, oldest_admissible(state))
    return slashing.slash(protocol, state, attrs.evolve(offence, epoch=epoch))


def _an_epoch_later(state: State, epoch: int) -> int:
    return min(state.epoch, epoch + 1)


def _slash_the_larger_only(protocol: Protocol, state: State, offence: Offence) -> Transition:
    """Who lost with another offender in this epoch is spared with this one."""
    transition = slashing.slash(protocol, state, offence)
    others = [
        address
        for address, validator in state.validators.items()
        if address != offence.validator
        and any(line.epoch == offence.epoch for line in validator.slashes)
    ]
    pairs = [
        (offence.validator, delegator)
        for key, _ in state.delegations.with_prefix(offence.validator)
        for delegator in [split_delegation_key(key)[1]]
        if any(delegation_key(validator, delegator) in state.delegations for validator in others)
    ]
    back = spare(state, transition.state, pairs, lambda _holder, _delegator, _lot: True)
    return Transition(back.state, (*transition.events, *back.events))


def _first_epoch_is_safe(protocol: Protocol, state: State, offence: Offence) -> Transition:
    if offence.epoch == 0:
        raise Rejected(RejectionReason.EVIDENCE_TOO_OLD, epoch=0, oldest=1)
    return slashing.slash(protocol, state, offence)


# B5: the order of rounding -----------------------------------------------------------------


def _slash_a_unit_more(protocol: Protocol, state: State, offence: Offence) -> Transition:
    """The total loses a unit more than those who own it."""
    transition = slashing.slash(protocol, state, offence)
    after = transition.state
    validator = after.validators[offence.validator]
    for place, bucket in enumerate(validator.buckets):
        if bucket.end is None and bucket.start <= offence.epoch and bucket.amount:
            less = evolve(bucket, amount=bucket.amount - 1)
            buckets = (*validator.buckets[:place], less, *validator.buckets[place + 1 :])
            cut = with_buckets(validator, buckets, state.epoch)
            return attrs.evolve(
                transition,
                state=evolve(
                    after,
                    validators=after.validators.set(offence.validator, cut),
                    pots=evolve(after.pots, bonded=after.pots.bonded - 1),
                    supply=evolve(after.supply, burned=after.supply.burned + 1),
                ),
            )
    return transition


# B11, B12, B26, B32: release ---------------------------------------------------------------


def _kick_out_pays_twice(protocol: Protocol, state: State) -> Transition:
    transition = epochs.update_validator_set(protocol, state)
    after = transition.state
    for event in transition.events:
        if isinstance(event, StatusChanged) and event.before is Status.ACTIVE:
            own = validators.bonded_self_stake(after, event.validator)
            after = accounts.credit(after, event.validator, own)
    return attrs.evolve(transition, state=after)


def _release_sooner(sooner: Callable[[State, bytes], bool]) -> dict[str, Any]:
    """Return the parts of a fork that releases some stake an epoch after it has left."""

    def undelegate(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
        transition = delegation.undelegate(protocol, state, tx)
        agenda = transition.state.agenda
        for lot in load_delegation(transition.state, tx.validator, tx.delegator).delegation.lots:
            if lot.end is not None:
                due = epoch_key(lot.end + 1) + tx.validator + tx.delegator
                agenda = agenda.set(due, True)
        return then(transition, agenda=agenda)

    def touch_due(protocol: Protocol, state: State) -> Transition:
        transition = epochs.process_due_delegations(protocol, state)
        for key, _ in state.agenda.with_prefix(epoch_key(state.epoch)):
            _, holder, delegator = split_agenda_key(key)
            if delegation_key(holder, delegator) in transition.state.delegations and sooner(
                transition.state, holder
            ):
                transition = _release(transition, holder, delegator)
        return transition

    return {
        "rules": {Undelegate: undelegate},
        **replace_step(epochs.process_due_delegations, touch_due),
    }


def _release(transition: Transition, holder: bytes, delegator: bytes) -> Transition:
    state = transition.state
    touched = load_delegation(state, holder, delegator)
    gone = [
        lot
        for lot in touched.delegation.lots
        if lot.end is not None and lot.destination is None and lot.end < state.epoch
    ]
    amount = sum(lot.amount for lot in gone)
    if not amount:
        return transition
    kept = [lot for lot in touched.delegation.lots if lot not in gone]
    after, events = save_delegation(state, touched, kept)
    released = StakeReleased(delegator, holder, amount)
    return Transition(
        accounts.credit(after, delegator, amount), (*transition.events, *events, released)
    )


def _always(_state: State, _holder: bytes) -> bool:
    return True


def _is_tombstoned(state: State, holder: bytes) -> bool:
    return state.validators[holder].status is Status.TOMBSTONED


def _release_from_no_pot(protocol: Protocol, state: State) -> Transition:
    transition = epochs.process_due_delegations(protocol, state)
    freed = sum(event.amount for event in transition.events if isinstance(event, StakeReleased))
    pots = evolve(transition.state.pots, unbonding=transition.state.pots.unbonding + freed)
    return then(transition, pots=pots)


# B15, B18, B19, B27 ------------------------------------------------------------------------


def _register_again(protocol: Protocol, state: State, tx: RegisterValidator) -> Transition:
    """The second registration takes the first one's place; only its past is kept."""
    first = state.validators.get(tx.operator)
    if first is None or tx.public_key in state.keys:
        return validators.register_validator(protocol, state, tx)
    old = settle_validator(first, state.reward_index)
    bonded = sum(bucket.amount for bucket in old.buckets if bucket.end is None)
    leaving = sum(bucket.amount for bucket in old.buckets) - bonded
    pots = evolve(
        state.pots,
        bonded=state.pots.bonded - bonded,
        unbonding=state.pots.unbonding - leaving,
        treasury=state.pots.treasury + bonded + leaving,
    )
    removed = evolve(state, validators=state.validators.remove(tx.operator), pots=pots)
    transition = validators.register_validator(protocol, removed, tx)
    bucket = transition.state.validators[tx.operator].buckets
    twice = evolve(old, buckets=bucket, earning=0, public_key=tx.public_key)
    changed = transition.state.validators.set(tx.operator, twice)
    return then(transition, validators=changed)


def _total_moves_at_once(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    transition = delegation.undelegate(protocol, state, tx)
    snapshot = transition.state.snapshot
    weight = snapshot.get(tx.validator, 0)
    if weight > tx.amount:
        snapshot = snapshot.set(tx.validator, weight - tx.amount)
    return then(transition, snapshot=snapshot)


def _forget_the_boundary(rule: Rule[Any]) -> Rule[Any]:
    """The stake that a partial undelegation leaves behind is not looked at again in time."""

    def undelegate(protocol: Protocol, state: State, tx: Any) -> Transition:
        transition = rule(protocol, state, tx)
        holder = tx.validator if isinstance(tx, Undelegate) else tx.source
        lots = load_delegation(transition.state, holder, tx.delegator).delegation.lots
        if not any(lot.end is None for lot in lots):
            return transition
        agenda = transition.state.agenda
        for key, _ in transition.state.agenda.items():
            if split_agenda_key(key)[1:] == (holder, tx.delegator) and key not in state.agenda:
                agenda = agenda.remove(key)
        return then(transition, agenda=agenda)

    return undelegate


def _punished_by_reporter(protocol: Protocol, state: State, offence: Offence) -> Transition:
    """The same offence is another one when somebody else reports it."""
    if offence.reporter is None:
        return slashing.slash(protocol, state, offence)
    # The reporter's number goes into what an offence is remembered by.
    named = attrs.evolve(offence, slot=offence.slot + (offence.reporter[0] << 100))
    return slashing.slash(protocol, state, named)


def _forget_too_soon(protocol: Protocol, state: State) -> Transition:
    transition = epochs.begin_epoch(protocol, state)
    punished = transition.state.punished.without_prefix(epoch_key(oldest_admissible(state)))
    return then(transition, punished=punished)


def _unjail_who_served(protocol: Protocol, state: State, tx: Unjail) -> Transition:
    if tx.operator not in state.snapshot and tx.operator in state.validators:
        raise Rejected(RejectionReason.NOT_JAILED, status="not in the set")
    return validators.unjail(protocol, state, tx)


def _report_more_than_taken(protocol: Protocol, state: State, offence: Offence) -> Transition:
    transition = slashing.slash(protocol, state, offence)
    if offence.reporter is None or not state.params.reporter_bps:
        return transition
    taken = sum(
        event.burned + event.rewarded for event in transition.events if isinstance(event, Slashed)
    )
    extra = taken * state.params.reporter_bps // BPS
    return attrs.evolve(
        transition, state=accounts.credit(transition.state, offence.reporter, extra)
    )


MUTANTS = (
    Mutant(
        "B1", "GHSA-86h5-xcpx-cfqc",
        "Stake redelegated from an offender and undelegated then is not slashed for it.",
        PROTOCOL.fork("b1-redelegate-undelegate", {Undelegate: _undelegate_without_past}),
        ("SLA-1", "ORA-1"),
    ),
    Mutant(
        "B1b", "GHSA-86h5-xcpx-cfqc",
        "Stake redelegated from an offender is not slashed for it.",
        fork_step("b1b-redelegate", epochs.process_due_delegations, _redelegate_without_past),
        ("SLA-1", "ORA-1"),
    ),
    Mutant(
        "B2", "cosmos-sdk#20688", "Redelegated stake that is being unbonded is slashed twice.",
        PROTOCOL.fork("b2-slashed-twice", slash=_slash_twice_what_moved),
        ("SLA-2", "ORA-1", "ORA-2"),
    ),
    Mutant(
        "B3", "cosmos-sdk#3206, #1440",
        "A delegator who came after the infraction is slashed.",
        PROTOCOL.fork("b3-late-delegator", slash=_slash_at(_an_epoch_later)),
        ("SLA-3", "SLA-1", "SLA-2"),
    ),
    Mutant(
        "B5", "cosmos-sdk#3788, #4094, #4389",
        "The total loses more by rounding than those who own it.",
        PROTOCOL.fork("b5-rounding-order", slash=_slash_a_unit_more),
        ("STK-1", "ORA-2"),
    ),
    Mutant(
        "B11", "nearcore#1084", "Who is put out of the set gets the stake back twice.",
        fork_step("b11-returned-twice", epochs.update_validator_set, _kick_out_pays_twice),
        ("ACC-1",),
    ),
    Mutant(
        "B12", "nearcore#1105", "Stake is released an epoch after it has left.",
        PROTOCOL.fork("b12-released-early", **_release_sooner(_always)),
        ("TIM-3", "ORA-1"),
    ),
    Mutant(
        "B12b", "substrate#11823",
        "The window of evidence is counted from the report, so that no offence is too old.",
        PROTOCOL.fork(
            "b12b-window-of-report",
            slash=_never_too_old,
        ),
        ("SLA-5", "SLA-3", "SLA-1"),
    ),
    Mutant(
        "B13", "polkadot-sdk#11999",
        "The stake of the epoch in which a slash is applied is cut, not that of the offence.",
        PROTOCOL.fork(
            "b13-epoch-of-application", slash=_slash_at(lambda state, _epoch: state.epoch)
        ),
        ("SLA-1", "SLA-3", "SLA-2"),
    ),
    Mutant(
        "B14", "polkadot-sdk#8937",
        "A delegator of two offenders is slashed for the first alone.",
        PROTOCOL.fork("b14-one-of-two", slash=_slash_the_larger_only),
        ("SLA-1", "ORA-1", "ORA-2"),
    ),
    Mutant(
        "B15", "polkadot-sdk#3639, #4317", "An account can become a validator twice.",
        PROTOCOL.fork("b15-registered-twice", {RegisterValidator: _register_again}),
        ("STK-3", "STK-1"),
    ),
    Mutant(
        "B17", "solana#32606", "Redelegated stake can be withdrawn at once.",
        PROTOCOL.fork("b17-withdrawn-at-once", {Undelegate: _release_moved_at_once}),
        ("TIM-3", "STK-7"),
    ),
    Mutant(
        "B18", "zq2#1338", "The total of an epoch moves when stake is told to leave.",
        PROTOCOL.fork("b18-total-moves", {Undelegate: _total_moves_at_once}),
        ("TIM-2", "FIN-9"),
    ),
    Mutant(
        "B18b", "cosmos-sdk#1567", "An update is lost when a part of a stake is told to leave.",
        PROTOCOL.fork(
            "b18b-lost-update",
            {
                Undelegate: _forget_the_boundary(delegation.undelegate),
                Redelegate: _forget_the_boundary(delegation.redelegate),
            },
        ),
        ("STK-4", "TIM-6", "RUN-1"),
    ),
    Mutant(
        "B19", "namada#2567, lighthouse#1086, tendermint#2561",
        "An offence is punished once for each who reports it.",
        PROTOCOL.fork("b19-by-reporter", slash=_punished_by_reporter),
        ("SLA-4", "SLA-6", "SLA-7"),
    ),
    Mutant(
        "B26", "consensus-specs#802", "Stake behind the slashed leaves sooner than other stake.",
        PROTOCOL.fork("b26-slashed-leave-sooner", **_release_sooner(_is_tombstoned)),
        ("TIM-3", "ORA-1"),
    ),
    Mutant(
        "B27", "consensus-specs#3868", "Punished offences are forgotten an epoch too soon.",
        fork_step("b27-forgotten-early", epochs.begin_epoch, _forget_too_soon),
        ("SLA-4", "SLA-6", "TIM-10"),
    ),
    Mutant(
        "B32", "cardano-ledger#845", "What is released is not taken out of its pot.",
        fork_step("b32-from-no-pot", epochs.process_due_delegations, _release_from_no_pot),
        ("ACC-1", "ACC-4"),
    ),
    Mutant(
        "B32b", "cardano-ledger#845", "A reporter is paid, and out of no pot.",
        PROTOCOL.fork("b32b-reporter-from-nothing", slash=_report_more_than_taken),
        ("ACC-1",),
    ),
    Mutant(
        "B34", "cosmos-sdk#2372", "An offence in the first epoch cannot be punished.",
        PROTOCOL.fork("b34-first-epoch", slash=_first_epoch_is_safe),
        ("SLA-5",),
    ),
    Mutant(
        "B34b", "cosmos-sdk#6004", "Who is jailed before having served cannot return.",
        PROTOCOL.fork("b34b-never-returns", {Unjail: _unjail_who_served}),
        ("TIM-8", "ADM-3"),
    ),
)  # fmt: skip
