"""Plausible liveness: more than two thirds can always make a new checkpoint final, blamelessly.

The construction: `best` is the highest justified checkpoint, `top` the highest epoch that
anybody has voted for. All honest voters vote from `best` for the first epoch after `top`
that the chain enters, and from there for the epoch after it.
"""

import z3

from properties.theorems.definitions import BOOK, Definitions, Link
from properties.theorems.theory import Axiom, Obligation, Theorem, hypothesis

best, top, now = z3.Ints("best top now")
"""Epochs: of the latest justified checkpoint, of the highest target, and the current one."""
record = Link(z3.Int("record_source"), z3.Int("record_target"))
"""What an honest voter remembers."""
honest, total, honest_next, total_next = z3.Ints("honest total honest_next total_next")

FIRST = Link(best, now)
SECOND = Link(now, now + 1)

peak = z3.Int("peak")
"""The epoch of the highest checkpoint that has ever been justified on the chain."""
tally, tally_next = z3.Ints("tally tally_next")

RECORDS = hypothesis(
    "no honest voter has voted from beyond what was justified on the chain",
    z3.And(record.source <= peak, record.target <= top),
    "the premise of LIV-1; `top` is the highest target by its own definition",
)
LATEST = Axiom(
    "the latest justified checkpoint never goes back",
    peak <= best,
    "an older target does not replace it",
    ("FIN-1", "FIN-9"),
    ties=("the latest stays the latest",),
)
ENTERED = hypothesis(
    "the chain has entered an epoch after every target",
    z3.And(top < now, best < now),
    "the construction lets blocks be produced until it has",
)
HONEST = Axiom(
    "the honest hold more than two thirds of both snapshots",
    z3.And(total > 0, 3 * honest > 2 * total, total_next > 0, 3 * honest_next > 2 * total_next),
    "the premise of LIV-1",
)
COUNTED = Axiom(
    "every vote that the honest cast is counted, and stays",
    z3.And(honest <= tally, honest_next <= tally_next),
    "lawful votes are not refused, late ones neither, and nothing takes them back",
    ("FIN-6", "FIN-7", "FIN-8"),
    ties=("lawful votes count", "votes add up", "a slash leaves votes as they are"),
)


def theorem(definitions: Definitions = BOOK) -> Theorem:
    """Return the theorem."""
    first = Obligation(
        "the first vote is allowed",
        "Every honest voter may vote from the latest justified checkpoint for the current one.",
        (RECORDS, LATEST, ENTERED),
        definitions.may_sign(record, FIRST),
        ("may_sign",),
    )
    second = Obligation(
        "the second vote is allowed",
        "Having done so, each may vote from there for the next epoch's checkpoint.",
        (ENTERED,),
        definitions.may_sign(FIRST, SECOND),
        ("may_sign", "with_vote"),
    )
    quorums = Obligation(
        "both links have a quorum",
        "The votes of the honest alone are a quorum for each of the two links.",
        (HONEST, COUNTED),
        z3.And(definitions.is_quorum(tally, total), definitions.is_quorum(tally_next, total_next)),
        ("is_quorum", "a quorum justifies", "a quorum justifies the current epoch"),
    )
    span, most = z3.Ints("k finality_span")
    made_final, all_between = z3.Bools("made_final all_between")
    final = Obligation(
        "the first target is final",
        "The second link starts at what the first has justified and spans one epoch, so it makes"
        " its source final, whatever span the protocol allows.",
        (
            hypothesis("k is its span", span == SECOND.target - SECOND.source, "its definition"),
            hypothesis(
                "all that it passes is justified",
                z3.Implies(span == 1, all_between),
                "between an epoch and the next there is none",
            ),
            Axiom("at least one epoch may be spanned", most >= 1, "a span is at least 1: Params"),
            Axiom(
                "a link of k epochs that passes what is justified makes its source final",
                z3.Implies(z3.And(span <= most, all_between), made_final),
                "k-finality; whichever of its parts comes last",
                ("FIN-3",),
                ties=(
                    "a link to the next epoch is final",
                    "a link past what is justified",
                    "the middle comes last",
                ),
            ),
        ),
        made_final,
    )
    return Theorem(
        "liveness",
        "Plausible liveness",
        "From every state that keeps the invariants, if honest voters hold more than two thirds"
        " of the next two snapshots, their votes alone make a new checkpoint final, and none of"
        " them contradicts itself.",
        "The construction in two votes; `framing` says that votes which the duty allows"
        " contradict nothing. That blocks can be produced is the premise of LIV-1.",
        (first, second, quorums, final),
        ("LIV-1", "FIN-6"),
    )
