"""Hashing with domains, and arithmetic."""

from collections.abc import Iterator

from properties.conformance.drafts import Draft, Family, one
from statemachine.primitives import MAX_AMOUNT


def _hashing() -> Iterator[Draft]:
    about = "digest(domain, part, ...): blake3 over lengths and contents"
    for sentence, domain, parts in (
        ("A domain alone has a digest", "stakespec/test", []),
        ("No part and one empty part differ", "stakespec/test", ["0x"]),
        ("One part is hashed after its length", "stakespec/test", ["0x616263"]),
        ("Parts split elsewhere have another digest", "stakespec/test", ["0x6162", "0x63"]),
        ("Another domain has another digest", "stakespec/tesu", ["0x616263"]),
        ("A part may be longer than a block of blake3", "stakespec/test", ["0x" + "5a" * 1_100]),
        ("A part may be longer than a chunk of blake3", "stakespec/test", ["0x" + "a5" * 3_000]),
    ):
        yield one(sentence, about, "digest", domain=domain, parts=parts)
    for first in (0, 0xFF):
        key = "0x" + f"{first:02x}" * 48
        yield one(f"The key {key[:6]}.. opens one account", "addresses", "address", public_key=key)
    for kind in ("block", "invalid_block", "registration", "reveal", "transaction", "vote"):
        yield one(
            f"What is signed as a {kind} names the chain and the kind",
            "signing roots",
            "signing_root",
            chain_id="example",
            kind=kind,
            content="0x00ff",
        )


def _arithmetic() -> Iterator[Draft]:
    for amount, bps in (
        (0, 5_000),
        (1, 1),
        (1, 9_999),
        (1_001, 5_000),
        (9_999, 1),
        (10_000, 1),
        (MAX_AMOUNT, 0),
        (MAX_AMOUNT, 3_333),
        (MAX_AMOUNT, 10_000),
    ):
        yield one(
            f"Of {amount}, {bps} basis points are taken, and what is left is rounded down",
            "shares: both roundings are down",
            "share",
            amount=str(amount),
            bps=bps,
        )
    for signed, total in (
        (0, 0),
        (1, 1),
        (2, 3),
        (3, 4),
        (66, 100),
        (67, 100),
        (2 * (MAX_AMOUNT // 3), MAX_AMOUNT),
        (2 * (MAX_AMOUNT // 3) + 1, MAX_AMOUNT),
    ):
        yield one(
            f"{signed} of {total} is a quorum only if it is more than two thirds",
            "supermajorities are strict, and never of nothing",
            "quorum",
            signed=str(signed),
            total=str(total),
        )
    for drawn, bits, total in (
        (0, 4, 5),
        (14, 4, 5),
        (15, 4, 5),
        (2**256 - 1, 256, 1),
        (2**256 - 1, 256, 3),
        (2**256 - 1, 256, 7),
        (2**255, 256, MAX_AMOUNT),
    ):
        yield one(
            f"{drawn} of {bits} bits is reduced onto {total} without bias, or refused",
            "reduction without bias",
            "reduce",
            drawn=str(drawn),
            bits=bits,
            total=str(total),
        )


FAMILIES = (
    Family("01-hashing", "Digests, addresses and what is signed", _hashing),
    Family("02-arithmetic", "Rounding, quorums, reduction", _arithmetic),
)
