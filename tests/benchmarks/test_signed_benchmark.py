"""What signatures cost a chain: pytest tests/benchmarks --benchmark-enable.

Measured with the native backend, where its library is installed: a block of a thousand signed
payments to a verified root, and an epoch of everybody's votes in 64 aggregates.
"""

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import attrs
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from properties.devnet.kept_points import with_kept_points
from statemachine import (
    PROTOCOL,
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    State,
    Transfer,
    evolve,
    genesis,
)
from statemachine.crypto.backends import backend_by_name
from statemachine.crypto.bls import CURVE_ORDER, Backend, generate_secret, public_key_of, sign
from statemachine.crypto.native_backend import LIBRARY
from statemachine.crypto.signing import address_of
from statemachine.protocol import Transition
from statemachine.rules.blocks import pass_slots
from statemachine.signed.authentication import vote_message
from statemachine.signed.block import Block
from statemachine.signed.chain import accept, apply_block, build_block
from statemachine.signed.envelope import seal
from statemachine.signed.proofs import SignedVotes
from statemachine.signed.together import apply_block_together
from tests.benchmarks.test_finality_benchmark import AGGREGATES, aggregates
from tests.benchmarks.worlds import PARAMS, STAKE, Size, account, described, long_lived

PAYMENTS = 1_000
"""Payments in the block, each by another account."""

VOTERS = 100_000

ways = pytest.mark.parametrize("way", [apply_block, apply_block_together])


def native() -> Backend:
    if find_spec(LIBRARY) is None:
        pytest.skip(f"{LIBRARY} is not installed")
    return backend_by_name("native", import_module)


@lru_cache(maxsize=1)
def paid(count: int) -> tuple[State, Block]:
    """Return a state and a block on it, in which so many accounts pay something."""
    backend = native()
    proposer, first = generate_secret(bytes(32)), generate_secret(bytes([1]) * 32)
    senders = [
        (secret, address_of(public_key_of(backend, secret)))
        for secret in range(first, first + count)
    ]
    operator = account(0)
    description = Genesis(
        chain_id="benchmark",
        params=PARAMS,
        accounts=tuple(GenesisAccount(address, 10) for _, address in senders),
        validators=(GenesisValidator(operator, public_key_of(backend, proposer), 0),),
        delegations=(GenesisDelegation(operator, operator, STAKE),),
    )
    state = genesis(PROTOCOL, description)
    payments = [
        seal(backend, secret, "benchmark", 0, Transfer(address, operator, 1))
        for secret, address in senders
    ]
    return state, build_block(PROTOCOL, backend, state, operator, proposer, 1, payments)


@ways
def test_a_block_of_a_thousand_payments(
    way: Callable[..., Transition], benchmark: BenchmarkFixture
) -> None:
    backend = native()
    state, block = paid(PAYMENTS if benchmark.enabled else 3)
    rounds = 5 if benchmark.enabled else 1
    applied = benchmark.pedantic(  # type: ignore[no-untyped-call]
        way, args=(PROTOCOL, backend, state, block), rounds=rounds
    )
    assert applied.state.head != state.head


@attrs.frozen
class Votes:
    """An epoch of votes with their signatures, and the state that counts them."""

    backend: Backend
    state: State
    signed: tuple[SignedVotes, ...]


@lru_cache(maxsize=1)
def voted(count: int) -> Votes:
    """Return everybody's votes in 64 aggregates, by keys in a row, so that secrets add up."""
    backend = native()
    size = Size(count + 1, count, 1)
    secret = generate_secret(bytes(32))
    point, generator = backend.key_of_secret(secret), backend.key_of_secret(1)
    secrets: dict[bytes, int] = {}
    validators = []
    whole = described(size)
    for number, entry in enumerate(whole.validators):
        validators.append(evolve(entry, public_key=backend.compress_key(point)))
        secrets[entry.address] = secret + number
        point = backend.add_keys(point, generator)
    with long_lived():
        state = genesis(PROTOCOL, evolve(whole, validators=tuple(validators)))
        state = pass_slots(PROTOCOL, state, state.params.epoch_length).state
    signed = []
    for tx in aggregates(state, size, min(AGGREGATES, count)):
        summed = sum(secrets[signer] for signer in tx.signers) % CURVE_ORDER
        message = vote_message(state.chain_id, tx.vote)
        signed.append(SignedVotes(tx, sign(backend, summed, message)))
    return Votes(backend, state, tuple(signed))


def test_an_epoch_of_signed_votes(benchmark: BenchmarkFixture) -> None:
    votes = voted(VOTERS if benchmark.enabled else 5)
    kept = with_kept_points(votes.backend)

    def count_all() -> State:
        state = votes.state
        for each in votes.signed:
            state = accept(PROTOCOL, kept, state, each).state
        return state

    # Keys are read once, when a node begins; here before what is timed.
    with long_lived():
        after = count_all()
    rounds: Any = 3 if benchmark.enabled else 1
    assert benchmark.pedantic(count_all, rounds=rounds) == after  # type: ignore[no-untyped-call]
    assert after.finality.justified.epoch == 1
