"""Maps: the root of every shape, and proofs that hold or do not."""

from collections.abc import Iterator
from typing import Any

from properties.conformance.asks import Message
from properties.conformance.drafts import Draft, Family, one
from properties.conformance.pure import PURE


def _account(key: str, balance: int) -> Message:
    """Return a change to a map of accounts; the key is given by its first digits."""
    return {"key": "0x" + key.ljust(40, "0"), "entry": str(balance)}


def _removed(key: str) -> Message:
    return {"key": "0x" + key.ljust(40, "0")}


SHAPES: tuple[tuple[str, list[Message]], ...] = (
    ("A map without entries has a root", []),
    ("A map of one entry is its leaf", [_account("ab", 7)]),
    (
        "Two keys that differ in the first digit split at the top",
        [_account("1", 1), _account("2", 2)],
    ),
    (
        "Two keys that differ in the second digit split inside a byte",
        [_account("12", 1), _account("13", 2)],
    ),
    (
        "Two keys that differ in the last digit share 39 digits",
        [_account("", 1), _account("0" * 39 + "1", 2)],
    ),
    ("Keys that come in another order make the same map", [_account("2", 2), _account("1", 1)]),
    ("A branch may have 16 children", [_account(f"{digit:x}", digit + 1) for digit in range(16)]),
    ("A branch stands below a branch", [_account("11", 1), _account("12", 2), _account("2", 3)]),
    (
        "A key may split a path above a branch",
        [_account("111", 1), _account("112", 2), _account("12", 3)],
    ),
    (
        "An entry that is set again is replaced",
        [_account("1", 1), _account("2", 2), _account("1", 9)],
    ),
    (
        "A branch of two that loses one is gone",
        [_account("11", 1), _account("12", 2), _removed("12")],
    ),
    (
        "A branch of two below another that loses one is gone",
        [
            _account("11", 1),
            _account("12", 2),
            _account("2", 3),
            _removed("11"),
        ],
    ),
    ("A map that loses its last entry is the empty map", [_account("1", 1), _removed("1")]),
    ("Weights add up beyond 128 bits", [_account("1", 2**128 - 1), _account("2", 2**128 - 1)]),
)

OTHERS: tuple[tuple[str, str, list[Message]], ...] = (
    (
        "Entries without weight weigh nothing",
        "keys",
        [
            {"key": "0x" + "11" * 48, "entry": "0x" + "01" * 20},
            {"key": "0x" + "22" * 48, "entry": "0x" + "02" * 20},
        ],
    ),
    ("A flag is an entry", "agenda", [{"key": "0x" + "00" * 48, "entry": True}]),
    ("The same entries in another map have another root", "snapshot", [_account("ab", 7)]),
    ("A count is an entry", "nonces", [_account("ab", 7)]),
)


def _roots() -> Iterator[Draft]:
    about = "a radix-16 trie with compressed paths"
    for sentence, changes in SHAPES:
        yield one(sentence, about, "map", map="accounts", changes=changes)
    for sentence, name, changes in OTHERS:
        yield one(sentence, about, "map", map=name, changes=changes)


def _answered(do: str, **fields: Any) -> Message:
    """Return what our machine answers."""

    def no_backend() -> Any:
        raise AssertionError("maps need no signatures")

    return PURE[do](no_backend, {"do": do, **fields})


def _proofs() -> Iterator[Draft]:
    about = "inclusion, and the totals that come with it"
    changes = [
        _account(key, amount) for key, amount in (("11", 1), ("12", 20), ("125", 3), ("3", 400))
    ]
    for change in changes:
        yield one(
            f"The entry under {change['key'][:6]}.. has a proof",
            about,
            "prove",
            map="accounts",
            changes=changes,
            key=change["key"],
        )
    proof = _answered("prove", map="accounts", changes=changes, key=changes[1]["key"])
    good = {"map": "accounts", **changes[1], **proof}
    first, *rest = proof["steps"]
    sibling, *others = first["siblings"]

    def with_sibling(**forged: Any) -> Message:
        return {"steps": [{**first, "siblings": [{**sibling, **forged}, *others]}, *rest]}

    for sentence, forged in (
        ("A proof that holds tells the totals", {}),
        ("Another entry is not proved", {"entry": "21"}),
        ("Another key is not proved", {"key": changes[0]["key"]}),
        ("Another map is not proved", {"map": "snapshot"}),
        ("Another root is not proved", {"root": "0x" + "00" * 32}),
        ("A proof that lacks a step proves nothing", {"steps": rest}),
        ("A step without siblings proves nothing", {"steps": [{**first, "siblings": []}, *rest]}),
        ("A step that is deeper than the one before proves nothing", {"steps": [*rest, first]}),
        ("A sibling with another weight proves nothing", with_sibling(weight="4")),
        ("A sibling with another count proves nothing", with_sibling(count=2)),
        ("A sibling on the path itself proves nothing", with_sibling(nibble=0)),
    ):
        yield one(sentence, about, "check_proof", **{**good, **forged})


FAMILIES = (
    Family("05-maps", "The root, count and weight of maps", _roots),
    Family("06-proofs", "Proofs of inclusion", _proofs),
)
