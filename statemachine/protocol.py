"""A protocol is a value: rules by transaction type, and the steps that rules share.

Replace any field with `attrs.evolve` or `Protocol.fork`: the copy is a fork, and every
engine accepts it in place of the original.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import attrs

from statemachine.arithmetic import is_supermajority
from statemachine.description import Genesis
from statemachine.errors import Rejected, RejectionReason
from statemachine.state import OffenceKind, State


@attrs.frozen
class Transition:
    """What a rule returns: the next state, and the events."""

    state: State
    events: tuple[Any, ...] = ()
    """Records of `events`, or of a design's own."""


@attrs.frozen
class Offence:
    """What a validator did wrong, and when."""

    validator: bytes
    kind: OffenceKind
    epoch: int
    """The epoch of the infraction."""
    slot: int
    """The slot that distinguishes this offence from others of its kind and epoch."""
    reporter: bytes | None = None
    """The account that is paid for proving it."""


T = TypeVar("T")

Rule = Callable[["Protocol", State, T], Transition]
"""Takes the protocol it is part of, a state and a transaction of its type.

Returns or raises Rejected.
"""

Rules = Mapping[type, Rule[Any]]
"""The rule for each type of transaction; no type can say that key and rule belong together."""

EpochStep = Callable[["Protocol", State], Transition]
"""A step of an epoch boundary; never rejects."""

FractionRule = Callable[[State, Offence], int]
"""Says which share of stake, in basis points, an offence costs in a state."""

SlashRule = Callable[["Protocol", State, Offence], Transition]
"""Punishes an offence; raises Rejected for one that may not be punished."""

ElectRule = Callable[[State, int], bytes | None]
"""Names who answers for a slot of the state's epoch: whoever is elected, and has missed it if
no block comes. None if nobody does, as where no stake is active.

The state may stand at an earlier slot: those without a block are passed together, and what
they missed is counted when they have passed.
"""

ServesRule = Callable[[State, bytes], bool]
"""Says whether a validator that may is to serve in the state's epoch, which begins."""

LeadersRule = Callable[["Protocol", State, int], tuple[bytes, ...] | None]
"""Names all who may propose in a slot of the state's epoch, which may be nobody; None: anybody."""


def _frozen_mapping(rules: Rules) -> Rules:
    return MappingProxyType(dict(rules))


QuorumRule = Callable[[int, int], bool]
"""Says whether some stake is a quorum of a total."""


@attrs.frozen(eq=False)
class Protocol:
    """A consensus protocol."""

    name: str
    rules: Rules = attrs.field(converter=_frozen_mapping)
    """The rule for each type of transaction."""
    closing_steps: tuple[EpochStep, ...]
    """What closes an epoch at each boundary, in this order; the state stands at the new epoch."""
    opening_steps: tuple[EpochStep, ...]
    """What then opens the new epoch; a genesis opens the first one so."""
    slash: SlashRule
    fraction: FractionRule
    serves: ServesRule
    elect: ElectRule
    leaders: LeadersRule
    is_quorum: QuorumRule = is_supermajority
    """What justifies a checkpoint, and what certifies a block as invalid."""
    state: type[State] = State
    """The record of its states, which may extend ours; its maps name the records in them."""
    description: type[Genesis] = Genesis
    """The record that a genesis is described by; with parameters of its own it extends ours."""

    @property
    def epoch_steps(self) -> tuple[EpochStep, ...]:
        """All that happens at a boundary, in order."""
        return (*self.closing_steps, *self.opening_steps)

    def transition(self, state: State, transaction: object) -> Transition:
        """Apply a transaction; return the next state with its events, or raise Rejected."""
        rule = self.rules.get(type(transaction))
        if rule is None:
            raise Rejected(
                RejectionReason.UNKNOWN_TRANSACTION, transaction=type(transaction).__name__
            )
        return rule(self, state, transaction)

    def apply(self, state: State, transaction: object) -> State:
        """Apply a transaction; return the next state, or raise Rejected."""
        return self.transition(state, transaction).state

    def fork(self, name: str, rules: Rules | None = None, **parts: Any) -> "Protocol":
        """Return a protocol of another name with some rules, or other parts, replaced."""
        return attrs.evolve(self, name=name, rules={**self.rules, **(rules or {})}, **parts)
