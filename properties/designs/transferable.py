"""Transferable shares, as in liquid staking: stake changes hands, and its history with it."""

from properties.laws.views import Step, claim_of
from properties.model.design import Aside, Design, DrawContext, Law, OnStep, Witness
from properties.oracle.ledger import Ledger, Number
from statemachine import PROTOCOL, Protocol, Rejected, RejectionReason, State, Transition, evolve
from statemachine.map_keys import delegation_key
from statemachine.primitives import Address, Amount
from statemachine.records import record
from statemachine.rules.agenda import schedule
from statemachine.rules.delegation import require_validator
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.state import Lot


@record
class TransferStake:
    """Give somebody stake that is bonded behind a validator."""

    delegator: Address
    recipient: Address
    validator: Address
    amount: Amount


def transfer_stake(_protocol: Protocol, state: State, tx: TransferStake) -> Transition:
    """Move bonded lots, oldest first, with all that they are liable for.

    The giver's part goes first, since both together may be more than there can ever be; so
    the last that is behind a validator cannot change hands whole.
    """
    require_validator(state, tx.validator)
    if tx.amount == 0:
        raise Rejected(RejectionReason.ZERO_AMOUNT)
    if tx.delegator == tx.recipient:
        raise Rejected(RejectionReason.SAME_VALIDATOR, delegator=tx.delegator)
    loaded = load_delegation(state, tx.validator, tx.delegator)
    available = sum(lot.amount for lot in loaded.delegation.lots if lot.end is None)
    if available < tx.amount:
        raise Rejected(RejectionReason.INSUFFICIENT_STAKE, needed=tx.amount, available=available)
    kept: list[Lot] = []
    given: list[Lot] = []
    left = tx.amount
    for lot in loaded.delegation.lots:
        part = min(left, lot.amount) if lot.end is None else 0
        left -= part
        kept.append(evolve(lot, amount=lot.amount - part))
        given.append(evolve(lot, amount=part))
    earns = state.validators[tx.validator].earning > 0
    state, events = save_delegation(state, loaded, kept)
    between = state.validators[tx.validator]
    if not between.buckets or (earns and not between.earning):
        # With nothing behind it for a moment, a validator would cease to earn.
        raise Rejected(
            RejectionReason.INSUFFICIENT_STAKE, needed=tx.amount + 1, available=available
        )
    received = load_delegation(state, tx.validator, tx.recipient)
    state, more = save_delegation(state, received, (*received.delegation.lots, *given))
    for lot in given:
        if lot.amount and lot.start > state.epoch:
            # What has not begun is on the agenda of the giver alone.
            state = schedule(state, lot.start, tx.validator, tx.recipient)
    return Transition(schedule(state, state.epoch + 1, tx.validator, tx.validator), events + more)


def draw_transfer(context: DrawContext) -> TransferStake:
    """Draw somebody's stake, and somebody else."""
    validator, delegator = context.pair()
    claim = claim_of(context.state, validator, delegator)
    amount = context.amount(claim.bonded if claim is not None else 0)
    return TransferStake(delegator, context.account(), validator, amount)


def note_transfer(books: Ledger, _step: Step, tx: TransferStake) -> None:
    """Teach the oracle who has the stake now."""
    giver = books.holding(tx.validator, tx.delegator)
    left: Number = tx.amount
    taker = books.holding(tx.validator, tx.recipient)
    taker.slack += giver.slack
    for chunk in sorted(chunk for chunk in giver.chunks if chunk[1] is None):
        part = min(left, giver.chunks[chunk])
        giver.chunks[chunk] -= part
        taker.add(chunk, part)
        left -= part


def moves_exactly(_protocol: Protocol, step: Step) -> list[str]:
    """Complain of stake that was lost, or made, on the way."""
    tx, told = step.transaction, []
    assert isinstance(tx, TransferStake)
    for owner, change in ((tx.delegator, -tx.amount), (tx.recipient, tx.amount)):
        claims = [claim_of(state, tx.validator, owner) for state in (step.before, step.after)]
        was, now = (claim.bonded if claim is not None else 0 for claim in claims)
        if now - was != change:
            told.append(f"0x{owner.hex()[:8]} has {now:,} after {was:,}, by {change:+,}")
    return told


DESIGN = Design.of(
    PROTOCOL.fork("transferable", {TransferStake: transfer_stake}),
    transactions={TransferStake: draw_transfer},
    set_aside={"RWD-3": Aside("stake is given to somebody else", (TransferStake,))},
    lessons={TransferStake: note_transfer},
    laws=(
        Law(
            id="TRF-1",
            name="stake changes hands exactly",
            statement="Who gives stake has so much less, and who takes it so much more.",
            check=OnStep(moves_exactly),
            about=(TransferStake,),
        ),
    ),
    witnesses=(
        Witness(
            "given-in-part",
            "somebody gives a part of a stake",
            OnStep.when(
                lambda step: (
                    isinstance(step.transaction, TransferStake)
                    and delegation_key(step.transaction.validator, step.transaction.delegator)
                    in step.after.delegations
                )
            ),
        ),
    ),
)
