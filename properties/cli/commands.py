"""The group of all commands. Each is imported when it is called."""

import importlib

import attrs
import click

from properties.cli.start import UNDETERMINED, leaving_at_once, throw_away_the_rest


@attrs.frozen
class Entry:
    """The module of a command, and a short summary."""

    module: str
    name: str
    summary: str


ENTRIES = {
    "campaign": Entry("campaign", "campaign", "Search for days, and lose nothing."),
    "check": Entry("check", "check", "Try to break every law of a protocol."),
    "compare": Entry("compare", "compare_command", "Put the same life to two protocols."),
    "conform": Entry("conform", "conform", "Test other clients against our machine."),
    "decode": Entry("encode", "decode", "Turn canonical bytes into JSON."),
    "devnet": Entry("devnet", "devnet", "Run a network of validators with real keys."),
    "diff": Entry("diff", "diff", "Search for what two protocols do differently."),
    "duties": Entry("duties", "duties", "Import and export what validators signed."),
    "encode": Entry("encode", "encode", "Turn JSON into canonical bytes."),
    "examples": Entry("examples", "examples", "Copy the documentation's examples."),
    "explore": Entry("explore", "explore_command", "Visit every state of small worlds."),
    "fuzz": Entry("fuzz", "fuzz", "Search on from states reached in new ways."),
    "genesis": Entry("genesis", "genesis", "Make the genesis of a chain."),
    "laws": Entry("laws", "laws", "List every law."),
    "mutants": Entry("mutants", "mutants", "Measure the engines on planted bugs."),
    "new": Entry("new", "new", "Write a first design of your own."),
    "prove": Entry("prove", "prove", "Prove rules for all numbers at once."),
    "replay": Entry("replay", "replay", "Run a counterexample again, step by step."),
    "root": Entry("encode", "root", "Print a state root, and explain it."),
    "run": Entry("run", "run", "Apply a file of transactions, or a chain."),
    "selftest": Entry("selftest", "selftest", "Attack our own decoders, rules and commands."),
    "serve": Entry("conform", "serve", "Serve the conformance protocol."),
    "sweep": Entry("sweep", "sweep", "Check a grid of parameters, with a price in each cell."),
    "vectors": Entry("vectors", "vectors", "Make, run and explain test vectors."),
}
"""All commands, by name."""


class Commands(click.Group):
    """Commands that exit with 4 when they are interrupted, or when whoever reads goes away.

    Click's own 1 means refuted.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        entry = ENTRIES.get(cmd_name)
        if entry is None:
            return None
        with leaving_at_once():
            module = importlib.import_module(f"properties.cli.{entry.module}")
        command: click.Command = getattr(module, entry.name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in ENTRIES.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(UNDETERMINED)
        except BrokenPipeError:
            throw_away_the_rest()
            ctx.exit(UNDETERMINED)


@click.group("stakespec", cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stakespec")
def commands() -> None:
    """A proof-of-stake consensus as one pure function, plus tools that test and prove it.

    Exit codes: 0 held, 1 refuted, 2 bad input or usage, 3 a witness was never reached,
    4 undetermined, 5 implementations differ.
    """
