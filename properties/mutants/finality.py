"""Mistakes in counting votes and in drawing the consequences, planted as forks."""

from collections.abc import Callable, Sequence

import attrs

from properties.mutants.catalogue import Mutant
from statemachine.errors import Rejected, RejectionReason
from statemachine.events import CheckpointFinalised, CheckpointJustified
from statemachine.map_keys import epoch_key, link_key, split_vote_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint
from statemachine.protocol import Offence, Protocol, Rule, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL, finality, slashing
from statemachine.state import SNAPSHOT, EpochRecord, Finality, State
from statemachine.transactions import CastVotes

# S18: quorums -----------------------------------------------------------------------------


def exactly_two_thirds(weight: int, total: int) -> bool:
    """Let exactly two thirds pass."""
    return total > 0 and 3 * weight >= 2 * total


def two_thirds_rounded_down(weight: int, total: int) -> bool:
    """Let two thirds pass, rounded down."""
    return total > 0 and weight >= total * 2 // 3


def twice_a_third(weight: int, total: int) -> bool:
    """Round a third down, and double it."""
    return weight > 2 * (total // 3)


def half(weight: int, total: int) -> bool:
    """Let more than half pass."""
    return 2 * weight > total


# Helpers ----------------------------------------------------------------------------------


def _with_finality(state: State, changed: Finality) -> State:
    return evolve(state, finality=changed)


def _with_record(state: State, epoch: int, record: EpochRecord) -> State:
    kept = state.finality
    return _with_finality(state, evolve(kept, history=kept.history.set(epoch_key(epoch), record)))


def _linked_anyway(
    protocol: Protocol, transition: Transition, tx: CastVotes, tally: int
) -> Transition:
    """Link two checkpoints with a different tally than was counted."""
    record = transition.state.finality.history[epoch_key(tx.vote.target.epoch)]
    justifies = protocol.is_quorum(tally, record.snapshot.total_weight)
    if record.justified or not justifies:
        return transition
    linked = finality.link_checkpoints(protocol, transition.state, tx.vote)
    return Transition(linked.state, transition.events + linked.events)


def _weighed_by(
    snapshot_of: Callable[[State, EpochRecord], MerkleMap[int]],
) -> Callable[[Protocol, State, CastVotes], Transition]:
    """Count votes as if another active set had been the target's."""

    def cast_votes(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
        epoch = tx.vote.target.epoch
        record = state.finality.history.get(epoch_key(epoch))
        if record is None:
            return finality.cast_votes(protocol, state, tx)
        wrong = _with_record(state, epoch, evolve(record, snapshot=snapshot_of(state, record)))
        transition = finality.cast_votes(protocol, wrong, tx)
        counted = transition.state.finality.history[epoch_key(epoch)]
        right = evolve(counted, snapshot=record.snapshot)
        return attrs.evolve(transition, state=_with_record(transition.state, epoch, right))

    return cast_votes


# S19, S20, S22: signers and weights -------------------------------------------------------


def _sum_duplicates(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    once = tuple(sorted(set(tx.signers)))
    snapshot = finality.require_link(state, tx.vote).snapshot
    transition = finality.cast_votes(protocol, state, evolve(tx, signers=once))
    extra = _weight(snapshot, tx.signers) - _weight(snapshot, once)
    link = link_key(tx.vote.source.epoch, tx.vote.target.epoch)
    tally = transition.state.finality.votes.prefix_weight(link) + extra
    return _linked_anyway(protocol, transition, tx, tally)


def _weight(snapshot: MerkleMap[int], signers: Sequence[bytes]) -> int:
    return sum(snapshot.get(signer, 0) for signer in signers)


def _skip_unknown(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    snapshot = finality.require_link(state, tx.vote).snapshot
    active = tuple(signer for signer in tx.signers if signer in snapshot)
    return finality.cast_votes(protocol, state, evolve(tx, signers=active))


def _of_all_stake_now(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    def is_quorum(weight: int, _total: int) -> bool:
        return protocol.is_quorum(weight, state.snapshot.total_weight)

    return finality.cast_votes(attrs.evolve(protocol, is_quorum=is_quorum), state, tx)


def _after_slashing(state: State, record: EpochRecord) -> MerkleMap[int]:
    return MerkleMap.from_items(
        SNAPSHOT,
        ((address, _left(state, address, weight)) for address, weight in record.snapshot.items()),
    )


def _left(state: State, address: bytes, weight: int) -> int:
    validator = state.validators.get(address)
    return weight if validator is None else max(1, min(weight, validator.earning))


def _at_the_moment(state: State, record: EpochRecord) -> MerkleMap[int]:
    return MerkleMap.from_items(
        SNAPSHOT,
        ((address, state.snapshot.get(address, 1)) for address, _ in record.snapshot.items()),
    )


# Links ------------------------------------------------------------------------------------


def _from_anywhere(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    epoch = tx.vote.source.epoch
    record = state.finality.history.get(epoch_key(epoch))
    if record is None or record.justified:
        return finality.cast_votes(protocol, state, tx)
    flagged = _with_record(state, epoch, evolve(record, justified=True))
    transition = finality.cast_votes(protocol, flagged, tx)
    return attrs.evolve(transition, state=_with_record(transition.state, epoch, record))


def _pooled(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    transition = finality.cast_votes(protocol, state, tx)
    target = epoch_key(tx.vote.target.epoch)
    votes = {
        split_vote_key(key)[2]: weight
        for key, weight in transition.state.finality.votes.with_prefix(target)
    }
    return _linked_anyway(protocol, transition, tx, sum(votes.values()))


def _final_by_any_child(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    transition = finality.cast_votes(protocol, state, tx)
    source, kept = tx.vote.source, transition.state.finality
    justified = any(isinstance(event, CheckpointJustified) for event in transition.events)
    if not justified or source.epoch <= kept.finalised.epoch:
        return transition
    votes = kept.votes
    for epoch in range(source.epoch + 1):
        votes = votes.without_prefix(epoch_key(epoch))
    final = _with_finality(transition.state, evolve(kept, votes=votes, finalised=source))
    return Transition(final, (*transition.events, CheckpointFinalised(source)))


def _final_by_a_hollow_link(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """Let a link of the right length make its source final, whatever lies between."""
    source, target = tx.vote.source, tx.vote.target
    if target.epoch - source.epoch > state.params.finality_span:
        return finality.cast_votes(protocol, state, tx)
    return _final_by_any_child(protocol, state, tx)


def _final_when_linked(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """Overlook what becomes final because its middle is justified last."""
    transition = finality.cast_votes(protocol, state, tx)
    final = transition.state.finality.finalised
    if final in (state.finality.finalised, tx.vote.source):
        return transition
    kept = evolve(transition.state.finality, finalised=state.finality.finalised)
    events = tuple(
        event for event in transition.events if not isinstance(event, CheckpointFinalised)
    )
    return Transition(_with_finality(transition.state, kept), events)


def _final_by_a_child_alone(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """Overlook what a link over more than one epoch makes final."""
    transition = finality.cast_votes(protocol, state, tx)
    final = transition.state.finality.finalised.epoch
    if final in (state.finality.finalised.epoch, tx.vote.target.epoch - 1):
        return transition
    kept = evolve(transition.state.finality, finalised=state.finality.finalised)
    events = tuple(
        event for event in transition.events if not isinstance(event, CheckpointFinalised)
    )
    return Transition(_with_finality(transition.state, kept), events)


def _justified_last(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """Take the checkpoint justified last for the latest, though it may be older."""
    transition = finality.cast_votes(protocol, state, tx)
    if not any(isinstance(event, CheckpointJustified) for event in transition.events):
        return transition
    older = evolve(transition.state.finality, justified=tx.vote.target)
    return attrs.evolve(transition, state=_with_finality(transition.state, older))


def _final_last(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """Let votes from before the final checkpoint count, and make older checkpoints final."""
    final = state.finality.finalised
    first = next(
        (
            Checkpoint(int.from_bytes(key, "big"), record.root)
            for key, record in state.finality.history.items()
            if record.justified
        ),
        final,
    )
    forgetful = _with_finality(
        state, evolve(state.finality, finalised=min((first, final), key=_epoch))
    )
    transition = finality.cast_votes(protocol, forgetful, tx)
    if any(isinstance(event, CheckpointFinalised) for event in transition.events):
        return transition
    kept = evolve(transition.state.finality, finalised=final)
    return attrs.evolve(transition, state=_with_finality(transition.state, kept))


def _epoch(checkpoint: Checkpoint) -> int:
    return checkpoint.epoch


def _forget_offender(protocol: Protocol, state: State, offence: Offence) -> Transition:
    """Take the votes of the slashed back, though what they have justified stays so."""
    transition = slashing.slash(protocol, state, offence)
    kept = transition.state.finality
    votes = kept.votes
    for key, _ in kept.votes.items():
        if split_vote_key(key)[2] == offence.validator:
            votes = votes.remove(key)
    return attrs.evolve(
        transition, state=_with_finality(transition.state, evolve(kept, votes=votes))
    )


def _in_time_only(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    if tx.vote.target.epoch < state.epoch:
        raise Rejected(RejectionReason.STALE_CHECKPOINT, target=tx.vote.target.epoch)
    return finality.cast_votes(protocol, state, tx)


def _never(_protocol: Protocol, _state: State, tx: CastVotes) -> Transition:
    raise Rejected(RejectionReason.ALREADY_VOTED, signers=len(tx.signers))


def _counting(name: str, rule: Rule[CastVotes]) -> Protocol:
    return PROTOCOL.fork(name, {CastVotes: rule})


def _deciding(name: str, is_quorum: Callable[[int, int], bool]) -> Protocol:
    def cast_votes(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
        return finality.cast_votes(attrs.evolve(protocol, is_quorum=is_quorum), state, tx)

    return _counting(name, cast_votes)


MUTANTS = (
    Mutant(
        "S18", "seed", "Exactly two thirds are a quorum.",
        _deciding("s18-exactly", exactly_two_thirds),
        ("FIN-2", "SAF-1"),
        ("S18", "B22"),
    ),
    Mutant(
        "S18b", "seed", "Two thirds are rounded down, and that is a quorum.",
        _deciding("s18b-rounded", two_thirds_rounded_down),
        ("FIN-2", "FIN-3", "SAF-1"),
        ("S18", "B22"),
    ),
    Mutant(
        "S18c", "finality gadgets", "A third is rounded down before it is doubled.",
        _deciding("s18c-twice-a-third", twice_a_third),
        ("FIN-2", "SAF-1"),
    ),
    Mutant(
        "S18d", "finality gadgets", "More than half is a quorum.",
        _deciding("s18d-half", half),
        ("FIN-2", "SAF-1"),
    ),
    Mutant(
        "S18e", "seed", "Exactly two thirds certify a block as invalid.",
        PROTOCOL.fork("s18e-certified", is_quorum=exactly_two_thirds),
        ("FIN-12", "SAF-1"),
    ),
    Mutant(
        "S19", "seed", "A signer who is named twice weighs twice.",
        _counting("s19-duplicates", _sum_duplicates),
        ("FIN-5", "FIN-2"),
        ("S19", "B21"),
    ),
    Mutant(
        "S20", "seed", "Unknown signers are skipped.",
        _counting("s20-unknown", _skip_unknown),
        ("FIN-5", "FIN-6"),
    ),
    Mutant(
        "S22", "seed", "Votes are weighed by the stake of now, not by that at their target.",
        _counting("s22-stake-of-now", _weighed_by(_at_the_moment)),
        ("FIN-8", "FIN-7", "FIN-2"),
    ),
    Mutant(
        "S22b", "seed", "Votes at their target are held against all stake of now.",
        _counting("s22b-total-of-now", _of_all_stake_now),
        ("FIN-2",),
    ),
    Mutant(
        "F1", "finality gadgets", "The source of a link need not be justified.",
        _counting("f1-any-source", _from_anywhere),
        ("FIN-5", "SAF-1"),
    ),
    Mutant(
        "F2", "finality gadgets", "A link over any number of epochs makes its source final.",
        _counting("f2-any-child", _final_by_any_child),
        ("FIN-3",),
    ),
    Mutant(
        "F2b", "Gasper",
        "A checkpoint is final though one in the middle of its link is not justified.",
        _counting("f2b-hollow-link", _final_by_a_hollow_link),
        ("FIN-3",),
    ),
    Mutant(
        "F2c", "Gasper", "A link is looked at when it gets its quorum, and never again.",
        _counting("f2c-late-middle", _final_when_linked),
        ("FIN-3",),
    ),
    Mutant(
        "F2d", "Casper FFG", "Only a link to the next epoch makes its source final.",
        _counting("f2d-child-alone", _final_by_a_child_alone),
        ("FIN-3", "LIV-2"),
    ),
    Mutant(
        "F3", "finality gadgets", "Votes for one target are pooled, whatever their source.",
        _counting("f3-pooled", _pooled),
        ("FIN-2",),
    ),
    Mutant(
        "F4", "consensus-specs#1496", "What was justified last is taken for the latest.",
        _counting("f4-justified-last", _justified_last),
        ("FIN-1", "FIN-9"),
        ("B24",),
    ),
    Mutant(
        "F5", "consensus-specs#2515", "Votes from before the final checkpoint count.",
        _counting("f5-final-last", _final_last),
        ("FIN-1", "FIN-5", "FIN-11"),
        ("B24",),
    ),
    Mutant(
        "B25", "lighthouse#9471", "A slash takes votes back, and what they justified is kept.",
        PROTOCOL.fork("b25-votes-taken-back", slash=_forget_offender),
        ("FIN-8", "FIN-7"),
    ),
    Mutant(
        "F6", "changing sets", "Votes are weighed by what slashing has left.",
        _counting("f6-after-slashing", _weighed_by(_after_slashing)),
        ("FIN-8", "FIN-7"),
    ),
    Mutant(
        "F7", "plausible liveness", "Votes that come after their epoch are refused.",
        _counting("f7-in-time", _in_time_only),
        ("FIN-6", "LIV-2"),
    ),
    Mutant(
        "F8", "naive models", "No vote is ever counted, so that nothing is ever final.",
        _counting("f8-never", _never),
        ("FIN-6", "LIV-1"),
    ),
)  # fmt: skip
