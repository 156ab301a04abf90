"""Maps the addresses of a chain to ours."""

import attrs

from properties.cosmos.bech32 import BadBech32, decode
from properties.foreign.fields import Field
from statemachine.hashing import digest

OPERATOR_ENDING = "valoper"
"""The suffix of a chain's account prefix in operator addresses."""

REMEMBERED = 100_000
"""Addresses that are cached, so that a long file takes no more memory than a short one."""


@attrs.frozen
class AddressBook:
    """Turns the addresses of one chain into ours, and remembers them."""

    prefix: str
    """The prefix of the chain's account addresses."""
    by_text: dict[str, bytes] = attrs.field(factory=dict)
    """Our address by theirs."""
    long: dict[str, bytes] = attrs.field(factory=dict)
    """Those among them that are longer than 20 bytes."""

    def account(self, field: Field) -> bytes:
        """Return our address for an account."""
        return self._read(field, self.prefix)

    def operator(self, field: Field) -> bytes:
        """Return our address for a validator: that of its operator."""
        return self._read(field, self.prefix + OPERATOR_ENDING)

    def _read(self, field: Field, prefix: str) -> bytes:
        text = field.text()
        address = self.by_text.get(text)
        if address is None or not text.startswith(prefix + "1"):
            actual, payload = decode_address(field)
            if actual != prefix:
                raise field.refuse(f"an address that begins with {prefix}1")
            address = payload if len(payload) == 20 else _shorten(payload)
            if address is not payload:
                self.long[text] = address
            if len(self.by_text) >= REMEMBERED:
                self.by_text.clear()
            self.by_text[text] = address
        return address


def decode_address(field: Field) -> tuple[str, bytes]:
    """Return the prefix and the payload, of 20 or 32 bytes, of an address."""
    try:
        prefix, payload = decode(field.text())
    except BadBech32 as error:
        raise field.refuse("a bech32 address", f"it {error}") from error
    if len(payload) not in (20, 32):
        raise field.refuse("an address of 20 or 32 bytes", f"it has {len(payload)}")
    return prefix, payload


def _shorten(payload: bytes) -> bytes:
    return digest("stakespec/long-address", payload)[:20]
