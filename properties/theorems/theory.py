"""What a theorem is made of."""

from collections.abc import Collection

import attrs
import z3


@attrs.frozen
class Axiom:
    """What an obligation may assume, and why it holds of the machine."""

    name: str
    formula: z3.BoolRef
    why: str
    """Why it holds: a definition, a hypothesis of the statement, or a fact about the machine."""
    laws: tuple[str, ...] = ()
    """The laws of the registry that say so; every engine checks them at every step."""
    lemma: str = ""
    """The obligation that proves it, where another one does."""
    ties: tuple[str, ...] = ()
    """The ties that show it of a protocol's rules: without them, it is only supposed."""


@attrs.frozen
class Obligation:
    """One claim that follows from some axioms: what a solver is asked."""

    name: str
    says: str
    """The claim in words."""
    axioms: tuple[Axiom, ...]
    claim: z3.BoolRef
    definitions: tuple[str, ...] = ()
    """What its formulas take from the machine, by the names of ties."""

    def without(self, broken: Collection[str]) -> "Obligation":
        """Return it without the axioms that rest on a broken tie."""
        kept = tuple(axiom for axiom in self.axioms if not set(axiom.ties) & set(broken))
        return attrs.evolve(self, axioms=kept)

    def assumptions(self, without: str = "") -> tuple[z3.BoolRef, ...]:
        """Return the formulas of its axioms, one of them left out."""
        return tuple(axiom.formula for axiom in self.axioms if axiom.name != without)


@attrs.frozen
class Theorem:
    """A statement about all sizes, and the obligations that prove it."""

    id: str
    title: str
    statement: str
    argument: str
    """How the obligations make up the proof: what is induction, what is a case."""
    obligations: tuple[Obligation, ...]
    laws: tuple[str, ...] = ()
    """The laws of the registry whose promise it is, for all sizes."""


def hypothesis(name: str, formula: z3.BoolRef, why: str) -> Axiom:
    """Return what a statement supposes."""
    return Axiom(name, formula, why)


INDUCTION = "induction"
"""Stands where a lemma would, for the hypothesis of an induction."""


def induction(name: str, formula: z3.BoolRef, over: str) -> Axiom:
    """Return the hypothesis of an induction: what holds of everything smaller."""
    return Axiom(name, formula, f"induction on {over}", lemma=INDUCTION)
