"""The votes that validators owe, put together: who would sign which."""

from collections.abc import Mapping
from types import MappingProxyType

from statemachine.duties import SigningRecord, vote_of
from statemachine.messages import Vote
from statemachine.state import State

NOTHING_SIGNED: Mapping[bytes, SigningRecord] = MappingProxyType({})


def owed_votes(
    state: State, signed: Mapping[bytes, SigningRecord] = NOTHING_SIGNED
) -> dict[Vote, tuple[bytes, ...]]:
    """Return each vote that is owed in a state, with those of its set who owe it.

    Whoever is not in `signed` has signed nothing yet.
    """
    signers: dict[Vote, tuple[bytes, ...]] = {}
    for one in state.snapshot:
        vote = vote_of(state, one, signed.get(one, SigningRecord()))
        if vote is not None:
            signers[vote] = (*signers.get(vote, ()), one)
    return signers
