"""Domains: what is signed says for which chain and as what; addresses come from keys."""

from itertools import product

import pytest

from statemachine.crypto.signing import (
    MessageKind,
    address_of,
    registration_context,
    signing_root,
)
from statemachine.hashing import digest
from tests.statemachine.crypto.signers import FIRST, SECOND


def test_the_same_content_differs_by_chain_and_by_kind_and_from_every_other_split() -> None:
    roots = [
        signing_root(chain_id, kind, content)
        for chain_id, kind, content in product(("a", "ab"), MessageKind, (b"", b"b", b"vote"))
    ]
    assert len(set(roots)) == len(roots) == 2 * len(MessageKind) * 3
    assert signing_root("a", MessageKind.VOTE, b"bc") != signing_root("ab", MessageKind.VOTE, b"c")


def test_a_signing_root_is_a_digest_under_its_own_domain() -> None:
    expected = digest("stakespec/signed", b"chain", b"block", b"content")
    assert signing_root("chain", MessageKind.BLOCK, b"content") == expected
    assert expected.hex() == "532b7facf5fd24119eb0211101254c2ad26af3f0511da22e1b55767f8a843b32"


def test_an_address_is_the_beginning_of_its_keys_digest() -> None:
    assert address_of(FIRST) == digest("stakespec/address", FIRST)[:20]
    assert address_of(FIRST).hex() == "63a85c297ffad2b50a624699ef4a0059132947aa"
    assert address_of(SECOND) != address_of(FIRST)


def test_a_context_names_chain_and_operator() -> None:
    contexts = {
        registration_context(chain_id, operator)
        for chain_id, operator in product(("a", "b"), (bytes(20), bytes([1]) * 20))
    }
    assert len(contexts) == 4


def test_a_chain_is_called_in_ascii() -> None:
    with pytest.raises(UnicodeEncodeError):
        signing_root("Zürich", MessageKind.VOTE, b"")
