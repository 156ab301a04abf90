"""What an honest validator signs, and what it never signs.

A validator remembers the highest epochs that it voted from and for, and the last slot
that it signed a block for. Never going back behind these is enough: two messages signed
by this rule never contradict each other, whatever branches they are about.
"""

from statemachine.map_keys import epoch_key
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.primitives import Epoch, Slot
from statemachine.records import evolve, record
from statemachine.state import State


@record
class SigningRecord:
    """What a validator must remember about its signatures."""

    source: Epoch | None = None
    """The highest epoch that it voted from."""
    target: Epoch | None = None
    """The highest epoch that it voted for."""
    slot: Slot | None = None
    """The highest slot that it signed a block for."""


def may_sign_vote(signed: SigningRecord, vote: Vote) -> bool:
    """Say whether a vote can contradict no earlier one.

    Its target lies after every earlier one (so it is no double vote, and nothing spans it),
    and its source not before any (so it spans nothing).
    """
    if vote.source.epoch >= vote.target.epoch:
        return False
    after = signed.target is None or vote.target.epoch > signed.target
    return after and (signed.source is None or vote.source.epoch >= signed.source)


def may_sign_header(signed: SigningRecord, header: Header) -> bool:
    """Say whether a header is for a later slot than every signed one."""
    return signed.slot is None or header.slot > signed.slot


def with_vote(signed: SigningRecord, vote: Vote) -> SigningRecord:
    """Remember a vote that `may_sign_vote` allowed."""
    return evolve(signed, source=vote.source.epoch, target=vote.target.epoch)


def with_header(signed: SigningRecord, header: Header) -> SigningRecord:
    """Remember a header that `may_sign_header` allowed."""
    return evolve(signed, slot=header.slot)


def vote_of(state: State, validator: bytes, signed: SigningRecord) -> Vote | None:
    """Return the vote that a validator should cast in a state; None if there is none.

    It goes from the latest justified checkpoint to that of the current epoch.
    """
    if validator not in state.snapshot:
        return None
    current = state.finality.history[epoch_key(state.epoch)]
    vote = Vote(state.finality.justified, Checkpoint(state.epoch, current.root))
    return vote if may_sign_vote(signed, vote) else None
