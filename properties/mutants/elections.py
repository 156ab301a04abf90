"""Mistakes about the set that an epoch elects from."""

from collections.abc import Callable

from properties.mutants.catalogue import Mutant
from properties.mutants.parts import fork_step
from statemachine.map_keys import epoch_key
from statemachine.merkle_map import MerkleMap
from statemachine.protocol import ElectRule, Protocol, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL, blocks, epochs, evidence
from statemachine.state import EpochRecord, State
from statemachine.transactions import ReportProposer

Draw = Callable[[State, int, MerkleMap[int]], bytes | None]
"""Draws one of a set for a slot of a state's epoch."""


def drawing(draw: Draw) -> ElectRule:
    """Return an election that draws by another way, from the set that it should."""

    def elect(state: State, slot: int) -> bytes | None:
        elected = draw(state, slot, electors_of(state))
        if elected is None or elected not in state.snapshot:
            return draw(state, slot, state.snapshot) if state.snapshot else None
        return elected

    return elect


def electors_of(state: State) -> MerkleMap[int]:
    """Return the set that a state's epoch elects from."""
    record = state.finality.history.get(epoch_key(state.epoch))
    return state.snapshot if record is None else record.electors


def _with_record(state: State, epoch: int, record: EpochRecord) -> State:
    history = state.finality.history.set(epoch_key(epoch), record)
    return evolve(state, finality=evolve(state.finality, history=history))


def _elect_from(state: State, slot: int, stake: MerkleMap[int]) -> bytes | None:
    """Elect as the protocol does, whatever set it should be."""
    record = state.finality.history.get(epoch_key(state.epoch))
    if record is not None:
        state = _with_record(state, state.epoch, evolve(record, electors=stake))
    return blocks.elect_proposer(state, slot)


def _elect_of_today(state: State, slot: int) -> bytes | None:
    return _elect_from(state, slot, state.snapshot)


def _elect_who_left(state: State, slot: int) -> bytes | None:
    record = state.finality.history.get(epoch_key(state.epoch))
    if record is None or not state.snapshot or not record.electors:
        return blocks.elect_proposer(state, slot)
    return _elect_from(evolve(state, snapshot=record.electors), slot, record.electors)


def _fix_at_the_seed(protocol: Protocol, state: State) -> Transition:
    begun = epochs.begin_epoch(protocol, state)
    record = begun.state.finality.history[epoch_key(state.epoch)]
    late = evolve(record, electors=begun.state.snapshot)
    return Transition(_with_record(begun.state, state.epoch, late), begun.events)


def _report_by_todays_set(protocol: Protocol, state: State, tx: ReportProposer) -> Transition:
    epoch = tx.header.slot // state.params.epoch_length
    then = state.finality.history.get(epoch_key(epoch))
    now = state.finality.history.get(epoch_key(state.epoch))
    if then is None or now is None:
        return evidence.report_proposer(protocol, state, tx)
    wrong = _with_record(state, epoch, evolve(then, electors=now.electors))
    reported = evidence.report_proposer(protocol, wrong, tx)
    kept = evolve(reported.state.finality, history=state.finality.history)
    return Transition(evolve(reported.state, finality=kept), reported.events)


MUTANTS = (
    Mutant(
        "H1", "ours", "An epoch elects from the set that is fixed when its seed is known.",
        PROTOCOL.fork("h1-ground", elect=_elect_of_today),
        ("PRO-2",),
    ),
    Mutant(
        "H2", "ours", "The set that an epoch elects from is remembered as that of its own start.",
        fork_step("h2-remembered-late", epochs.begin_epoch, _fix_at_the_seed),
        ("FIN-9", "FIN-4", "PRO-2"),
    ),
    Mutant(
        "H3", "ours", "Who has left the active set keeps its slots.",
        PROTOCOL.fork("h3-kept-slots", elect=_elect_who_left),
        ("TIM-9", "RUN-3", "SLA-7"),
    ),
    Mutant(
        "H4", "ours", "A proposer is judged by the set that elects today.",
        PROTOCOL.fork("h4-judged-by-today", {ReportProposer: _report_by_todays_set}),
        ("SLA-7", "ADM-1", "SAF-2"),
    ),
)  # fmt: skip
