"""Arbitrary lawful finality for a drawn state: checkpoints, and votes on their way."""

from random import Random

from statemachine.arithmetic import is_supermajority
from statemachine.map_keys import epoch_key, link_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint
from statemachine.protocol import QuorumRule
from statemachine.records import evolve
from statemachine.rules.lots import oldest_admissible
from statemachine.state import HISTORY, SNAPSHOT, VOTES, EpochRecord, Finality, State


def draw_finality(rng: Random, state: State, is_quorum: QuorumRule = is_supermajority) -> Finality:
    """Draw what a state may remember of its checkpoints, its current snapshot given."""
    oldest, current = oldest_admissible(state), state.epoch
    final = rng.choice((oldest, current, max(0, current - 1), rng.randint(0, current)))
    known = tuple(state.validators)
    records = {epoch: _draw_record(rng, epoch, known) for epoch in range(oldest, current)}
    records[current] = EpochRecord(rng.randbytes(32), state.seed, state.snapshot, state.snapshot)
    for epoch, record in records.items():
        fixed = records.get(epoch - state.params.election_lookahead, records[oldest])
        records[epoch] = evolve(record, electors=fixed.snapshot)
    # What made a checkpoint final also justified the one after it.
    if final == current and final:
        final -= 1
    justified = {final, *(epoch for epoch in range(final, current + 1) if rng.randrange(2))}
    if final:
        justified.add(final + 1)
    for epoch in sorted(justified & records.keys()):
        records[epoch] = evolve(records[epoch], justified=True)
    roots = {epoch: record.root for epoch, record in records.items()}
    highest = max(justified)
    final_root = roots.get(final, rng.randbytes(32))
    return Finality(
        history=MerkleMap.from_items(
            HISTORY, ((epoch_key(epoch), record) for epoch, record in records.items())
        ),
        votes=MerkleMap.from_items(
            VOTES,
            _draw_votes(
                rng, records, justified, final, state.params.finality_span, is_quorum
            ).items(),
        ),
        justified=Checkpoint(
            highest, final_root if highest == final else _root(rng, roots, highest)
        ),
        finalised=Checkpoint(final, final_root),
    )


def _root(rng: Random, roots: dict[int, bytes], epoch: int) -> bytes:
    return roots[epoch] if epoch in roots else rng.randbytes(32)


def _draw_record(rng: Random, epoch: int, known: tuple[bytes, ...]) -> EpochRecord:
    """Draw what an epoch began with; whoever served in it is a validator still."""
    weights = {one: rng.choice((1, 5, 10**6)) for one in known if rng.randrange(2)}
    root = epoch.to_bytes(8, "big") * 4 if rng.randrange(4) else rng.randbytes(32)
    snapshot = MerkleMap.from_items(SNAPSHOT, weights.items())
    return EpochRecord(root, rng.randbytes(32), snapshot, snapshot)


def _draw_votes(
    rng: Random,
    records: dict[int, EpochRecord],
    justified: set[int],
    final: int,
    span: int,
    is_quorum: QuorumRule,
) -> dict[bytes, int]:
    """Draw votes for some links; only what they have decided may have a quorum."""
    votes: dict[bytes, int] = {}
    for target, record in records.items():
        for source in sorted(justified):
            if not final <= source < target or rng.randrange(2):
                continue
            between = range(source + 1, target)
            completes = target - source <= span and all(
                epoch in justified and epoch in records for epoch in between
            )
            decided = target in justified and not completes
            total, tally = record.snapshot.total_weight, 0
            for signer, weight in record.snapshot.items():
                fits = decided or not is_quorum(tally + weight, total)
                if fits and rng.randrange(3):
                    votes[link_key(source, target) + signer] = weight
                    tally += weight
    return votes
