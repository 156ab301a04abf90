"""An adversary that knows how to make two branches final, if it has the weight.

It decides beforehand which epochs each branch links, so that it must vote twice for one
epoch, or span one of its links by another, or (with a weak protocol) neither; and it votes
with as many as the protocol asks for, or with one too few.
"""

from random import Random

import attrs

from properties.engines.branches.branch import Branch, Signed, reporter_in
from properties.engines.branches.parting import (
    WEIGHTY,
    as_declared,
    drive_apart,
    is_declared,
    wait_out,
)
from properties.engines.branches.safety import contradict, evidence
from properties.laws.owed import owed_votes
from properties.model.design import begun_with
from properties.model.names import address, public_key
from statemachine.description import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
)
from statemachine.duties import SigningRecord, vote_of, with_vote
from statemachine.hashing import digest
from statemachine.map_keys import epoch_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint, Vote
from statemachine.params import Params
from statemachine.protocol import Protocol, QuorumRule
from statemachine.records import extend
from statemachine.rules import PROTOCOL
from statemachine.rules.genesis import genesis
from statemachine.transactions import Delegate, Exit, RegisterValidator, Undelegate

MANY_UNITS = 1_000
"""Units of stake, of which drawn changes are a few, where there are as many."""

WINDOW = 40
"""Epochs of evidence in most worlds: more than any branch grows."""


@attrs.define
class World:
    """Two branches, all messages, and who follows the rules."""

    start: Genesis
    left: Branch
    right: Branch
    signed: Signed
    honest: tuple[bytes, ...]
    moving: bool
    """Whether the sets of the two branches were made to differ."""
    declared: bool = False
    """Whether what bounds churn and evidence is what the protocol begins with."""
    parting: bool = False
    """Whether one half drove the other out on each branch, and nobody signed twice."""


def draw_start(rng: Random, protocol: Protocol = PROTOCOL) -> Genesis:
    """Draw a genesis of five validators or more, of unequal stakes."""
    operators = [address(number) for number in range(1, 1 + rng.choice((5, 5, 6, 7, 9)))]
    # Rounding shows only where the total is small, and its remainder by three is not 0.
    largest = rng.choice((2, 12, 12))
    stakes = [rng.randint(1, largest) for _ in operators]
    stakes[0] = stakes[1] + 1
    stakes[-1] += (rng.randrange(3) - sum(stakes)) % 3
    window = rng.choice((WINDOW, WINDOW, WINDOW, 3, 7))
    params = Params(
        epoch_length=rng.choice((1, 2, 3)),
        epoch_reward=0,
        min_stake=1,
        unbonding_epochs=window,
        evidence_window=window,
        churn_floor=rng.choice((2, 5, 1_000)),
        churn_bps=rng.choice((100, 2_500)),
        downtime_threshold=rng.choice((2, 1_000, 1_000, 1_000)),
        max_slot_gap=64,
    )
    unit = 1
    if rng.randrange(3) == 0:
        params, unit = as_declared(params), WEIGHTY
    params = begun_with(protocol, params)
    # Whatever it takes to serve, everybody has.
    stakes = [stake * unit * params.min_stake for stake in stakes]
    ours = Genesis(
        chain_id="branches",
        params=params,
        accounts=tuple(GenesisAccount(address(number), 50 * unit) for number in range(1, 14)),
        validators=tuple(GenesisValidator(one, public_key(one), 0) for one in operators),
        delegations=tuple(
            GenesisDelegation(one, one, stake) for one, stake in zip(operators, stakes, strict=True)
        ),
        randomness=digest("stakespec/branches", rng.randrange(2**32).to_bytes(4, "big")),
    )
    return extend(ours, protocol.description)


def grow(protocol: Protocol, rng: Random, start: Genesis, patient: bool = False) -> World:
    """Grow two branches from a genesis, as far as the drawn plans go. Raises RuleMisbehaved.

    Patient halves of the validators only wait, each on its branch, for the other to fade.
    """
    declared = is_declared(start.params, protocol)
    signed = Signed()
    trunk = Branch(protocol, genesis(protocol, start), bytes(32))
    honest = tuple(entry.address for entry in start.validators if rng.randrange(5) == 0)
    signed.records.update((one, SigningRecord()) for one in honest)
    for epoch in range(1, 1 + rng.choice((0, 1, 2))):
        if trunk.enter(epoch, signed):
            _agree(trunk, signed)
    left, right = trunk.fork(b"L" * 32), trunk.fork(b"R" * 32)
    if patient:
        wait_out(rng, left, right, signed)
        return World(start, left, right, signed, (), False, declared=declared)
    if declared and rng.randrange(3) == 0:
        parted = drive_apart(rng, left, right, signed)
        return World(start, left, right, signed, (), True, declared=True, parting=parted)
    first = trunk.state.epoch + 1
    plans = {left.name: _draw_targets(rng, first)}
    # Half of the time one branch goes on where the other has ended, so that nobody need
    # vote twice for one epoch: its first link must span the other's.
    after = plans[left.name][-1] if rng.randrange(2) else first
    plans[right.name] = _draw_targets(rng, after)
    moving = rng.randrange(3) == 0
    world = World(start, left, right, signed, honest, moving, declared)
    # A block's root stands for all that is done in it, so a branch must have a block of its
    # own before anything is done there that is not done on the other.
    if not all(side.enter(first, signed) for side in (left, right)):
        return world
    turns = [side for side in (left, right) for _ in plans[side.name]]
    if rng.randrange(2):
        rng.shuffle(turns)
    for side in turns:
        target = plans[side.name].pop(0)
        if moving:
            side.apply_all(_draw_changes(rng, side))
        if not side.enter(target, signed):
            continue
        epoch = side.state.epoch
        if rng.randrange(5) == 0:
            # The votes come late: they weigh what they did in their target's epoch.
            side.enter(epoch + 1, signed)
        _vote(rng, world, side, epoch)
        if rng.randrange(8) == 0:
            _report(rng, world, side)
    return world


def _agree(trunk: Branch, signed: Signed) -> None:
    """Have everyone cast the vote that is owed."""
    for vote, signers in owed_votes(trunk.state, signed.records).items():
        for one in signers:
            if one in signed.records:
                signed.records[one] = with_vote(signed.records[one], vote)
        trunk.cast(vote, signers, signed)


def _draw_targets(rng: Random, first: int) -> list[int]:
    """Draw the epochs that a branch votes for; two in a row make the first of them final."""
    targets = [first + rng.randint(1, 4)]
    for _ in range(rng.choice((1, 1, 2, 3))):
        targets.append(targets[-1] + rng.choice((1, 1, 1, 1, 2, 3)))
    return targets


def _report(rng: Random, world: World, side: Branch) -> None:
    """Report one of those who have contradicted themselves, before the branches have ended."""
    known = list(evidence(world.signed.votes, reporter_in(side.state)))
    if known:
        side.try_apply(rng.choice(known))


def _vote(rng: Random, world: World, side: Branch, epoch: int) -> None:
    """Vote for an epoch's checkpoint on a branch, from one source or from two."""
    record = side.state.finality.history.get(epoch_key(epoch))
    if record is None:
        return
    target = Checkpoint(epoch, record.root)
    votes = [Vote(source, target) for source in _draw_sources(rng, side) if source.epoch < epoch]
    if not votes:
        return
    willing = {}
    for one in record.snapshot:
        known = world.signed.records.get(one)
        if known is None:
            willing[one] = _draw_harmless(rng, world.signed, one, votes)
        elif rng.randrange(2):
            owed = vote_of(side.state, one, known)
            if owed in votes:
                willing[one] = owed
    if rng.randrange(4) == 0:
        _cast_until_justified(rng, world, side, willing)
        return
    signers = _draw_signers(rng, world, record.snapshot, willing)
    for vote in votes:
        _cast(rng, world, side, vote, tuple(one for one in signers if willing[one] == vote))


def _cast_until_justified(
    rng: Random, world: World, side: Branch, willing: dict[bytes, Vote]
) -> None:
    """Actors one vote after another, the harmless first, until the protocol is content.

    So whatever the protocol takes for enough is found out, be it ever so wrong.
    """
    signers = list(willing)
    rng.shuffle(signers)
    signers.sort(
        key=lambda one: (
            _would_contradict(world.signed, one, willing[one]),
            willing[one].source.epoch,
        )
    )
    for one in signers:
        vote = willing[one]
        _cast(rng, world, side, vote, (one,))
        if side.state.finality.history[epoch_key(vote.target.epoch)].justified:
            return


def _draw_sources(rng: Random, side: Branch) -> list[Checkpoint]:
    """Draw what to vote from: what is justified as a rule, or else whatever there is.

    Where there are two, the later one comes last, so that it completes what a protocol
    that adds up votes from both would take for one link.
    """
    justified = side.state.finality.justified
    if rng.randrange(5):
        return [justified]
    history = side.state.finality.history
    earlier = range(side.state.finality.finalised.epoch, side.state.epoch)
    others = [one for one in map(side.checkpoint, earlier) if one not in (None, justified)]
    linked = [one for one in others if history[epoch_key(one.epoch)].justified]
    if not others:
        return [justified]
    sources = [rng.choice(linked if linked and rng.randrange(3) else others)]
    if rng.randrange(3):
        sources.append(justified)
    return sorted(sources, key=lambda source: source.epoch)


def _draw_harmless(rng: Random, signed: Signed, one: bytes, votes: list[Vote]) -> Vote:
    """Draw one of several votes, one that contradicts nothing signed before if there is any."""
    harmless = [vote for vote in votes if not _would_contradict(signed, one, vote)]
    # Seldom the last: whoever signs it spans the least, and is bound the most.
    return rng.choice(((harmless or votes)[0], rng.choice(harmless or votes)))


def _would_contradict(signed: Signed, one: bytes, vote: Vote) -> bool:
    return any(contradict(vote, known) for known in signed.votes.get(one, ()))


def _cast(rng: Random, world: World, side: Branch, vote: Vote, signers: tuple[bytes, ...]) -> None:
    """Actors votes, sometimes in two aggregates, the second with some of the first again."""
    if not signers:
        return
    records = world.signed.records
    for one in signers:
        if one in records:
            records[one] = with_vote(records[one], vote)
    parts = [signers]
    if len(signers) > 1 and rng.randrange(3) == 0:
        parts = [signers[: len(signers) // 2 + 1], signers[len(signers) // 2 :]]
    for part in parts:
        side.cast(vote, part, world.signed)


def _draw_signers(
    rng: Random, world: World, weights: MerkleMap[int], willing: dict[bytes, Vote]
) -> tuple[bytes, ...]:
    """Draw just enough for the protocol, or all, or one too few.

    Of several sets that are enough, the one is best that costs the least: the least weight
    that contradicts itself, and then no more weight than it takes.
    """
    if rng.randrange(4) == 0:
        return tuple(willing)
    is_quorum = world.left.protocol.is_quorum
    guilty = {one for one, vote in willing.items() if _would_contradict(world.signed, one, vote)}
    sets = [
        _enough(rng, is_quorum, weights, list(willing), guilty)
        for _ in range(rng.choice((1, 1, 12)))
    ]
    signers = min(
        sets,
        key=lambda chosen: (
            sum(weights[one] for one in chosen if one in guilty),
            sum(weights[one] for one in chosen),
        ),
    )
    if signers and rng.randrange(10) == 0:
        signers.pop()
    return tuple(sorted(signers))


def _enough(
    rng: Random,
    is_quorum: QuorumRule,
    weights: MerkleMap[int],
    willing: list[bytes],
    guilty: set[bytes],
) -> list[bytes]:
    """Draw validators until they are a quorum, or no more are left; the guilty last."""
    rng.shuffle(willing)
    willing.sort(key=lambda one: one in guilty)
    signers: list[bytes] = []
    weight = 0
    for one in willing:
        signers.append(one)
        weight += weights[one]
        if is_quorum(weight, weights.total_weight):
            break
    return signers


def _draw_changes(rng: Random, side: Branch) -> list[object]:
    """Draw transactions that move weight, so that the sets of the two branches differ."""
    changes: list[object] = []
    validators = tuple(side.state.validators)
    unit = max(1, side.state.snapshot.total_weight // MANY_UNITS)
    for _ in range(rng.randint(0, 3)):
        one, amount = rng.choice(validators), unit * rng.randint(1, 10)
        tx: object = rng.choice(
            (
                Delegate(one, one, amount),
                Undelegate(one, one, amount),
                Delegate(address(rng.randint(1, 13)), one, amount),
            )
        )
        changes.append(tx)
    newcomer = address(rng.randint(10, 13))
    if rng.randrange(4) == 0:
        changes.append(
            RegisterValidator(newcomer, public_key(newcomer), 0, unit * rng.randint(1, 10))
        )
    if rng.randrange(8) == 0:
        changes.append(Exit(rng.choice(validators)))
    return changes
