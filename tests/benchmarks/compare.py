"""Two commits compared in alternating runs on one machine: `make bench-compare BASE=...`.

A shared machine is faster now and slower then, by half as much again for seconds or for minutes,
so figures of two runs say little. Each round measures both commits, in turn the one and the other
first; what is printed is the ratio of the least time of each, which is what the machine can do
while it is left alone, with the least and the most of the rounds' own ratios.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]

Times = Mapping[str, float]
"""The least seconds of a round, by benchmark."""


@attrs.frozen
class Row:
    """What the rounds say of a benchmark that both commits have."""

    name: str
    base: float
    """Seconds, the least of the rounds."""
    here: float
    ratio: float
    """Of the times here and there: below 1 this commit is faster."""
    least: float
    most: float


def rows_of(rounds: Sequence[tuple[Times, Times]]) -> list[Row]:
    """Compare the rounds, each with the times of the base and of this commit."""
    names = set.intersection(*({*base} & {*here} for base, here in rounds)) if rounds else set()
    rows = []
    for name in sorted(names):
        ratios = [here[name] / base[name] for base, here in rounds]
        first = min(base[name] for base, _ in rounds)
        second = min(here[name] for _, here in rounds)
        rows.append(Row(name, first, second, second / first, min(ratios), max(ratios)))
    return rows


def only_one_has(rounds: Sequence[tuple[Times, Times]]) -> list[str]:
    """Return the benchmarks that cannot be compared."""
    both = [{*base, *here} for base, here in rounds]
    return sorted(set().union(*both) - {row.name for row in rows_of(rounds)})


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Check a commit out into a folder of its own, for as long as it is needed."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "base"
        git = ["git", "-C", str(ROOT), "worktree"]
        added = subprocess.run(
            [*git, "add", "--detach", str(tree), commit],
            capture_output=True,
            text=True,
            check=False,
        )
        if added.returncode:
            raise click.BadParameter(added.stderr.strip(), param_hint="BASE")
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=False)


def measured(tree: Path, words: Sequence[str]) -> Times:
    """Run the benchmarks of a tree once; return the least time of each."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "benchmarks.json"
        command = [
            *(sys.executable, "-m", "pytest", "tests/benchmarks", "-q", "--benchmark-enable"),
            *("--benchmark-only", f"--benchmark-json={file}", *words),
            # An installation registers a plugin that an older tree need not have.
            *("-p", "no:stakespec"),
        ]
        ran = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
        if ran.returncode or not file.exists():
            raise click.ClickException(f"{tree}: {ran.stdout[-2_000:]}{ran.stderr[-2_000:]}")
        document = json.loads(file.read_text(encoding="utf-8"))
    return {one["name"]: one["stats"]["min"] for one in document["benchmarks"]}


@click.command()
@click.argument("base")
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--only", metavar="EXPRESSION", default="", help="As pytest's -k.")
@click.option("--json", "output", metavar="FILE", type=click.Path(dir_okay=False, writable=True))
def main(base: str, rounds: int, only: str, output: str | None) -> None:
    """Compare this tree with the commit BASE, benchmark by benchmark."""
    words = ["-k", only] if only else []
    done: list[tuple[Times, Times]] = []
    with checked_out(base) as tree:
        for number in range(rounds):
            click.echo(f"round {number + 1} of {rounds}", err=True)
            if number % 2:
                here, there = measured(ROOT, words), measured(tree, words)
            else:
                there, here = measured(tree, words), measured(ROOT, words)
            done.append((there, here))
    rows = rows_of(done)
    table = Table("benchmark", box=None)
    for head in ("base ms", "here ms", "here : base", "from", "to"):
        table.add_column(head, justify="right")
    for row in rows:
        figures = (f"{1e3 * row.base:.3f}", f"{1e3 * row.here:.3f}")
        ratios = (f"{ratio:.2f}" for ratio in (row.ratio, row.least, row.most))
        table.add_row(escape(row.name), *figures, *ratios)
    Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(table)
    for name in only_one_has(done):
        click.echo(f"only one of them has {name}")
    if output is not None:
        Path(output).write_text(json.dumps([attrs.asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
