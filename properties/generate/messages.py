"""Votes and evidence for a state: mostly valid, sometimes wrong on purpose.

The core takes what it is handed for signed, so whatever a validator could ever sign can
be drawn here, without keys.
"""

from collections.abc import Callable
from itertools import combinations

from properties.laws.accusation import Submission
from properties.model.draw_context import NEWCOMERS, DrawContext
from statemachine.map_keys import epoch_key
from statemachine.messages import NO_BODY, Checkpoint, Header, Vote
from statemachine.primitives import MAX_SLOT
from statemachine.protocol import QuorumRule
from statemachine.records import evolve
from statemachine.state import EpochRecord
from statemachine.transactions import (
    CastVotes,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)

FEW = 6
"""Signers among whom those are looked for who just miss a quorum."""

NEARBY = 6
"""How many epochs back votes and evidence look for a target."""


# --- votes -------------------------------------------------------------------------------


def cast_votes(context: DrawContext) -> Submission | None:
    """Draw votes for a link; None where there is nothing to vote for."""
    rng, state = context.rng, context.state
    target = state.epoch if rng.randrange(4) else _epoch_back(context)
    source = _source(context, target)
    record = _record(context, target)
    if source is None or record is None or not record.snapshot:
        return None
    vote = Vote(source, Checkpoint(target, record.root))
    tx = CastVotes(vote, _signers(context, record))
    if context.wrong() or rng.randrange(8) == 0:
        return rng.choice(MISTAKES)(context, tx)
    return tx


def _epoch_back(context: DrawContext) -> int:
    """Draw an epoch of the evidence window, near or at its end."""
    window = context.state.params.evidence_window
    back = context.rng.randint(0, min(window, NEARBY)) if context.rng.randrange(8) else window
    return max(0, context.state.epoch - back)


def _record(context: DrawContext, epoch: int) -> EpochRecord | None:
    return context.state.finality.history.get(epoch_key(epoch))


def _source(context: DrawContext, target: int) -> Checkpoint | None:
    """Draw a justified checkpoint before a target: the latest, or one of the others."""
    finality = context.state.finality
    latest, final = finality.justified, finality.finalised
    if latest.epoch < target and context.rng.randrange(2):
        return latest
    sources = [checkpoint for checkpoint in (final, latest) if checkpoint.epoch < target]
    for epoch in range(max(final.epoch, target - NEARBY), target):
        record = _record(context, epoch)
        if record is not None and record.justified:
            sources.append(Checkpoint(epoch, record.root))
    return context.rng.choice(sources) if sources else None


def _signers(context: DrawContext, record: EpochRecord) -> tuple[bytes, ...]:
    """Draw signers: all, some, one, a bare quorum, or just less than one."""
    rng, is_quorum = context.rng, context.protocol.is_quorum
    active = tuple(record.snapshot)
    if not active:
        return NEWCOMERS[:1]
    how = rng.randrange(8)
    if how == 0:
        return active
    if how == 1:
        return (rng.choice(active),)
    shuffled = rng.sample(active, len(active))
    if how < 5:
        return tuple(sorted(shuffled[: rng.randint(1, len(active))]))
    if how < 7 and len(active) <= FEW:
        return _heaviest_minority(is_quorum, record)
    total, signed, count = record.snapshot.total_weight, 0, 0
    while count < len(shuffled) and not is_quorum(signed, total):
        signed += record.snapshot.get(shuffled[count], 0)
        count += 1
    return tuple(sorted(shuffled[: max(1, count - rng.randrange(2))]))


def _heaviest_minority(is_quorum: QuorumRule, record: EpochRecord) -> tuple[bytes, ...]:
    """Return the heaviest set of signers that is no quorum, or a lone signer."""
    snapshot = record.snapshot
    active, total = tuple(snapshot), snapshot.total_weight
    weights = {
        some: sum(snapshot.get(signer, 0) for signer in some)
        for count in range(1, len(active))
        for some in combinations(active, count)
    }
    light = [some for some, weight in weights.items() if not is_quorum(weight, total)]
    return max(light, key=weights.__getitem__, default=active[:1])


def _with(tx: CastVotes, **of_vote: Checkpoint) -> CastVotes:
    return evolve(tx, vote=evolve(tx.vote, **of_vote))


def _stranger(context: DrawContext, tx: CastVotes) -> CastVotes:
    signer = context.rng.choice((*NEWCOMERS, *context.actors.validators))
    return evolve(tx, signers=tuple(sorted({*tx.signers, signer})))


def _twice(context: DrawContext, tx: CastVotes) -> CastVotes:
    return evolve(tx, signers=tuple(sorted((*tx.signers, context.rng.choice(tx.signers)))))


def _unsorted(_context: DrawContext, tx: CastVotes) -> CastVotes:
    return evolve(tx, signers=tx.signers[::-1])


def _unsigned(_context: DrawContext, tx: CastVotes) -> CastVotes:
    return evolve(tx, signers=())


def _of_another_epoch(context: DrawContext, tx: CastVotes) -> CastVotes:
    record = _record(context, _epoch_back(context))
    return evolve(tx, signers=_signers(context, record)) if record is not None else tx


def _backwards(_context: DrawContext, tx: CastVotes) -> CastVotes:
    return _with(tx, source=tx.vote.target, target=tx.vote.source)


def _future(context: DrawContext, tx: CastVotes) -> CastVotes:
    return _with(tx, target=Checkpoint(context.state.epoch + 1, context.state.head))


def _other_target(context: DrawContext, tx: CastVotes) -> CastVotes:
    return _with(tx, target=evolve(tx.vote.target, root=context.rng.randbytes(32)))


def _other_source(context: DrawContext, tx: CastVotes) -> CastVotes:
    return _with(tx, source=evolve(tx.vote.source, root=context.rng.randbytes(32)))


def _any_source(context: DrawContext, tx: CastVotes) -> CastVotes:
    """Use a source that is not justified, or one long forgotten."""
    target = tx.vote.target.epoch
    epochs = list(range(max(0, target - NEARBY), target))
    context.rng.shuffle(epochs)
    for epoch in epochs:
        record = _record(context, epoch)
        if record is None:
            return _with(tx, source=evolve(tx.vote.source, epoch=epoch))
        if not record.justified:
            return _with(tx, source=Checkpoint(epoch, record.root))
    return tx


def _before_final(context: DrawContext, tx: CastVotes) -> CastVotes:
    """Use a justified source before the final checkpoint, if one is remembered."""
    final = context.state.finality.finalised.epoch
    for epoch in range(final - 1, max(0, final - NEARBY) - 1, -1):
        record = _record(context, epoch)
        if record is not None and record.justified:
            return _with(tx, source=Checkpoint(epoch, record.root))
    return tx


def _old_target(context: DrawContext, tx: CastVotes) -> CastVotes:
    oldest = context.state.epoch - context.state.params.evidence_window
    return _with(tx, target=evolve(tx.vote.target, epoch=max(0, oldest - 1)))


MISTAKES: tuple[Callable[[DrawContext, CastVotes], CastVotes], ...] = (
    _stranger,
    _stranger,
    _twice,
    _twice,
    _unsorted,
    _unsigned,
    _of_another_epoch,
    _backwards,
    _future,
    _other_target,
    _other_source,
    _any_source,
    _any_source,
    _any_source,
    _before_final,
    _before_final,
    _old_target,
)
"""Ways to make votes wrong."""


# --- evidence ----------------------------------------------------------------------------


def report_blocks(context: DrawContext) -> Submission | None:
    """Draw two headers of one validator for one slot, or on purpose harmless ones."""
    rng = context.rng
    if context.spared():
        return None
    offender = context.validator()
    first = _header(context, _old_or_future(context), offender)
    name = rng.choice(("parent", "checkpoint", "reveal", "body", "state_root"))
    second = evolve(first, **{name: rng.randbytes(32)})
    if _harmless(context):
        second = rng.choice(
            (
                first,
                evolve(second, slot=min(first.slot + 1, MAX_SLOT)),
                evolve(second, proposer=rng.choice((*NEWCOMERS, *context.actors.validators))),
            )
        )
    return ReportBlocks(context.account(), first, second)


def report_votes(context: DrawContext) -> Submission | None:
    """Draw two votes that contradict each other, or on purpose two that do not."""
    rng = context.rng
    if context.spared():
        return None
    offender = context.validator()
    last = max(1, _old_or_future(context))
    source = rng.randint(max(0, last - NEARBY), last - 1)
    future = last > context.state.epoch
    if future:
        # Two votes for one target are of the future both; here the one that surrounds is alone.
        source = max(0, last - NEARBY)
    first = Vote(_checkpoint(context, source), _checkpoint(context, last))
    if (rng.randrange(2) or future) and last - source > 2:
        inner = rng.randint(source + 1, last - 2)
        second = Vote(
            _checkpoint(context, inner), _checkpoint(context, rng.randint(inner + 1, last - 1))
        )
    elif rng.randrange(2):
        second = evolve(first, target=Checkpoint(last, rng.randbytes(32)))
    else:
        second = evolve(first, source=_checkpoint(context, rng.randint(0, last)))
        if second == first:
            second = evolve(first, source=Checkpoint(source, rng.randbytes(32)))
    if _harmless(context):
        second = rng.choice(
            (
                first,
                # A later vote, and one that ends where the other's link begins.
                Vote(first.target, _checkpoint(context, last + 1)),
                evolve(first, target=_checkpoint(context, last + 1)),
            )
        )
    both = [CastVotes(vote, _and_others(context, offender)) for vote in (first, second)]
    rng.shuffle(both)
    if context.wrong():
        both[0] = rng.choice((_stranger, _twice, _unsorted, _unsigned, lambda _context, tx: tx))(
            context, both[0]
        )
    return ReportVotes(context.account(), both[0], both[1])


def report_proposer(context: DrawContext) -> Submission | None:
    """Draw a header by somebody who might not propose in its slot, or on purpose by who might."""
    rng = context.rng
    header = _header(context, _old_or_future(context), context.validator())
    leaders = _leaders(context, header)
    others = tuple(one for one in context.actors.validators if one not in leaders)
    if leaders and _harmless(context):
        header = evolve(header, proposer=leaders[0])
    elif header.proposer in leaders and others:
        header = evolve(header, proposer=rng.choice(others))
    return ReportProposer(context.account(), header)


def report_invalid_block(context: DrawContext) -> Submission | None:
    """Draw a certificate for a header: by a quorum, by too few, or by wrong signers."""
    rng = context.rng
    header = _header(context, _old_or_future(context), context.validator())
    record = _record(context, header.slot // context.state.params.epoch_length)
    signers = _signers(context, record) if record is not None else (header.proposer,)
    if _harmless(context):
        if record is not None and len(record.snapshot) and rng.randrange(2):
            # Nothing is wrong with it but the list.
            signers = tuple(record.snapshot)
        drawn = CastVotes(Vote(Checkpoint(0, NO_BODY), Checkpoint(0, NO_BODY)), signers)
        signers = rng.choice((_stranger, _twice, _unsorted, _unsigned))(context, drawn).signers
    return ReportInvalidBlock(context.account(), header, signers)


def _harmless(context: DrawContext) -> bool:
    """Decide to report something harmless on purpose."""
    return context.wrong() or context.rng.randrange(6) == 0


def _old_or_future(context: DrawContext) -> int:
    """Draw the epoch of an infraction: admissible, or on purpose just outside."""
    state = context.state
    if context.wrong():
        oldest = state.epoch - state.params.evidence_window
        return context.rng.choice((state.epoch + 1, max(0, oldest - 1)))
    return _epoch_back(context)


def _checkpoint(context: DrawContext, epoch: int) -> Checkpoint:
    """Return an epoch's checkpoint on this chain, or now and then on another branch."""
    record = _record(context, epoch)
    if record is None or context.rng.randrange(4) == 0:
        return Checkpoint(epoch, context.rng.choice((b"\x0a", b"\x0b")) * 32)
    return Checkpoint(epoch, record.root)


def _header(context: DrawContext, epoch: int, proposer: bytes) -> Header:
    """Draw a header of a slot of an epoch."""
    rng, length = context.rng, context.state.params.epoch_length
    slot = min(epoch * length + rng.randrange(length), MAX_SLOT)
    checkpoint = _checkpoint(context, epoch).root
    return Header(slot, bytes(32), checkpoint, proposer, bytes(32), NO_BODY, bytes(32))


def _leaders(context: DrawContext, header: Header) -> tuple[bytes, ...]:
    """Return who might propose in a header's slot; nobody where that is unknown, or anybody."""
    record = _record(context, header.slot // context.state.params.epoch_length)
    if record is None:
        return ()
    then = evolve(context.state, slot=header.slot, seed=record.seed, snapshot=record.snapshot)
    try:
        return context.protocol.leaders(context.protocol, then, header.slot) or ()
    except Exception:
        # A fork that cannot elect must be seen to fail when it is asked to.
        return ()


def _and_others(context: DrawContext, offender: bytes) -> tuple[bytes, ...]:
    """Return a list of signers with an offender among them, or on purpose without."""
    rng = context.rng
    others = rng.sample(
        context.actors.validators, min(len(context.actors.validators), rng.randrange(3))
    )
    if rng.randrange(10) == 0:
        return tuple(sorted(set(others))) or (offender,)
    return tuple(sorted({offender, *others}))
