"""Two quorums have more in common than anybody may lose: for any number of validators.

Validators are told apart by what they voted for alone: for both of two links, for one, for
neither. The stake of each of these groups is one number, whoever is in it, so a claim about
these numbers is one about all sets of validators.
"""

from collections.abc import Callable
from itertools import product

import z3

from properties.theorems.definitions import BOOK, Definitions
from properties.theorems.theory import Axiom, Obligation, Theorem

GROUPS = ("both", "first", "second", "neither")
"""Who voted for both links, for the first alone, for the second alone, for neither."""

TALLY = "the stake that voted for a link is the sum of its voters' stake at the target"

TALLY_TIES = (
    "votes add up",
    "nothing is pooled",
    "each signer once",
    "active signers only",
)


def _sum(numbers: dict[str, z3.ArithRef], *groups: str) -> z3.ArithRef:
    return z3.Sum([numbers[group] for group in groups])


def _groups(name: str) -> dict[str, z3.ArithRef]:
    return {group: z3.Int(f"{name}_{group}") for group in GROUPS}


def _natural(*numbers: dict[str, z3.ArithRef]) -> Axiom:
    return Axiom(
        "stakes are natural numbers",
        z3.And([number >= 0 for group in numbers for number in group.values()]),
        "amounts are unsigned, and no entry of a snapshot is negative",
        ("RUN-3", "ACC-2"),
    )


def same_set(definitions: Definitions = BOOK) -> Obligation:
    """Two quorums of one set."""
    stake = _groups("stake")
    total = _sum(stake, *GROUPS)
    return Obligation(
        "one set",
        "The stake that voted for both of two links is more than a third of all stake.",
        (
            _natural(stake),
            Axiom(
                "the first link has a quorum",
                definitions.is_quorum(_sum(stake, "both", "first"), total),
                TALLY,
                ("FIN-2", "FIN-7"),
                ties=TALLY_TIES,
            ),
            Axiom(
                "the second link has a quorum",
                definitions.is_quorum(_sum(stake, "both", "second"), total),
                TALLY,
                ("FIN-2", "FIN-7"),
                ties=TALLY_TIES,
            ),
        ),
        3 * stake["both"] > total,
        ("is_quorum", "a quorum justifies", "a quorum justifies the current epoch"),
    )


def changing_sets(definitions: Definitions = BOOK) -> Obligation:
    """Two quorums, each of the set at its own target: everybody counts by the smaller stake."""
    least, more_here, more_there = (_groups(name) for name in ("least", "here", "there"))
    here = {group: least[group] + more_here[group] for group in GROUPS}
    there = {group: least[group] + more_there[group] for group in GROUPS}
    total_here, total_there = _sum(here, *GROUPS), _sum(there, *GROUPS)
    return Obligation(
        "two sets",
        "Counted by the smaller of its two stakes, who voted for both has more than"
        " M - W/3 - W'/3, where W and W' are the two totals and M is everybody's smaller stake.",
        (
            _natural(least, more_here, more_there),
            Axiom(
                "the first link has a quorum of the one set",
                definitions.is_quorum(_sum(here, "both", "first"), total_here),
                TALLY,
                ("FIN-2", "FIN-4", "FIN-7"),
                ties=TALLY_TIES,
            ),
            Axiom(
                "the second link has a quorum of the other",
                definitions.is_quorum(_sum(there, "both", "second"), total_there),
                TALLY,
                ("FIN-2", "FIN-4", "FIN-7"),
                ties=TALLY_TIES,
            ),
        ),
        3 * least["both"] > 3 * _sum(least, *GROUPS) - total_here - total_there,
        ("is_quorum", "a quorum justifies", "a quorum justifies the current epoch"),
    )


Region = tuple[bool, bool, bool, bool, bool]
"""Whether its stake is in the old set, the one, the other; whether it voted for each link."""


def _membership() -> dict[Region, z3.ArithRef]:
    """Return the stake of every region: who votes for a link is in the set at its target."""
    return {
        (old, one, other, first, second): z3.Int(
            f"region_{old:d}{one:d}{other:d}{first:d}{second:d}"
        )
        for old, one, other, first, second in product((False, True), repeat=5)
        if (one or not first) and (other or not second)
    }


def since_the_fork(definitions: Definitions = BOOK) -> tuple[Obligation, Obligation]:
    """Return the bound of Gasper, and what it comes to with a bound on churn."""
    regions = _membership()

    def weight(chosen: Callable[[bool, bool, bool, bool, bool], bool]) -> z3.ArithRef:
        return z3.Sum([stake for region, stake in regions.items() if chosen(*region)])

    one = weight(lambda _old, one, _other, _first, _second: one)
    other = weight(lambda _old, _one, other, _first, _second: other)
    old = weight(lambda old, *_rest: old)
    common = weight(lambda _old, _one, _other, first, second: first and second)
    joined_one = weight(lambda old, one, *_rest: one and not old)
    left_one = weight(lambda old, one, *_rest: old and not one)
    joined_other = weight(lambda old, _one, other, *_rest: other and not old)
    left_other = weight(lambda old, _one, other, *_rest: old and not other)
    axioms = (
        Axiom(
            "stakes are natural numbers",
            z3.And([stake >= 0 for stake in regions.values()]),
            "amounts are unsigned, and no entry of a snapshot is negative",
            ("RUN-3", "ACC-2"),
        ),
        Axiom(
            "the first link has a quorum of the one set",
            definitions.is_quorum(weight(lambda *region: region[3]), one),
            TALLY,
            ("FIN-2", "FIN-4", "FIN-7"),
            ties=TALLY_TIES,
        ),
        Axiom(
            "the second link has a quorum of the other",
            definitions.is_quorum(weight(lambda *region: region[4]), other),
            TALLY,
            ("FIN-2", "FIN-4", "FIN-7"),
            ties=TALLY_TIES,
        ),
    )
    gasper = z3.And(
        3 * common > 3 * (one - joined_one - left_other) - one - other,
        3 * common > 3 * (other - joined_other - left_one) - one - other,
    )
    moved = z3.Int("moved")
    churn = Axiom(
        "no more than so much joined, and left, on either branch",
        z3.And([stake <= moved for stake in (joined_one, left_one, joined_other, left_other)]),
        "stake moves only when there has been room for all that was told to move since, so"
        " `moved` is the churn limit times the epochs since the branches parted",
        ("STK-8",),
    )
    return (
        Obligation(
            "since the fork",
            "The stake that voted for both is more than max(W - a - e', W' - a' - e) - W/3 - W'/3,"
            " where a, a' joined and e, e' left since the branches parted (the bound of Gasper).",
            axioms,
            gasper,
            ("is_quorum", "a quorum justifies", "a quorum justifies the current epoch"),
        ),
        Obligation(
            "bounded churn",
            "The stake that voted for both is more than a third of what was active at the fork,"
            " less twice what may move since.",
            (*axioms, churn),
            3 * common > old - 6 * moved,
            ("is_quorum", "a quorum justifies", "a quorum justifies the current epoch"),
        ),
    )


def theorem(definitions: Definitions = BOOK) -> Theorem:
    """Return the theorem."""
    return Theorem(
        "quorums",
        "Quorums intersect",
        "Two links with a quorum have voters in common who hold more than a third of all stake;"
        " where the set has changed between them, more than M - W/3 - W'/3.",
        "Linear arithmetic over the stake of each group of validators; no induction.",
        (same_set(definitions), changing_sets(definitions), *since_the_fork(definitions)),
        ("SAF-1", "FIN-2"),
    )
