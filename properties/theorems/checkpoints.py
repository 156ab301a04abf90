"""Checkpoints: what all theorems of finality speak of."""

import z3

from properties.theorems.definitions import BOOK, Definitions, Link
from properties.theorems.theory import Axiom

Checkpoint = z3.DeclareSort("Checkpoint")
"""A block as the start of an epoch, on whichever branch."""

epoch = z3.Function("epoch", Checkpoint, z3.IntSort())
ancestor = z3.Function("ancestor", Checkpoint, Checkpoint, z3.BoolSort())
"""The first lies on the chain of the second, or is the second."""
passed = z3.Function("passed", Checkpoint, Checkpoint, Checkpoint)
"""The checkpoint on the chain of the first that has the epoch of the second."""
linked = z3.Function("linked", Checkpoint, Checkpoint, z3.BoolSort())
"""On some branch, votes of a quorum link the first to the second."""
justified = z3.Function("justified", Checkpoint, z3.BoolSort())
source_of = z3.Function("source_of", Checkpoint, Checkpoint)
"""Where the link comes from that justified a checkpoint."""
genesis = z3.Const("genesis", Checkpoint)

a, b, c, d = z3.Consts("a b c d", Checkpoint)
"""Any checkpoints."""


def link(source: z3.ExprRef, target: z3.ExprRef) -> Link:
    """Return a link as definitions see it."""
    return Link(epoch(source), epoch(target))


TRANSITIVE = Axiom(
    "ancestors of ancestors are ancestors",
    z3.ForAll([a, b, c], z3.Implies(z3.And(ancestor(a, b), ancestor(b, c)), ancestor(a, c))),
    "checkpoints lie on chains: lemma tree/transitive",
    lemma="tree/transitive",
)

SAME_CHAIN = Axiom(
    "of two on one chain, the earlier is an ancestor of the later",
    z3.ForAll(
        [a, b, c],
        z3.Implies(z3.And(ancestor(a, c), ancestor(b, c), epoch(a) <= epoch(b)), ancestor(a, b)),
    ),
    "checkpoints lie on chains: lemma tree/same chain",
    lemma="tree/same chain",
)

PASSED = Axiom(
    "a chain has a checkpoint in each epoch that it has passed",
    z3.ForAll(
        [a, b],
        z3.Implies(
            epoch(b) <= epoch(a),
            z3.And(ancestor(passed(a, b), a), epoch(passed(a, b)) == epoch(b)),
        ),
        patterns=[passed(a, b)],
    ),
    "checkpoints lie on chains: lemma tree/passed",
    lemma="tree/passed",
)

GENESIS = Axiom(
    "what is justified is genesis, or comes after it",
    z3.ForAll([a], z3.Implies(justified(a), z3.Or(a == genesis, epoch(genesis) < epoch(a)))),
    "by induction: lemma safety/from genesis",
    lemma="safety/from genesis",
)

LINKS = Axiom(
    "a link leads to a later checkpoint on the same chain",
    z3.ForAll([a, b], z3.Implies(linked(a, b), z3.And(epoch(a) < epoch(b), ancestor(a, b)))),
    "votes are refused unless both checkpoints are this chain's own and the source is earlier",
    ("FIN-5",),
    ties=("to a later epoch", "to this chain's checkpoint", "from this chain's checkpoint"),
)

JUSTIFIED = Axiom(
    "what is justified is genesis, or linked from what is justified",
    z3.ForAll(
        [a],
        z3.Implies(
            z3.And(justified(a), a != genesis),
            z3.And(justified(source_of(a)), linked(source_of(a), a)),
        ),
    ),
    "nothing justifies a checkpoint but a quorum for one link from a justified source",
    ("FIN-2", "FIN-5"),
    ties=("from what is justified", "nothing is pooled", "each signer once", "active signers only"),
)


def nobody_contradicts(definitions: Definitions = BOOK) -> Axiom:
    """Suppose that no two links contradict each other: the theorem is the contrary."""
    same = z3.And(a == c, b == d)
    return Axiom(
        "no two links with a quorum contradict each other",
        z3.ForAll(
            [a, b, c, d],
            z3.Implies(
                z3.And(linked(a, b), linked(c, d)),
                z3.Not(definitions.contradict(link(a, b), link(c, d), same)),
            ),
            patterns=[z3.MultiPattern(linked(a, b), linked(c, d))],
        ),
        "supposed: whoever voted for both of two that do can be slashed, and `quorums` says how"
        " much stake that is",
    )
