"""The next transaction for a state: mostly valid, at boundaries, sometimes wrong on purpose.

One function for every engine. It looks at the state, so that what it draws can happen,
and its profile last for a run, so that runs differ in kind and not only in detail.
"""

from random import Random

from properties.generate.messages import (
    cast_votes,
    report_blocks,
    report_invalid_block,
    report_proposer,
    report_votes,
)
from properties.generate.oddities import (
    operator_without_stake,
    pair_moved_before,
    pair_slashed_to_nothing,
    stay_that_answers,
    validator_left_behind,
)
from properties.laws.accusation import Accuse, Submission
from properties.laws.leading import is_put_out
from properties.laws.patience import PATIENCE
from properties.laws.views import claim_of
from properties.model.design import Draw, draws_of
from properties.model.draw_context import NEWCOMERS, Actors, DrawContext, RunProfile
from properties.model.names import public_key
from statemachine.map_keys import epoch_of_key
from statemachine.primitives import MAX_SLOT
from statemachine.protocol import Protocol
from statemachine.rules.blocks import pass_slots
from statemachine.state import OffenceKind, State, Status
from statemachine.transactions import (
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    ProduceBlock,
    Redelegate,
    RegisterValidator,
    Transfer,
    Undelegate,
    Unjail,
)


def draw_profile(protocol: Protocol, rng: Random, state: State) -> RunProfile:
    """Draw the profile of a run."""
    weights = tuple(
        base * rng.choice((0, 1, 1, 2, 4)) if optional else base
        for base, optional, _ in kinds_of(protocol)
    )
    validators = tuple(state.validators)
    offline = tuple(
        rng.choice(validators) for _ in range(rng.choice((0, 0, 1, 1, 2))) if len(validators) > 1
    )
    return RunProfile(weights, offline, rng.choice((0, 3, 10)), rng.choice((5, 30, 60, 90)))


LEAST_LONG_WEIGHT = 8
"""The least weight of any kind in a long run."""


def long_profile(protocol: Protocol, rng: Random, state: State) -> RunProfile:
    """Return the profile of a long run: everything happens, and some large stake is offline.

    Steps are slow on a large state, so what is rare in small worlds is drawn more often.
    """
    total = state.snapshot.total_weight
    offline = tuple(state.snapshot.locate(rng.randrange(total))[0] for _ in range(4) if total)
    weights = tuple(max(base, LEAST_LONG_WEIGHT) for base, _, _ in kinds_of(protocol))
    return RunProfile(weights, offline, mischief=4, hurry=40)


def transaction_of_kind(
    kind: str, protocol: Protocol, state: State, rng: Random, profile: RunProfile, actors: Actors
) -> Submission:
    """Draw a transaction of one kind, named as in `KINDS`."""
    kinds = kinds_of(protocol)
    draw = next(draw for _, _, draw in kinds if draw.__name__.strip("_") == kind)
    return _drawn(draw, DrawContext(protocol, state, rng, profile, actors))


def next_transaction(
    protocol: Protocol, state: State, rng: Random, profile: RunProfile, actors: Actors
) -> Submission:
    """Draw the next transaction for a state."""
    draw = rng.choices(kinds_of(protocol), profile.weights)[0][2]
    return _drawn(draw, DrawContext(protocol, state, rng, profile, actors))


def _drawn(draw: Draw, context: DrawContext) -> Submission:
    """Draw a transaction, or a block if there is nothing of its kind to draw."""
    # Drawing passes slots and elects, by the protocol's own rules.
    with PATIENCE:
        return draw(context) or _block(context)


def _transfer(context: DrawContext) -> Submission:
    sender = context.account()
    amount = context.amount(context.state.accounts.get(sender, 0))
    return Transfer(sender, context.account(), amount)


def _register(context: DrawContext) -> Submission:
    taken, who = context.state.validators, context.actors.accounts
    if not context.rng.randrange(4):
        who = NEWCOMERS
    candidates = tuple(account for account in who if account not in taken)
    operator = context.rng.choice(candidates) if candidates else context.account()
    if context.wrong():
        operator = context.account()
    key = public_key(context.validator() if context.wrong() else operator)
    if context.wrong():
        # Who is a validator already, with a key that nobody has.
        operator = context.validator()
        key = public_key(operator[::-1] + b"again")
    highest = context.state.params.max_commission_bps
    commission = context.rng.choice((0, 1, 500, 1_000, highest, 10_000, min(highest + 1, 10_000)))
    balance = context.state.accounts.get(operator, 0)
    least = context.state.params.min_stake
    stake = least if balance >= least and context.rng.randrange(2) else context.amount(balance)
    return RegisterValidator(operator, key, commission, stake)


def _change_commission(context: DrawContext) -> Submission:
    operator = context.validator()
    if context.rng.randrange(4) == 0:
        operator = operator_without_stake(context) or operator
    validator = context.state.validators.get(operator)
    now = validator.commission_bps if validator is not None else 0
    step = context.state.params.max_commission_change_bps
    highest = context.state.params.max_commission_bps
    change = context.rng.choice((step, -step, step + 1, 1, -1, context.rng.randint(-step, step)))
    wanted = now + change
    return ChangeCommission(operator, max(0, min(wanted, 10_000 if context.wrong() else highest)))


def _delegate(context: DrawContext) -> Submission:
    delegator = context.account()
    if not context.state.snapshot and context.rng.randrange(2):
        # Somebody must serve again.
        return _own_stake(context, context.accepting())
    balance = context.state.accounts.get(delegator, 0)
    return Delegate(delegator, context.accepting(), context.amount(balance))


def _own_stake(context: DrawContext, operator: bytes) -> Submission:
    """Stake as much as an operator needs to serve, or all that it has."""
    balance = context.state.accounts.get(operator, 0)
    least = context.state.params.min_stake
    return Delegate(operator, operator, max(1, min(balance, least)))


def _bonded(context: DrawContext, validator: bytes, delegator: bytes) -> int:
    claim = claim_of(context.state, validator, delegator)
    return claim.bonded if claim is not None else 0


def _undelegate(context: DrawContext) -> Submission:
    validator, delegator = context.pair()
    return Undelegate(delegator, validator, context.amount(_bonded(context, validator, delegator)))


def _redelegate(context: DrawContext) -> Submission:
    validator, delegator = context.pair()
    if context.rng.randrange(2):
        validator, delegator = pair_moved_before(context) or (validator, delegator)
    amount = context.amount(_bonded(context, validator, delegator))
    destination = context.accepting()
    if destination == validator and not context.wrong():
        others = [candidate for candidate in context.actors.validators if candidate != validator]
        destination = context.rng.choice(others) if others else destination
    return Redelegate(delegator, validator, destination, amount)


def _claim(context: DrawContext) -> Submission:
    validator, delegator = context.pair()
    if context.rng.randrange(2):
        emptied = pair_slashed_to_nothing(context)
        if emptied is not None:
            return ClaimRewards(emptied[1], emptied[0])
    return ClaimRewards(validator if context.rng.randrange(4) == 0 else delegator, validator)


def _exit(context: DrawContext) -> Submission | None:
    if context.spared():
        return None
    return Exit(context.validator())


def _unjail(context: DrawContext) -> Submission | None:
    jailed = tuple(
        validator
        for validator in context.actors.validators[:64]
        if validator in context.state.validators
        and context.state.validators[validator].status is Status.JAILED
    )
    if not jailed or context.wrong():
        return Unjail(context.validator()) if context.rng.randrange(4) == 0 else None
    operator = context.rng.choice(jailed)
    if _bonded(
        context, operator, operator
    ) < context.state.params.min_stake and context.rng.randrange(4):
        return _own_stake(context, operator)
    return Unjail(operator)


def _accuse(context: DrawContext) -> Submission | None:
    rng, state = context.rng, context.state
    # Downtime is not among them: it is punished by the counters alone.
    if context.spared() and rng.randrange(2):
        return None
    twice = rng.randrange(4) == 0 and not context.spared()
    kind = OffenceKind.DOUBLE_BLOCK if twice else OffenceKind.INVALID_BLOCK
    offender, epoch = _infraction(context)
    if context.wrong():
        oldest = state.epoch - state.params.evidence_window
        epoch = max(0, rng.choice((state.epoch + 1, oldest - 1)))
    return Accuse(context.account(), offender, kind, epoch, rng.randrange(4))


def _infraction(context: DrawContext) -> tuple[bytes, int]:
    """Draw an offender and epoch: often the oldest admissible one, and stake that has moved."""
    rng, state = context.rng, context.state
    window = state.params.evidence_window
    oldest = max(0, state.epoch - window)
    how = rng.randrange(3)
    if how == 0:
        left = validator_left_behind(context, oldest)
        if left is not None:
            return left, oldest
    if how == 1:
        stay = stay_that_answers(context)
        if stay is not None:
            return stay.validator, max(oldest, stay.start)
    back = window if rng.randrange(4) == 0 else rng.randint(0, window)
    return context.validator(), max(0, state.epoch - back)


def _block(context: DrawContext) -> Submission:
    rng, state = context.rng, context.state
    reveal = rng.randrange(256).to_bytes(1, "big") * 32
    furthest = min(state.slot + state.params.max_slot_gap, MAX_SLOT)
    slot = min(state.slot + _gap(context), furthest)
    if context.wrong():
        wrong_slot = rng.choice((state.slot, slot, min(furthest + 1, MAX_SLOT)))
        return ProduceBlock(wrong_slot, context.account(), reveal)
    passed: State | None = None
    leaders: tuple[bytes, ...] | None = None
    while slot <= furthest:
        try:
            # Who is elected depends on the epoch that the slot lies in, so one look at each
            # will do: where all are offline, a look at each slot would cost minutes.
            if passed is None or passed.epoch != slot // state.params.epoch_length:
                passed = pass_slots(context.protocol, state, slot).state
            leaders = context.protocol.leaders(context.protocol, passed, slot)
        except Exception:
            # A fork that cannot pass a slot must be seen to fail when it is asked to.
            return ProduceBlock(slot, context.account(), reveal)
        if leaders is None:
            return ProduceBlock(slot, context.account(), reveal)
        for proposer in leaders:
            put_out = is_put_out(passed, proposer)
            if put_out and rng.randrange(PUT_OUT_PROPOSE) == 0:
                return ProduceBlock(slot, proposer, reveal)
            if not put_out and proposer not in context.profile.offline:
                return ProduceBlock(slot, proposer, reveal)
        slot += 1
    return ProduceBlock(min(slot, furthest), leaders[0] if leaders else context.account(), reveal)


def _gap(context: DrawContext) -> int:
    rng, state = context.rng, context.state
    if rng.randrange(100) >= context.profile.hurry:
        return 1
    length, longest = state.params.epoch_length, state.params.max_slot_gap
    to_boundary = length - state.slot % length
    to_agenda = to_boundary
    for key in state.agenda:
        due = epoch_of_key(key) * length
        to_agenda = max(1, due - state.slot)
        break
    gap = rng.choice(
        (to_boundary, to_boundary, to_agenda, rng.randint(1, length), rng.randint(1, 3 * length))
    )
    return max(1, min(gap, longest))


PUT_OUT_PROPOSE = 4
"""One in this many slots whose elected proposer may not propose is tried all the same."""

OWN_WEIGHT = 8
"""The weight of a design's own transactions."""


def kinds_of(protocol: Protocol) -> tuple["Kind", ...]:
    """Return all kinds of transactions that are drawn for a protocol."""
    own = draws_of(protocol)
    return (*KINDS, *((OWN_WEIGHT, True, draw) for draw in own)) if own else KINDS


Kind = tuple[int, bool, Draw]

KINDS: tuple[Kind, ...] = (
    (4, True, _transfer),
    (4, False, _register),
    (6, True, _change_commission),
    (20, True, _delegate),
    (20, True, _undelegate),
    (12, True, _redelegate),
    (12, True, _claim),
    (2, True, _exit),
    (10, False, _unjail),
    (6, True, _accuse),
    (32, False, _block),
    (24, True, cast_votes),
    (1, True, report_blocks),
    (2, True, report_votes),
    (2, True, report_proposer),
    (2, True, report_invalid_block),
)
"""How often each kind of transaction is drawn, whether a run may leave it out, and how."""
