"""Slashing: a share of exactly the stake that was active behind the offender.

Whose stake pays for an offence of ANNA in epoch 5, and where it is found (| marks the epoch):

    epoch        1   2   3   4  |5|  6   7   8
    stays        ================|====================   behind ANNA: pays
    unbonds      ================|========> released     behind ANNA, end 7: pays
    moved        ================|====> BEN ==========   behind BEN, a stay at ANNA: pays
    left before  ==========>                             end 4: does not pay
    came later                          ==============   start 7: does not pay

A lot carries its earlier stays, so BEN's lots say themselves that they answer for ANNA; and
ANNA's `departures` say that BEN is to be asked. No delegator is visited: the buckets pay at
once, one line is added to each holder's slash history, and a lot pays by that line when it
is next loaded.
"""

from statemachine.arithmetic import share
from statemachine.errors import Rejected, RejectionReason
from statemachine.events import Event, Slashed, StakeSlashed, StatusChanged
from statemachine.map_keys import punished_key
from statemachine.protocol import Offence, Protocol, Transition
from statemachine.records import evolve
from statemachine.rules.accounts import credit, destroy
from statemachine.rules.agenda import schedule_review
from statemachine.rules.buckets import merge_buckets, with_buckets
from statemachine.rules.delegation import require_validator
from statemachine.rules.lots import answers_for, oldest_admissible
from statemachine.rules.rewards import settle_validator
from statemachine.state import SIGNED_TWICE, Bucket, OffenceKind, Slash, State, Status


def fraction_of(state: State, offence: Offence) -> int:
    """Return the share of stake, in basis points, that an offence costs: the parameter's."""
    params, kind = state.params, offence.kind
    if kind in SIGNED_TWICE:
        return params.double_sign_bps
    if kind is OffenceKind.INVALID_BLOCK:
        return params.invalid_block_bps
    return params.downtime_bps


def offence_key(offence: Offence) -> bytes:
    """Return the key of an offence, by which it is punished once."""
    kind = tuple(OffenceKind).index(offence.kind)
    return punished_key(offence.epoch, offence.validator, kind, offence.slot)


def is_punished(state: State, offence: Offence) -> bool:
    """Say whether an offence has been punished already."""
    return offence_key(offence) in state.punished


def slash(protocol: Protocol, state: State, offence: Offence) -> Transition:
    """Take an offence's share of all stake that was active behind the offender.

    Unbonding and redelegated stake pays like any other. The tokens are
    burned, less the reporter's share. A validator that signed twice is tombstoned; any other
    offender is jailed.
    Rejects: unknown_validator, evidence_from_the_future, evidence_too_old,
    offence_already_punished.
    """
    require_validator(state, offence.validator)
    if offence.epoch > state.epoch:
        raise Rejected(
            RejectionReason.EVIDENCE_FROM_THE_FUTURE, epoch=offence.epoch, current=state.epoch
        )
    if offence.epoch < oldest_admissible(state):
        raise Rejected(
            RejectionReason.EVIDENCE_TOO_OLD, epoch=offence.epoch, oldest=oldest_admissible(state)
        )
    if is_punished(state, offence):
        raise Rejected(RejectionReason.OFFENCE_ALREADY_PUNISHED, validator=offence.validator)
    fraction_bps = protocol.fraction(state, offence)

    state, cuts = cut_stake(state, offence.validator, offence.epoch, fraction_bps)
    taken = sum(cut.amount for cut in cuts)
    rewarded = share(taken, state.params.reporter_bps) if offence.reporter is not None else 0
    if offence.reporter is not None:
        state = credit(state, offence.reporter, rewarded)
    state = destroy(state, taken - rewarded)
    state = evolve(
        state,
        punished=state.punished.set(offence_key(offence), True),
    )
    slashed = Slashed(
        offence.validator, offence.kind, offence.epoch, fraction_bps, taken - rewarded, rewarded
    )
    state, status_events = _put_out(state, offence)
    return Transition(state, (*cuts, slashed, *status_events))


def cut_stake(
    state: State, offender: bytes, epoch: int, fraction_bps: int
) -> tuple[State, tuple[StakeSlashed, ...]]:
    """Take a share of all stake that was active behind a validator in an epoch, wherever it is.

    The epoch must be admissible: what was active in an older one is not known any more. Returns
    what was taken, which is in no pot any more: whoever cuts must put it somewhere.
    """
    cuts: list[StakeSlashed] = []
    for holder in _holders(state, offender):
        state, announced = _cut_holder(state, holder, offender, epoch, fraction_bps)
        cuts += announced
    return state, tuple(cuts)


def _holders(state: State, offender: bytes) -> tuple[bytes, ...]:
    """Return the validators that hold liable stake: the offender, and where its stake went."""
    departures = state.validators[offender].departures
    return (offender, *(departure.destination for departure in departures))


def _cut_holder(
    state: State, holder: bytes, offender: bytes, epoch: int, fraction_bps: int
) -> tuple[State, tuple[StakeSlashed, ...]]:
    """Cut the liable buckets of one holder."""
    validator = settle_validator(state.validators[holder], state.reward_index)
    buckets: list[Bucket] = []
    events: list[StakeSlashed] = []
    lots = bonded = unbonding = 0
    for bucket in merge_buckets(validator.buckets, oldest_admissible(state)):
        if not answers_for(holder, bucket.start, bucket.end, bucket.past, offender, epoch):
            buckets.append(bucket)
            continue
        # The bucket is rounded up and the lots in it down, so that it covers them.
        taken = share(bucket.amount, fraction_bps)
        buckets.append(evolve(bucket, amount=bucket.amount - taken))
        lots += bucket.lots
        if bucket.end is None:
            bonded += taken
        else:
            unbonding += taken
        events.append(StakeSlashed(holder, bucket.start, bucket.end, bucket.past, taken))
    if not lots:
        return state, ()
    validator = with_buckets(validator, tuple(buckets), state.epoch)
    line = Slash(offender, epoch, fraction_bps, validator.index)
    validator = evolve(
        validator, slashes=(*validator.slashes, line), dust_bound=validator.dust_bound + lots
    )
    pots = evolve(
        state.pots, bonded=state.pots.bonded - bonded, unbonding=state.pots.unbonding - unbonding
    )
    state = evolve(state, validators=state.validators.set(holder, validator), pots=pots)
    return schedule_review(state, holder), tuple(events)


def _put_out(state: State, offence: Offence) -> tuple[State, tuple[Event, ...]]:
    """Jail or tombstone the offender, if it can fall further."""
    validator = state.validators[offence.validator]
    before = validator.status
    if offence.kind in SIGNED_TWICE:
        after = Status.TOMBSTONED
    elif before in (Status.PENDING, Status.ACTIVE):
        after = Status.JAILED
    else:
        after = before
    if after is Status.JAILED:
        until = max(validator.jailed_until, state.epoch + state.params.jail_epochs)
        validator = evolve(validator, jailed_until=until)
    validator = evolve(validator, status=after, missed=0)
    state = evolve(state, validators=state.validators.set(offence.validator, validator))
    state = schedule_review(state, offence.validator)
    if after is before:
        return state, ()
    return state, (StatusChanged(offence.validator, before, after),)
