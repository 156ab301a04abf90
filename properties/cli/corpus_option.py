"""`--keep`, in a module of its own because importing the search is slow."""

from collections.abc import Callable
from typing import TypeVar

import click

from properties.engines.fuzz.corpus import DEFAULT_LIMIT

F = TypeVar("F", bound=Callable[..., object])

LEAST_LIMIT = 100
"""The smallest corpus worth searching from."""


def keep_option(text: str) -> Callable[[F], F]:
    """Declare `--keep`, how many states a shard keeps."""
    return click.option(
        "--keep",
        type=click.IntRange(LEAST_LIMIT, 10_000_000),
        default=DEFAULT_LIMIT,
        show_default=True,
        help=text,
    )
