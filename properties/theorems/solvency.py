"""Solvency with its dust bound: any number of lots in a bucket, any sequence of slashes.

A bucket is rounded up and its lots down. So the bucket always covers its lots, and by how
much it exceeds them grows by at most one unit for each lot and slash.
"""

import z3

from properties.theorems.definitions import BOOK, WHOLE, Definitions
from properties.theorems.theory import Axiom, Obligation, Theorem, hypothesis, induction

bucket, lots, number, dust, bps = z3.Ints("bucket lots number dust bps")
"""What a bucket holds, what its lots claim together, how many they are, and the dust bound."""
lot, claimed, cut = z3.Ints("lot claimed cut")

SHARES = Axiom(
    "a share is no more than the whole",
    z3.And(bps >= 0, bps <= WHOLE),
    "basis points are bounded where they are stored",
    ("RUN-3",),
)


def _covered(holds: z3.ArithRef, claims: z3.ArithRef, bound: z3.ArithRef) -> z3.BoolRef:
    return z3.And(claims <= holds, holds <= claims + bound)


def theorem(definitions: Definitions = BOOK) -> Theorem:
    """Return the theorem."""
    remaining, share = definitions.remaining, definitions.share

    def near(claims: z3.ArithRef, total: z3.ArithRef, many: z3.ArithRef) -> z3.BoolRef:
        """Say that so many lots cut one by one claim hardly less than one lot of their sum."""
        return z3.And(claims <= remaining(total, bps), remaining(total, bps) < claims + many)

    one_more = Obligation(
        "one lot more",
        "Any number of lots, cut one by one, claim at most what one lot of their sum would, and"
        " less by fewer units than there are lots.",
        (induction("it holds of the lots so far", near(claimed, lots, number), "the lots"),),
        near(claimed + remaining(lot, bps), lots + lot, number + 1),
        ("remaining",),
    )
    first = Obligation(
        "one lot",
        "This is so of one lot.",
        (),
        near(remaining(lot, bps), lot, z3.IntVal(1)),
        ("remaining",),
    )
    slash = Obligation(
        "one slash more",
        "A slash keeps a bucket covering its lots; the dust bound grows by one for each lot.",
        (
            induction("it was covered", _covered(bucket, lots, dust), "slashes"),
            Axiom(
                "the bucket loses its share, and the bound grows by its lots",
                cut == share(bucket, bps),
                "what `slash` does with each bucket that answers",
                ("STK-2", "SLA-1"),
                ties=("each bucket is cut",),
            ),
            Axiom(
                "its lots were cut one by one",
                near(claimed, lots, number),
                "by `one lot more`",
                ("SLA-1",),
                lemma="solvency/one lot more",
                ties=("each lot is cut",),
            ),
            SHARES,
        ),
        _covered(bucket - cut, claimed, dust + number),
        ("share", "remaining"),
    )
    joined = Obligation(
        "a lot joins or leaves",
        "What joins or leaves a bucket with its lot leaves the bucket covering the others.",
        (hypothesis("it was covered", _covered(bucket, lots, dust), "the statement"),),
        z3.And(_covered(bucket + lot, lots + lot, dust), _covered(bucket - lot, lots - lot, dust)),
    )
    return Theorem(
        "solvency",
        "Solvency, with a bound on dust",
        "The lots in a bucket never claim more than it holds, and it exceeds them by at most one"
        " unit for each lot and slash, for any number of lots and any sequence of slashes.",
        "Induction on the lots for one slash; induction on slashes and on lots that come and go"
        " for the sequence. A new bucket holds what its one lot claims.",
        (first, one_more, slash, joined),
        ("STK-1", "STK-2"),
    )
