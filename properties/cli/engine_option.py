"""`--engine`, in a module of its own because importing every engine is slow."""

from collections.abc import Callable
from typing import TypeVar

import click

from properties.engines import registry
from properties.engines.engine import Engine

F = TypeVar("F", bound=Callable[..., object])


class EngineType(click.ParamType[Engine]):
    """An engine, by name. The list is imported only when it is needed."""

    name = "engine"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return all names, for the help."""
        return f"[{'|'.join(engine.name for engine in registry.ENGINES)}]"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Engine:
        """Return the engine of a name."""
        for engine in registry.ENGINES:
            if value in (engine, engine.name):
                return engine
        names = ", ".join(repr(engine.name) for engine in registry.ENGINES)
        self.fail(f"{value!r} is not one of {names}.", param, ctx)


def engine_option() -> Callable[[F], F]:
    """Declare `--engine`, which chooses engines."""
    return click.option(
        "--engine",
        "engines",
        type=EngineType(),
        multiple=True,
        help="Use only this engine. Repeatable.",
    )
