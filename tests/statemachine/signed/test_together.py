"""The signatures of a block checked together: the same outcome, by one product of pairings."""

from collections.abc import Sequence
from typing import Any

import attrs
import pytest

from properties.selftest.toy import TOY
from statemachine import PROTOCOL, Rejected, State, Transfer, evolve
from statemachine.crypto.backends import BACKEND_NAMES
from statemachine.crypto.bls import Backend
from statemachine.signed.block import Block, Included
from statemachine.signed.chain import apply_block
from statemachine.signed.envelope import Envelope
from statemachine.signed.together import apply_block_together
from tests.statemachine.chain_histories import history
from tests.statemachine.chains import (
    begun,
    built,
    enclosed,
    link,
    outsider,
    resigned,
    validators,
    voted,
)
from tests.statemachine.crypto.signers import backend_or_skip


def counting(backend: Backend) -> tuple[Backend, list[int]]:
    """Return a backend that counts the pairings of each product that it is asked for."""
    products: list[int] = []

    def counted(keys: Sequence[Any], hashed: Sequence[Any], signature: Any) -> bool:
        products.append(len(keys))
        return backend.pairings_equal(keys, hashed, signature)

    return attrs.evolve(backend, pairings_equal=counted), products


def paid(backend: Backend, state: State, count: int) -> list[Included]:
    """Return as many payments by the outsider, in their turn."""
    sender, to = outsider(backend), validators(backend)[0]
    tx = Transfer(sender.address, to.address, 1)
    return [enclosed(backend, state, sender, tx, later) for later in range(count)]


def mixed(backend: Backend) -> tuple[State, Block]:
    """Return a state, and a block on it of three payments and some votes."""
    state = begun(backend)
    while state.epoch < 1:
        state = apply_block(PROTOCOL, backend, state, built(backend, state)).state
    votes = voted(backend, link(state, 0, 1), validators(backend)[:2])
    return state, built(backend, state, *paid(backend, state, 3), votes)


@pytest.mark.parametrize("name", BACKEND_NAMES)
def test_a_block_does_what_it_does_signature_by_signature(name: str) -> None:
    backend = backend_or_skip(name)
    state = begun(backend)
    block = built(backend, state, *paid(backend, state, 1))
    assert apply_block_together(PROTOCOL, backend, state, block) == apply_block(
        PROTOCOL, backend, state, block
    )


def test_a_history_of_everything_comes_out_alike() -> None:
    for step in history(TOY):
        applied = apply_block_together(PROTOCOL, TOY, step.before, step.block)
        assert (applied.state, applied.events) == (step.after, step.events)


def test_one_product_has_a_pairing_for_each_signature() -> None:
    state, block = mixed(TOY)
    backend, products = counting(TOY)
    apply_block_together(PROTOCOL, backend, state, block)
    # The header, the share of the randomness, three payments, and one aggregate of votes.
    assert products == [6]


def refusals(state: State, block: Block) -> tuple[str, str]:
    said = []
    for apply in (apply_block, apply_block_together):
        with pytest.raises(Rejected) as refused:
            apply(PROTOCOL, TOY, state, block)
        said.append(str(refused.value))
    return said[0], said[1]


def shifted(envelope: Included, by: int) -> Envelope:
    """Add a multiple of the generator to a signature."""
    assert isinstance(envelope, Envelope)
    point = TOY.add_signatures(TOY.decompress_signature(envelope.signature), by)
    return evolve(envelope, signature=TOY.compress_signature(point))


def with_transactions(state: State, *included: Included) -> Block:
    """Return the block of these, signed by whoever is elected, whatever their signatures are."""
    return built(TOY, state, *included)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_wrong_signature_is_named_by_its_position(place: int) -> None:
    state = begun(TOY)
    included = paid(TOY, state, 3)
    included[place] = shifted(included[place], 5)
    first, together = refusals(state, with_transactions(state, *included))
    assert first == together
    assert together.startswith(f"bad_signature: position {place},")


def test_wrong_signatures_do_not_cancel() -> None:
    """Their plain sum is right: only coefficients that nobody chose tell."""
    state = begun(TOY)
    one, other = paid(TOY, state, 2)
    block = with_transactions(state, shifted(one, 5), shifted(other, -5))
    first, together = refusals(state, block)
    assert first == together
    assert together.startswith("bad_signature: position 0,")


def test_what_is_refused_without_arithmetic_is_refused_alike() -> None:
    state = begun(TOY)
    twice = paid(TOY, state, 1) * 2
    forged = (
        with_transactions(state, *paid(TOY, state, 1)),
        resigned(TOY, validators(TOY)[0], built(TOY, state), parent=bytes(32)),
    )
    assert refusals(state, evolve(forged[0], transactions=tuple(twice)))[0].startswith("wrong_body")
    first, together = refusals(state, forged[1])
    assert first == together and together.startswith("wrong_parent")
