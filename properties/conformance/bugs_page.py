"""How many transactions `stakespec conform` needs to meet each planted bug, as a page of specs/.

    python -m properties.conformance.bugs_page specs

One search is enough for all of them: until a bug shows itself, its machine stands where ours
does. So every transaction is put to all machines that have agreed so far.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs

from properties.conformance.asks import OK, Message
from properties.conformance.comparison import Divergence, Pair, compared
from properties.conformance.fuzzing import Fuzzer, Parted
from properties.conformance.inside import Inside
from properties.conformance.kills import UNSTEADY, touched_by
from properties.conformance.machine import Machine
from properties.conformance.shrinking import Judge, made_small
from properties.engines.fuzz.corpus import Entry
from properties.mutants import MUTANTS, Mutant
from statemachine import PROTOCOL
from statemachine.records import evolve
from statemachine.state import State

PAGE = "conformance-bugs.md"

SEED = 1

STEPS = 20_000
"""Transactions after which a bug counts as not met."""

TRIALS = 60
"""Ways that are tried to make a divergence small."""

TELLS = frozenset({"events", "details"})


@attrs.frozen
class Met:
    """Where a bug shows itself first."""

    mutant: Mutant
    steps: int
    """Transactions drawn until then, with this one."""
    parted: Parted


@attrs.define(eq=False)
class _Watched(Machine):
    """Our machine, of which somebody is told what it applies."""

    search: "BugSearch | None" = None

    def apply(self, transaction: Any, *, rooted: bool = True) -> Message:
        """Apply a transaction, and have it compared."""
        before = self.now()
        reply = super().apply(transaction, rooted=rooted)
        if self.search is not None:
            self.search.put(before, transaction, reply, self.now())
        return reply


@attrs.define(eq=False)
class BugSearch(Fuzzer):
    """Fuzzing as `conform` does it, with every planted bug as a client at once."""

    met: list[Met] = attrs.field(factory=list)
    left: list[tuple[Mutant, frozenset[str], Machine]] = attrs.field(factory=list)
    _entry: Entry | None = None
    _accepted: list[Any] = attrs.field(factory=list)

    @classmethod
    def of(cls, mutants: Iterable[Mutant], seed: int = SEED) -> "BugSearch":
        """Begin a search for some bugs."""
        machine = _Watched(PROTOCOL)
        search = cls(Pair(machine, Inside(Machine(PROTOCOL), TELLS)), seed)
        search.left = [
            (mutant, touched_by(mutant.protocol), Machine(mutant.protocol))
            for mutant in mutants
            if mutant.id not in UNSTEADY
        ]
        machine.search = search
        return search

    def _way_to(self, entry: Entry) -> list[Message]:
        self._entry, self._accepted = entry, []
        return super()._way_to(entry)

    def put(self, before: State, transaction: Any, reply: Message, after: State) -> None:
        """Put a transaction to all machines that have agreed with ours so far."""
        kind = type(transaction).__name__
        for look in tuple(self.left):
            mutant, touched, machine = look
            if kind not in touched:
                continue
            # A copy: some bugs write into what they are given.
            machine.state = evolve(before)
            theirs = machine.apply(transaction, rooted=False)
            apart = compared({}, reply, theirs, TELLS)
            if apart is None and machine.state != after:
                apart = Divergence("another root", {}, reply, theirs)
            if apart is not None:
                self.left.remove(look)
                assert self._entry is not None
                trial = self._entry.history.trial((*self._accepted, transaction))
                self.met.append(Met(mutant, self.covered.steps + 1, Parted(apart, trial)))
        if OK in reply:
            self._accepted.append(transaction)

    def search(self, steps: int) -> None:
        """Search until all are met, for so many transactions at most."""
        self.run(steps, lambda: bool(self.left))


def small(met: Met) -> Parted:
    """Return the divergence of a bug, made small as `conform` does it."""
    judge = Judge(Machine(PROTOCOL), lambda: Inside(Machine(met.mutant.protocol), TELLS))
    return made_small(judge, met.parted, lambda: judge.tried < TRIALS).parted


def row(met: Met) -> str:
    """Return the row of a bug that was met."""
    shortest = small(met)
    way, least = (len(one.trial.transactions) for one in (met.parted, shortest))
    return f"| {met.mutant.id} | {met.steps} | {shortest.divergence.kind} | {way} | {least} |"


def page(search: BugSearch) -> Iterator[str]:
    """Return the lines of the page."""
    yield "# What conform needs to meet each planted bug"
    yield ""
    yield "Made by `python -m properties.conformance.bugs_page specs`; do not edit. Each bug is"
    yield "planted in the machine on the other side, as in"
    yield "`stakespec conform --vectors none.json -- stakespec serve --protocol"
    yield "properties.mutants:S9`: no vectors, only fuzzing."
    yield ""
    rows = {met.mutant.id: met for met in search.met}
    steps = sorted(met.steps for met in search.met)
    yield f"Seed {SEED}: {len(rows)} of {len(MUTANTS)} are met within {steps[-1]:,} transactions,"
    yield f"half of them within {steps[len(steps) // 2]:,}. The way is what leads from a genesis to"
    yield f"the difference; it is made short in at most {TRIALS} trials."
    yield ""
    yield "| bug | transactions drawn | difference | way to it | made short |"
    yield "|---|---|---|---|---|"
    for mutant in MUTANTS:
        if mutant.id in rows:
            yield row(rows[mutant.id])
    missed = [mutant for mutant in MUTANTS if mutant.id not in rows]
    if missed:
        yield ""
        yield f"Not met in {STEPS:,} transactions of this seed:"
        yield ""
    for mutant in missed:
        why = f" ({UNSTEADY[mutant.id]})" if mutant.id in UNSTEADY else ""
        yield f"- {mutant.id}: {mutant.mistake}{why}"


def main(folder: Path) -> None:
    """Write the page."""
    search = BugSearch.of(MUTANTS)
    search.search(STEPS)
    (folder / PAGE).write_text("\n".join(page(search)) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
