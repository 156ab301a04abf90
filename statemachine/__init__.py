"""A proof-of-stake consensus as one pure function, `apply(state, transaction) -> state`."""

from statemachine import transactions
from statemachine.description import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
)
from statemachine.errors import OutOfRange, Rejected, RejectionReason
from statemachine.merkle_map import MapLayout, MerkleMap
from statemachine.params import Params
from statemachine.protocol import Offence, Protocol, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL
from statemachine.rules.genesis import genesis
from statemachine.state import OffenceKind, State, Status, Validator, state_root
from statemachine.transactions import *  # noqa: F403 - its __all__ is part of ours

apply = PROTOCOL.apply
"""Apply a transaction to a state by the default protocol; return the next, or raise Rejected."""

transition = PROTOCOL.transition
"""The same, with the events."""

__all__ = [
    "PROTOCOL",
    "Genesis",
    "GenesisAccount",
    "GenesisDelegation",
    "GenesisValidator",
    "MapLayout",
    "MerkleMap",
    "Offence",
    "OffenceKind",
    "OutOfRange",
    "Params",
    "Protocol",
    "Rejected",
    "RejectionReason",
    "State",
    "Status",
    "Transition",
    "Validator",
    "apply",
    "evolve",
    "genesis",
    "state_root",
    "transition",
]
__all__ += transactions.__all__
