"""The next transaction for a state: mostly valid, at boundaries, sometimes wrong on purpose.

One function for every engine. It looks at the state, so that what it draws can happen,
and its habits last for a run, so that runs differ in kind and not only in detail.
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
from properties.laws.accusation import Accuse, Order
from properties.laws.views import claim_of
from properties.model.design import Draw, draws_of
from properties.model.draw_context import NEWCOMERS, Cast, Habits, Scene
from properties.model.worlds import public_key
from statemachine.map_keys import epoch_of_key
from statemachine.primitives import MAX_SLOT
from statemachine.protocol import Protocol
from statemachine.rules.blocks import pass_slots
from statemachine.state import PUT_OUT, OffenceKind, State, Status
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


def draw_habits(protocol: Protocol, rng: Random, state: State) -> Habits:
    """Draw the habits of a run."""
    weights = tuple(
        base * rng.choice((0, 1, 1, 2, 4)) if optional else base
        for base, optional, _ in kinds_of(protocol)
    )
    validators = tuple(state.validators)
    offline = tuple(
        rng.choice(validators) for _ in range(rng.choice((0, 0, 1, 1, 2))) if len(validators) > 1
    )
    return Habits(weights, offline, rng.choice((0, 3, 10)), rng.choice((5, 30, 60, 90)))


LEAST_LONG_WEIGHT = 8
"""How often the rarest kinds are drawn in a long run."""


def long_habits(protocol: Protocol, rng: Random, state: State) -> Habits:
    """Return the habits of a long run: everything happens, and some large stake is offline.

    Steps are slow on a large state, so what is rare in small worlds is drawn more often.
    """
    total = state.snapshot.total_weight
    offline = tuple(state.snapshot.locate(rng.randrange(total))[0] for _ in range(4) if total)
    weights = tuple(max(base, LEAST_LONG_WEIGHT) for base, _, _ in kinds_of(protocol))
    return Habits(weights, offline, mischief=4, hurry=40)


def transaction_of_kind(
    kind: str, protocol: Protocol, state: State, rng: Random, habits: Habits, cast: Cast
) -> Order:
    """Draw a transaction of one kind, named as in `KINDS`."""
    kinds = kinds_of(protocol)
    draw = next(draw for _, _, draw in kinds if draw.__name__.strip("_") == kind)
    return _drawn(draw, Scene(protocol, state, rng, habits, cast))


def next_transaction(
    protocol: Protocol, state: State, rng: Random, habits: Habits, cast: Cast
) -> Order:
    """Draw the next transaction for a state."""
    draw = rng.choices(kinds_of(protocol), habits.weights)[0][2]
    return _drawn(draw, Scene(protocol, state, rng, habits, cast))


def _drawn(draw: Draw, scene: Scene) -> Order:
    """Draw a transaction; where there is nothing to draw of its kind, time goes on."""
    return draw(scene) or _block(scene)


def _transfer(scene: Scene) -> Order:
    sender = scene.account()
    amount = scene.amount(scene.state.accounts.get(sender, 0))
    return Transfer(sender, scene.account(), amount)


def _register(scene: Scene) -> Order:
    taken, who = scene.state.validators, scene.cast.accounts
    if not scene.rng.randrange(4):
        who = NEWCOMERS
    candidates = tuple(one for one in who if one not in taken)
    operator = scene.rng.choice(candidates) if candidates else scene.account()
    if scene.wrong():
        operator = scene.account()
    key = public_key(scene.validator() if scene.wrong() else operator)
    if scene.wrong():
        # Who is a validator already, with a key that nobody has.
        operator = scene.validator()
        key = public_key(operator[::-1] + b"again")
    highest = scene.state.params.max_commission_bps
    commission = scene.rng.choice((0, 1, 500, 1_000, highest, 10_000, min(highest + 1, 10_000)))
    balance = scene.state.accounts.get(operator, 0)
    least = scene.state.params.min_stake
    stake = least if balance >= least and scene.rng.randrange(2) else scene.amount(balance)
    return RegisterValidator(operator, key, commission, stake)


def _change_commission(scene: Scene) -> Order:
    operator = scene.validator()
    if scene.rng.randrange(4) == 0:
        operator = operator_without_stake(scene) or operator
    known = scene.state.validators.get(operator)
    now = known.commission_bps if known is not None else 0
    step = scene.state.params.max_commission_change_bps
    highest = scene.state.params.max_commission_bps
    change = scene.rng.choice((step, -step, step + 1, 1, -1, scene.rng.randint(-step, step)))
    wanted = now + change
    return ChangeCommission(operator, max(0, min(wanted, 10_000 if scene.wrong() else highest)))


def _delegate(scene: Scene) -> Order:
    delegator = scene.account()
    if not scene.state.snapshot and scene.rng.randrange(2):
        # Somebody must serve again.
        return _own_stake(scene, scene.accepting())
    balance = scene.state.accounts.get(delegator, 0)
    return Delegate(delegator, scene.accepting(), scene.amount(balance))


def _own_stake(scene: Scene, operator: bytes) -> Order:
    """Put as much behind a validator as its operator needs to serve, or all that there is."""
    balance = scene.state.accounts.get(operator, 0)
    least = scene.state.params.min_stake
    return Delegate(operator, operator, max(1, min(balance, least)))


def _bonded(scene: Scene, validator: bytes, delegator: bytes) -> int:
    claim = claim_of(scene.state, validator, delegator)
    return claim.bonded if claim is not None else 0


def _undelegate(scene: Scene) -> Order:
    validator, delegator = scene.pair()
    return Undelegate(delegator, validator, scene.amount(_bonded(scene, validator, delegator)))


def _redelegate(scene: Scene) -> Order:
    validator, delegator = scene.pair()
    if scene.rng.randrange(2):
        validator, delegator = pair_moved_before(scene) or (validator, delegator)
    amount = scene.amount(_bonded(scene, validator, delegator))
    destination = scene.accepting()
    if destination == validator and not scene.wrong():
        others = [one for one in scene.cast.validators if one != validator]
        destination = scene.rng.choice(others) if others else destination
    return Redelegate(delegator, validator, destination, amount)


def _claim(scene: Scene) -> Order:
    validator, delegator = scene.pair()
    if scene.rng.randrange(2):
        emptied = pair_slashed_to_nothing(scene)
        if emptied is not None:
            return ClaimRewards(emptied[1], emptied[0])
    return ClaimRewards(validator if scene.rng.randrange(4) == 0 else delegator, validator)


def _exit(scene: Scene) -> Order | None:
    if scene.spared():
        return None
    return Exit(scene.validator())


def _unjail(scene: Scene) -> Order | None:
    jailed = tuple(
        one
        for one in scene.cast.validators[:64]
        if one in scene.state.validators and scene.state.validators[one].status is Status.JAILED
    )
    if not jailed or scene.wrong():
        return Unjail(scene.validator()) if scene.rng.randrange(4) == 0 else None
    operator = scene.rng.choice(jailed)
    if _bonded(scene, operator, operator) < scene.state.params.min_stake and scene.rng.randrange(4):
        return _own_stake(scene, operator)
    return Unjail(operator)


def _accuse(scene: Scene) -> Order | None:
    rng, state = scene.rng, scene.state
    # Downtime is not among them: it is punished by the counters alone.
    if scene.spared() and rng.randrange(2):
        return None
    twice = rng.randrange(4) == 0 and not scene.spared()
    kind = OffenceKind.DOUBLE_BLOCK if twice else OffenceKind.INVALID_BLOCK
    offender, epoch = _infraction(scene)
    if scene.wrong():
        oldest = state.epoch - state.params.evidence_window
        epoch = max(0, rng.choice((state.epoch + 1, oldest - 1)))
    return Accuse(scene.account(), offender, kind, epoch, rng.randrange(4))


def _infraction(scene: Scene) -> tuple[bytes, int]:
    """Draw who offended when: often in the oldest admissible epoch, of stake that has moved."""
    rng, state = scene.rng, scene.state
    window = state.params.evidence_window
    oldest = max(0, state.epoch - window)
    how = rng.randrange(3)
    if how == 0:
        left = validator_left_behind(scene, oldest)
        if left is not None:
            return left, oldest
    if how == 1:
        stay = stay_that_answers(scene)
        if stay is not None:
            return stay.validator, max(oldest, stay.start)
    back = window if rng.randrange(4) == 0 else rng.randint(0, window)
    return scene.validator(), max(0, state.epoch - back)


def _block(scene: Scene) -> Order:
    rng, state = scene.rng, scene.state
    reveal = rng.randrange(256).to_bytes(1, "big") * 32
    furthest = min(state.slot + state.params.max_slot_gap, MAX_SLOT)
    slot = min(state.slot + _gap(scene), furthest)
    if scene.wrong():
        wrong_slot = rng.choice((state.slot, slot, min(furthest + 1, MAX_SLOT)))
        return ProduceBlock(wrong_slot, scene.account(), reveal)
    passed: State | None = None
    proposer: bytes | None = None
    while slot <= furthest:
        try:
            # Who is elected depends on the epoch that the slot lies in, so one look at each
            # will do: where all are offline, a look at each slot would cost minutes.
            if passed is None or passed.epoch != slot // state.params.epoch_length:
                passed = pass_slots(scene.protocol, state, slot).state
            proposer = scene.protocol.elect(passed, slot)
        except Exception:
            # A fork that cannot pass a slot must be seen to fail when it is asked to.
            return ProduceBlock(slot, scene.account(), reveal)
        if proposer is None:
            return ProduceBlock(slot, scene.account(), reveal)
        known = passed.validators.get(proposer)
        put_out = known is not None and known.status in PUT_OUT
        if put_out and rng.randrange(PUT_OUT_PROPOSE) == 0:
            break
        if not put_out and proposer not in scene.habits.offline:
            break
        slot += 1
    return ProduceBlock(min(slot, furthest), proposer or scene.account(), reveal)


def _gap(scene: Scene) -> int:
    rng, state = scene.rng, scene.state
    if rng.randrange(100) >= scene.habits.hurry:
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
"""Of so many slots for which somebody is elected who may not propose, one is tried."""

OWN_WEIGHT = 8
"""How often transactions of a design's own are drawn."""


def kinds_of(protocol: Protocol) -> tuple["Kind", ...]:
    """Return all kinds of orders that are drawn for a protocol."""
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
"""How often each kind of order is drawn, whether a run may leave it out, and how."""
