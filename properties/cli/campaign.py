"""`stakespec campaign`: searches whose corpus and results outlive the process."""

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import click
from rich.table import Table

from properties.campaign.absorber import Absorber
from properties.campaign.account import Account
from properties.campaign.cluster import BadCluster, Cluster
from properties.campaign.folder import BadCampaign, Folder, Round, Subject
from properties.campaign.history import Kept
from properties.campaign.lock import locked
from properties.campaign.minimise import minimised
from properties.campaign.replay import Standing, replayed, replayed_failures
from properties.campaign.run import Work, run_tasks
from properties.campaign.shard import Task
from properties.campaign.version import version_of
from properties.campaign.witnessed import witnessed
from properties.cli.corpus_option import keep_option
from properties.cli.files import BadInput, check_output, explain, shown, write_atomically
from properties.cli.inputs import beginning
from properties.cli.options import (
    genesis_option,
    json_option,
    protocol_option,
    quiet_option,
    seed_option,
    settings_option,
    workers_option,
)
from properties.cli.output import Output, is_quiet, note, print_json
from properties.cli.progress import Bar
from properties.cli.start import UNDETERMINED
from properties.exports.campaign_page import Campaign, Told, as_campaign_page
from properties.exports.retelling import retell
from properties.exports.trace_report import print_counterexample
from properties.model.design import types_in_files_of
from properties.trace.counterexample import Counterexample
from statemachine.codec import Malformed, from_jsonable, to_jsonable
from statemachine.description import Genesis
from statemachine.protocol import Protocol


@click.group()
def campaign() -> None:
    """Search for days: the corpus, every result and every failure are files."""


@attrs.frozen
class Opened:
    """A campaign that is worked in."""

    folder: Folder
    subject: Subject
    protocol: Protocol
    start: Genesis | None

    @property
    def types(self) -> tuple[type, ...]:
        """The types of transactions that its files may hold."""
        return types_in_files_of(self.protocol)

    def corpus(self) -> list[Kept]:
        """The histories that a shard begins with."""
        return self.folder.corpus(self.types)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what is wrong with a folder into one clear line."""
    try:
        yield
    except (BadCampaign, BadCluster) as error:
        raise BadInput(str(error)) from error
    except Malformed as error:
        raise BadInput(f"{name}: {error}") from error
    except OSError as error:
        raise BadInput(explain(str(error.filename or name), error, "used")) from error


@contextmanager
def _opened(name: str) -> Iterator[Opened]:
    """Open a campaign that is there, and hold its lock."""
    folder = Folder(Path(name))
    with _explained(name):
        folder.subject()
        with locked(folder.path):
            yield _loaded(folder)


def _loaded(folder: Folder) -> Opened:
    subject = folder.subject()
    # A genesis has the settings in it already.
    settings = subject.settings if subject.genesis is None else ()
    protocol, _ = beginning(subject.protocol, None, settings, "campaign.json")
    begins = subject.genesis
    start = None if begins is None else from_jsonable(begins, protocol.description)
    return Opened(folder, subject, protocol, start)


WATCH_SECONDS = 1.0
"""Between two looks at a campaign that is being watched."""

scheduler_option = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Run shards on a cluster of Dask: tcp://HOST:PORT, or local for one of this machine's"
    " own, with --workers workers.",
)

# --- running ---------------------------------------------------------------------------------


@campaign.command()
@click.argument("name", metavar="DIR")
@click.option(
    "--shards",
    type=click.IntRange(1, 100_000),
    default=8,
    show_default=True,
    help="Number of shards.",
)
@click.option(
    "--steps",
    type=click.IntRange(1),
    default=5_000,
    show_default=True,
    help="Transactions that each shard draws.",
)
@keep_option("States that a shard keeps in memory at most.")
@protocol_option()
@genesis_option
@settings_option()
@seed_option()
@workers_option()
@scheduler_option
@quiet_option()
@json_option()
@click.pass_context
def run(
    context: click.Context,
    name: str,
    shards: int,
    steps: int,
    keep: int,
    path: str,
    genesis: str | None,
    settings: tuple[str, ...],
    seed: int | None,
    workers: int,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Run one more round of a campaign: shards that all begin with its corpus.

    DIR is made if it is not there. What a shard finds follows from the seed, its number,
    --steps, the corpus and the version alone. Each result is written when its shard ends; then
    the corpus is the shortest history for each cell that was ever reached.

    Failures that are kept are replayed first; what is mended is put into mended/.

    Exit codes: 0 held, 1 refuted, 2 bad input or usage, 4 ended early (go on with resume).
    """
    _, start = beginning(path, genesis, settings)
    subject = Subject(path, settings, None if start is None else to_jsonable(start))
    folder = Folder(Path(name))
    with _explained(name):
        folder.path.mkdir(parents=False, exist_ok=True)
        with locked(folder.path):
            folder.begin(subject)
            opened = _loaded(folder)
            corpus = opened.corpus()
            chosen = secrets.randbelow(2**32) if seed is None else seed
            asked = Round(chosen, shards, steps, keep, version_of(path), folder.corpus_name())
            folder.add_round(asked)
            note(f"round {asked.name}: seed {chosen}, {len(corpus)} histories")
            _finish(opened, corpus, workers, scheduler)
            _end(context, opened, as_json)


@campaign.command()
@click.argument("name", metavar="DIR")
@workers_option()
@scheduler_option
@quiet_option()
@json_option()
@click.pass_context
def resume(
    context: click.Context, name: str, workers: int, scheduler: str | None, as_json: bool
) -> None:
    """Run the shards of a campaign that have no result yet.

    Exit codes: 0 held, 1 refuted, 2 bad input or usage, 4 ended early.
    """
    with _opened(name) as opened:
        _finish(opened, opened.corpus(), workers, scheduler)
        _end(context, opened, as_json)


@attrs.frozen
class Pending:
    """What a campaign has no result of."""

    tasks: list[Task]
    """Those that can still be run."""
    left_out: dict[str, int]
    """How many were for another version or corpus and cannot be run any more, by round."""


def _pending(opened: Opened) -> Pending:
    folder, subject = opened.folder, opened.subject
    current = (version_of(subject.protocol), folder.corpus_name())
    pending = Pending([], {})
    for asked in folder.rounds():
        missing = folder.missing(asked, subject)
        if (asked.version, asked.corpus) == current:
            pending.tasks.extend(missing)
        elif missing:
            pending.left_out[asked.name] = len(missing)
    return pending


def _finish(opened: Opened, corpus: list[Kept], workers: int, scheduler: str | None) -> None:
    """Run what is missing of rounds that can still be run, and absorb the results."""
    folder = opened.folder
    for standing in replayed_failures(folder, opened.protocol, opened.types):
        note(f"{standing.verdict}: {standing.name} {standing.message}".rstrip())
    pending = _pending(opened)
    tasks = pending.tasks
    for name, count in pending.left_out.items():
        note(
            f"round {name}: {count} shards were for another version or corpus"
            " and are left out; begin a new round with stakespec campaign run"
        )
    absorber = Absorber.of(folder, opened.types, version_of(opened.subject.protocol))
    with Bar() as bar:

        def show(count: int) -> None:
            bar.update("shards", count / max(1, len(tasks)), f"{count} of {len(tasks)}")
            # While shards are still worked on, so that less is left to do at the end.
            absorber.catch_up()

        work = Work(folder, opened.protocol, opened.start, corpus, absorber.take)
        if scheduler is None:
            complete = run_tasks(work, tasks, workers, show)
        else:
            complete = Cluster(scheduler, workers).run_tasks(work, tasks, show)
    if complete:
        absorber.finish()


# --- what there is -----------------------------------------------------------------------------


@campaign.command()
@click.argument("name", metavar="DIR")
@click.option("--watch", is_flag=True, help="Go on until no shard is missing.")
@quiet_option()
@json_option()
@click.pass_context
def status(context: click.Context, name: str, watch: bool, as_json: bool) -> None:
    """Say what a campaign has done and found.

    Exit codes: 0 held, 1 refuted, 2 bad input or usage, 4 shards are missing.
    """
    with _explained(name):
        opened = _loaded(Folder(Path(name)))
        if watch:
            _watch(opened)
        _end(context, opened, as_json)


def _watch(opened: Opened) -> None:
    """Show where a campaign stands until none of its shards is missing, or Ctrl-C is pressed."""
    account = Account()
    with Bar() as bar:
        while True:
            summary = _summary(opened, account)
            done, missing = summary["shards"], summary["missing"]
            bar.update(
                "shards",
                done / max(1, done + missing),
                f"{done} of {done + missing}, {summary['cells']:,} cells,"
                f" {account.steps_a_second():,.0f} steps a second,"
                f" {len(summary['failures'])} failures",
            )
            if not missing and done:
                return
            time.sleep(WATCH_SECONDS)


@campaign.command()
@click.argument("name", metavar="DIR")
@click.option("-o", "--output", metavar="OUT", required=True, help="Where to write the page.")
@click.pass_context
def report(context: click.Context, name: str, output: str) -> None:
    """Write a page of what a campaign has done and found, for a browser, that needs nothing else.

    Exit codes: 0 held, 1 refuted, 2 bad input or usage, 4 shards are missing.
    """
    check_output(output, "-o")
    with _explained(name):
        opened = _loaded(Folder(Path(name)))
        account = Account()
        summary = _summary(opened, account)
        corpus = opened.folder.readable(opened.types)
        with Bar() as bar:
            coverage = witnessed(
                opened.protocol,
                corpus,
                lambda done: bar.update("histories", done / len(corpus), f"{done} replayed"),
            )
        told = [_retold(opened, file) for file in opened.folder.failures()]
    verdict = _last_word(summary)
    page = Campaign(opened.protocol, verdict, summary, account, coverage, told)
    write_atomically(output, as_campaign_page(page))
    click.echo(f"{verdict}; written to {shown(output)}")
    context.exit(_exit_code(summary))


def _retold(opened: Opened, file: Path) -> Told:
    """Replay a failure. Raises Malformed."""
    package = Counterexample.from_text(file.read_text(encoding="utf-8"), lambda _: opened.types)
    path = opened.subject.protocol
    violations = print_counterexample(Output(quiet=True), opened.protocol, path, package)
    return Told(str(file), retell(opened.protocol, package, violations))


def _end(context: click.Context, opened: Opened, as_json: bool) -> None:
    summary = _summary(opened, Account())
    if as_json:
        print_json("campaign-status", summary)
    elif is_quiet():
        Output().conclude(_last_word(summary))
    else:
        _print(summary)
    context.exit(_exit_code(summary))


def _exit_code(summary: dict[str, Any]) -> int:
    return 1 if summary["failures"] else 0 if summary["complete"] else UNDETERMINED


def _summary(opened: Opened, account: Account) -> dict[str, Any]:
    pending = _pending(opened)
    account.read(opened.folder)
    shards = len(account.rows)
    return {
        "protocol": opened.subject.protocol,
        # Nothing that was run judges nothing.
        "complete": not pending.tasks and shards > 0,
        "rounds": len(opened.folder.rounds()),
        "shards": shards,
        "missing": len(pending.tasks),
        "left_out": sum(pending.left_out.values()),
        "drawn": account.drawn,
        "cells": len(account.cells),
        "histories": len(list((opened.folder.path / "corpus").glob("*.json"))),
        "set_aside": len(list((opened.folder.path / "set-aside").glob("*.json"))),
        "mended": len(list((opened.folder.path / "mended").glob("*.json"))),
        "accepted": dict(sorted(account.accepted.items())),
        "failures": [str(file) for file in opened.folder.failures()],
    }


ROWS = (
    *("protocol", "rounds", "shards", "missing", "left_out"),
    *("drawn", "cells", "histories", "set_aside", "mended"),
)
"""What is printed of a campaign, in this order."""


def _print(summary: dict[str, Any]) -> None:
    console = Output()
    table = Table(box=None, show_header=False, pad_edge=False)
    for name in ROWS:
        held = summary[name]
        table.add_row(name.replace("_", " "), f"{held:,}" if isinstance(held, int) else held)
    console.print(table)
    for file in summary["failures"]:
        console.print(f"stakespec replay {file}", soft_wrap=True)
    if summary["missing"]:
        console.print("shards are missing: stakespec campaign resume")
    elif not summary["complete"]:
        console.print("no shard has a result yet: stakespec campaign run")
    console.conclude(_last_word(summary))


def _last_word(summary: dict[str, Any]) -> str:
    if summary["failures"]:
        return "REFUTED"
    return "HELD" if summary["complete"] else "UNDETERMINED"


# --- corpora ------------------------------------------------------------------------------------


@campaign.command()
@click.argument("names", metavar="DIR...", nargs=-1, required=True)
@click.option("-o", "--output", metavar="DIR", required=True, help="The folder to merge into.")
@json_option()
def merge(names: tuple[str, ...], output: str, as_json: bool) -> None:
    """Put campaigns on one subject together, in any order and as often as you like.

    Exit codes: 0 done, 2 bad input or usage.
    """
    target = Folder(Path(output))
    with _explained(output):
        sources = [Folder(Path(name)) for name in names]
        subjects = [source.subject() for source in sources]
        target.path.mkdir(parents=False, exist_ok=True)
        with locked(target.path):
            target.begin(subjects[0])
            for name, subject in zip(names, subjects, strict=True):
                if subject != subjects[0]:
                    raise BadCampaign(f"{name}: searches another protocol than {names[0]}")
            target.merge(sources)
            if as_json:
                print_json("campaign-status", _summary(_loaded(target), Account()))
            else:
                click.echo(f"merged {len(names)} into {output}")


@campaign.command()
@click.argument("name", metavar="DIR")
@json_option()
def minimise(name: str, as_json: bool) -> None:
    """Keep the least corpus that reaches the same cells, each history made shorter.

    Exit codes: 0 done, 2 bad input or usage.
    """
    with _opened(name) as opened:
        corpus = opened.corpus()
        with Bar() as bar:
            least = minimised(
                opened.protocol,
                corpus,
                lambda count: bar.update("histories", count / max(1, len(corpus)), f"{count}"),
            )
        opened.folder.replace_corpus(least)
    before, after = map(_size, (corpus, least))
    if as_json:
        print_json("campaign-minimise", {"before": before, "after": after})
        return
    click.echo(
        f"{before['histories']} histories of {before['transactions']:,} transactions,"
        f" now {after['histories']} of {after['transactions']:,}"
    )


def _size(corpus: list[Kept]) -> dict[str, int]:
    transactions = sum(len(kept.trial.transactions) for kept in corpus)
    return {"histories": len(corpus), "transactions": transactions}


@campaign.command()
@click.argument("name", metavar="DIR")
@json_option()
@click.pass_context
def replay(context: click.Context, name: str, as_json: bool) -> None:
    """Replay the failures and the corpus: what still fails, what is mended, what no longer applies.

    Exit codes: 0 nothing fails, 1 something still fails, 2 bad input or usage.
    """
    with _opened(name) as opened:
        standings = list(replayed(opened.folder, opened.protocol, opened.types))
    counts = Counter(standing.verdict for standing in standings)
    if as_json:
        listed = [attrs.asdict(standing) for standing in standings]
        print_json("campaign-replay", {"standings": listed})
        context.exit(1 if counts[Standing.FAILS] else 0)
    console = Output()
    for standing in standings:
        if standing.verdict != Standing.HOLDS:
            console.print(f"{standing.verdict}: {standing.name} {standing.message}".rstrip())
    console.print(
        ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())) or "empty"
    )
    context.exit(1 if counts[Standing.FAILS] else 0)
