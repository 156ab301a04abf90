"""Differential fuzzing: the same drawn transactions put to our machine and to a client.

All is determined by the seed. States that reached something new are kept, by both sides
under one name, and gone on from; how many are kept is bounded, so a long run does not grow.
"""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import attrs

from properties.conformance.asks import OK, REJECTED, Message
from properties.conformance.comparison import Divergence, Pair
from properties.conformance.machine import Machine
from properties.engines.fuzz.cells import Cell, cells_of_refusal, cells_of_step
from properties.engines.fuzz.corpus import Corpus, Entry, History
from properties.generate.transactions import draw_profile, next_transaction
from properties.laws.views import Step
from properties.model.draw_context import Actors, RunProfile
from properties.model.passing import crossing_once
from properties.model.worlds import draw_genesis
from properties.trace.trial import Trial
from statemachine.codec import tagged, to_jsonable
from statemachine.description import Genesis
from statemachine.errors import Rejected, RejectionReason
from statemachine.rules.genesis import genesis
from statemachine.state import State

LONGEST = 32
"""Transactions drawn from a kept state, at most, before another is picked."""

WORLDS = 24
"""One in so many times it begins in a new world instead."""

MOST_ENTRIES = 512
"""States that are kept at a time."""

DEEPEST = 400
"""Transactions on the way to a kept state, at most: every state on it stays in memory."""

MOST_IDLE = 1_000
"""Times in a row that there was nothing to put to the client, after which there never is."""

DRAWS = 50
"""Tries to draw a transaction that anybody may submit."""


@attrs.define
class Covered:
    """What was put to a client."""

    steps: int = 0
    worlds: int = 0
    accepted: Counter[str] = attrs.field(factory=Counter)
    """By the type of transaction."""
    rejected: dict[str, Counter[str]] = attrs.field(factory=dict)
    """By the type of transaction, and the reason."""
    cells: dict[Cell, int] = attrs.field(factory=dict)

    def count(self, transaction: object, reply: Message) -> None:
        """Count a transaction."""
        self.steps += 1
        self.count_as(type(transaction).__name__, reply)

    def count_as(self, kind: str, reply: Message) -> None:
        """Count what became of something of a kind."""
        if OK in reply:
            self.accepted[kind] += 1
        elif REJECTED in reply:
            reasons = self.rejected.setdefault(kind, Counter())
            reasons[reply[REJECTED]["reason"]] += 1


@attrs.frozen
class Parted:
    """A divergence, and a way to it."""

    divergence: Divergence
    trial: Trial


@attrs.define(eq=False)
class Fuzzer:
    """A search for a divergence."""

    pair: Pair
    seed: int
    start: Genesis | None = None
    """Where every world begins; None for drawn ones."""
    covered: Covered = attrs.field(factory=Covered)
    corpus: Corpus = attrs.field(factory=Corpus)
    rng: Random = attrs.field(init=False)
    _names: dict[int, str] = attrs.field(factory=dict)
    _next_name: int = 0
    _keeping: list[Message] = attrs.field(factory=list)
    """Asks to keep and to drop states, which go before those of the next stretch."""

    def __attrs_post_init__(self) -> None:
        """Begin at the seed."""
        self.rng = Random(f"{self.seed}/conform")
        machine = self.pair.machine
        machine.protocol = crossing_once(machine.protocol)
        machine.tells_events = "events" in self.pair.client.tells

    def run(self, steps: int | None, go_on: Callable[[], bool] = lambda: True) -> Parted | None:
        """Search for so many steps, or as long as `go_on` says; return a divergence if any."""
        idle = 0
        while go_on() and idle < MOST_IDLE and (steps is None or self.covered.steps < steps):
            steps_before = self.covered.steps
            left = LONGEST if steps is None else steps - steps_before
            parted = self._extend(min(self.rng.randint(1, LONGEST), left))
            if parted is not None:
                return parted
            idle = idle + 1 if self.covered.steps == steps_before else 0
        return None

    # --- where to go on from -------------------------------------------------------------

    def _extend(self, length: int) -> Parted | None:
        entries = self.corpus.entries
        if entries and self.rng.randrange(WORLDS):
            entry = self.corpus.pick(self.rng)
        else:
            protocol = self.pair.machine.protocol
            start = self.start or draw_genesis(self.rng, protocol)
            entry = Entry(genesis(protocol, start), History(start))
            self.covered.worlds += 1
        asks = [*self._keeping, *self._way_to(entry)]
        self._keeping = []
        begun = len(asks)
        replies = [self.pair.machine.reply(ask) for ask in asks]
        transactions, cells = self._draw(entry.state, length, asks, replies)
        apart = self.pair.check(asks, replies)
        if apart is not None:
            place, divergence = apart
            further = [
                tx
                for number, tx in enumerate(transactions[: max(0, place - begun + 1)])
                if OK in replies[begun + number] or begun + number == place
            ]
            return Parted(divergence, entry.history.trial(tuple(further)))
        self._keep(entry, asks[begun:], transactions, replies[begun:], cells)
        return None

    def _way_to(self, entry: Entry) -> list[Message]:
        """Return what takes both sides to a state: its name, or all that led there."""
        name = self._names.get(id(entry))
        if name is not None:
            return [{"do": "go", "name": name}]
        trial = entry.history.trial()
        assert isinstance(trial.start, Genesis)
        return asks_of(trial.start, trial.transactions)

    # --- going on ------------------------------------------------------------------------

    def _draw(
        self, state: State, length: int, asks: list[Message], replies: list[Message]
    ) -> tuple[list[Any], list[tuple[Cell, ...]]]:
        """Draw transactions, put them to our machine, and say which cells are new."""
        machine = self.pair.machine
        profile = _unhurried(draw_profile(machine.protocol, self.rng, state))
        transactions, cells = [], []
        actors, sizes = Actors.of(state), _sizes(state)
        for _ in range(length):
            before = machine.now()
            if _sizes(before) != sizes:
                actors, sizes = Actors.of(before), _sizes(before)
            transaction = self._drawn(before, profile, actors)
            if transaction is None:
                break
            ask = {"do": "apply", "transaction": tagged(transaction), "root": False}
            reply, step = applied(machine, transaction)
            asks.append(ask)
            replies.append(reply)
            transactions.append(transaction)
            self.covered.count(transaction, reply)
            if step is not None:
                cells.append(self.corpus.reach(cells_of_step(step)))
            elif REJECTED in reply:
                reason = RejectionReason(reply[REJECTED]["reason"])
                cells.append(self.corpus.reach(cells_of_refusal(transaction, Rejected(reason))))
            else:
                cells.append(())
        self.covered.cells = self.corpus.reached
        _ask_for_root(machine, asks, replies, len(transactions))
        return transactions, cells

    def _drawn(self, state: State, profile: RunProfile, actors: Actors) -> Any:
        """Draw a transaction that may be put to the client; None where the profile have none."""
        machine = self.pair.machine
        for _ in range(DRAWS):
            drawn = next_transaction(machine.protocol, state, self.rng, profile, actors)
            if type(drawn) in machine.types and self._is_asked(drawn):
                return drawn
        return None

    def _is_asked(self, transaction: object) -> bool:
        kinds = self.pair.client.transactions
        return kinds is None or type(transaction).__name__ in kinds

    def _keep(
        self,
        entry: Entry,
        asks: list[Message],
        transactions: list[Any],
        replies: list[Message],
        cells: list[tuple[Cell, ...]],
    ) -> None:
        """Keep the last state, if something new was reached on the way there."""
        new = tuple(cell for some in cells for cell in some)
        accepted = tuple(tx for tx, reply in zip(transactions, replies, strict=True) if OK in reply)
        if not new or not accepted or entry.history.depth + len(accepted) > DEEPEST:
            return
        child = entry.child(self.pair.machine.now(), accepted, new)
        entries = self.corpus.entries
        if self.pair.client.asks >= {"keep", "go", "drop"}:
            if len(entries) >= MOST_ENTRIES:
                self._forget(entries.pop(self.rng.randrange(len(entries))))
            name = f"s{self._next_name}"
            self._next_name += 1
            self._keeping.append({"do": "keep", "name": name})
            self._names[id(child)] = name
        elif len(entries) >= MOST_ENTRIES:
            entries.pop(self.rng.randrange(len(entries)))
        entries.append(child)

    def _forget(self, entry: Entry) -> None:
        self._keeping.append({"do": "drop", "name": self._names.pop(id(entry))})


def _unhurried(profile: RunProfile) -> RunProfile:
    """Skip ahead half as often: boundaries are dear, and bugs are met as soon without."""
    return attrs.evolve(profile, hurry=profile.hurry // 2)


def _sizes(state: State) -> tuple[int, int, int]:
    return len(state.accounts), len(state.validators), len(state.delegations)


def applied(machine: Machine, transaction: Any) -> tuple[Message, Step | None]:
    """Apply a transaction to our machine; return its reply, and the step where it is one."""
    before = machine.now()
    reply = machine.apply(transaction, rooted=False)
    if OK not in reply:
        return reply, None
    return reply, Step(before, transaction, machine.now(), machine.events)


def _ask_for_root(
    machine: Machine, asks: list[Message], replies: list[Message], length: int
) -> None:
    """Ask for the root after the last accepted one of so many transactions, and for no other."""
    for place in range(len(asks) - 1, len(asks) - 1 - length, -1):
        if OK in replies[place]:
            del asks[place]["root"]
            replies[place][OK]["root"] = machine.root()
            return


def asks_of(start: Genesis | State, transactions: tuple[Any, ...]) -> list[Message]:
    """Return the asks that go a way from its start."""
    first: Message = (
        {"do": "genesis", "genesis": to_jsonable(start)}
        if isinstance(start, Genesis)
        else {"do": "state", "state": to_jsonable(start)}
    )
    return [first, *({"do": "apply", "transaction": tagged(tx)} for tx in transactions)]
