"""The hash under it all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statemachine.hashing import digest


@given(st.lists(st.binary(max_size=20)), st.lists(st.binary(max_size=20)))
def test_digests_of_different_parts_differ(first: list[bytes], second: list[bytes]) -> None:
    assert (digest("test", *first) == digest("test", *second)) == (first == second)


def test_digests_are_separated_by_domain_and_have_32_bytes() -> None:
    assert digest("a", b"b") != digest("b", b"b")
    assert digest("a", b"b") != digest("a\x00", b"b")
    assert len(digest("a")) == 32
    with pytest.raises(ValueError, match="ascii"):
        digest("é")
