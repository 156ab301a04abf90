"""A proof-of-stake consensus as one pure function, `apply(state, transaction) -> state`."""

from statemachine.errors import OutOfRange, Rejected, RejectionReason
from statemachine.merkle_map import MapLayout, MerkleMap
from statemachine.params import Params
from statemachine.protocol import Offence, Protocol, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL
from statemachine.rules.genesis import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    genesis,
)
from statemachine.state import OffenceKind, State, Status, Validator, state_root
from statemachine.transactions import (
    TRANSACTION_TYPES,
    CastVotes,
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    ProduceBlock,
    Redelegate,
    RegisterValidator,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
    Transaction,
    Transfer,
    Undelegate,
    Unjail,
)

apply = PROTOCOL.apply
"""Apply a transaction to a state by the default protocol; return the next, or raise Rejected."""

transition = PROTOCOL.transition
"""The same, with the events."""

__all__ = [
    "PROTOCOL",
    "TRANSACTION_TYPES",
    "CastVotes",
    "ChangeCommission",
    "ClaimRewards",
    "Delegate",
    "Exit",
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
    "ProduceBlock",
    "Protocol",
    "Redelegate",
    "RegisterValidator",
    "Rejected",
    "RejectionReason",
    "ReportBlocks",
    "ReportInvalidBlock",
    "ReportProposer",
    "ReportVotes",
    "State",
    "Status",
    "Transaction",
    "Transfer",
    "Transition",
    "Undelegate",
    "Unjail",
    "Validator",
    "apply",
    "evolve",
    "genesis",
    "state_root",
    "transition",
]
