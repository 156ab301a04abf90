"""How many bugs of strangers a check catches: `make unseen`.

Each file beside this one is a list of changes to the rules, made by somebody who had read the
rules and `specs/protocol` and nothing else: no law, no test, no planted bug. Bugs are to be
caught, and changes that change nothing are not. A set is measured once, before anything is done
about what it shows: afterwards it is one more that we have seen.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import attrs
import click

from properties.drawn.planting import planted_texts, sources
from properties.drawn.trials import Effort, Fate, Trial, try_all
from properties.engines import registry
from statemachine.protocol import Protocol

FOLDER = Path(__file__).parent

SEED = 7

STEPS = 4_000
"""Steps in which what held is compared with the original."""


@attrs.frozen
class Change:
    """A change to the rules, as its author describes it."""

    id: str
    is_bug: bool
    what: str
    edits: tuple[tuple[str, str, str], ...]
    """For each: the module, the text that stands there once, and what is put in its place."""

    @classmethod
    def of(cls, entry: dict[str, Any]) -> "Change":
        """Read an entry of a file."""
        edits = tuple(
            (each["file"].removesuffix(".py").replace("/", "."), each["old"], each["new"])
            for each in entry.get("edits") or [entry]
        )
        return cls(entry["id"], entry["kind"] == "bug", entry["what"], edits)

    def planted(self) -> Protocol:
        """Return the protocol with the change. Raises ValueError where the rules read otherwise."""
        texts = dict(sources())
        for module, old, new in self.edits:
            if texts.get(module, "").count(old) != 1:
                raise ValueError(f"{self.id}: {module} does not have its text once any more")
            texts[module] = texts[module].replace(old, new)
        return planted_texts(texts, self.id)


@attrs.frozen(eq=False)
class Planted:
    """A change, planted; as trials take it."""

    change: Change
    protocol: Protocol

    @property
    def path(self) -> str:
        """What other processes load it by."""
        return f"tests.unseen.measure:{self.change.id}"


def changes() -> dict[str, Change]:
    """Return all changes of all files, by name."""
    read: dict[str, Change] = {}
    for file in sorted(FOLDER.glob("*.json")):
        for entry in json.loads(file.read_text(encoding="utf-8")):
            change = Change.of(entry)
            read[change.id] = change
    return read


def __getattr__(name: str) -> Protocol:
    """Return the protocol with a change, by its name."""
    change = changes().get(name)
    if change is None:
        raise AttributeError(name)
    return change.planted()


def is_right(change: Change, trial: Trial) -> bool:
    """Say whether a bug was caught, or a change that changes nothing was not."""
    return (trial.fate is Fate.CAUGHT) == change.is_bug


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="For each check.")
@click.option("--workers", default=2, show_default=True)
@click.argument("names", nargs=-1)
def main(seconds: float, workers: int, names: tuple[str, ...]) -> None:
    """Put changes to a check each, and print what became of them."""
    known = changes()
    for name in names:
        if name not in known:
            raise click.BadParameter(f"{name} is none of {', '.join(known)}", param_hint="NAMES")
    chosen = [known[name] for name in names or known]
    planted = []
    for change in chosen:
        try:
            planted.append(Planted(change, change.planted()))
        except ValueError as error:
            click.echo(f"left out: {error}")
    right: Counter[bool] = Counter()

    def tell(one: Planted, trial: Trial) -> None:
        change = one.change
        right[change.is_bug] += is_right(change, trial)
        by = f" by {trial.law} ({trial.engine}, {trial.seconds:.1f} s)" if trial.law else ""
        mark = "  " if is_right(change, trial) else "* "
        click.echo(f"{mark}{change.id} {trial.fate.value}{by}: {change.what}")

    effort = Effort(SEED, seconds, STEPS, registry.ENGINES)
    try_all(planted, effort, workers, tell)
    bugs = sum(one.change.is_bug for one in planted)
    click.echo(f"{right[True]} of {bugs} bugs were caught")
    click.echo(f"{right[False]} of {len(planted) - bugs} changes of nothing held")
    sys.exit(0 if sum(right.values()) == len(planted) else 1)


if __name__ == "__main__":
    main()
