"""A penalty at a boundary: what designs take from stake besides slashing, and how it is booked."""

from properties.laws.views import Step
from properties.oracle.ledger import Ledger
from statemachine import State
from statemachine.primitives import Address, Amount, BasisPoints, Epoch
from statemachine.records import record
from statemachine.rules.accounts import destroy
from statemachine.rules.agenda import schedule
from statemachine.rules.lots import oldest_admissible
from statemachine.rules.slashing import cut_stake


@record
class Penalised:
    """Stake behind a validator lost a share, which was burned."""

    validator: Address
    epoch: Epoch
    """Whose stake paid: that which was active behind the validator in this epoch."""
    fraction_bps: BasisPoints
    burned: Amount


def penalise(
    state: State, validator: bytes, epoch: int, fraction_bps: int
) -> tuple[State, tuple[object, ...]]:
    """Take a share of what was active behind a validator in an epoch, while an epoch closes.

    What is older than evidence can tell apart pays as the oldest that it can.
    """
    liable = max(epoch, oldest_admissible(state))
    state, cuts = cut_stake(state, validator, liable, fraction_bps)
    for cut in cuts:
        # Whoever has too little left is out of the epoch that begins, not of the next.
        state = schedule(state, state.epoch, cut.holder, cut.holder)
    taken = sum(cut.amount for cut in cuts)
    return destroy(state, taken), (*cuts, Penalised(validator, liable, fraction_bps, taken))


def note_penalty(books: Ledger, _step: Step, event: Penalised) -> None:
    """Teach the oracle what a penalty takes."""
    books.penalise(event.validator, event.epoch, event.fraction_bps, event.burned)
