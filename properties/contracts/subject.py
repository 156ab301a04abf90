"""Which protocol the contracts speak of: the default one, unless the prover says another."""

from properties.accusation import with_accusations
from statemachine.protocol import Protocol
from statemachine.rules import PROTOCOL

_subject = [with_accusations(PROTOCOL)]


def subject() -> Protocol:
    """Return the protocol to be proved, with the rule for accusations."""
    return _subject[0]


def speak_of(protocol: Protocol) -> None:
    """Have the contracts of this process speak of another protocol."""
    _subject[0] = with_accusations(protocol)
