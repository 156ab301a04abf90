"""Keys of several parts come apart into what they were made of."""

from statemachine.map_keys import (
    delegation_key,
    punished_key,
    split_delegation_key,
    split_punished_key,
    split_vote_key,
    vote_key,
)
from tests.statemachine.worlds import ANNA, DORA


def test_a_key_comes_apart_into_its_parts() -> None:
    assert split_delegation_key(delegation_key(ANNA, DORA)) == (ANNA, DORA)
    assert split_vote_key(vote_key(3, 2**40, ANNA)) == (3, 2**40, ANNA)
    assert split_punished_key(punished_key(7, ANNA, 2, 2**64 - 1)) == (7, ANNA, 2, 2**64 - 1)
