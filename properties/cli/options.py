"""Options that several commands take, each declared once."""

import os
from collections.abc import Callable
from typing import TypeVar

import click

from properties.cli.output import AS_JSON, QUIET
from properties.model.protocols import DEFAULT_PATH

F = TypeVar("F", bound=Callable[..., object])

COUNTEREXAMPLES = "counterexamples"
"""The folder in which every command puts the counterexamples that it finds, by default."""

LARGEST_SEED = 2**64 - 1

MOST_WORKERS = 256

SECONDS = click.FloatRange(0.1, 1_000_000)
"""Any budget of time."""


def protocol_option(
    text: str = "The protocol; its module may be in the current folder.",
) -> Callable[[F], F]:
    """Declare `--protocol`, which names the protocol that the command works on."""
    return click.option(
        "--protocol",
        "path",
        metavar="MODULE:NAME",
        default=DEFAULT_PATH,
        show_default=True,
        help=text,
    )


genesis_option = click.option(
    "--genesis", metavar="FILE", help="Start from this genesis instead of small worlds."
)


def settings_option(
    text: str = "Replace a parameter of every start, as in unbonding_epochs=3.",
) -> Callable[[F], F]:
    """Declare `--set`, which replaces parameters."""
    return click.option(
        "--set", "settings", multiple=True, metavar="NAME=VALUE", help=f"{text} Repeatable."
    )


def seconds_option(default: float, text: str) -> Callable[[F], F]:
    """Declare `--seconds`, the budget of time."""
    return click.option("--seconds", type=SECONDS, default=default, show_default=True, help=text)


def seed_option(
    default: int | None = None, text: str = "Repeat the run with this seed."
) -> Callable[[F], F]:
    """Declare `--seed`; without a default every run draws a seed of its own."""
    return click.option(
        "--seed",
        type=click.IntRange(0, LARGEST_SEED),
        default=default,
        show_default=default is not None,
        help=text,
    )


def workers_option(
    default: int | None = None, text: str = "Number of processes that share the work."
) -> Callable[[F], F]:
    """Declare `--workers`; without a default there are as many as processors."""
    hint = "" if default is not None else "  [default: the number of processors]"
    return click.option(
        "--workers",
        type=click.IntRange(1, MOST_WORKERS),
        default=default or os.cpu_count() or 1,
        show_default=default is not None,
        help=text + hint,
    )


fail_fast_option = click.option(
    "--fail-fast", is_flag=True, help="Stop at the first law that breaks."
)


def folder_option(
    text: str = "Folder for counterexamples, one file per law and last transaction.",
) -> Callable[[F], F]:
    """Declare `-o`, the folder that takes counterexamples."""
    return click.option(
        "-o",
        "--output",
        metavar="DIR",
        default=COUNTEREXAMPLES,
        show_default=True,
        help=text,
    )


cbor_option = click.option(
    "--cbor", is_flag=True, help="Exchange CBOR frames instead of JSON lines."
)


def socket_option(text: str) -> Callable[[F], F]:
    """Declare `--socket`, a Unix socket in the place of standard input and output."""
    return click.option("--socket", "socket_path", metavar="PATH", help=text)


shrinking_option = click.option(
    "--shrinking",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    help="Seconds for shrinking a difference.",
)

vector_option = click.option(
    "-o", "--output", metavar="OUT", help="Where to write a difference, as a vector."
)

filled_folder_option = click.option(
    "-o", "--output", metavar="DIR", required=True, help="Folder to write."
)


def list_option(text: str) -> Callable[[F], F]:
    """Declare `--list`, which lists what there is and stops."""
    return click.option("--list", "as_list", is_flag=True, help=text)


def json_option(text: str = "Print the outcome as JSON.") -> Callable[[F], F]:
    """Declare `--json`."""
    return click.option(
        "--json", "as_json", is_flag=True, callback=_remembered_as(AS_JSON), help=text
    )


def quiet_option() -> Callable[[F], F]:
    """Declare `--quiet`; `is_quiet` says whether it was given."""
    return click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_remembered_as(QUIET),
        help="Print the last word alone.",
    )


def _remembered_as(name: str) -> Callable[[click.Context, click.Parameter, bool], bool]:
    def remember(context: click.Context, _parameter: click.Parameter, given: bool) -> bool:
        context.meta[name] = given
        return given

    return remember
