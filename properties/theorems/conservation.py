"""Conservation for any number of accounts, buckets and lots.

A rule touches a few entries of a map and leaves the others alone. So the sum over the whole
map changes by what the touched entries change by, however many others there are; and where
a rule goes through a list, its running sums agree with the list after every element.
"""

import z3

from properties.theorems.definitions import BOOK, Definitions
from properties.theorems.theory import Axiom, Obligation, Theorem, hypothesis, induction

Entry = z3.DeclareSort("Entry")
"""A place of a map: an account, a bucket of a validator, a lot."""

before = z3.Function("before", Entry, z3.IntSort())
after = z3.Function("after", Entry, z3.IntSort())
sum_before = z3.Function("sum_before", z3.IntSort(), z3.IntSort())
"""The sum of the first so many entries."""
sum_after = z3.Function("sum_after", z3.IntSort(), z3.IntSort())
i, touched, size = z3.Ints("i touched size")
amount = z3.Function("amount", z3.IntSort(), z3.IntSort())
new_amount = z3.Function("new_amount", z3.IntSort(), z3.IntSort())


def _sums(total: z3.FuncDeclRef, entries: z3.FuncDeclRef, name: str) -> Axiom:
    return Axiom(
        name,
        z3.And(total(i + 1) == total(i) + entries(i)),
        "the definition of a sum; a map keeps it at its root",
        ("ACC-8",),
    )


def _set_one() -> tuple[Obligation, Obligation]:
    """One entry changes: the sum changes by as much."""
    sums = (
        _sums(sum_before, amount, "the sum before, one entry further"),
        _sums(sum_after, new_amount, "the sum after, one entry further"),
    )
    change = new_amount(touched) - amount(touched)

    def agree(place: z3.ArithRef) -> z3.BoolRef:
        moved = z3.If(touched < place, change, 0)
        return sum_after(place) == sum_before(place) + moved

    untouched = Axiom(
        "no other entry changes",
        z3.Implies(i != touched, new_amount(i) == amount(i)),
        "a rule sets the entries that it touches, one by one, and asks for no others",
        ties=("what is touched",),
    )
    so_far = induction("it holds of the entries so far", agree(i), "the entries")
    step = Obligation(
        "one entry is set",
        "The sum over any number of entries changes by exactly what the touched entry changes.",
        (*sums, untouched, so_far),
        agree(i + 1),
    )
    debit, credit = z3.Ints("debit credit")
    accounts, other_pots, new_accounts, new_pots = z3.Ints("accounts pots new_accounts new_pots")
    moved = Obligation(
        "what one loses another gains",
        "Where one entry loses what a pot, or an entry of another map, gains, the sum of all is"
        " what it was.",
        (
            hypothesis("the one sum falls", new_accounts == accounts - debit, "by `one entry`"),
            hypothesis("the other rises", new_pots == other_pots + credit, "by `one entry`"),
            Axiom(
                "by the same amount",
                debit == credit,
                "every rule moves what it takes: proved of each by `stakespec prove`",
                ("ACC-1",),
            ),
        ),
        new_accounts + new_pots == accounts + other_pots,
    )
    return step, moved


def _slash(definitions: Definitions) -> Obligation:
    """A slash goes through any number of buckets."""
    pots, new_pots, taken, bucket, bps = z3.Ints("pots_left_ new_pots_left taken bucket bps")
    pot_before = z3.Int("pot_before")
    cut = definitions.share(bucket, bps)
    new_taken = z3.Int("new_taken")
    return Obligation(
        "a slash, bucket by bucket",
        "However many buckets a slash goes through, what it has burned is what the pot has lost.",
        (
            induction("it holds of the buckets so far", pots + taken == pot_before, "the buckets"),
            Axiom(
                "the bucket's cut leaves the pot and is counted as taken",
                z3.And(new_pots == pots - cut, new_taken == taken + cut),
                "what `slash` does with each bucket that answers",
                ("ACC-4", "ACC-5", "SLA-1"),
                ties=("each bucket is cut",),
            ),
        ),
        new_pots + new_taken == pot_before,
        ("share",),
    )


def _merge() -> Obligation:
    """Merging goes through any number of buckets, or lots."""
    kept, seen, one = z3.Ints("kept seen one")
    return Obligation(
        "merging, one by one",
        "However many buckets, or lots, are merged, they add up to what they were.",
        (induction("it holds of those so far", kept == seen, "the list"),),
        kept + one == seen + one,
        ("bucket_key",),
    )


def theorem(definitions: Definitions = BOOK) -> Theorem:
    """Return the theorem."""
    return Theorem(
        "conservation",
        "Conservation",
        "Accounts, pots and what was burned add up to genesis and what was issued, for any number"
        " of accounts, validators, delegations, buckets and lots.",
        "Induction on the entries of a map, and on the elements of a list. That each rule moves"
        " what it takes is proved by `stakespec prove`, for states of fixed shape; these lemmas"
        " carry it to states with any number of entries that the rule does not touch.",
        (*_set_one(), _slash(definitions), _merge()),
        ("ACC-1", "ACC-4", "ACC-5", "ACC-8"),
    )
