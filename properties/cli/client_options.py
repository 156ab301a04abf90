"""How a client is reached: the options of the commands that take one, and the connection."""

import shlex
from collections.abc import Callable
from pathlib import Path

import attrs
import click

from properties.cli.files import BadInput
from properties.cli.options import cbor_option, socket_option
from properties.conformance.client import (
    MEMORY_MEGABYTES,
    TIMEOUT_SECONDS,
    Client,
    ClientFault,
    NoClient,
)
from properties.conformance.framing import framing_named

_OPTIONS: tuple[Callable[..., object], ...] = (
    click.argument("client", nargs=-1),
    cbor_option,
    socket_option("Connect to a Unix socket instead of starting a client."),
    click.option(
        "--timeout",
        type=click.FloatRange(0.01, 3_600),
        default=TIMEOUT_SECONDS,
        show_default=True,
        help="Seconds the client may take to answer; to start it has at least 30.",
    ),
    click.option(
        "--memory",
        type=click.IntRange(1),
        default=MEMORY_MEGABYTES,
        show_default=True,
        help="Megabytes of memory the client may use.",
    ),
)


def client_options(command: Callable[..., object]) -> Callable[..., object]:
    """Declare what names a client, and how it is spoken to."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@attrs.frozen
class Reach:
    """What the command line says about a client."""

    client: tuple[str, ...]
    cbor: bool
    socket_path: str | None
    timeout: float
    memory: int

    @property
    def named(self) -> bool:
        """Whether there is a client at all. Raises BadInput where there are two."""
        if self.client and self.socket_path is not None:
            raise BadInput("name a client after --, or --socket PATH; one of the two")
        return bool(self.client) or self.socket_path is not None

    def connect(self) -> Client:
        """Start the client, or connect to it. Raises NoClient, ClientFault."""
        settings: dict[str, object] = {
            "framing": framing_named(self.cbor),
            "timeout": self.timeout,
            "memory_megabytes": self.memory,
        }
        if self.socket_path is not None:
            return Client.connect(Path(self.socket_path), **settings)
        return Client.start(self.client, **settings)

    def first(self) -> Client:
        """Connect for the first time. Raises BadInput."""
        try:
            return self.connect()
        except (NoClient, ClientFault) as error:
            raise BadInput(f"the client: {error}") from error

    def as_words(self) -> list[str]:
        """Return what names it on a command line."""
        options = ["--cbor"] if self.cbor else []
        if self.socket_path is not None:
            options += ["--socket", shlex.quote(self.socket_path)]
        return options + (["--", shlex.join(self.client)] if self.client else [])
