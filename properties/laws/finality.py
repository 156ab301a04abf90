"""Laws of finality: what is final stays, what began is remembered, votes stay as cast."""

from collections.abc import Iterator

from properties.laws import occasions
from properties.laws.law import Law, OnOracle, OnState, OnStep
from properties.laws.views import Step
from statemachine.events import CheckpointFinalised, CheckpointJustified
from statemachine.map_keys import epoch_key, epoch_of_key, split_vote_key
from statemachine.merkle_map import differences
from statemachine.messages import Checkpoint, block_root
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.state import State
from statemachine.transactions import CastVotes, ProduceBlock


def _never_back(_protocol: Protocol, step: Step) -> Iterator[str]:
    before, after = step.before.finality, step.after.finality
    was, final = before.finalised, after.finalised
    if final.epoch < was.epoch or (final.epoch == was.epoch and final != was):
        yield f"the final checkpoint went from {_named(was)} to {_named(final)}"
    if after.justified.epoch < before.justified.epoch:
        yield (
            f"the latest justified checkpoint went from {_named(before.justified)} to"
            f" {_named(after.justified)}"
        )
    known = (step.before, step.after)
    if final.epoch > was.epoch and not any(_is_justified(state, final) for state in known):
        yield f"{_named(final)} became final, and was not justified on this chain"


def _is_justified(state: State, checkpoint: Checkpoint) -> bool:
    record = state.finality.history.get(epoch_key(checkpoint.epoch))
    if checkpoint == state.finality.justified:
        return True
    return record is not None and record.justified and record.root == checkpoint.root


def _history_frozen(_protocol: Protocol, step: Step) -> Iterator[str]:
    oldest = step.after.epoch - step.after.params.evidence_window
    for key, was, record in differences(step.before.finality.history, step.after.finality.history):
        epoch = int.from_bytes(key, "big")
        if record is None:
            if epoch >= oldest:
                yield f"epoch {epoch} was forgotten in epoch {step.after.epoch}"
        elif was is None:
            if not step.before.epoch < epoch <= step.after.epoch:
                yield f"epoch {epoch} was added in epoch {step.after.epoch}"
        elif was.justified or record != evolve(was, justified=True):
            yield f"what epoch {epoch} began with was changed"


def _votes_kept(_protocol: Protocol, step: Step) -> Iterator[str]:
    tx, after = step.transaction, step.after.finality
    forgotten = max(after.finalised.epoch, step.after.epoch - step.after.params.evidence_window - 1)
    for key, was, weight in differences(step.before.finality.votes, after.votes):
        source, target, voter = split_vote_key(key)
        vote = f"the vote of 0x{voter.hex()[:8]} from epoch {source} to {target}"
        if weight is None:
            if target > forgotten:
                yield f"{vote} was forgotten, though it may still count"
        elif was is not None:
            yield f"{vote} weighed {was:,}, and weighs {weight:,}"
        elif (
            not isinstance(tx, CastVotes)
            or (tx.vote.source.epoch, tx.vote.target.epoch) != (source, target)
            or voter not in tx.signers
        ):
            yield f"{vote} was counted, and was not cast"
        else:
            record = after.history.get(epoch_key(target))
            active = record.snapshot.get(voter, 0) if record is not None else 0
            if weight != active:
                yield f"{vote} weighs {weight:,}; at its target {active:,} was active"


def _structure(state: State) -> Iterator[str]:
    finality, now = state.finality, state.epoch
    history = finality.history
    epochs = [int.from_bytes(key, "big") for key in history]
    first = max(now - state.params.evidence_window, epochs[0] if epochs else now)
    if epochs != list(range(first, now + 1)):
        yield f"in epoch {now} the epochs {_runs(epochs)} are remembered"
    yield from _electors(state)
    record = history.get(epoch_key(now))
    if record is not None and (record.snapshot, record.seed) != (state.snapshot, state.seed):
        yield f"epoch {now} is not remembered with the snapshot and the seed that it has"
    justified, final = finality.justified, finality.finalised
    if final.epoch > justified.epoch:
        yield f"{_named(final)} is final, only epoch {justified.epoch} is justified"
    for name, checkpoint in (("justified", justified), ("final", final)):
        record = history.get(epoch_key(checkpoint.epoch))
        if record is not None and not (record.justified and record.root == checkpoint.root):
            yield f"{_named(checkpoint)} is {name}, its own epoch's record denies it"
    for epoch, record in zip(epochs, history.entries(), strict=True):
        if record.justified and epoch > justified.epoch:
            yield f"epoch {epoch} is justified, {justified.epoch} is called the latest"
    yield from _vote_range(state)


def _electors(state: State) -> Iterator[str]:
    """Complain of an epoch that elects from another set than was fixed for it."""
    history = state.finality.history
    for key, record in history.items():
        fixed = epoch_of_key(key) - state.params.election_lookahead
        before = history.get(epoch_key(fixed)) if fixed >= 0 else None
        if before is not None and record.electors != before.snapshot:
            yield f"epoch {epoch_of_key(key)} does not elect from what epoch {fixed} began with"


def _vote_range(state: State) -> Iterator[str]:
    """Look at the first of the votes alone: they lie in the order of their targets."""
    oldest = max(state.finality.finalised.epoch + 1, state.epoch - state.params.evidence_window)
    for key in state.finality.votes:
        target = split_vote_key(key)[1]
        if target < oldest:
            yield f"votes for epoch {target} are kept; none before {oldest} can matter"
        return


def _head(_protocol: Protocol, step: Step) -> Iterator[str]:
    tx, head = step.transaction, step.before.head
    if isinstance(tx, ProduceBlock):
        head = block_root(head, tx.slot, tx.proposer, tx.reveal, tx.body)
    if step.after.head != head:
        yield "the head is not the last block"


def announced_once(_protocol: Protocol, step: Step) -> Iterator[str]:
    """Complain of checkpoints that become justified or final, and are not announced so once."""
    before, after = step.before.finality, step.after.finality
    if before is after:
        return
    justified = [
        Checkpoint(epoch_of_key(key), record.root)
        for key, was, record in differences(before.history, after.history)
        if record is not None and record.justified and not (was is not None and was.justified)
    ]
    final = [after.finalised] if after.finalised != before.finalised else []
    for name, kind, expected in (
        ("justified", CheckpointJustified, justified),
        ("final", CheckpointFinalised, final),
    ):
        told = [event.checkpoint for event in step.events if isinstance(event, kind)]
        if told != expected:
            yield (f"{_list(told)} announced as {name}, {_list(expected)} became so")


def _list(checkpoints: list[Checkpoint]) -> str:
    return " and ".join(map(_named, checkpoints)) or "no checkpoint"


def _named(checkpoint: Checkpoint) -> str:
    return f"0x{checkpoint.root.hex()[:8]} of epoch {checkpoint.epoch}"


def _runs(epochs: list[int]) -> str:
    if not epochs:
        return "none"
    gaps = [epoch for epoch in range(epochs[0], epochs[-1]) if epoch not in set(epochs)]
    return f"{epochs[0]}..{epochs[-1]}" + (f" without {gaps}" if gaps else "")


LAWS = (
    Law(
        id="FIN-1",
        name="final is final",
        statement="The final checkpoint and the latest justified one never go back, and a"
        " checkpoint is justified on this chain when it becomes final.",
        source="catalogue 4; B24",
        check=OnStep(_never_back),
    ),
    Law(
        id="FIN-2",
        name="supermajority links",
        statement="A checkpoint is justified exactly if votes of a quorum of its own epoch's"
        " stake, all for one link, lead to it from a justified one.",
        source="catalogue 4 and 5; M7, B22; S18, S19",
        check=OnOracle(),
        about=(CastVotes,),
    ),
    Law(
        id="FIN-3",
        name="final by k-finality",
        statement="A checkpoint is final exactly if it is justified, a supermajority link leads"
        " from it to one at most finality_span epochs later, and all between are justified; or"
        " if a later one is final.",
        source="catalogue 4 and 5",
        check=OnOracle(),
        about=(CastVotes,),
        when=occasions.FINAL,
    ),
    Law(
        id="FIN-4",
        name="epochs as they began",
        statement="An epoch is remembered with the checkpoint, seed and active set that it began"
        " with, until evidence about it is no longer admissible.",
        source="decision 7; S22",
        check=OnStep(_history_frozen),
    ),
    Law(
        id="FIN-5",
        name="lawful votes only",
        statement="Votes are counted only from a justified checkpoint to a later one, both on this"
        " chain, and only of validators active at the target, each named once.",
        source="catalogue 4; B21; S19, S20",
        check=OnOracle(),
        about=(CastVotes,),
    ),
    Law(
        id="FIN-6",
        name="every lawful vote",
        statement="Votes are refused only for a reason that there is.",
        source="catalogue 4, plausible liveness",
        check=OnOracle(rejections=True),
        about=(CastVotes,),
    ),
    Law(
        id="FIN-7",
        name="tallies",
        statement="A link's tally is the stake, at its target's epoch, of those who voted for this"
        " very link, each counted once, out of all stake of that epoch.",
        source="catalogue 4, pitfalls; S19, S22",
        check=OnOracle(),
        about=(CastVotes,),
    ),
    Law(
        id="FIN-8",
        name="votes as they were cast",
        statement="A vote is kept as it was cast, with its voter's stake at the target, until its"
        " target is final or forgotten.",
        source="catalogue 4; B25; S22",
        check=OnStep(_votes_kept),
        when=occasions.VOTES,
    ),
    Law(
        id="FIN-9",
        name="finality is of one piece",
        statement="The epochs of the evidence window are remembered and no others, the current"
        " one as it is; justified and final checkpoints are flagged as such; no vote for what"
        " is final or forgotten is kept.",
        source="catalogue 1, structure",
        check=OnState(_structure, reads=("finality", "params", "seed", "snapshot")),
    ),
    Law(
        id="FIN-10",
        name="the head is the last block",
        statement="A block makes its root the head, and nothing else does.",
        source="rules/blocks.py",
        check=OnStep(_head),
        when=occasions.BLOCK,
    ),
    Law(
        id="FIN-11",
        name="announced once",
        statement="Each checkpoint that becomes justified or final is announced so once, and no"
        " other is.",
        source="specs/protocol/finality.md",
        check=OnStep(announced_once),
        when=occasions.JUSTIFIED,
    ),
)
