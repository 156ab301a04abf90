"""The signatures of a block checked together: a pairing for each message, and one for all.

What `apply_block` asks for each signature is an equation of pairings. All of them hold, but for a
chance of one in 2 ** 128, if one product of all of them holds, each to the power of a number
that nobody could choose.
"""

from collections.abc import Sequence

import attrs

from statemachine.canonical import canonical_bytes
from statemachine.crypto.bls import Backend, Point
from statemachine.crypto.bls_many import Equation, all_hold
from statemachine.errors import Rejected
from statemachine.hashing import digest
from statemachine.protocol import Protocol, Transition
from statemachine.signed.block import Block
from statemachine.signed.chain import apply_block
from statemachine.state import State

COEFFICIENT_BYTES = 16
"""Bytes of a coefficient: whoever builds a block can try many, but not so many."""


def apply_block_together(
    protocol: Protocol, backend: Backend, state: State, block: Block
) -> Transition:
    """Apply a signed block as `apply_block` does, its signatures checked by one product.

    Rejects: as `apply_block` does. What is refused is looked at once more, signature by
    signature, and so the first that is wrong is named.
    """
    noted = _Noted()
    noting = attrs.evolve(backend, pairings_equal=noted.note)
    try:
        applied = apply_block(protocol, noting, state, block)
    except Rejected:
        return apply_block(protocol, backend, state, block)
    if all_hold(backend, noted.equations, _coefficients(block, len(noted.equations))):
        return applied
    return apply_block(protocol, backend, state, block)


@attrs.define
class _Noted:
    """Equations that were asked for, and taken to hold for now."""

    equations: list[Equation] = attrs.field(factory=list)

    def note(self, keys: Sequence[Point], hashed: Sequence[Point], signature: Point) -> bool:
        self.equations.append((keys, hashed, signature))
        return True


def _coefficients(block: Block, count: int) -> list[int]:
    """Return a number for each equation, each a digest of the whole block.

    Drawn like this they need no randomness. Every signature, key and message is in the block or
    was fixed before it, so that who changes one of them has all other numbers.
    """
    seed = digest("stakespec/together", canonical_bytes(block))
    numbers = (
        digest("stakespec/coefficient", seed, place.to_bytes(8, "big")) for place in range(count)
    )
    return [int.from_bytes(number[:COEFFICIENT_BYTES], "big") or 1 for number in numbers]
