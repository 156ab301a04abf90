"""Proofs show what is in a map, and nothing that is not."""

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statemachine.merkle_map import (
    InclusionProof,
    ProofStep,
    ProvenTotal,
    Sibling,
    proven_total,
    verify_inclusion,
)
from tests.statemachine.merkle_models import (
    KEY_LENGTH,
    LAYOUT,
    Contents,
    amounts,
    built,
    keys,
    layout_of,
    model_digest,
    model_packed,
    sixteen_bytes,
    some_contents,
)


@given(some_contents)
def test_a_proof_shows_an_entry_and_the_totals_of_the_map(entries: Contents) -> None:
    filled = built(entries)
    before = 0
    for key, amount in sorted(entries.items()):
        proof = filled.prove(key)
        assert verify_inclusion(LAYOUT, filled.root(), key, amount, proof)
        assert proven_total(LAYOUT, filled.root(), key, amount, proof) == ProvenTotal(
            weight=amount, offset=before, total_weight=sum(entries.values()), count=len(entries)
        )
        before += amount


@given(some_contents, keys, amounts, st.integers(0), st.binary(min_size=32, max_size=32))
def test_a_proof_shows_nothing_else(
    entries: Contents, other_key: bytes, other_amount: int, which: int, other_root: bytes
) -> None:
    filled = built(entries)
    key = sorted(entries)[which % len(entries)]
    root, amount, proof = filled.root(), entries[key], filled.prove(key)
    for wrong_key in {other_key, *entries} - {key}:
        assert not verify_inclusion(LAYOUT, root, wrong_key, entries.get(wrong_key, amount), proof)
    for wrong_amount in {other_amount, amount ^ 1} - {amount}:
        assert not verify_inclusion(LAYOUT, root, key, wrong_amount, proof)
    assert not verify_inclusion(LAYOUT, other_root, key, amount, proof)
    assert not verify_inclusion(layout_of("balances"), root, key, amount, proof)
    assert not verify_inclusion(LAYOUT, root, key[:-1], amount, proof)


def tampered(proof: InclusionProof, *, sound: bool) -> Iterator[InclusionProof]:
    """Give every proof that differs from this one in a field (soundly typed, or not at all)."""
    garbage = [None, "1", 1.5, True, -1, 2**300, b"", (), object()]

    def with_steps(position: int, *instead: Any) -> InclusionProof:
        return InclusionProof(proof.steps[:position] + instead + proof.steps[position + 1 :])

    for position, step in enumerate(proof.steps):
        depths: list[Any] = [step.depth ^ 1 << bit for bit in range(8)] if sound else garbage
        for depth in depths:
            yield with_steps(position, attrs.evolve(step, depth=depth))
        if sound:
            yield with_steps(position)
            yield with_steps(position, step, step)
        for place, sibling in enumerate(step.siblings):
            head, tail = step.siblings[:place], step.siblings[place + 1 :]
            for changed in changed_siblings(sibling) if sound else damaged(sibling, garbage):
                siblings = (*head, changed, *tail)
                yield with_steps(position, ProofStep(step.depth, siblings))
            if sound:
                yield with_steps(position, ProofStep(step.depth, head + tail))
                yield with_steps(position, ProofStep(step.depth, (*head, sibling, sibling, *tail)))
        if sound and len(step.siblings) > 1:
            yield with_steps(position, ProofStep(step.depth, step.siblings[::-1]))
        if not sound:
            for junk in garbage:
                yield with_steps(position, junk)
                yield with_steps(position, ProofStep(step.depth, junk))  # type: ignore[arg-type]
                yield with_steps(position, ProofStep(step.depth, (junk,)))  # type: ignore[arg-type]


def changed_siblings(sibling: Sibling) -> Iterator[Sibling]:
    for bit in range(4):
        yield attrs.evolve(sibling, nibble=sibling.nibble ^ 1 << bit)
    for place in range(len(sibling.digest)):
        flipped = bytearray(sibling.digest)
        flipped[place] ^= 1 << place % 8
        yield attrs.evolve(sibling, digest=bytes(flipped))
    yield attrs.evolve(sibling, digest=sibling.digest + b"\x00")
    for bit in range(0, 64, 7):
        yield attrs.evolve(sibling, count=sibling.count ^ 1 << bit)
    for bit in range(0, 256, 15):
        yield attrs.evolve(sibling, weight=sibling.weight ^ 1 << bit)


def damaged(sibling: Sibling, garbage: list[Any]) -> Iterator[Sibling]:
    for name in ("nibble", "digest", "count", "weight"):
        for junk in garbage:
            yield attrs.evolve(sibling, **{name: junk})


@given(st.dictionaries(keys, amounts, min_size=2, max_size=6), st.integers(0), st.booleans())
def test_a_proof_changed_anywhere_shows_nothing_and_raises_nothing(
    entries: Contents, which: int, sound: bool
) -> None:
    filled = built(entries)
    key = sorted(entries)[which % len(entries)]
    for changed in tampered(filled.prove(key), sound=sound):
        assert proven_total(LAYOUT, filled.root(), key, entries[key], changed) is None


@pytest.mark.parametrize("proof", [None, (), "proof", InclusionProof(None), InclusionProof([])])  # type: ignore[arg-type]
def test_what_is_no_proof_shows_nothing_and_raises_nothing(proof: Any) -> None:
    key = bytes(KEY_LENGTH)
    assert not verify_inclusion(LAYOUT, built({key: 1}).root(), key, 1, proof)
    assert not verify_inclusion(LAYOUT, proof, key, 1, InclusionProof(()))
    assert not verify_inclusion(LAYOUT, built({key: 1}).root(), proof, 1, InclusionProof(()))


def test_weight_moved_from_one_sibling_to_another_is_noticed() -> None:
    entries = {bytes([nibble << 4]) * KEY_LENGTH: 100 for nibble in range(3)}
    filled, key = built(entries), bytes(KEY_LENGTH)
    (step,) = filled.prove(key).steps
    poorer, richer = step.siblings
    moved = (
        attrs.evolve(poorer, weight=poorer.weight - 1),
        attrs.evolve(richer, weight=richer.weight + 1),
    )
    assert verify_inclusion(LAYOUT, filled.root(), key, 100, InclusionProof((step,)))
    changed = InclusionProof((ProofStep(step.depth, moved),))
    assert not verify_inclusion(LAYOUT, filled.root(), key, 100, changed)


def test_sums_past_what_a_commitment_can_tell_prove_nothing() -> None:
    sibling = Sibling(nibble=5, digest=bytes(32), count=1, weight=2**256 - 1)
    key = bytes(KEY_LENGTH)
    for huge in (sibling, attrs.evolve(sibling, weight=0, count=2**64 - 1)):
        proof = InclusionProof((ProofStep(0, (huge,)),))
        assert proven_total(LAYOUT, bytes(32), key, 1, proof) is None


def test_a_tree_that_no_map_has_proves_nothing_even_under_its_own_root() -> None:
    key, amount = bytes(KEY_LENGTH), 1
    sibling = Sibling(nibble=5, digest=bytes(32), count=1, weight=1)

    def forged(*steps: ProofStep) -> bool:
        inner, count, total = model_digest("leaf", key, sixteen_bytes(amount)), 1, amount
        for step in steps:
            children = b"\x00" + model_packed(inner, count, total)
            for sibling in step.siblings:
                children += b"\x05" + model_packed(sibling.digest, sibling.count, sibling.weight)
                count, total = count + sibling.count, total + sibling.weight
            place = step.depth.to_bytes(2, "big"), key[: (step.depth + 1) // 2]
            inner = model_digest("branch", *place, children)
        root = model_digest("root", model_packed(inner, count, total))
        return verify_inclusion(LAYOUT, root, key, amount, InclusionProof(steps))

    upper, lower = ProofStep(2, (sibling,)), ProofStep(9, (sibling,))
    assert forged(lower, upper), "what is refused below is refused for its shape alone"
    assert not forged(upper, lower)
    assert not forged(lower, lower)
    assert not forged(lower, ProofStep(2, ()))
