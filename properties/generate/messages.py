"""Votes and evidence for a state: mostly valid, sometimes wrong on purpose.

The core takes what it is handed for signed, so whatever a validator could ever sign can
be drawn here, without keys.
"""

from collections.abc import Callable
from itertools import combinations

from properties.laws.accusation import Order
from properties.model.draw_context import NEWCOMERS, Scene
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
"""Epochs back in which votes and evidence look for something to be about."""


# --- votes -------------------------------------------------------------------------------


def cast_votes(scene: Scene) -> Order | None:
    """Draw votes for a link; None where there is nothing to vote for."""
    rng, state = scene.rng, scene.state
    target = state.epoch if rng.randrange(4) else _epoch_back(scene)
    source = _source(scene, target)
    record = _record(scene, target)
    if source is None or record is None or not record.snapshot:
        return None
    vote = Vote(source, Checkpoint(target, record.root))
    order = CastVotes(vote, _signers(scene, record))
    if scene.wrong() or rng.randrange(8) == 0:
        return rng.choice(MISTAKES)(scene, order)
    return order


def _epoch_back(scene: Scene) -> int:
    """Draw an epoch of the evidence window, near or at its very end."""
    window = scene.state.params.evidence_window
    back = scene.rng.randint(0, min(window, NEARBY)) if scene.rng.randrange(8) else window
    return max(0, scene.state.epoch - back)


def _record(scene: Scene, epoch: int) -> EpochRecord | None:
    return scene.state.finality.history.get(epoch_key(epoch))


def _source(scene: Scene, target: int) -> Checkpoint | None:
    """Draw a justified checkpoint before a target: the latest, or one of the others."""
    finality = scene.state.finality
    latest, final = finality.justified, finality.finalised
    if latest.epoch < target and scene.rng.randrange(2):
        return latest
    found = [one for one in (final, latest) if one.epoch < target]
    for epoch in range(max(final.epoch, target - NEARBY), target):
        record = _record(scene, epoch)
        if record is not None and record.justified:
            found.append(Checkpoint(epoch, record.root))
    return scene.rng.choice(found) if found else None


def _signers(scene: Scene, record: EpochRecord) -> tuple[bytes, ...]:
    """Draw signers: everybody, some, one, or as many as a quorum takes or just does not."""
    rng, is_quorum = scene.rng, scene.protocol.is_quorum
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
    """Return those signers who weigh most of all that are no quorum, or one of them."""
    snapshot = record.snapshot
    active, total = tuple(snapshot), snapshot.total_weight
    weights = {
        some: sum(snapshot.get(one, 0) for one in some)
        for count in range(1, len(active))
        for some in combinations(active, count)
    }
    light = [some for some, weight in weights.items() if not is_quorum(weight, total)]
    return max(light, key=weights.__getitem__, default=active[:1])


def _with(order: CastVotes, **of_vote: Checkpoint) -> CastVotes:
    return evolve(order, vote=evolve(order.vote, **of_vote))


def _stranger(scene: Scene, order: CastVotes) -> CastVotes:
    signer = scene.rng.choice((*NEWCOMERS, *scene.cast.validators))
    return evolve(order, signers=tuple(sorted({*order.signers, signer})))


def _twice(scene: Scene, order: CastVotes) -> CastVotes:
    return evolve(order, signers=tuple(sorted((*order.signers, scene.rng.choice(order.signers)))))


def _unsorted(_scene: Scene, order: CastVotes) -> CastVotes:
    return evolve(order, signers=order.signers[::-1])


def _unsigned(_scene: Scene, order: CastVotes) -> CastVotes:
    return evolve(order, signers=())


def _of_another_epoch(scene: Scene, order: CastVotes) -> CastVotes:
    other = _record(scene, _epoch_back(scene))
    return evolve(order, signers=_signers(scene, other)) if other is not None else order


def _backwards(_scene: Scene, order: CastVotes) -> CastVotes:
    return _with(order, source=order.vote.target, target=order.vote.source)


def _future(scene: Scene, order: CastVotes) -> CastVotes:
    return _with(order, target=Checkpoint(scene.state.epoch + 1, scene.state.head))


def _other_target(scene: Scene, order: CastVotes) -> CastVotes:
    return _with(order, target=evolve(order.vote.target, root=scene.rng.randbytes(32)))


def _other_source(scene: Scene, order: CastVotes) -> CastVotes:
    return _with(order, source=evolve(order.vote.source, root=scene.rng.randbytes(32)))


def _any_source(scene: Scene, order: CastVotes) -> CastVotes:
    """Go from a checkpoint that is not justified, or from one long forgotten."""
    target = order.vote.target.epoch
    epochs = list(range(max(0, target - NEARBY), target))
    scene.rng.shuffle(epochs)
    for epoch in epochs:
        record = _record(scene, epoch)
        if record is None:
            return _with(order, source=evolve(order.vote.source, epoch=epoch))
        if not record.justified:
            return _with(order, source=Checkpoint(epoch, record.root))
    return order


def _before_final(scene: Scene, order: CastVotes) -> CastVotes:
    """Go from a justified checkpoint before the final one, if one is remembered."""
    final = scene.state.finality.finalised.epoch
    for epoch in range(final - 1, max(0, final - NEARBY) - 1, -1):
        record = _record(scene, epoch)
        if record is not None and record.justified:
            return _with(order, source=Checkpoint(epoch, record.root))
    return order


def _old_target(scene: Scene, order: CastVotes) -> CastVotes:
    oldest = scene.state.epoch - scene.state.params.evidence_window
    return _with(order, target=evolve(order.vote.target, epoch=max(0, oldest - 1)))


MISTAKES: tuple[Callable[[Scene, CastVotes], CastVotes], ...] = (
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
"""Ways in which votes can be wrong."""


# --- evidence ----------------------------------------------------------------------------


def report_blocks(scene: Scene) -> Order | None:
    """Draw two headers of one validator for one slot, or on purpose harmless ones."""
    rng = scene.rng
    if scene.spared():
        return None
    offender = scene.validator()
    first = _header(scene, _old_or_future(scene), offender)
    name = rng.choice(("parent", "checkpoint", "reveal", "body", "state_root"))
    second = evolve(first, **{name: rng.randbytes(32)})
    if _harmless(scene):
        second = rng.choice(
            (
                first,
                evolve(second, slot=min(first.slot + 1, MAX_SLOT)),
                evolve(second, proposer=rng.choice((*NEWCOMERS, *scene.cast.validators))),
            )
        )
    return ReportBlocks(scene.account(), first, second)


def report_votes(scene: Scene) -> Order | None:
    """Draw two votes that contradict each other, or on purpose two that do not."""
    rng = scene.rng
    if scene.spared():
        return None
    offender = scene.validator()
    last = max(1, _old_or_future(scene))
    source = rng.randint(max(0, last - NEARBY), last - 1)
    first = Vote(_checkpoint(scene, source), _checkpoint(scene, last))
    if rng.randrange(2) and last - source > 2:
        inner = rng.randint(source + 1, last - 2)
        second = Vote(
            _checkpoint(scene, inner), _checkpoint(scene, rng.randint(inner + 1, last - 1))
        )
    elif rng.randrange(2):
        second = evolve(first, target=Checkpoint(last, rng.randbytes(32)))
    else:
        second = evolve(first, source=_checkpoint(scene, rng.randint(0, last)))
        if second == first:
            second = evolve(first, source=Checkpoint(source, rng.randbytes(32)))
    if _harmless(scene):
        second = rng.choice(
            (
                first,
                # A later vote, and one that ends where the other's link begins.
                Vote(first.target, _checkpoint(scene, last + 1)),
                evolve(first, target=_checkpoint(scene, last + 1)),
            )
        )
    both = [CastVotes(vote, _and_others(scene, offender)) for vote in (first, second)]
    rng.shuffle(both)
    if scene.wrong():
        both[0] = rng.choice(
            (_stranger, _twice, _unsorted, _unsigned, lambda _scene, order: order)
        )(scene, both[0])
    return ReportVotes(scene.account(), both[0], both[1])


def report_proposer(scene: Scene) -> Order | None:
    """Draw a header of somebody who was not elected for its slot, or on purpose who was."""
    rng = scene.rng
    header = _header(scene, _old_or_future(scene), scene.validator())
    elected = _elected(scene, header)
    others = tuple(one for one in scene.cast.validators if one != elected)
    if elected is not None and _harmless(scene):
        header = evolve(header, proposer=elected)
    elif header.proposer == elected and others:
        header = evolve(header, proposer=rng.choice(others))
    return ReportProposer(scene.account(), header)


def report_invalid_block(scene: Scene) -> Order | None:
    """Draw a certificate about a header: of a quorum, or of too few, or of wrong signers."""
    rng = scene.rng
    header = _header(scene, _old_or_future(scene), scene.validator())
    record = _record(scene, header.slot // scene.state.params.epoch_length)
    signers = _signers(scene, record) if record is not None else (header.proposer,)
    if _harmless(scene):
        if record is not None and len(record.snapshot) and rng.randrange(2):
            # Nothing is wrong with it but the list.
            signers = tuple(record.snapshot)
        drawn = CastVotes(Vote(Checkpoint(0, NO_BODY), Checkpoint(0, NO_BODY)), signers)
        signers = rng.choice((_stranger, _twice, _unsorted, _unsigned))(scene, drawn).signers
    return ReportInvalidBlock(scene.account(), header, signers)


def _harmless(scene: Scene) -> bool:
    """Decide to report on purpose what is no offence."""
    return scene.wrong() or scene.rng.randrange(6) == 0


def _old_or_future(scene: Scene) -> int:
    """Draw the epoch of an infraction: admissible, or on purpose just outside."""
    state = scene.state
    if scene.wrong():
        oldest = state.epoch - state.params.evidence_window
        return scene.rng.choice((state.epoch + 1, max(0, oldest - 1)))
    return _epoch_back(scene)


def _checkpoint(scene: Scene, epoch: int) -> Checkpoint:
    """Return an epoch's checkpoint on this chain, or now and then on another branch."""
    record = _record(scene, epoch)
    if record is None or scene.rng.randrange(4) == 0:
        return Checkpoint(epoch, scene.rng.choice((b"\x0a", b"\x0b")) * 32)
    return Checkpoint(epoch, record.root)


def _header(scene: Scene, epoch: int, proposer: bytes) -> Header:
    """Draw a header of a slot of an epoch."""
    rng, length = scene.rng, scene.state.params.epoch_length
    slot = min(epoch * length + rng.randrange(length), MAX_SLOT)
    checkpoint = _checkpoint(scene, epoch).root
    return Header(slot, bytes(32), checkpoint, proposer, bytes(32), NO_BODY, bytes(32))


def _elected(scene: Scene, header: Header) -> bytes | None:
    """Return who was elected for a header's slot; None where nobody was or it is unknown."""
    record = _record(scene, header.slot // scene.state.params.epoch_length)
    if record is None:
        return None
    then = evolve(scene.state, slot=header.slot, seed=record.seed, snapshot=record.snapshot)
    try:
        return scene.protocol.elect(then, header.slot)
    except Exception:
        # A fork that cannot elect must be seen to fail when it is asked to.
        return None


def _and_others(scene: Scene, offender: bytes) -> tuple[bytes, ...]:
    """Return a list of signers with an offender among them, or on purpose without."""
    rng = scene.rng
    others = rng.sample(scene.cast.validators, min(len(scene.cast.validators), rng.randrange(3)))
    if rng.randrange(10) == 0:
        return tuple(sorted(set(others))) or (offender,)
    return tuple(sorted({offender, *others}))
