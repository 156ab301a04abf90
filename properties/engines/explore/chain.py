"""One chain of a world: its states, what can follow each, and which laws that breaks."""

from collections.abc import Iterator
from itertools import compress
from operator import not_
from typing import Any

import attrs

from properties.engines.explore.identity import Canonicalizer, CanonicalState, Signature
from properties.engines.explore.world import Branch
from properties.laws import Law, Violation, check_state
from properties.laws.accusation import with_accusations
from properties.laws.application import ALWAYS, Misbehaved, checked_apply
from properties.laws.judge import judge_rejection, judge_step, unreadable
from properties.laws.law import CHECKS_OF_STATES, OnOracle
from properties.laws.patience import patient
from properties.laws.views import Step, all_views
from properties.model.passing import crossing_once
from properties.oracle import Oracle
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.state import State
from statemachine.transactions import CastVotes, Delegate, ProduceBlock, Redelegate, Undelegate

ORDINARY = (ProduceBlock, Delegate, Undelegate, Redelegate)
"""What the oracle has no opinion on when it is refused."""


@attrs.define(eq=False)
class Node:
    """A chain as it stands after some transactions."""

    state: State
    signed: frozenset[Signature]
    """The votes that were counted on it."""
    canonical: CanonicalState
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
    canonicalizer: Canonicalizer
    laws: tuple[Law, ...]
    nodes: dict[bytes, Node] | None = None
    """Nodes by what their states are; None where equal states need not be one node."""
    prelude: tuple[object, ...] = ()
    """What happened before the first node."""
    asked: frozenset[str] = frozenset()
    """The ids of the laws."""
    oracle: bool = False
    """Whether a second machine in exact fractions follows each step, for laws that take one."""
    _of_steps: tuple[Law, ...] = ()
    _of_states: tuple[Law, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Prepare the protocol and the laws."""
        self.protocol = crossing_once(with_accusations(self.protocol))
        self.asked = frozenset(law.id for law in self.laws) | ALWAYS
        self.oracle = any(isinstance(law.check, OnOracle) for law in self.laws)
        of_states = [type(law.check) in CHECKS_OF_STATES for law in self.laws]
        self._of_states = tuple(compress(self.laws, of_states))
        self._of_steps = tuple(compress(self.laws, map(not_, of_states)))

    def start(self, state: State) -> Node:
        """Return the first node: the chain after its prelude."""
        self.prelude = tuple(self.branch.prelude(self.protocol, state))
        for transaction in self.prelude:
            state = patient(self.protocol, state, transaction).state
        signed: frozenset[Signature] = frozenset()
        return self._node(state, signed, self.canonicalizer.canonicalize(state, signed))

    def check_start(self, node: Node) -> list[Violation]:
        """Hold the first state against all laws of states."""
        return check_state(self.laws, node.state, all_views(node.state))

    def check(self, node: Node) -> list[Violation]:
        """Hold a new state against the laws of states, as far as it differs from its parent."""
        step, node.arrival = node.arrival, None
        if step is None or not self._of_states:
            return []
        return judge_step(self._of_states, self.protocol, step)

    def edges(self, node: Node) -> tuple[Edge, ...]:
        """Return everything that can follow a node."""
        if node.edges is not None:
            return node.edges
        edges = tuple(self._edges(node))
        if self.nodes is not None:
            node.edges = edges
        return edges

    def _edges(self, node: Node) -> Iterator[Edge]:
        before = node.state
        node.refused = 0
        for number, transaction in enumerate(
            self.branch.alphabet(self.protocol, before, node.signed)
        ):
            outcome = checked_apply(self.protocol, before, transaction)
            if isinstance(outcome, Step):
                yield self._edge(node, number, outcome)
                continue
            if isinstance(outcome, Misbehaved):
                violations = outcome.violations
            else:
                violations = tuple(self._doubted(before, transaction, outcome))
            if violations:
                yield Edge(number, transaction, node, None, violations)
            else:
                node.refused += 1

    def _doubted(self, state: State, transaction: object, rejection: Rejected) -> list[Violation]:
        """Return what speaks against a rejection."""
        violations = judge_rejection(self._of_steps, self.protocol, state, transaction, rejection)
        if self.oracle and not isinstance(transaction, ORDINARY):
            try:
                violations += Oracle.at(state, self.protocol).refused(state, transaction, rejection)
            except Exception as error:
                violations.append(unreadable(error))
        return [violation for violation in violations if violation.law in self.asked]

    def _edge(self, node: Node, number: int, step: Step) -> Edge:
        transaction, signed = step.transaction, node.signed
        if isinstance(transaction, CastVotes):
            source, target = transaction.vote.source.epoch, transaction.vote.target.epoch
            signed |= {(source, target, signer) for signer in transaction.signers}
        violations = judge_step(self._of_steps, self.protocol, step)
        try:
            if self.oracle:
                violations += Oracle.at(node.state, self.protocol).follow(step)
            near = (node.state, node.canonical)
            canonical = self.canonicalizer.canonicalize(step.after, signed, near)
        except Exception as error:
            return Edge(number, transaction, node, None, (unreadable(error),))
        after = self._node(step.after, signed, canonical, step)
        names = self.canonicalizer.names_in(transaction) if self.nodes is not None else ()
        name = names[0] if len(names) == 1 else None
        broken = tuple([violation for violation in violations if violation.law in self.asked])
        return Edge(number, transaction, after, name, broken)

    def _node(
        self,
        state: State,
        signed: frozenset[Signature],
        canonical: CanonicalState,
        arrival: Step | None = None,
    ) -> Node:
        if self.nodes is None:
            return Node(state, signed, canonical, 0, b"", arrival)
        identity = self.canonicalizer.exact(canonical)
        node = self.nodes.get(identity)
        if node is None:
            place, rank = len(self.nodes), self.canonicalizer.key(canonical)
            node = Node(state, signed, canonical, place, rank, arrival)
            self.nodes[identity] = node
        return node
