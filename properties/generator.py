"""The next transaction for a state: mostly valid, at boundaries, sometimes wrong on purpose.

One function for every engine. It looks at the state, so that what it draws can happen,
and it has habits that last for a run, so that runs differ in kind and not in detail only.
"""

from collections.abc import Callable
from random import Random

import attrs

from properties.accusation import Accuse
from properties.views import claim_of
from properties.worlds import address, public_key
from statemachine.primitives import MAX_SLOT
from statemachine.protocol import Protocol
from statemachine.rules.blocks import PUT_OUT, pass_slots
from statemachine.rules.delegation import ACCEPTING
from statemachine.state import OffenceKind, State, Status
from statemachine.transactions import (
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    ProduceBlock,
    Redelegate,
    RegisterValidator,
    Transaction,
    Transfer,
    Undelegate,
    Unjail,
)

Order = Transaction | Accuse

NEWCOMERS = tuple(address(number) for number in range(0xA0, 0xA4))
"""Addresses that no small world starts with."""


@attrs.frozen
class Cast:
    """Who there is in a state to take part."""

    accounts: tuple[bytes, ...]
    validators: tuple[bytes, ...]
    pairs: tuple[tuple[bytes, bytes], ...]
    """Validators and delegators of all delegations."""

    @classmethod
    def of(cls, state: State) -> "Cast":
        """Look around in a state."""
        return cls(
            tuple(state.accounts) or (address(1),),
            tuple(state.validators) or (address(1),),
            tuple((key[:20], key[20:]) for key in state.delegations),
        )


@attrs.frozen
class Habits:
    """What lasts for a run: who is never online, and what is done more than other things."""

    weights: tuple[int, ...]
    offline: tuple[bytes, ...]
    mischief: int
    """Of a hundred orders, how many are meant to be refused."""
    hurry: int
    """Of a hundred blocks, how many skip ahead by more than a slot."""


def draw_habits(rng: Random, state: State) -> Habits:
    """Draw the habits of a run."""
    weights = tuple(
        base * rng.choice((0, 1, 1, 2, 4)) if optional else base for base, optional, _ in KINDS
    )
    validators = tuple(state.validators)
    offline = tuple(
        rng.choice(validators) for _ in range(rng.choice((0, 0, 1, 1, 2))) if len(validators) > 1
    )
    return Habits(weights, offline, rng.choice((0, 3, 10)), rng.choice((5, 30, 60, 90)))


def long_habits(rng: Random, state: State) -> Habits:
    """Return the habits of a long run: everything happens, and some large stake is offline."""
    total = state.snapshot.total_weight
    offline = tuple(state.snapshot.locate(rng.randrange(total))[0] for _ in range(4) if total)
    return Habits(tuple(base for base, _, _ in KINDS), offline, mischief=4, hurry=25)


def transaction_of_kind(
    kind: str, protocol: Protocol, state: State, rng: Random, habits: Habits, cast: Cast
) -> Order:
    """Draw a transaction of one kind, named as in `KINDS`."""
    draw = next(draw for _, _, draw in KINDS if draw.__name__ == f"_{kind}")
    return draw(_Scene(protocol, state, rng, habits, cast))


def next_transaction(
    protocol: Protocol, state: State, rng: Random, habits: Habits, cast: Cast
) -> Order:
    """Draw the next transaction for a state."""
    draw = rng.choices(KINDS, habits.weights)[0][2]
    return draw(_Scene(protocol, state, rng, habits, cast))


@attrs.frozen
class _Scene:
    protocol: Protocol
    state: State
    rng: Random
    habits: Habits
    cast: Cast

    def wrong(self) -> bool:
        """Decide whether to get something wrong on purpose."""
        return self.rng.randrange(100) < self.habits.mischief

    def account(self) -> bytes:
        """Draw an account that has something, or on purpose one that has nothing."""
        if self.rng.randrange(12) == 0 or self.wrong():
            return self.rng.choice(NEWCOMERS)
        return self.rng.choice(self.cast.accounts)

    def validator(self) -> bytes:
        """Draw a validator, or on purpose somebody else."""
        return self.account() if self.wrong() else self.rng.choice(self.cast.validators)

    def accepting(self) -> bytes:
        """Draw a validator that takes stake, if one is soon found."""
        for _ in range(4):
            found = self.validator()
            known = self.state.validators.get(found)
            if known is not None and known.status in ACCEPTING:
                return found
        return self.validator()

    def pair(self) -> tuple[bytes, bytes]:
        """Draw a validator and one of its delegators, or on purpose a pair that is none.

        Operators leave themselves less often than others do, or worlds would soon be empty.
        """
        if not self.cast.pairs or self.wrong():
            return self.validator(), self.account()
        pair = self.rng.choice(self.cast.pairs)
        if pair[0] == pair[1] and self.rng.randrange(4):
            pair = self.rng.choice(self.cast.pairs)
        return pair

    def amount(self, available: int) -> int:
        """Draw an amount: small, all, half, just around a boundary, or on purpose too much."""
        rng, least = self.rng, self.state.params.min_stake
        if self.wrong():
            return rng.choice((0, available + 1, 2**128 - 1))
        chosen = rng.choice(
            (1, 2, 3, available, available - 1, available // 2, least, least + 1, -1, -1, -1)
        )
        if chosen < 1:
            chosen = rng.randint(1, max(1, available))
        return min(chosen, available) or 1


def _transfer(scene: _Scene) -> Order:
    sender = scene.account()
    amount = scene.amount(scene.state.accounts.get(sender, 0))
    return Transfer(sender, scene.account(), amount)


def _register(scene: _Scene) -> Order:
    taken = scene.state.validators
    candidates = tuple(one for one in (*scene.cast.accounts, *NEWCOMERS) if one not in taken)
    operator = scene.rng.choice(candidates) if candidates else scene.account()
    if scene.wrong():
        operator = scene.account()
    key = public_key(scene.validator() if scene.wrong() else operator)
    highest = scene.state.params.max_commission_bps
    commission = scene.rng.choice((0, 1, 500, 1_000, highest, 10_000, min(highest + 1, 10_000)))
    balance = scene.state.accounts.get(operator, 0)
    least = scene.state.params.min_stake
    stake = least if balance >= least and scene.rng.randrange(2) else scene.amount(balance)
    return RegisterValidator(operator, key, commission, stake)


def _change_commission(scene: _Scene) -> Order:
    operator = scene.validator()
    known = scene.state.validators.get(operator)
    now = known.commission_bps if known is not None else 0
    step = scene.state.params.max_commission_change_bps
    highest = scene.state.params.max_commission_bps
    change = scene.rng.choice((step, -step, step + 1, 1, -1, scene.rng.randint(-step, step)))
    wanted = now + change
    return ChangeCommission(operator, max(0, min(wanted, 10_000 if scene.wrong() else highest)))


def _delegate(scene: _Scene) -> Order:
    delegator = scene.account()
    balance = scene.state.accounts.get(delegator, 0)
    return Delegate(delegator, scene.accepting(), scene.amount(balance))


def _bonded(scene: _Scene, validator: bytes, delegator: bytes) -> int:
    claim = claim_of(scene.state, validator, delegator)
    return claim.bonded if claim is not None else 0


def _undelegate(scene: _Scene) -> Order:
    validator, delegator = scene.pair()
    return Undelegate(delegator, validator, scene.amount(_bonded(scene, validator, delegator)))


def _redelegate(scene: _Scene) -> Order:
    validator, delegator = scene.pair()
    amount = scene.amount(_bonded(scene, validator, delegator))
    return Redelegate(delegator, validator, scene.accepting(), amount)


def _claim(scene: _Scene) -> Order:
    validator, delegator = scene.pair()
    return ClaimRewards(validator if scene.rng.randrange(4) == 0 else delegator, validator)


def _exit(scene: _Scene) -> Order:
    # The last to serve seldom leaves: a world without validators has little to show.
    if len(scene.state.snapshot) < 2 and scene.rng.randrange(8):
        return _block(scene)
    return Exit(scene.validator())


def _unjail(scene: _Scene) -> Order:
    jailed = tuple(
        one
        for one in scene.cast.validators[:64]
        if one in scene.state.validators and scene.state.validators[one].status is Status.JAILED
    )
    return Unjail(scene.rng.choice(jailed) if jailed and not scene.wrong() else scene.validator())


def _accuse(scene: _Scene) -> Order:
    rng, state = scene.rng, scene.state
    # Downtime is not among them: it is punished by the counters alone.
    kind = OffenceKind.INVALID_BLOCK if rng.randrange(6) else OffenceKind.DOUBLE_SIGN
    back = rng.randint(0, state.params.evidence_window)
    epoch = max(0, state.epoch - back)
    if scene.wrong():
        epoch = max(0, rng.choice((state.epoch + 1, state.epoch - back - 1)))
    return Accuse(scene.account(), scene.validator(), kind, epoch, rng.randrange(4))


def _block(scene: _Scene) -> Order:
    rng, state = scene.rng, scene.state
    reveal = rng.randrange(256).to_bytes(1, "big") * 32
    furthest = min(state.slot + state.params.max_slot_gap, MAX_SLOT)
    slot = min(state.slot + _gap(scene), furthest)
    if scene.wrong():
        wrong_slot = rng.choice((state.slot, slot, min(furthest + 1, MAX_SLOT)))
        return ProduceBlock(wrong_slot, scene.account(), reveal)
    passed = state
    proposer: bytes | None = None
    while slot <= furthest:
        try:
            passed = pass_slots(scene.protocol, passed, slot).state
            proposer = scene.protocol.elect(passed, slot)
        except Exception:
            # A fork that cannot pass a slot must be seen to fail when it is asked to.
            return ProduceBlock(slot, scene.account(), reveal)
        if proposer is None:
            return ProduceBlock(slot, scene.account(), reveal)
        known = passed.validators.get(proposer)
        put_out = known is not None and known.status in PUT_OUT
        if not put_out and proposer not in scene.habits.offline:
            break
        slot += 1
    return ProduceBlock(min(slot, furthest), proposer or scene.account(), reveal)


def _gap(scene: _Scene) -> int:
    rng, state = scene.rng, scene.state
    if rng.randrange(100) >= scene.habits.hurry:
        return 1
    length, longest = state.params.epoch_length, state.params.max_slot_gap
    to_boundary = length - state.slot % length
    to_agenda = to_boundary
    for key in state.agenda:
        due = int.from_bytes(key[:8], "big") * length
        to_agenda = max(1, due - state.slot)
        break
    gap = rng.choice(
        (to_boundary, to_boundary, to_agenda, rng.randint(1, length), rng.randint(1, 3 * length))
    )
    return max(1, min(gap, longest))


KINDS: tuple[tuple[int, bool, Callable[[_Scene], Order]], ...] = (
    (2, True, _transfer),
    (2, False, _register),
    (3, True, _change_commission),
    (10, True, _delegate),
    (10, True, _undelegate),
    (6, True, _redelegate),
    (6, True, _claim),
    (1, True, _exit),
    (5, False, _unjail),
    (2, True, _accuse),
    (16, False, _block),
)
"""How often each kind of order is drawn, whether a run may leave it out, and how."""
