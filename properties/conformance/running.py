"""Running vectors against a client."""

from collections.abc import Callable
from pathlib import Path

import attrs

from properties.conformance.answering import LEADS
from properties.conformance.asks import Answering, Message
from properties.conformance.client import Client, ClientFault
from properties.conformance.comparison import Divergence, compared
from properties.conformance.differences import Difference
from properties.conformance.machine import Machine
from properties.conformance.vectors import Case, Vectors
from properties.conformance.walking import find_differences
from statemachine.annotations import Malformed


@attrs.frozen
class Failure:
    """A case that a client fails."""

    case: Case
    step: int
    """The number of the step, from 0."""
    divergence: Divergence


@attrs.define
class Outcome:
    """What came of a file of vectors."""

    passed: int = 0
    skipped: int = 0
    """Cases with an ask, or a type of transaction, that the client does not know."""
    failures: list[Failure] = attrs.field(factory=list)
    fault: bool = False
    """Whether the client cannot go on."""


def vectors_in(place: Path) -> list[tuple[Path, Vectors]]:
    """Read the files of vectors in a folder, or one file. Raises Malformed, OSError."""
    paths = sorted(place.glob("*.json")) if place.is_dir() else [place]
    if not paths:
        raise Malformed(f"{place}: there are no vectors here")
    read = []
    for path in paths:
        try:
            read.append((path, Vectors.from_text(path.read_text())))
        except (Malformed, UnicodeDecodeError) as error:
            raise Malformed(f"{path}: {error}") from error
    return read


Walk = Callable[[list[Message]], tuple[Difference, ...]]
"""Goes the way of some asks again, and says where the states differ then."""


def walking(machine: Machine, client: Client) -> Walk:
    """Return what goes a way on both sides and looks for where the states differ."""

    def walk(asks: list[Message]) -> tuple[Difference, ...]:
        try:
            client.ask_all(asks)
        except ClientFault:
            return ()
        for ask in asks:
            machine.reply(ask)
        return find_differences(machine, client)

    return walk


def _placed(case: Case, number: int, divergence: Divergence, walk: Walk | None) -> Divergence:
    """Add to another root where the states differ."""
    if walk is None or divergence.kind != "another root" or divergence.ask["do"] not in LEADS:
        return divergence
    places = walk([step.ask for step in case.steps[: number + 1]])
    return attrs.evolve(divergence, differences=(*divergence.differences, *places))


def _can_be_asked(client: Answering, case: Case) -> bool:
    kinds = client.transactions
    return all(
        step.ask["do"] in client.asks
        and (kinds is None or step.ask.get("transaction", {}).get("type") in {None, *kinds})
        for step in case.steps
    )


def failures_of(vectors: Vectors, client: Answering, walk: Walk | None = None) -> Outcome:
    """Hold a client to a file of vectors.

    With `walk` it is said where states with another root differ.
    """
    outcome = Outcome()
    for case in vectors.cases:
        if not _can_be_asked(client, case):
            outcome.skipped += 1
            continue
        try:
            replies = client.ask_all([step.ask for step in case.steps])
        except ClientFault as fault:
            last = fault.last or {}
            place = next((n for n, step in enumerate(case.steps) if step.ask is last), 0)
            apart = Divergence(
                f"the client's fault: {fault.kind}",
                last,
                case.steps[place].reply,
                {fault.kind: fault.message},
            )
            outcome.failures.append(Failure(case, place, apart))
            outcome.fault = True
            return outcome
        for number, (step, reply) in enumerate(zip(case.steps, replies, strict=True)):
            divergence = compared(step.ask, step.reply, reply, client.tells)
            if divergence is not None:
                outcome.failures.append(
                    Failure(case, number, _placed(case, number, divergence, walk))
                )
                break
        else:
            outcome.passed += 1
    return outcome
