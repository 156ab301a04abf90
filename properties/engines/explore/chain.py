"""One chain of a world: its states, what can follow each, and which laws that breaks."""

from collections.abc import Iterator
from contextlib import suppress
from operator import is_not
from typing import Any

import attrs

from properties.engines.explore.identity import Painter, Portrait, Signature
from properties.engines.explore.world import Branch
from properties.laws import Law, Violation, check_state, check_step
from properties.laws.accusation import Evidence, repetitions, with_accusations
from properties.laws.views import Step, all_views
from properties.oracle import Oracle
from statemachine.errors import Rejected
from statemachine.protocol import Protocol, Transition
from statemachine.records import fields_of
from statemachine.state import State
from statemachine.transactions import CastVotes, Delegate, ProduceBlock, Redelegate, Undelegate

FIELDS = tuple(field.name for field in fields_of(State))

ALWAYS = frozenset({"RUN-3", "RUN-4"})
"""The laws without which nothing could be said: a rule answers, and changes nothing."""

ORDINARY = (ProduceBlock, Delegate, Undelegate, Redelegate)
"""What the oracle has no opinion on when it is refused."""


@attrs.define(eq=False)
class Node:
    """A chain as it stands after some transactions."""

    state: State
    signed: frozenset[Signature]
    """The votes that were counted on it."""
    portrait: Portrait
    place: int
    """A number that no other node of the chain has, where equal states are one node."""
    rank: bytes
    """What it is known by, whoever is who."""
    arrival: Step | None = None
    """How it was first reached, until the laws of states have been held against it."""
    edges: "tuple[Edge, ...] | None" = None
    """What can follow, where that is kept once worked out."""
    refused: int = 0
    """Transactions of the alphabet that were refused there."""


@attrs.frozen(eq=False)
class Edge:
    """A transaction that was not refused."""

    number: int
    """Its place in the alphabet."""
    transaction: Any
    after: Node
    name: bytes | None
    """The one of the interchangeable who is named in it, if it is one alone."""
    violations: tuple[Violation, ...] = ()
    """How it broke the laws of steps."""


@attrs.define(eq=False)
class Chain:
    """Works out what can follow the states of one branch, by the real rules."""

    protocol: Protocol
    branch: Branch
    painter: Painter
    laws: tuple[Law, ...]
    known: dict[bytes, Node] | None = None
    """Nodes by what their states are; None where equal states need not be one node."""
    prelude: tuple[Any, ...] = ()
    """What happened before the first node."""
    asked: frozenset[str] = frozenset()
    """The ids of the laws."""
    oracle: bool = False
    """Whether a second machine in exact fractions follows each step, for laws that take one."""
    _of_steps: tuple[Law, ...] = ()
    _of_states: tuple[Law, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Prepare the protocol and the laws."""
        self.protocol = with_accusations(self.protocol)
        self.asked = frozenset(law.id for law in self.laws) | ALWAYS
        self.oracle = any(law.by_engine in ("oracle", "runner") for law in self.laws)
        self._of_steps = tuple(law for law in self.laws if law.of_step is not None)
        self._of_states = tuple(law for law in self.laws if law.of_step is None)

    def start(self, state: State) -> Node:
        """Return the first node: the chain after its prelude."""
        self.prelude = tuple(self.branch.prelude(self.protocol, state))
        for transaction in self.prelude:
            state = self.protocol.apply(state, transaction)
        signed: frozenset[Signature] = frozenset()
        return self._node(state, signed, self.painter.portray(state, signed))

    def check_start(self, node: Node) -> list[Violation]:
        """Hold the first state against all laws of states."""
        return check_state(self.laws, node.state, all_views(node.state))

    def check(self, node: Node) -> list[Violation]:
        """Hold a new state against the laws of states, as far as it differs from its parent."""
        step, node.arrival = node.arrival, None
        if step is None or not self._of_states:
            return []
        try:
            return check_step(self._of_states, self.protocol, step)
        except Exception as error:
            return [_raised("the state cannot be read: a law", error)]

    def edges(self, node: Node) -> tuple[Edge, ...]:
        """Return everything that can follow a node."""
        if node.edges is not None:
            return node.edges
        edges = tuple(self._edges(node))
        if self.known is not None:
            node.edges = edges
        return edges

    def _edges(self, node: Node) -> Iterator[Edge]:
        before = node.state
        fields = [getattr(before, name) for name in FIELDS]
        node.refused = 0
        for number, transaction in enumerate(
            self.branch.alphabet(self.protocol, before, node.signed)
        ):
            outcome: Any = None
            try:
                outcome = self.protocol.transition(before, transaction)
            except Rejected as rejection:
                found = self._doubted(before, transaction, rejection)
                if not found:
                    node.refused += 1
                    continue
            except Exception as error:
                found = [_raised(type(transaction).__name__, error)]
            else:
                found = []
            if any(map(is_not, [getattr(before, name) for name in FIELDS], fields)):
                found = [Violation("RUN-4", "the rule changed the state that it was given")]
            elif not found and not isinstance(outcome, Transition):
                found = [Violation("RUN-3", f"a rule returned {type(outcome).__name__}")]
            if found:
                yield Edge(number, transaction, node, None, tuple(found))
            else:
                yield self._edge(node, number, transaction, outcome)

    def _doubted(self, state: State, transaction: Any, rejection: Rejected) -> list[Violation]:
        """Return what speaks against a refusal."""
        if not self.oracle or isinstance(transaction, ORDINARY):
            return []
        try:
            found = Oracle.at(state, self.protocol).refused(state, transaction, rejection)
            return [violation for violation in found if violation.law in self.asked]
        except Exception as error:
            return [_raised("the state cannot be read: the oracle", error)]

    def _edge(self, node: Node, number: int, transaction: Any, outcome: Transition) -> Edge:
        step = Step(node.state, transaction, outcome.state, outcome.events)
        signed = node.signed
        if isinstance(transaction, CastVotes):
            source, target = transaction.vote.source.epoch, transaction.vote.target.epoch
            signed |= {(source, target, signer) for signer in transaction.signers}
        try:
            found = [
                Violation(law.id, complaint)
                for law in self._of_steps
                if law.of_step is not None and law.judges(transaction)
                for complaint in law.of_step(self.protocol, step)
            ]
            if self.oracle:
                found += Oracle.at(node.state, self.protocol).follow(step)
                found += self._punished_again(step)
            near = (node.state, node.portrait)
            portrait = self.painter.portray(outcome.state, signed, near)
        except Exception as error:
            raised = _raised("the state cannot be read: a law", error)
            return Edge(number, transaction, node, None, (raised,))
        after = self._node(outcome.state, signed, portrait, step)
        names = self.painter.names_in(transaction) if self.known is not None else ()
        name = names[0] if len(names) == 1 else None
        asked = tuple([violation for violation in found if violation.law in self.asked])
        return Edge(number, transaction, after, name, asked)

    def _punished_again(self, step: Step) -> list[Violation]:
        """Return what speaks against evidence that is accepted a second time."""
        if not isinstance(step.transaction, Evidence):
            return []
        for again in repetitions(step.transaction):
            with suppress(Rejected):
                self.protocol.transition(step.after, again)
                return [Violation("SLA-4", "the same offence was punished a second time")]
        return []

    def _node(
        self,
        state: State,
        signed: frozenset[Signature],
        portrait: Portrait,
        arrival: Step | None = None,
    ) -> Node:
        if self.known is None:
            return Node(state, signed, portrait, 0, b"", arrival)
        identity = self.painter.exact(portrait)
        node = self.known.get(identity)
        if node is None:
            place, rank = len(self.known), self.painter.key(portrait)
            node = Node(state, signed, portrait, place, rank, arrival)
            self.known[identity] = node
        return node


def _raised(what: str, error: Exception) -> Violation:
    return Violation("RUN-3", f"{what} raised {type(error).__name__}: {error}")
