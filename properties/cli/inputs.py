"""What several commands take: protocols, genesis files, settings."""

from properties.cli.files import BadInput, read_json, shown
from properties.protocols import NoProtocol, load_protocol
from properties.settings import BadSetting, apply_settings
from statemachine.codec import Malformed, from_jsonable
from statemachine.errors import OutOfRange
from statemachine.genesis import Genesis
from statemachine.protocol import Protocol
from statemachine.records import evolve


def protocol_at(path: str, source: str = "--protocol") -> Protocol:
    """Return the protocol that a user, or a file, named. Raises BadInput."""
    try:
        return load_protocol(path)
    except NoProtocol as error:
        raise BadInput(f"{source}: {error}") from error


def genesis_from(path: str, settings: tuple[str, ...] = ()) -> Genesis:
    """Read a genesis file, with some of its parameters replaced. Raises BadInput."""
    given = read_json(path)
    try:
        description = from_jsonable(given, Genesis)
    except Malformed as error:
        hint = ""
        if isinstance(given, dict) and "app_state" in given:
            hint = (
                "\nThis is a Cosmos SDK genesis; read it with"
                f" stakespec genesis from-cosmos {path} -o OUT"
            )
        raise BadInput(f"{shown(path)}: {error}{hint}") from error
    if not settings:
        return description
    try:
        return evolve(description, params=apply_settings(description.params, settings))
    except (BadSetting, OutOfRange) as error:
        raise BadInput(f"--set: {error}") from error
