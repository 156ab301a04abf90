"""Making a counterexample small: fewer transactions, fewer actors, simpler numbers.

Candidates are judged by running them. Where removing a transaction moves time, blocks
are handed to whoever is elected then, and votes and headers are about the checkpoints that
the chain has then, so that the rest still applies.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from properties.accusation import with_accusations
from properties.runner import Run, Start
from properties.runs import check_everyone_can_leave, check_finality_goes_on
from statemachine.errors import OutOfRange
from statemachine.genesis import Genesis
from statemachine.messages import Checkpoint, Header
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.rules.blocks import pass_slots
from statemachine.state import State, epoch_key
from statemachine.transactions import CastVotes, ProduceBlock


@attrs.frozen
class Trial:
    """Where to begin, and transactions that may break a law from there."""

    start: Start
    transactions: tuple[Any, ...]


def run_trial(
    protocol: Protocol, trial: Trial, law: str, *, repair: bool, roots: set[bytes] | None = None
) -> Run | None:
    """Run a trial until it breaks the law; None where it does not.

    With `repair`, blocks are produced by whoever is elected for their slot, and where a
    message has the root of a checkpoint that another chain had, one of the `roots`, it
    gets that of the same epoch on this one. This chain's are added to them.
    """
    own: set[bytes] = set()
    others = roots if roots is not None else set()
    try:
        run = Run.start(protocol, trial.start)
    except Exception:
        return None
    for transaction in trial.transactions:
        own.update(record.root for record in run.state.finality.history.entries())
        if repair:
            transaction = _repaired(protocol, run, transaction, others - own)
            others |= own
        run.submit(transaction)
        if any(violation.law == law for violation in run.violations):
            return run
        if run.violations:
            return None
    if law == "RUN-1":
        run.violations += check_everyone_can_leave(run.protocol, run.state)
    if law == "LIV-1":
        run.violations += check_finality_goes_on(run.protocol, run.state)[1]
    return run if any(violation.law == law for violation in run.violations) else None


def _repaired(protocol: Protocol, run: Run, transaction: Any, others: set[bytes]) -> Any:
    if isinstance(transaction, ProduceBlock):
        return _handed_over(protocol, run, transaction)

    def here(epoch: int, root: bytes) -> bytes:
        """Return the root that a checkpoint has on this chain."""
        finality = run.state.finality
        record = finality.history.get(epoch_key(epoch))
        if root not in others:
            return root
        if record is not None:
            return record.root
        told = {one.epoch: one.root for one in (finality.finalised, finality.justified)}
        return told.get(epoch, root)

    def repair(part: Any) -> Any:
        if isinstance(part, Checkpoint):
            return evolve(part, root=here(part.epoch, part.root))
        if isinstance(part, Header):
            epoch = part.slot // run.state.params.epoch_length
            return evolve(part, checkpoint=here(epoch, part.checkpoint))
        if attrs.has(type(part)):
            names = [field.name for field in attrs.fields(type(part))]
            parts = {name: getattr(part, name) for name in names}
            changed = {
                name: repair(inner) for name, inner in parts.items() if attrs.has(type(inner))
            }
            return evolve(part, **changed) if changed else part
        return part

    return repair(transaction)


def _handed_over(protocol: Protocol, run: Run, block: ProduceBlock) -> ProduceBlock:
    gap = block.slot - run.state.slot
    if not 0 < gap <= run.state.params.max_slot_gap:
        return block
    try:
        state = pass_slots(with_accusations(protocol), run.state, block.slot).state
        return evolve(block, proposer=protocol.elect(state, block.slot) or block.proposer)
    except Exception:
        return block


def shrink(
    protocol: Protocol, trial: Trial, law: str, budget: Callable[[], bool] = lambda: True
) -> Trial:
    """Return the smallest trial found that still breaks the law, while the budget lasts."""

    roots: set[bytes] = set()

    def breaks(candidate: Trial) -> Trial | None:
        """Return the candidate as it ran, but for what was refused, if it breaks the law.

        The last transaction stays in any case: to refuse it may have been the mistake.
        """
        run = run_trial(protocol, candidate, law, repair=True, roots=roots)
        if run is None:
            return None
        last = run.submitted[-1:]
        kept = run.accepted if run.accepted[-1:] == last else [*run.accepted, *last]
        return Trial(candidate.start, tuple(kept))

    best = breaks(trial) or trial
    improved = True
    while improved and budget():
        improved = False
        for propose in (_fewer_transactions, _fewer_signers, _smaller_genesis, _simpler_numbers):
            shrunk = _improve(best, propose, breaks, budget)
            improved = improved or shrunk is not best
            best = shrunk
    return best


Propose = Callable[[Trial], Iterator[Trial]]


def _improve(
    best: Trial,
    propose: Propose,
    breaks: Callable[[Trial], Trial | None],
    budget: Callable[[], bool],
) -> Trial:
    """Take every proposal that still breaks the law, until none does."""
    progress = True
    while progress and budget():
        progress = False
        for candidate in propose(best):
            if not budget():
                return best
            found = breaks(candidate)
            if found is not None and _size(found) < _size(best):
                best = found
                progress = True
                break
    return best


def _size(trial: Trial) -> tuple[int, int, int]:
    """Order trials: fewer transactions first, then fewer parts, then smaller numbers."""
    start = trial.start
    parts = len(start.accounts) + len(start.validators) + len(start.delegations)
    parts += sum(len(signers) for order in trial.transactions for _, signers in _signers(order))
    return len(trial.transactions), parts, sum(_digits(part) for part in _numbers(trial))


def _digits(number: int) -> int:
    return number.bit_length() * 4 + bin(number).count("1")


def _numbers(trial: Trial) -> Iterator[int]:
    for order in trial.transactions:
        for name in _number_fields(order):
            yield getattr(order, name)
    genesis = trial.start
    if isinstance(genesis, State):
        return
    for account in genesis.accounts:
        yield account.balance
    for delegation in genesis.delegations:
        yield delegation.amount
    for validator in genesis.validators:
        yield validator.commission_bps + validator.jailed
    for name in _number_fields(genesis.params):
        yield abs(getattr(genesis.params, name) - _PLAIN.get(name, 0))
    yield genesis.treasury + genesis.epoch


_PLAIN = {
    "unbonding_epochs": 2,
    "evidence_window": 2,
    "epoch_length": 2,
    "max_slot_gap": 16,
    "double_sign_bps": 5_000,
    "invalid_block_bps": 1_000,
    "downtime_bps": 500,
    "max_commission_bps": 10_000,
    "max_commission_change_bps": 10_000,
    "churn_bps": 10_000,
}
"""Parameters whose plainest number is not the smallest."""


def _number_fields(thing: Any) -> list[str]:
    return [
        field.name
        for field in attrs.fields(type(thing))
        if isinstance(getattr(thing, field.name), int)
        and not isinstance(getattr(thing, field.name), bool)
    ]


def _fewer_transactions(trial: Trial) -> Iterator[Trial]:
    orders = trial.transactions
    chunk = max(1, len(orders) // 2)
    while True:
        for start in range(0, len(orders), chunk):
            kept = orders[:start] + orders[start + chunk :]
            yield Trial(trial.start, kept)
        if chunk == 1:
            return
        chunk //= 2


Where = tuple[str, ...]
"""The names of fields, from a transaction to a part of it."""


def _signers(order: Any, where: Where = ()) -> Iterator[tuple[Where, tuple[bytes, ...]]]:
    """Go through the lists of signers in a transaction, with where they are."""
    for field in attrs.fields(type(order)):
        part = getattr(order, field.name)
        if field.name == "signers":
            yield (*where, field.name), part
        elif isinstance(part, CastVotes):
            yield from _signers(part, (*where, field.name))


def _with_part(order: Any, where: Where, part: Any) -> Any:
    name, *rest = where
    return evolve(
        order, **{name: _with_part(getattr(order, name), tuple(rest), part) if rest else part}
    )


def _fewer_signers(trial: Trial) -> Iterator[Trial]:
    orders = trial.transactions
    for place, order in enumerate(orders):
        for where, signers in _signers(order):
            for gone in range(len(signers)):
                fewer = _with_part(order, where, signers[:gone] + signers[gone + 1 :])
                yield Trial(trial.start, (*orders[:place], fewer, *orders[place + 1 :]))


def _smaller_genesis(trial: Trial) -> Iterator[Trial]:
    genesis = trial.start
    if isinstance(genesis, State):
        return
    for name in ("delegations", "accounts", "validators"):
        parts: Sequence[Any] = getattr(genesis, name)
        chunk = max(1, len(parts) // 2)
        while parts:
            for start in range(0, len(parts), chunk):
                kept = tuple(parts[:start]) + tuple(parts[start + chunk :])
                changed = _evolved(genesis, **{name: kept})
                if changed is not None:
                    yield Trial(changed, trial.transactions)
            if chunk == 1:
                break
            chunk //= 2


def _simpler(number: int, plain: int) -> Iterator[int]:
    if number == plain:
        return
    yield plain
    for simple in (1, 2, 10, 100, 1_000, 10_000):
        if abs(simple - plain) < abs(number - plain):
            yield simple
    yield plain + (number - plain) // 2
    yield number - 1


def _simpler_numbers(trial: Trial) -> Iterator[Trial]:
    genesis, orders = trial.start, trial.transactions
    for place, order in enumerate(orders):
        for name in _number_fields(order):
            for number in _simpler(getattr(order, name), 0):
                simpler = _evolved(order, **{name: number})
                if simpler is not None:
                    yield Trial(genesis, (*orders[:place], simpler, *orders[place + 1 :]))
    if not isinstance(genesis, State):
        yield from _simpler_genesis(genesis, orders)


def _simpler_genesis(genesis: Genesis, orders: tuple[Any, ...]) -> Iterator[Trial]:
    for name in _number_fields(genesis.params):
        for number in _simpler(getattr(genesis.params, name), _PLAIN.get(name, 0)):
            params = _evolved(genesis.params, **{name: number})
            changed = _evolved(genesis, params=params) if params is not None else None
            if changed is not None:
                yield Trial(changed, orders)
    for collection, name in (
        ("accounts", "balance"),
        ("delegations", "amount"),
        ("validators", "commission_bps"),
    ):
        parts = getattr(genesis, collection)
        for place, part in enumerate(parts):
            for number in _simpler(getattr(part, name), 0):
                simpler = _evolved(part, **{name: number})
                changed = (
                    _evolved(
                        genesis, **{collection: (*parts[:place], simpler, *parts[place + 1 :])}
                    )
                    if simpler is not None
                    else None
                )
                if changed is not None:
                    yield Trial(changed, orders)
    if genesis.treasury:
        yield Trial(evolve(genesis, treasury=0), orders)


def _evolved(thing: Any, **changes: Any) -> Any:
    try:
        return evolve(thing, **changes)
    except OutOfRange:
        return None
