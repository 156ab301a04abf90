"""Which planted bugs each vector kills, and few vectors that kill all of these."""

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from properties.conformance.asks import OK
from properties.conformance.machine import Machine
from properties.conformance.vectors import Case
from properties.laws.application import checked_apply
from properties.laws.views import Step
from properties.mutants import MUTANTS, Mutant
from statemachine import PROTOCOL, Genesis, Rejected, State, genesis
from statemachine.codec import from_jsonable, from_tagged
from statemachine.protocol import Protocol

BOUNDARIES = frozenset({"ProduceBlock"})

REPORTS = frozenset({"ReportBlocks", "ReportVotes", "ReportProposer", "ReportInvalidBlock"})

UNSTEADY = {"S1": "what it does depends on the hash seed of the process"}
"""Planted bugs that a case kills in one process and not in another, and why."""

Came = Step | Rejected
"""What came of a transaction."""


@attrs.frozen
class Replay:
    """A case that is transactions from a genesis, with what came of each."""

    case: Case
    start: State
    steps: tuple[tuple[State, Any, Came], ...]
    slots: tuple[int, ...]
    """Those whose proposers are asked for, at the start."""

    @classmethod
    def of(cls, case: Case, machine: Machine) -> "Replay | None":
        """Read a case; None where it is about something else."""
        first, *rest = case.steps
        if first.ask["do"] != "genesis" or OK not in first.reply:
            return None
        # The first state is the same for every fork.
        start = state = genesis(PROTOCOL, from_jsonable(first.ask["genesis"], Genesis))
        steps = []
        for step in rest:
            if step.ask["do"] != "apply":
                continue
            transaction = from_tagged(step.ask["transaction"], machine.types)
            came = checked_apply(PROTOCOL, state, transaction)
            assert isinstance(came, Came)
            steps.append((state, transaction, came))
            state = came.after if isinstance(came, Step) else state
        slots = tuple(step.ask["slot"] for step in rest if step.ask["do"] == "elect")
        return cls(case, start, tuple(steps), slots)


def touched_by(mutant: Protocol) -> frozenset[str]:
    """Return the types of transaction that a fork can treat otherwise."""
    kinds = {
        kind.__name__ for kind, rule in mutant.rules.items() if PROTOCOL.rules.get(kind) is not rule
    }
    if mutant.epoch_steps != PROTOCOL.epoch_steps or mutant.elect is not PROTOCOL.elect:
        kinds |= BOUNDARIES | REPORTS
    if mutant.slash is not PROTOCOL.slash:
        kinds |= BOUNDARIES | REPORTS
    if mutant.is_quorum is not PROTOCOL.is_quorum:
        kinds |= {"CastVotes", "ReportInvalidBlock"}
    return frozenset(kinds)


def differs(mutant: Protocol, touched: frozenset[str], replay: Replay) -> bool:
    """Say whether a fork does anything otherwise in a case."""
    if any(
        _elected(mutant, replay, slot) != _elected(PROTOCOL, replay, slot) for slot in replay.slots
    ):
        return True
    return any(
        not same(came, checked_apply(mutant, state, transaction))
        for state, transaction, came in replay.steps
        if type(transaction).__name__ in touched
    )


def _elected(protocol: Protocol, replay: Replay, slot: int) -> object:
    try:
        return protocol.elect(replay.start, slot)
    except Exception as error:
        return type(error)


def same(first: object, second: object) -> bool:
    """Say whether two machines did the same with a transaction."""
    if isinstance(first, Step) and isinstance(second, Step):
        return first.after == second.after
    if isinstance(first, Rejected) and isinstance(second, Rejected):
        return first.reason is second.reason
    return False


def kills_of(
    cases: Iterable[Case],
    show: Callable[[str], None] = lambda _: None,
    mutants: Iterable[Mutant] = MUTANTS,
) -> dict[str, Case]:
    """Return the cases that bugs can show themselves in, with those that they kill, by id."""
    machine = Machine(PROTOCOL)
    replays = [replay for case in cases if (replay := Replay.of(case, machine)) is not None]
    kills: dict[str, list[str]] = {replay.case.id: [] for replay in replays}
    for mutant in mutants:
        if mutant.id in UNSTEADY:
            continue
        show(f"planted bug {mutant.id}")
        touched = touched_by(mutant.protocol)
        for replay in replays:
            if differs(mutant.protocol, touched, replay):
                kills[replay.case.id].append(mutant.id)
    return {
        replay.case.id: attrs.evolve(replay.case, kills=tuple(kills[replay.case.id]))
        for replay in replays
    }


def least_set(cases: Iterable[Case]) -> list[Case]:
    """Return few cases that kill all that the cases kill: the one that kills most comes first."""
    left = {bug for case in cases for bug in case.kills}
    pool = list(cases)
    chosen = []
    while left:
        best = max(pool, key=lambda case: (len(left & set(case.kills)), -len(case.steps)))
        chosen.append(best)
        left -= set(best.kills)
    return chosen
