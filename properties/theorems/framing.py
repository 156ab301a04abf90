"""No framing: a validator that follows the signing rule never contradicts itself."""

import z3

from properties.theorems.definitions import BOOK, Definitions, Link
from properties.theorems.theory import Axiom, Obligation, Theorem, induction

Signed = z3.DeclareSort("Vote")
"""A vote that the validator has signed, on whichever branch."""

source = z3.Function("source", Signed, z3.IntSort())
target = z3.Function("target", Signed, z3.IntSort())
vote = z3.Const("vote", Signed)

record = Link(z3.Int("record_source"), z3.Int("record_target"))
"""What the validator remembers: the source and target of its last vote."""
fresh = Link(z3.Int("next_source"), z3.Int("next_target"))
"""The vote that it signs next."""


def _link(link: z3.ExprRef) -> Link:
    return Link(source(link), target(link))


def _covers(memory: Link, link: Link) -> z3.BoolRef:
    return z3.And(link.source <= memory.source, link.target <= memory.target)


COVERED = induction(
    "every vote signed before is from no later source, and for no later target",
    z3.ForAll([vote], _covers(record, _link(vote))),
    "the number of votes signed; before the first there is nothing to cover",
)


def _dutiful(definitions: Definitions) -> Axiom:
    return Axiom(
        "the duty allows the next vote",
        definitions.may_sign(record, fresh),
        "the validator asks `may_sign_vote` before it signs",
    )


def theorem(definitions: Definitions = BOOK) -> Theorem:
    """Return the theorem."""
    no_contradiction = Obligation(
        "the next vote contradicts none",
        "A vote that the duty allows contradicts none that was signed before.",
        (COVERED, _dutiful(definitions)),
        z3.Not(definitions.contradict(_link(vote), fresh, z3.BoolVal(False))),
        ("may_sign", "contradict", "evidence is what contradicts"),
    )
    kept = Obligation(
        "the record covers all votes",
        "With the next vote remembered, the record covers it and all votes before it.",
        (COVERED, _dutiful(definitions)),
        z3.And(_covers(fresh, _link(vote)), _covers(fresh, fresh)),
        ("may_sign", "with_vote"),
    )
    return Theorem(
        "framing",
        "No framing",
        "A validator that signs what its duty allows, on however many branches, never signs two"
        " votes that contradict each other.",
        "Induction on the number of votes: the first obligation is the claim for the next vote,"
        " the second keeps the hypothesis.",
        (no_contradiction, kept),
        ("SAF-2",),
    )
