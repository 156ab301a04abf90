"""Laws of churn: what joins or leaves the active stake was booked, within the bound.

Stake is scheduled by its lots: one joins at its start, and leaves, or moves, at its end.
"""

from collections.abc import Iterable, Iterator

import attrs

from properties.laws import occasions
from properties.laws.law import Law, OnState, OnStep
from properties.laws.views import Step, ValidatorView, all_views, claim_of
from statemachine.primitives import BPS
from statemachine.protocol import Protocol
from statemachine.state import Booking, Lot, State
from statemachine.transactions import (
    Delegate,
    Exit,
    Redelegate,
    RegisterValidator,
    Undelegate,
)


@attrs.define
class Scheduled:
    """Tokens that join, leave or move at an epoch."""

    joining: int = 0
    leaving: int = 0
    moving: int = 0

    @property
    def all(self) -> int:
        """All of them."""
        return self.joining + self.leaving + self.moving


def churn_limit(state: State) -> int:
    """Return how much stake may join, and how much may leave, in an epoch."""
    params = state.params
    return max(params.churn_floor, state.snapshot.total_weight * params.churn_bps // BPS)


@attrs.frozen
class Queue:
    """The stake that waits to join, or to leave: the last booked epoch says how much."""

    limit: int
    last: int
    """The last booked epoch; the next one where none is."""
    taken: int
    """What is booked for it. All epochs before it are full."""

    @classmethod
    def of(cls, state: State, bookings: tuple[Booking, ...]) -> "Queue":
        """Read a queue of a state, as transactions see it."""
        ahead = [booking for booking in bookings if booking.epoch > state.epoch]
        last = ahead[-1] if ahead else Booking(state.epoch + 1, 0)
        return cls(churn_limit(state), last.epoch, last.amount)

    def room_until(self, epoch: int) -> int:
        """Return the room that is left in the last booked epoch and in those up to another."""
        if epoch < self.last:
            return 0
        return max(0, self.limit - self.taken) + (epoch - self.last) * self.limit

    def turn_of(self, amount: int) -> int:
        """Return the first epoch by which there is room for an amount."""
        waiting = max(0, amount - self.room_until(self.last))
        return self.last + (waiting + self.limit - 1) // self.limit

    def booked_until(self, after: "Queue", epoch: int) -> int:
        """Return what was booked, from this queue to a longer one, for epochs up to another."""
        if epoch < after.last:
            return self.room_until(epoch)
        if after.last == self.last:
            return after.taken - self.taken
        return self.room_until(after.last - 1) + after.taken


def queues(state: State) -> tuple[Queue, Queue]:
    """Return the queues of those who join and of those who leave."""
    return Queue.of(state, state.joining), Queue.of(state, state.leaving)


def _churn_bound(_protocol: Protocol, step: Step) -> Iterator[str]:
    """Complain of bookings beyond the bound, and of stake that moves without one."""
    if step.crossed_epoch:
        yield from _nothing_new(step)
        return
    for name, before, after in zip(
        ("join", "leave"), queues(step.before), queues(step.after), strict=True
    ):
        already = before.taken if after.last == before.last else 0
        if after.taken > max(before.limit, already):
            yield (
                f"{after.taken:,} is booked to {name} at epoch {after.last}; at most"
                f" {before.limit:,} may"
            )
    yield from _nothing_unbooked(step)


def _nothing_unbooked(step: Step) -> Iterator[str]:
    """Compare what a step has scheduled up to each epoch with what it has booked.

    Stake that waits for its turn as a whole moves later than was booked for it, not more.
    Moving stake is booked to leave, or to join where it was not active.
    """
    (join, leave), (join_after, leave_after) = queues(step.before), queues(step.after)
    total = Scheduled()
    for epoch, grown in sorted(_growth(step).items()):
        total.joining += max(0, grown.joining)
        total.leaving += max(0, grown.leaving)
        total.moving += max(0, grown.moving)
        joining = join.booked_until(join_after, epoch)
        leaving = leave.booked_until(leave_after, epoch)
        for name, amount, booked in (
            ("join", total.joining, joining),
            ("leave", total.leaving, leaving),
            ("join, leave or move", total.all, joining + leaving),
        ):
            if amount > booked:
                yield f"{amount:,} more will {name} by epoch {epoch}, but {booked:,} was booked"


def _growth(step: Step) -> dict[int, Scheduled]:
    """Return by how much the stake scheduled for the epochs ahead has grown."""
    grown = _scheduled(step.after, step.views_after.values())
    for epoch, amounts in _scheduled(step.before, step.views_before.values()).items():
        growth = grown.setdefault(epoch, Scheduled())
        growth.joining -= amounts.joining
        growth.leaving -= amounts.leaving
        growth.moving -= amounts.moving
    return grown


def _nothing_new(step: Step) -> Iterator[str]:
    """Complain of stake that a boundary lets join, leave or move without its being scheduled."""
    before = _scheduled(step.before, all_views(step.before).values(), idle=True)
    after = _scheduled(step.after, step.all_views_after.values(), idle=True)
    for epoch, amounts in sorted(after.items()):
        was = before.get(epoch, Scheduled())
        for name, amount, scheduled in (
            ("join", amounts.joining, was.joining),
            ("leave", amounts.leaving, was.leaving),
            ("move", amounts.moving, was.moving),
        ):
            if amount > scheduled:
                yield f"{amount:,} will {name} at epoch {epoch}, of which {scheduled:,} was to"
    for epoch, amount in sorted(_joined(step).items()):
        was = before.get(epoch, Scheduled())
        if amount > was.joining + was.moving:
            yield (
                f"{amount:,} joined at epoch {epoch}, of which {was.joining + was.moving:,} was to"
            )


def _joined(step: Step) -> dict[int, int]:
    """Return what became active at each boundary of a step."""
    oldest = step.after.epoch - step.after.params.evidence_window
    joined: dict[int, int] = {}
    for view in step.all_views_after.values():
        for _, lot in view.lots:
            # Of older stake it is not remembered when it became active.
            began = max(step.before.epoch, oldest) < lot.start <= step.after.epoch
            if began and (lot.end is None or lot.end > lot.start):
                joined[lot.start] = joined.get(lot.start, 0) + lot.amount
    return joined


def _scheduled(
    state: State, views: Iterable[ValidatorView], *, idle: bool = False
) -> dict[int, Scheduled]:
    """Return by epoch what lots will do in the epochs to come.

    Stake that leaves a validator outside the active set counts only if idle stake does.
    """
    scheduled: dict[int, Scheduled] = {}
    for view in views:
        active = idle or view.address in state.snapshot
        for _, lot in view.lots:
            if lot.start > state.epoch and _ever_active(lot):
                scheduled.setdefault(lot.start, Scheduled()).joining += lot.amount
            if lot.end is None or lot.end <= state.epoch or lot.end == lot.start:
                continue
            if lot.destination is not None:
                scheduled.setdefault(lot.end, Scheduled()).moving += lot.amount
            elif active:
                scheduled.setdefault(lot.end, Scheduled()).leaving += lot.amount
    return scheduled


def _ever_active(lot: Lot) -> bool:
    """Say whether a lot becomes active: not if it leaves for good before it does."""
    return lot.end != lot.start or lot.destination is not None


def _bookings_ahead(state: State) -> Iterator[str]:
    for booking in (*state.joining, *state.leaving):
        if booking.epoch <= state.epoch:
            yield f"a booking for epoch {booking.epoch} is kept in epoch {state.epoch}"


def _in_turn(_protocol: Protocol, step: Step) -> Iterator[str]:
    """Work out by when there is room for what a transaction moves, and compare."""
    if step.crossed_epoch:
        return
    stake, transaction = _staked_by(step.before, step.transaction), step.transaction
    join, leave = queues(step.before)
    source = _left_by(transaction)
    queue = leave if source is not None and source in step.before.snapshot else join
    turn = queue.turn_of(stake)
    for epoch, grown in sorted(_growth(step).items()):
        if epoch > turn and max(grown.joining, grown.leaving, grown.moving) > 0:
            yield f"stake moves at epoch {epoch}, though there was room for it by epoch {turn}"


def _no_room_wasted(_protocol: Protocol, step: Step) -> Iterator[str]:
    """Compare the room that a transaction takes with the stake that it moves."""
    if step.crossed_epoch:
        return
    stake = _staked_by(step.before, step.transaction)
    for name, before, after in zip(
        ("join", "leave"), queues(step.before), queues(step.after), strict=True
    ):
        booked = before.booked_until(after, after.last)
        if booked > stake:
            yield f"{booked:,} of room to {name} was taken for {stake:,} of stake"


def _left_by(transaction: object) -> bytes | None:
    """Return the validator that a transaction takes stake from."""
    match transaction:
        case Undelegate():
            return transaction.validator
        case Redelegate():
            return transaction.source
        case Exit():
            return transaction.operator
    return None


def _staked_by(state: State, transaction: object) -> int:
    """Return the stake that a transaction would move into or out of the active stake."""
    match transaction:
        case Delegate() | Undelegate() | Redelegate():
            return transaction.amount
        case RegisterValidator():
            return transaction.self_stake
        case Exit():
            claim = claim_of(state, transaction.operator, transaction.operator)
            return claim.bonded if claim is not None else 0
    return 0


BOOKED = (RegisterValidator, Delegate, Undelegate, Redelegate, Exit)
"""The transactions that take room in a queue."""

LAWS = (
    Law(
        id="STK-8",
        name="churn bound",
        statement="By any epoch, no more stake joins, leaves or moves, of what was told to since"
        " another, than the churn limit allows for the epochs between; and none unbooked,"
        " whatever transaction or boundary has it do so.",
        source="design, finality",
        check=OnStep(_churn_bound),
        when=occasions.BOOKED,
    ),
    Law(
        id="STK-9",
        name="bookings lie ahead",
        statement="Bookings are for epochs that are still to come.",
        source="design, finality",
        check=OnState(_bookings_ahead, reads=("joining", "leaving")),
        when=occasions.BOOKED,
    ),
    Law(
        id="STK-10",
        name="everybody's turn comes",
        statement="Stake that is told to join, leave or move has done so by the first epoch by"
        " which there is room for it behind what was booked before, whatever is booked later.",
        source="design, finality",
        check=OnStep(_in_turn),
        about=BOOKED,
    ),
    Law(
        id="STK-11",
        name="no room is wasted",
        statement="A transaction takes no more room to join or to leave than it moves stake; so"
        " the wait is at most the stake booked before and one's own, divided by the churn limit,"
        " and two epochs.",
        source="design, finality",
        check=OnStep(_no_room_wasted),
        about=BOOKED,
    ),
)
