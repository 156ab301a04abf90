"""Who voted for both of two links that contradict each other can be made to pay.

`quorums` says what they weigh, `evidence` that their stake is still there. Here: that the pair
is taken for evidence, that all of them pay, and how much they lose together.
"""

import z3

from properties.theorems import definitions as book
from properties.theorems.definitions import BOOK, Definitions, Link
from properties.theorems.theory import Axiom, Obligation, Theorem, induction

first = Link(*z3.Ints("first_source first_target"))
second = Link(*z3.Ints("second_source second_target"))
same = z3.Bool("same")
bps, stake, weight, paid, number = z3.Ints("bps stake weight paid number")
cut = z3.Int("cut")


def _taken(definitions: Definitions) -> Obligation:
    return Obligation(
        "both votes are evidence",
        "Two votes of which one validator may not sign both are taken as evidence.",
        (
            Axiom(
                "the two votes contradict each other",
                book.contradict(first, second, same),
                "the conclusion of `safety`; slashing conditions I and II",
            ),
        ),
        definitions.contradict(first, second, same),
        ("contradict", "evidence is what contradicts"),
    )


def _lost(definitions: Definitions) -> Obligation:
    def enough(lost: z3.ArithRef, total: z3.ArithRef, many: z3.ArithRef) -> z3.BoolRef:
        return lost + many > definitions.share(total, bps)

    return Obligation(
        "everyone pays",
        "However many voted for both, they lose together the offence's share of what they voted"
        " with, less fewer units than they are.",
        (
            induction(
                "it holds of the offenders so far", enough(paid, weight, number), "the offenders"
            ),
            Axiom(
                "one more loses its share of what it voted with",
                cut == definitions.share(stake, bps),
                "all who signed both are slashed, and with the stake of the epoch of their vote",
                ("SLA-1", "SLA-7"),
                ties=("all who signed both pay", "the stake of the vote here answers"),
            ),
        ),
        enough(paid + cut, weight + stake, number + 1),
        ("share",),
    )


def theorem(definitions: Definitions = BOOK) -> Theorem:
    """Return the theorem."""
    return Theorem(
        "blame",
        "The guilty pay",
        "Who voted for both of two links that contradict each other can be slashed for it, and"
        " all of them together lose the offence's share of the stake that they voted with.",
        "Induction on the number of offenders.",
        (_taken(definitions), _lost(definitions)),
        ("SLA-7", "SAF-1"),
    )
