"""What several commands take: protocols, genesis files, settings."""

import shlex

from properties.cli.files import BadInput, read_json, shown
from properties.model.design import with_settings
from properties.model.protocols import NoProtocol, is_shipped, load_protocol
from properties.model.settings import BadSetting, apply_settings
from properties.model.worlds import try_settings
from statemachine.codec import Malformed, from_jsonable
from statemachine.description import Genesis
from statemachine.errors import OutOfRange
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.rules import PROTOCOL


def protocol_at(path: str, source: str = "--protocol") -> Protocol:
    """Return the protocol that a user, or a file, named. Raises BadInput."""
    try:
        return load_protocol(path)
    except NoProtocol as error:
        raise BadInput(f"{source}: {error}") from error


def replay_command(file: str, path: str) -> str:
    """Return the command that shows a counterexample again, to a protocol that a user named."""
    options = [] if is_shipped(path) else ["--protocol", path]
    return shlex.join(["stakespec", "replay", file, *options])


def genesis_from(
    path: str, settings: tuple[str, ...] = (), protocol: Protocol = PROTOCOL
) -> Genesis:
    """Read a protocol's genesis file, with some parameters replaced. Raises BadInput."""
    document = read_json(path)
    try:
        description = from_jsonable(document, protocol.description)
    except Malformed as error:
        hint = ""
        if isinstance(document, dict) and "app_state" in document:
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


def beginning(
    path: str, genesis: str | None, settings: tuple[str, ...], source: str = "--protocol"
) -> tuple[Protocol, Genesis | None]:
    """Return a protocol, and the genesis to start from if one is named. Raises BadInput.

    Settings go into the genesis, or else into every world that the engines make.
    """
    protocol = protocol_at(path, source)
    if genesis is not None:
        return protocol, genesis_from(genesis, settings, protocol)
    if settings:
        protocol = with_settings(protocol, settings)
        try:
            try_settings(protocol)
        except (BadSetting, OutOfRange) as error:
            raise BadInput(f"--set: {error}") from error
    return protocol, None
