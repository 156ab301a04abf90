import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.cosmos.bech32 import BadBech32, decode, encode

# From BIP-173, but for those whose groups do not end in whole bytes: that is no bech32 payload.
VALID = [
    ("A12UEL5L", "a", b""),
    ("a12uel5l", "a", b""),
    (
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio",
        b"",
    ),
    (
        "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
        "abcdef",
        bytes.fromhex("00443214c74254b635cf84653a56d7c675be77df"),
    ),
    ("11" + "q" * 82 + "c8247j", "1", bytes(51)),
    (
        "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
        "split",
        bytes.fromhex("c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d"),
    ),
    ("?1ezyfcl", "?", b""),
]


@pytest.mark.parametrize(("text", "prefix", "payload"), VALID)
def test_the_valid_texts_of_bip_173_decode(text: str, prefix: str, payload: bytes) -> None:
    assert decode(text) == (prefix, payload)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\x201nwldj5", "has a prefix that is not printable ASCII"),
        ("\x7f1axkwrx", "has a prefix that is not printable ASCII"),
        ("\x801eym55h", "has a prefix that is not printable ASCII"),
        (
            "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1"
            "569pvx",
            "has 91 characters, more than 90",
        ),
        ("pzry9x0s0muk", "has no prefix followed by a 1"),
        ("1pzry9x0s0muk", "has no prefix followed by a 1"),
        ("x1b4n0q5v", "has the character 'b', which bech32 does not use"),
        ("li1dgmt3", "is too short for its checksum"),
        ("A1G7SGD8", "does not match its checksum"),
        ("10a06t8", "has no prefix followed by a 1"),
        ("1qzzfhee", "has no prefix followed by a 1"),
        ("a12UEL5L", "mixes upper and lower case"),
    ],
)
def test_the_invalid_texts_of_bip_173_are_refused_by_reason(text: str, problem: str) -> None:
    with pytest.raises(BadBech32) as refused:
        decode(text)
    assert str(refused.value) == problem


@pytest.mark.parametrize(
    "text",
    [
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3pjxtptv",
    ],
)
def test_a_payload_that_does_not_end_in_a_whole_byte_is_refused(text: str) -> None:
    with pytest.raises(BadBech32, match="does not end in a whole byte"):
        decode(text)


@given(prefix=st.sampled_from(["cosmos", "cosmosvaloper", "1x1"]), payload=st.binary(max_size=40))
def test_what_is_encoded_decodes_to_itself(prefix: str, payload: bytes) -> None:
    assert decode(encode(prefix, payload)) == (prefix, payload)


@given(
    payload=st.binary(min_size=20, max_size=20),
    place=st.integers(min_value=7, max_value=44),
    shift=st.integers(min_value=1, max_value=31),
)
def test_one_changed_character_is_always_noticed(payload: bytes, place: int, shift: int) -> None:
    charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    text = encode("cosmos", payload)
    wrong = charset[(charset.index(text[place]) + shift) % 32]
    with pytest.raises(BadBech32, match="checksum"):
        decode(text[:place] + wrong + text[place + 1 :])
