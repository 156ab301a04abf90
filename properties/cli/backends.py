"""The library that checks signatures: the user's choice, never the protocol's."""

import importlib
from collections.abc import Callable
from typing import TypeVar

import click

from properties.cli.files import BadInput
from properties.devnet.kept_points import with_kept_points
from statemachine.crypto.backends import BACKEND_NAMES, backend_by_name
from statemachine.crypto.bls import Backend

F = TypeVar("F", bound=Callable[..., object])

VARIABLE = "STAKESPEC_BACKEND"
"""The environment variable that stands for --backend."""


def backend_option(command: F) -> F:
    """Add --backend to a command."""
    return click.option(
        "--backend",
        "backend_name",
        type=click.Choice(BACKEND_NAMES),
        default=BACKEND_NAMES[0],
        show_default=True,
        envvar=VARIABLE,
        show_envvar=True,
        help="The signature library.",
    )(command)


def backend_named(name: str) -> Backend:
    """Return a backend that keeps what it reads. Raises BadInput where its library is missing."""
    try:
        return with_kept_points(backend_by_name(name, importlib.import_module))
    except ImportError as error:
        raise BadInput(
            f"--backend {name}: {error}; install it with pip install 'stakespec[native]', or"
            " leave the option out"
        ) from error
