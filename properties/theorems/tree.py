"""Checkpoints form a tree: what it takes of a chain that it never rewrites its past."""

import z3

from properties.theorems.checkpoints import a, b, c, d, epoch, passed
from properties.theorems.theory import Axiom, Obligation, Theorem, hypothesis


def ancestor(one: z3.ExprRef, other: z3.ExprRef) -> z3.BoolRef:
    """Say that a checkpoint is in the history of another."""
    return z3.And(epoch(one) <= epoch(other), passed(other, one) == one)


OWN = Axiom(
    "a history ends with its own checkpoint",
    z3.ForAll([a], passed(a, a) == a),
    "the current epoch is remembered with the checkpoint that it began with",
    ("FIN-9",),
)

EVERY_EPOCH = Axiom(
    "a history has a checkpoint for each epoch",
    z3.ForAll([a, b], z3.Implies(epoch(b) <= epoch(a), epoch(passed(a, b)) == epoch(b))),
    "every boundary opens an epoch, skipped ones too, with the last block before it",
    ("FIN-4", "FIN-9"),
    ties=("the past is kept",),
)

ONE_EACH = Axiom(
    "and only one",
    z3.ForAll(
        [a, b, c],
        z3.Implies(epoch(b) == epoch(c), passed(a, b) == passed(a, c)),
        patterns=[z3.MultiPattern(passed(a, b), passed(a, c))],
    ),
    "a state remembers epochs by their number",
    ("FIN-4", "FIN-9"),
)

KEPT = Axiom(
    "what came before a checkpoint comes before all that descend from it",
    z3.ForAll(
        [a, b, c],
        z3.Implies(
            z3.And(epoch(c) <= epoch(b), epoch(b) <= epoch(a)),
            passed(passed(a, b), c) == passed(a, c),
        ),
    ),
    "an epoch is remembered as it began, and a block's root fixes all that came before it",
    ("FIN-4", "FIN-10"),
    ties=("the past is kept",),
)


def _obligations() -> tuple[Obligation, ...]:
    between = z3.And(ancestor(a, b), ancestor(b, c))
    both = z3.And(ancestor(a, c), ancestor(b, c), epoch(a) <= epoch(b))
    return (
        Obligation("reflexive", "A checkpoint is in its own history.", (OWN,), ancestor(a, a)),
        Obligation(
            "transitive",
            "Ancestors of ancestors are ancestors.",
            (KEPT, hypothesis("one before another before a third", between, "the statement")),
            ancestor(a, c),
        ),
        Obligation(
            "same chain",
            "Of two ancestors of one checkpoint, the earlier is an ancestor of the later.",
            (KEPT, hypothesis("both before a third", both, "the statement")),
            ancestor(a, b),
        ),
        Obligation(
            "passed",
            "What a chain had in an epoch that it has passed is an ancestor, of that epoch.",
            (
                EVERY_EPOCH,
                ONE_EACH,
                hypothesis("an epoch that is passed", epoch(d) <= epoch(c), "the statement"),
            ),
            z3.And(ancestor(passed(c, d), c), epoch(passed(c, d)) == epoch(d)),
        ),
    )


def theorem() -> Theorem:
    """Return the theorem."""
    return Theorem(
        "tree",
        "Checkpoints form a tree",
        "To be an ancestor is to be in a checkpoint's history. Histories that are never rewritten"
        " make that a tree.",
        "Rewriting with the axioms; no induction.",
        _obligations(),
        ("FIN-4",),
    )
