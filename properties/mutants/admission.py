"""Mistakes of admission: what must be rejected is accepted, or the other way round."""

from collections.abc import Callable
from typing import TypeVar

from properties.mutants.catalogue import Mutant
from properties.mutants.parts import then, then_validator
from statemachine.errors import Rejected, RejectionReason
from statemachine.events import BlockProduced, Transferred
from statemachine.hashing import digest
from statemachine.messages import block_root
from statemachine.primitives import MAX_AMOUNT
from statemachine.protocol import Protocol, Rule, Transition
from statemachine.records import evolve
from statemachine.rules import (
    PROTOCOL,
    accounts,
    blocks,
    churn,
    claims,
    delegation,
    evidence,
    finality,
    holdings,
    validators,
)
from statemachine.state import State, Status
from statemachine.transactions import (
    CastVotes,
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    ProduceBlock,
    Redelegate,
    RegisterValidator,
    ReportInvalidBlock,
    Transfer,
    Undelegate,
    Unjail,
)

T = TypeVar("T")


def _rejecting(rule: Rule[T], reason: RejectionReason, such: Callable[[State, T], bool]) -> Rule[T]:
    """Return a rule that also rejects some of the transactions that it would accept."""

    def narrower(protocol: Protocol, state: State, transaction: T) -> Transition:
        accepted = rule(protocol, state, transaction)
        if such(state, transaction):
            raise Rejected(reason)
        return accepted

    return narrower


def _in_spite_of(rule: Rule[T], reason: RejectionReason, instead: Rule[T]) -> Rule[T]:
    """Return a rule that does something else instead of rejecting for one reason, if it can."""

    def wider(protocol: Protocol, state: State, transaction: T) -> Transition:
        try:
            return rule(protocol, state, transaction)
        except Rejected as rejection:
            if rejection.reason is not reason:
                raise
            try:
                return instead(protocol, state, transaction)
            except Rejected:
                raise rejection from None

    return wider


# --- blocks ------------------------------------------------------------------------------


def _sign_anyway(protocol: Protocol, state: State, block: ProduceBlock) -> Transition:
    """Produce a block, whoever proposes it."""
    passed = blocks.pass_slots(protocol, state, block.slot)
    transition = then(
        passed,
        mix=digest("stakespec/mix", state.mix, block.reveal),
        head=block_root(state.head, block.slot, block.proposer, block.reveal, block.body),
    )
    return Transition(
        transition.state, (*transition.events, BlockProduced(block.slot, block.proposer))
    )


def _with_status(status: Status) -> Rule[ProduceBlock]:
    def sign(protocol: Protocol, state: State, block: ProduceBlock) -> Transition:
        transition = _sign_anyway(protocol, state, block)
        if transition.state.validators[block.proposer].status is not status:
            raise Rejected(RejectionReason.PROPOSER_JAILED)
        return transition

    return sign


def _is_furthest(state: State, block: ProduceBlock) -> bool:
    return block.slot == state.slot + state.params.max_slot_gap


# --- validators --------------------------------------------------------------------------


def _the_same_key(protocol: Protocol, state: State, tx: RegisterValidator) -> Transition:
    free = evolve(state, keys=state.keys.remove(tx.public_key))
    return validators.register_validator(protocol, free, tx)


def _below_the_least(protocol: Protocol, state: State, tx: RegisterValidator) -> Transition:
    lax = evolve(state, params=evolve(state.params, min_stake=1))
    return then(validators.register_validator(protocol, lax, tx), params=state.params)


def _poor_first(protocol: Protocol, state: State, tx: Unjail) -> Transition:
    validator = state.validators.get(tx.operator)
    if validator is not None and validator.status is Status.JAILED:
        own = validators.bonded_self_stake(state, tx.operator)
        if own < state.params.min_stake:
            raise Rejected(RejectionReason.INSUFFICIENT_SELF_STAKE)
    return validators.unjail(protocol, state, tx)


# --- stake -------------------------------------------------------------------------------


def _to_the_gone(protocol: Protocol, state: State, tx: Delegate) -> Transition:
    status = state.validators[tx.validator].status
    validator = evolve(state.validators[tx.validator], status=Status.PENDING)
    taking = evolve(state, validators=state.validators.set(tx.validator, validator))
    transition = delegation.delegate(protocol, taking, tx)
    return then_validator(transition, tx.validator, status=status)


def _move_to_the_gone(protocol: Protocol, state: State, tx: Redelegate) -> Transition:
    status = state.validators[tx.destination].status
    validator = evolve(state.validators[tx.destination], status=Status.PENDING)
    taking = evolve(state, validators=state.validators.set(tx.destination, validator))
    transition = delegation.redelegate(protocol, taking, tx)
    return then_validator(transition, tx.destination, status=status)


def _to_oneself(protocol: Protocol, state: State, tx: Transfer) -> Transition:
    if tx.sender != tx.recipient or tx.amount == 0:
        return accounts.transfer(protocol, state, tx)
    return Transition(state, (Transferred(tx.sender, tx.recipient, tx.amount),))


def _is_all(state: State, tx: Transfer) -> bool:
    return tx.amount == state.accounts.get(tx.sender, 0)


def _is_all_staked(state: State, tx: Undelegate) -> bool:
    loaded = holdings.load_delegation(state, tx.validator, tx.delegator)
    return tx.amount == sum(lot.amount for lot in loaded.delegation.lots if lot.end is None)


def _is_full(state: State, tx: Undelegate) -> bool:
    """Say whether the epochs over which stake may be spread have no room for all of it."""
    if tx.amount == 0 or tx.validator not in state.snapshot:
        return False
    bookings, _ = churn.book(state, state.leaving, tx.amount)
    return bookings[-1].epoch > state.epoch + state.params.churn_queue_epochs


def _no_queue(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    if not _is_full(state, tx):
        return delegation.undelegate(protocol, state, tx)
    unbounded = evolve(state, params=evolve(state.params, churn_floor=MAX_AMOUNT))
    return then(delegation.undelegate(protocol, unbounded, tx), params=state.params)


def _pays_one_token(state: State, tx: ClaimRewards) -> bool:
    transition = claims.claim_rewards(PROTOCOL, state, tx)
    return state.pots.rewards - transition.state.pots.rewards == 1


# --- lists -------------------------------------------------------------------------------


def _votes_in_any_order(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    return finality.cast_votes(protocol, state, evolve(tx, signers=tuple(sorted(tx.signers))))


def _certified_in_any_order(protocol: Protocol, state: State, tx: ReportInvalidBlock) -> Transition:
    in_order = evolve(tx, signers=tuple(sorted(tx.signers)))
    return evidence.report_invalid_block(protocol, state, in_order)


def _stale_is_unknown(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    try:
        return finality.cast_votes(protocol, state, tx)
    except Rejected as rejection:
        if rejection.reason is not RejectionReason.STALE_CHECKPOINT:
            raise
        raise Rejected(RejectionReason.UNKNOWN_CHECKPOINT) from None


_propose, _register = blocks.produce_block, validators.register_validator

MUTANTS = (
    Mutant(
        "A1", "ours", "Anybody may propose a block.",
        PROTOCOL.fork("a1-anybody-proposes", {
            ProduceBlock: _in_spite_of(_propose, RejectionReason.WRONG_PROPOSER, _sign_anyway),
        }),
        ("ADM-1",),
    ),
    Mutant(
        "A2", "ours", "Who is jailed may propose.",
        PROTOCOL.fork("a2-jailed-proposes", {
            ProduceBlock: _in_spite_of(
                _propose, RejectionReason.PROPOSER_JAILED, _with_status(Status.JAILED)
            ),
        }),
        ("ADM-1",),
    ),
    Mutant(
        "A3", "ours", "Who is tombstoned may propose.",
        PROTOCOL.fork("a3-tombstoned-proposes", {
            ProduceBlock: _in_spite_of(
                _propose, RejectionReason.PROPOSER_JAILED, _with_status(Status.TOMBSTONED)
            ),
        }),
        ("ADM-1",),
    ),
    Mutant(
        "A4", "ours", "The furthest slot that a block may be for is refused.",
        PROTOCOL.fork("a4-furthest-slot", {
            ProduceBlock: _rejecting(_propose, RejectionReason.SLOT_TOO_FAR, _is_furthest),
        }),
        ("ADM-2",),
    ),
    Mutant(
        "A5", "ours", "A key is registered twice.",
        PROTOCOL.fork("a5-key-twice", {
            RegisterValidator: _in_spite_of(_register, RejectionReason.KEY_IN_USE, _the_same_key),
        }),
        ("ADM-1",),
    ),
    Mutant(
        "A6", "ours", "A validator registers with less than the least stake.",
        PROTOCOL.fork("a6-below-the-least", {
            RegisterValidator: _in_spite_of(
                _register, RejectionReason.INSUFFICIENT_SELF_STAKE, _below_the_least
            ),
        }),
        ("ADM-1",),
    ),
    Mutant(
        "A7", "ours", "Registering with exactly the least stake is refused.",
        PROTOCOL.fork("a7-more-than-the-least", {
            RegisterValidator: _rejecting(
                _register,
                RejectionReason.INSUFFICIENT_SELF_STAKE,
                lambda state, tx: tx.self_stake == state.params.min_stake,
            ),
        }),
        ("ADM-2",),
    ),
    Mutant(
        "A8", "ours", "A commission changes by as much as is allowed, and is refused.",
        PROTOCOL.fork("a8-largest-change", {
            ChangeCommission: _rejecting(
                validators.change_commission,
                RejectionReason.COMMISSION_CHANGE_TOO_LARGE,
                lambda state, tx: (
                    abs(tx.commission_bps - state.validators[tx.operator].commission_bps)
                    == state.params.max_commission_change_bps
                ),
            ),
        }),
        ("ADM-2",),
    ),
    Mutant(
        "A9", "ours", "Who is jailed is not let go.",
        PROTOCOL.fork("a9-jailed-cannot-leave", {
            Exit: _rejecting(
                validators.exit_validator,
                RejectionReason.VALIDATOR_NOT_IN_SERVICE,
                lambda state, tx: state.validators[tx.operator].status is Status.JAILED,
            ),
        }),
        ("ADM-2",),
    ),
    Mutant(
        "A10", "ours", "Who is still jailed and too poor to return is told of the stake alone.",
        PROTOCOL.fork("a10-poor-first", {Unjail: _poor_first}),
        ("ADM-3",),
    ),
    Mutant(
        "A11", "ours", "Stake is put behind a validator that takes none.",
        PROTOCOL.fork("a11-to-the-gone", {
            Delegate: _in_spite_of(
                delegation.delegate, RejectionReason.VALIDATOR_NOT_ACCEPTING, _to_the_gone
            ),
        }),
        ("ADM-1",),
    ),
    Mutant(
        "A12", "ours", "Stake is moved behind a validator that takes none.",
        PROTOCOL.fork("a12-move-to-the-gone", {
            Redelegate: _in_spite_of(
                delegation.redelegate, RejectionReason.VALIDATOR_NOT_ACCEPTING, _move_to_the_gone
            ),
        }),
        ("ADM-1",),
    ),
    Mutant(
        "A13", "ours", "A transfer to oneself may be of more than one has.",
        PROTOCOL.fork("a13-to-oneself", {Transfer: _to_oneself}),
        ("ADM-1",),
    ),
    Mutant(
        "A14", "ours", "Nobody may send the whole balance.",
        PROTOCOL.fork("a14-whole-balance", {
            Transfer: _rejecting(
                accounts.transfer, RejectionReason.INSUFFICIENT_BALANCE, _is_all
            ),
        }),
        ("ADM-2",),
    ),
    Mutant(
        "A15", "ours", "Nobody may undelegate all that there is.",
        PROTOCOL.fork("a15-whole-stake", {
            Undelegate: _rejecting(
                delegation.undelegate, RejectionReason.INSUFFICIENT_STAKE, _is_all_staked
            ),
        }),
        ("ADM-2", "RUN-1"),
    ),
    Mutant(
        "A16", "ours", "Who finds no room in the epochs ahead may not leave.",
        PROTOCOL.fork("a16-refused-when-full", {
            Undelegate: _rejecting(
                delegation.undelegate, RejectionReason.CHURN_QUEUE_FULL, _is_full
            ),
        }),
        ("ADM-2", "RUN-1"),
    ),
    Mutant(
        "A17", "ours", "Undelegated stake for which the epochs ahead have no room leaves at once.",
        PROTOCOL.fork("a17-no-queue", {Undelegate: _no_queue}),
        ("STK-8",),
    ),
    Mutant(
        "A18", "ours", "A reward of exactly one token is not paid out.",
        PROTOCOL.fork("a18-one-token", {
            ClaimRewards: _rejecting(
                claims.claim_rewards, RejectionReason.NOTHING_TO_CLAIM, _pays_one_token
            ),
        }),
        ("ADM-2",),
    ),
    Mutant(
        "A19", "ours", "Votes are counted in whatever order their signers are listed.",
        PROTOCOL.fork("a19-unsorted-votes", {
            CastVotes: _in_spite_of(
                finality.cast_votes, RejectionReason.UNSORTED_SIGNERS, _votes_in_any_order
            ),
        }),
        ("ADM-1", "FIN-5"),
    ),
    Mutant(
        "A20", "ours", "A certificate counts in whatever order its signers are listed.",
        PROTOCOL.fork("a20-unsorted-certificate", {
            ReportInvalidBlock: _in_spite_of(
                evidence.report_invalid_block,
                RejectionReason.UNSORTED_SIGNERS,
                _certified_in_any_order,
            ),
        }),
        ("ADM-1", "SLA-6"),
    ),
    Mutant(
        "A21", "ours", "Votes for what is past are rejected as if it were still to come.",
        PROTOCOL.fork("a21-stale-is-unknown", {
            CastVotes: _stale_is_unknown,
        }),
        ("ADM-3", "FIN-6"),
    ),
)  # fmt: skip
