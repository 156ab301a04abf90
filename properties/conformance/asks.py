"""The format of asks and replies."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from statemachine.annotations import Malformed
from statemachine.errors import OutOfRange, Rejected

FORMAT = "stakespec/conformance/1"
"""The name and version of the protocol."""

VERSIONS = (1,)
"""The versions that this side can speak."""

Message = dict[str, Any]

OK, REJECTED, MALFORMED, UNSUPPORTED, FAILED = (
    "ok",
    "rejected",
    "malformed",
    "unsupported",
    "failed",
)
"""What a reply can be."""

KINDS = (OK, REJECTED, MALFORMED, UNSUPPORTED, FAILED)


class Answering(Protocol):
    """What can be asked things: a client, or a machine of ours in its place."""

    @property
    def asks(self) -> frozenset[str]:
        """What it can be asked."""

    @property
    def tells(self) -> frozenset[str]:
        """What it tells beside roots and reasons."""

    @property
    def transactions(self) -> frozenset[str] | None:
        """The types of transaction that it can apply; None for all."""

    def ask_all(self, asks: Sequence[Message]) -> list[Message]:
        """Return the replies to some asks."""

    def close(self) -> None:
        """Say goodbye."""


class BadAsk(Exception):
    """An ask that cannot be answered as it is: a field is missing, or no state is there."""


def field_of(ask: Mapping[str, Any], name: str, kind: type) -> Any:
    """Return a field of an ask. Raises BadAsk where it is missing or of another type."""
    if name not in ask:
        raise BadAsk(f"{ask.get('do')}: the field {name!r} is missing")
    content = ask[name]
    if not isinstance(content, kind) or (kind is int and isinstance(content, bool)):
        raise BadAsk(f"{ask.get('do')}: the field {name!r} must be of type {kind.__name__}")
    return content


def bytes_of(ask: Mapping[str, Any], name: str) -> bytes:
    """Return a field of an ask that is 0x and hex. Raises BadAsk."""
    return unhexed(field_of(ask, name, str), f"{ask.get('do')}: the field {name!r}")


def unhexed(text: Any, where: str) -> bytes:
    """Read 0x and lower-case hex. Raises BadAsk."""
    digits = text[2:] if isinstance(text, str) and text.startswith("0x") else None
    if digits is None or len(digits) % 2 or digits.strip("0123456789abcdef"):
        raise BadAsk(f"{where} must be 0x and an even number of lower-case hex digits")
    return bytes.fromhex(digits)


def hexed(content: bytes) -> str:
    """Return bytes as 0x and hex."""
    return "0x" + content.hex()


def reply_to(
    answer: Callable[[Message], Message], ask: Message, rejection_as: Callable[[Rejected], Message]
) -> Message:
    """Have an ask answered, and tell each way in which it cannot be from the others."""
    try:
        return {OK: answer(ask)}
    except Rejected as rejection:
        return {REJECTED: rejection_as(rejection)}
    except BadAsk as error:
        return {MALFORMED: {"fault": "bad_ask", "message": str(error)}}
    except (Malformed, OutOfRange) as error:
        return {MALFORMED: {"fault": fault_of(error), "message": str(error)}}
    except Exception as error:
        # A protocol under test may raise anything: that is what it is to be caught at.
        return {FAILED: f"{type(error).__name__}: {error}"[:500]}


def fault_of(error: Exception) -> str:
    """Return what is wrong with bytes or JSON, in a word that does not depend on the wording."""
    if isinstance(error, OutOfRange):
        return "out_of_range"
    text = str(error)
    if "not CBOR" in text:
        return "not_cbor"
    return "not_canonical" if "not canonical" in text else "malformed"
