"""The folder of a campaign: files named by what is in them, and a lock.

    campaign.json      what is searched
    rounds/NAME.json   what was asked for: so many shards, of so many steps
    corpus/NAME.json   histories that a shard begins with
    shards/NAME.json   results, one a shard
    efforts/NAME.json  what each shard cost, which no result follows from
    absorbed.json      the results whose histories the corpus has
    failures/…         counterexamples
    mended/…           counterexamples that broke no law when they were last replayed
    set-aside/…        histories that no longer apply

A file is there whole or not at all, and never changes but for the cells of a history. Whoever
is killed loses the shards that were running, and nothing else.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from properties.campaign.effort import FORMAT as EFFORT_FORMAT
from properties.campaign.effort import Effort
from properties.campaign.history import FORMAT as HISTORY_FORMAT
from properties.campaign.history import Best, Kept, Written
from properties.campaign.names import name_of
from properties.campaign.shard import FORMAT as SHARD_FORMAT
from properties.campaign.shard import Task, corpus_named
from properties.trace.counterexample import Counterexample
from properties.trace.durable import remove_leftovers, replace_file
from statemachine.codec import Malformed, parse_json
from statemachine.hashing import digest

FORMAT = "stakespec/campaign/1"

ROUND_FORMAT = "stakespec/round/1"

ABSORBED_FORMAT = "stakespec/absorbed/1"

UNITED = ("rounds", "shards", "efforts", "failures", "mended", "set-aside")
"""The folders that a merge puts together file by file."""

LARGEST = 2**28
"""Bytes in the largest file that is read."""


class BadCampaign(Exception):
    """A folder that is no campaign, or whose files cannot be read; says what to do."""


@attrs.frozen
class Subject:
    """What a campaign searches."""

    protocol: str
    settings: tuple[str, ...] = ()
    genesis: Any = None
    """A genesis as JSON's own types; None for small worlds."""

    def to_text(self) -> str:
        """Return the text of campaign.json."""
        return json.dumps({"format": FORMAT, **attrs.asdict(self)}, indent=1) + "\n"


@attrs.frozen
class Round:
    """So many shards, each beginning with the same corpus."""

    seed: int
    shards: int
    steps: int
    keep: int
    version: str
    corpus: str

    @property
    def name(self) -> str:
        """Return the name of its file."""
        return name_of(self.to_text().encode())

    def to_text(self) -> str:
        """Return the text of its file."""
        return json.dumps({"format": ROUND_FORMAT, **attrs.asdict(self)}, indent=1) + "\n"

    def tasks(self, subject: Subject) -> list[Task]:
        """Return the task of each shard."""
        return [
            Task(
                subject.protocol,
                subject.settings,
                self.version,
                self.seed,
                self.steps,
                self.keep,
                self.corpus,
                shard,
                self.shards,
            )
            for shard in range(self.shards)
        ]


@attrs.frozen
class Folder:
    """A campaign's folder."""

    path: Path

    def subject(self) -> Subject:
        """Read what is searched. Raises BadCampaign."""
        if not (self.path / "campaign.json").is_file():
            raise BadCampaign(f"{self.path}: is no campaign; begin one with stakespec campaign run")
        document = self._read(self.path / "campaign.json", FORMAT)
        try:
            return Subject(
                str(document["protocol"]), tuple(document["settings"]), document["genesis"]
            )
        except (KeyError, TypeError) as error:
            raise BadCampaign(f"{self.path / 'campaign.json'}: {error} is missing") from error

    def begin(self, subject: Subject) -> None:
        """Make the folder, or hold it to what it searches. Raises BadCampaign, OSError."""
        if (self.path / "campaign.json").exists():
            if self.subject() != subject:
                raise BadCampaign(
                    f"{self.path}: searches {self.subject().protocol} with other settings or"
                    " another genesis; name another folder, or give the same options"
                )
            return
        if any(file.name != "lock" for file in self.path.iterdir()):
            raise BadCampaign(f"{self.path}: is no campaign and not empty; name another folder")
        for name in (*UNITED, "corpus"):
            (self.path / name).mkdir(parents=True, exist_ok=True)
        replace_file(self.path / "campaign.json", subject.to_text())

    # --- rounds and results --------------------------------------------------------------

    def rounds(self) -> list[Round]:
        """Read all rounds, by name. Raises BadCampaign."""
        documents = (self._read(file, ROUND_FORMAT) for file in self._files("rounds"))
        fields = [field.name for field in attrs.fields(Round)]
        return [Round(**{name: document[name] for name in fields}) for document in documents]

    def add_round(self, asked: Round) -> None:
        """Write a round."""
        replace_file(self.path / "rounds" / f"{asked.name}.json", asked.to_text())

    def missing(self, asked: Round, subject: Subject) -> list[Task]:
        """Return the tasks of a round that have no result."""
        shards = self.path / "shards"
        return [
            task for task in asked.tasks(subject) if not (shards / f"{task.name}.json").exists()
        ]

    def add_result(
        self, task: Task, text: str, effort: Effort | None, types: tuple[type, ...]
    ) -> dict[str, Any]:
        """Write a shard's result and, before it, its failures: nobody need wait for them.

        Returns the result.
        """
        result: dict[str, Any] = json.loads(text)
        for failure in result["failures"]:
            self.add_failure(Counterexample.from_text(json.dumps(failure), lambda _: types))
        if effort is not None:
            (self.path / "efforts").mkdir(exist_ok=True)
            replace_file(self.path / "efforts" / f"{task.name}.json", effort.to_text())
        replace_file(self.path / "shards" / f"{task.name}.json", text)
        return result

    def result_names(self) -> list[str]:
        """Return the names of all results."""
        return [file.stem for file in self._files("shards")]

    def result(self, name: str) -> dict[str, Any]:
        """Read a result. Raises BadCampaign."""
        return self._read(self.path / "shards" / f"{name}.json", SHARD_FORMAT)

    def effort(self, name: str) -> Effort | None:
        """Read what a shard cost, if that is known. Raises BadCampaign."""
        file = self.path / "efforts" / f"{name}.json"
        if not file.exists():
            return None
        try:
            return Effort.of(self._read(file, EFFORT_FORMAT))
        except (KeyError, TypeError, ValueError) as error:
            raise BadCampaign(f"{file}: {error} is missing or no number") from error

    def results(self) -> Iterator[dict[str, Any]]:
        """Read all results, by name, one at a time. Raises BadCampaign."""
        for name in self.result_names():
            yield self.result(name)

    # --- the corpus ----------------------------------------------------------------------

    def corpus(self, types: tuple[type, ...]) -> list[Kept]:
        """Read the corpus, by name; what is of no known type is set aside. Raises BadCampaign."""
        read = list(self._histories(types))
        for name, kept in read:
            if kept is None:
                self.set_aside(name)
        return [kept for _, kept in read if kept is not None]

    def readable(self, types: tuple[type, ...]) -> list[Kept]:
        """Read what can be read of the corpus, by name, and move nothing. Raises BadCampaign."""
        return [kept for _, kept in self._histories(types) if kept is not None]

    def _histories(self, types: tuple[type, ...]) -> Iterator[tuple[str, Kept | None]]:
        for file in self._files("corpus"):
            try:
                yield file.stem, Kept.from_text(_text(file), types)
            except Malformed:
                yield file.stem, None

    def corpus_name(self) -> str:
        """Return the name of the corpus, from the names of its files alone."""
        return corpus_named(file.stem for file in self._files("corpus"))

    def absorbed(self) -> set[str]:
        """Read the names of the results whose histories the corpus has. Raises BadCampaign."""
        file = self.path / "absorbed.json"
        return set(self._read(file, ABSORBED_FORMAT)["results"]) if file.exists() else set()

    def set_absorbed(self, names: Iterable[str]) -> None:
        """Write the names of the results whose histories the corpus has."""
        document = {"format": ABSORBED_FORMAT, "results": sorted(names)}
        replace_file(self.path / "absorbed.json", json.dumps(document, indent=1) + "\n")

    def set_aside(self, name: str) -> None:
        """Take a history that no longer applies out of the corpus, without losing it."""
        file = self.path / "corpus" / f"{name}.json"
        if file.exists():
            self.move(file, "set-aside")

    def move(self, file: Path, name: str) -> None:
        """Move a file to another folder of the campaign."""
        (self.path / name).mkdir(exist_ok=True)
        os.replace(file, self.path / name / file.name)

    def add_failure(self, counterexample: Counterexample, is_new: bool = True) -> None:
        """Write a counterexample under a name of its own, unless it is old and was mended."""
        text = counterexample.to_text()
        name = digest("campaign", text.encode())[:8].hex()
        file = self.path / "failures" / f"{counterexample.law}-{name}.json"
        mended = self.path / "mended" / file.name
        if is_new or not mended.exists():
            mended.unlink(missing_ok=True)
            if not file.exists():
                replace_file(file, text)

    def failures(self) -> list[Path]:
        """Return the files of all counterexamples."""
        return self._files("failures")

    def mended(self) -> list[Path]:
        """Return the files of the counterexamples that broke no law when last replayed."""
        return self._files("mended")

    def merge(self, sources: Iterable["Folder"]) -> None:
        """Take over what other campaigns on the same subject have: a union of files."""
        before = self.written()
        best: Best[Written] = Best()
        best.add(before)
        absorbed = self.absorbed()
        for source in sources:
            for name in UNITED:
                (self.path / name).mkdir(exist_ok=True)
                for file in source._files(name):
                    ours, text = self.path / name / file.name, _text(file)
                    # Of a shard that was run twice one effort stays: whichever comes first.
                    if not ours.exists() or (name == "efforts" and text < _text(ours)):
                        replace_file(ours, text)
            best.add(source.written())
            absorbed |= source.absorbed()
        self.replace_corpus(best.histories(), before)
        self.set_absorbed(absorbed)

    def written(self) -> list[Written]:
        """Read the corpus for a merge, by name. Raises BadCampaign."""
        return [Written.of(self._read(file, HISTORY_FORMAT)) for file in self._files("corpus")]

    def replace_corpus(
        self, histories: Sequence[Kept] | Sequence[Written], before: Iterable[Written] = ()
    ) -> None:
        """Make the corpus these histories and no others; what was so before is not written."""
        names = {kept.name for kept in histories}
        # Under one name, nothing but the cells can differ.
        there = {written.name: written.cells for written in before}
        remove_leftovers(self.path / "corpus")
        for kept in histories:
            if there.get(kept.name) != kept.cells:
                file = self.path / "corpus" / f"{kept.name}.json"
                replace_file(file, kept.to_text(), tidy=False)
        for file in self._files("corpus"):
            if file.stem not in names:
                file.unlink()

    # --- files ---------------------------------------------------------------------------

    def _files(self, name: str) -> list[Path]:
        return sorted((self.path / name).glob("*.json"))

    def _read(self, file: Path, form: str) -> dict[str, Any]:
        try:
            document = parse_json(_text(file), longest=LARGEST)
        except (OSError, Malformed, UnicodeDecodeError) as error:
            raise BadCampaign(f"{file}: {error}") from error
        if not isinstance(document, dict) or document.get("format") != form:
            raise BadCampaign(f'{file}: must be a file that says "format": "{form}"')
        return document


def _text(file: Path) -> str:
    if file.stat().st_size > LARGEST:
        raise BadCampaign(f"{file}: larger than {LARGEST:,} bytes, the most that is read")
    return file.read_text(encoding="utf-8")
