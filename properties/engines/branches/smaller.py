"""Shrinking a counterexample of two runs.

What was done between blocks can be left out as it is: blocks do not depend on it, but for
who is elected. Where a block is left out, the rest is made to fit the chain that there is
then. A candidate counts if it breaks the same law.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import attrs

from properties.engines.branches.branch import Branch
from properties.engines.branches.look import Found, look_again
from properties.trace.candidates import size_of, smaller_genesis
from properties.trace.failures import Failure
from properties.trace.repair import repaired
from properties.trace.trial import Trial
from statemachine.description import Genesis
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.rules.genesis import genesis
from statemachine.transactions import CastVotes

Orders = tuple[Any, ...]


def shrunk_in_any_case(
    failure: Failure, protocol: Protocol, budget: Callable[[], bool]
) -> list[Failure]:
    """Return a failure of one run or of two as small as the budget allows."""
    trial = failure.trial
    if failure.other is None or not isinstance(trial.start, Genesis):
        return failure.shrunk(protocol, budget)
    pair = Found(failure.violation, trial.start, trial.transactions, failure.other, failure.honest)
    small = smaller(protocol, pair, budget)
    shorter = Trial(small.start, small.transactions)
    return [attrs.evolve(failure, violation=small.violation, trial=shorter, other=small.other)]


def smaller(protocol: Protocol, found: Found, budget: Callable[[], bool]) -> Found:
    """Return the smallest pair of runs found that breaks the same law."""
    roots: tuple[set[bytes], set[bytes]] = (set(), set())
    best = _again(protocol, found, roots) or found
    progress = True
    while progress:
        progress = False
        for candidate in _candidates(best):
            if not budget():
                return best
            again = _again(protocol, candidate, roots)
            if again is not None and _size(again) < _size(best):
                best, progress = again, True
                break
    return best


def _again(protocol: Protocol, found: Found, roots: tuple[set[bytes], set[bytes]]) -> Found | None:
    """Return two runs as they went, but for what was refused; None where the law held."""
    runs = []
    for txs, known in zip((found.transactions, found.other or ()), roots, strict=True):
        run = Branch(protocol, genesis(protocol, found.start), bytes(32))
        for tx in txs:
            run.try_apply(repaired(protocol, run.state, tx, known))
        runs.append(tuple(run.transactions))
    for violation in look_again(protocol, found.start, runs[0], runs[1], found.honest):
        if violation.law == found.violation.law:
            return attrs.evolve(found, violation=violation, transactions=runs[0], other=runs[1])
    return None


def _size(found: Found) -> tuple[int, ...]:
    """Order pairs of runs: fewer transactions first, then fewer signers, then a plainer genesis."""
    txs = (*found.transactions, *(found.other or ()))
    signers = sum(len(tx.signers) for tx in txs if isinstance(tx, CastVotes))
    return len(txs), signers, *size_of(Trial(found.start, ()))


def _candidates(found: Found) -> Iterator[Found]:
    for transactions, other in _shorter(found.transactions, found.other or ()):
        yield attrs.evolve(found, transactions=transactions, other=other)
    for start in _plainer_starts(found.start):
        yield attrs.evolve(found, start=start)


def _plainer_starts(start: Genesis) -> Iterator[Genesis]:
    """Go through geneses with the same stake behind everybody, or with less in them."""
    for amount in (start.params.min_stake, *{entry.amount for entry in start.delegations}):
        alike = tuple(evolve(entry, amount=amount) for entry in start.delegations)
        yield evolve(start, delegations=alike)
    for trial in smaller_genesis(Trial(start, ())):
        if isinstance(trial.start, Genesis):
            yield trial.start


def _shorter(one: Orders, other: Orders) -> Iterator[tuple[Orders, Orders]]:
    shared = shared_start(one, other)
    for first, end in _stretches(shared):
        yield one[:first] + one[end:], other[:first] + other[end:]
    for first, end in _stretches(len(one) - shared):
        yield one[: shared + first] + one[shared + end :], other
    for first, end in _stretches(len(other) - shared):
        yield one, other[: shared + first] + other[shared + end :]
    for together in _joined(one, shared):
        yield together, other
    for together in _joined(other, shared):
        yield one, together
    for place in range(shared):
        for fewer in _with_fewer_signers(one[place]):
            yield _put(one, place, fewer), _put(other, place, fewer)
    for place in range(shared, len(one)):
        for fewer in _with_fewer_signers(one[place]):
            yield _put(one, place, fewer), other
    for place in range(shared, len(other)):
        for fewer in _with_fewer_signers(other[place]):
            yield one, _put(other, place, fewer)


def _joined(txs: Orders, shared: int) -> Iterator[Orders]:
    """Go through the pairs of casts of one vote on a branch, put together where one of them was."""
    casts = [place for place in range(shared, len(txs)) if isinstance(txs[place], CastVotes)]
    for first, second in combinations(casts, 2):
        if txs[first].vote == txs[second].vote:
            signers = tuple(sorted({*txs[first].signers, *txs[second].signers}))
            whole = evolve(txs[second], signers=signers)
            for kept, gone in ((first, second), (second, first)):
                put = _put(txs, kept, whole)
                yield put[:gone] + put[gone + 1 :]


def shared_start(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Return how many transactions two runs begin with alike."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count


def _stretches(length: int) -> Iterator[tuple[int, int]]:
    """Go through the stretches that can be left out, long ones first and from the end."""
    chunk = length // 2 or length
    while chunk:
        for end in range(length, 0, -chunk):
            yield max(0, end - chunk), end
        chunk //= 2


def _with_fewer_signers(tx: Any) -> Iterator[Any]:
    if isinstance(tx, CastVotes):
        for place in range(len(tx.signers)):
            yield evolve(tx, signers=tx.signers[:place] + tx.signers[place + 1 :])


def _put(txs: Orders, place: int, tx: Any) -> Orders:
    return (*txs[:place], tx, *txs[place + 1 :])
