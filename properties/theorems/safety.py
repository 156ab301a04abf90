"""Accountable safety: for any number of validators, checkpoints and epochs, and for any k.

Source: Buterin and Griffith, *Casper the Friendly Finality Gadget*, theorem 1; Buterin et
al., *Combining GHOST and Casper*, for k-finality.

Links may skip epochs, and the set may change from one target to the next: a link is one
with a quorum of the set at its own target. `quorums` says what the voters of two weigh.
"""

import z3

from properties.theorems.checkpoints import (
    GENESIS,
    JUSTIFIED,
    LINKS,
    PASSED,
    SAME_CHAIN,
    TRANSITIVE,
    Checkpoint,
    ancestor,
    epoch,
    genesis,
    justified,
    linked,
    nobody_contradicts,
    passed,
)
from properties.theorems.definitions import BOOK, Definitions
from properties.theorems.theory import Axiom, Obligation, Theorem, hypothesis, induction

final, last, other, later, x = z3.Consts("final last other later x", Checkpoint)


def is_final(one: z3.ExprRef, end: z3.ExprRef) -> z3.BoolRef:
    """Say that a link from a checkpoint to `end`, all between them justified, makes it final.

    Where `end` is the next epoch's, this is Casper's rule; k epochs later, k-finality.
    """
    between = z3.And(epoch(one) <= epoch(x), epoch(x) <= epoch(end))
    return z3.And(
        justified(one),
        linked(one, end),
        z3.ForAll([x], z3.Implies(between, justified(passed(end, x)))),
    )


FINAL = Axiom(
    "the checkpoint is final: linked to one k epochs later, and all between are justified",
    is_final(final, last),
    "the definition of k-finality, for any k",
    ("FIN-3",),
    ties=(
        "a link to the next epoch is final",
        "a link past what is not justified",
        "a link of too many epochs",
    ),
)


def is_after(one: z3.ExprRef) -> z3.BoolRef:
    """Say that a justified checkpoint is not of an earlier epoch than the final one."""
    return z3.And(justified(one), epoch(final) <= epoch(one))


EARLIER = induction(
    "it holds of all earlier ones",
    z3.ForAll([x], z3.Implies(z3.And(is_after(x), epoch(x) < epoch(other)), ancestor(final, x))),
    "the epoch of the other checkpoint",
)


def _from_genesis() -> Obligation:
    earlier = z3.Implies(
        z3.And(justified(x), epoch(x) < epoch(other)),
        z3.Or(x == genesis, epoch(genesis) < epoch(x)),
    )
    return Obligation(
        "from genesis",
        "What is justified is genesis, or of a later epoch.",
        (
            JUSTIFIED,
            LINKS,
            induction("it holds of all earlier ones", z3.ForAll([x], earlier), "its epoch"),
            hypothesis("the checkpoint is justified", justified(other), "the statement"),
        ),
        z3.Or(other == genesis, epoch(genesis) < epoch(other)),
    )


def _one_each(definitions: Definitions) -> Obligation:
    return Obligation(
        "one for each epoch",
        "No two checkpoints of one epoch are justified: else the links to them have one target"
        " epoch.",
        (
            JUSTIFIED,
            GENESIS,
            nobody_contradicts(definitions),
            hypothesis(
                "two of one epoch are justified",
                z3.And(justified(other), justified(later), epoch(other) == epoch(later)),
                "the statement",
            ),
        ),
        other == later,
        ("contradict", "evidence is what contradicts"),
    )


ONE_EACH = Axiom(
    "no two checkpoints of one epoch are justified",
    z3.ForAll(
        [x, later],
        z3.Implies(z3.And(justified(x), justified(later), epoch(x) == epoch(later)), x == later),
    ),
    "lemma safety/one for each epoch",
    lemma="safety/one for each epoch",
)


def _within() -> Obligation:
    return Obligation(
        "within the link",
        "A justified checkpoint of an epoch that the link spans descends from the final one: it"
        " is the one that the link passes in that epoch.",
        (
            ONE_EACH,
            PASSED,
            SAME_CHAIN,
            FINAL,
            hypothesis(
                "the other is justified, and within the link",
                z3.And(is_after(other), epoch(other) <= epoch(last)),
                "the case",
            ),
        ),
        ancestor(final, other),
    )


def _beyond(definitions: Definitions) -> Obligation:
    return Obligation(
        "beyond the link",
        "A justified checkpoint of a later epoch descends from the final one: else the link that"
        " justified it spans the link that made the other final.",
        (
            JUSTIFIED,
            LINKS,
            GENESIS,
            TRANSITIVE,
            nobody_contradicts(definitions),
            FINAL,
            EARLIER,
            hypothesis(
                "the other is justified, and beyond the link",
                z3.And(justified(other), epoch(last) < epoch(other)),
                "the case",
            ),
        ),
        ancestor(final, other),
        ("contradict", "evidence is what contradicts"),
    )


DESCEND = Axiom(
    "whatever is justified and not earlier descends from a final checkpoint",
    z3.ForAll(
        [final, last, other],
        z3.Implies(z3.And(is_final(final, last), is_after(other)), ancestor(final, other)),
    ),
    "proved by induction: lemmas safety/within the link and safety/beyond the link",
    lemma="safety/beyond the link",
)


def _chain() -> Obligation:
    return Obligation(
        "final checkpoints form a chain",
        "Of two final checkpoints, on whichever branches, one is an ancestor of the other.",
        (
            DESCEND,
            hypothesis(
                "both are final",
                z3.And(is_final(final, last), is_final(other, later)),
                "the statement",
            ),
        ),
        z3.Or(ancestor(final, other), ancestor(other, final)),
    )


def _stays() -> Obligation:
    before, after, source = z3.Ints("final_before final_after source")
    return Obligation(
        "what is final stays final",
        "The final checkpoint of a chain never goes back.",
        (
            hypothesis(
                "it becomes the source of a link, or stays",
                z3.Or(after == before, after == source),
                "nothing else makes a checkpoint final: the definition",
            ),
            Axiom(
                "a link does not come from before the final checkpoint",
                source >= before,
                "such votes are refused",
                ("FIN-1", "FIN-5"),
                ties=("from no earlier than what is final",),
            ),
        ),
        after >= before,
    )


def theorem(definitions: Definitions = BOOK) -> Theorem:
    """Return the theorem."""
    return Theorem(
        "safety",
        "Accountable safety",
        "If a checkpoint is final and a justified one of no earlier epoch does not descend from"
        " it, then there are two links with quorums that nobody may vote for both of. So"
        " conflicting final checkpoints cost those who voted for both: by `quorums` more than"
        " a third of the stake, and by `blame` they can be made to pay.",
        "Suppose that no two links contradict each other. By induction on its epoch, every"
        " justified checkpoint of no earlier epoch descends from the final one: `within the link`"
        " for those that the link spans, `beyond the link` for the others.",
        (
            _from_genesis(),
            _one_each(definitions),
            _within(),
            _beyond(definitions),
            _chain(),
            _stays(),
        ),
        ("SAF-1", "FIN-1"),
    )
