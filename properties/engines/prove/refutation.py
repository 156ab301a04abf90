"""From numbers that refute a contract to a counterexample that can be replayed."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from properties.engines.prove import laws
from properties.engines.prove.subject import SUBJECT, Question
from properties.laws import Violation
from properties.laws.application import Outcome, checked_apply
from properties.laws.views import Step
from properties.trace.counterexample import Counterexample
from statemachine.errors import Rejected, RejectionReason
from statemachine.hashing import digest
from statemachine.map_keys import epoch_key
from statemachine.records import evolve
from statemachine.state import State

SEEDS = 300
"""How many seeds to try for one that elects whom a contract has elected."""

Numbers = Mapping[str, Any]
"""The arguments of a contract: numbers, and records of numbers."""


def counterexample_of(
    function: Any, numbers: Numbers, promise: str, path: str
) -> Counterexample | None:
    """Return what refutes a promise, found again without symbols; None where it is not."""
    SUBJECT.asked = None
    function(**numbers)
    asked = SUBJECT.asked
    if asked is None:
        return None
    for state in _candidates(asked):
        transaction = asked.transaction
        outcome = checked_apply(SUBJECT.protocol, state, transaction)
        if isinstance(outcome, Rejected) and outcome.reason is RejectionReason.WRONG_PROPOSER:
            # Any proposer will do for most laws: let it be who is elected.
            transaction = evolve(transaction, proposer=outcome.details["expected"])
            outcome = checked_apply(SUBJECT.protocol, state, transaction)
        broken = _broken(outcome, promise)
        if broken is not None:
            found_by = f"prove, contract {function.__name__}"
            transactions = (transaction,)
            return Counterexample(path, broken.law, broken.message, found_by, state, transactions)
    return None


def like_the_example(
    function: Any, numbers: Numbers, promise: str, is_lawful: Callable[[Numbers], object]
) -> Numbers:
    """Return numbers that refute a promise too, as many as can be those of the contract's example.

    Who holds one unit beside billions of others is elected too seldom for a counterexample
    that needs it; in the examples all stakes are of one size.
    """
    parameters = inspect.signature(function).parameters
    example = {name: parameter.default for name, parameter in parameters.items()}

    def refutes(nearer: Numbers) -> bool:
        return bool(is_lawful(nearer)) and not holds_after_all(function, nearer, promise)

    while (nearer := next(filter(refutes, _nearer(numbers, example)), None)) is not None:
        numbers = nearer
    return numbers


def _nearer(numbers: Numbers, example: Numbers) -> Iterator[Numbers]:
    """Return numbers of which one more, or one record more, is that of the example."""
    for name, wanted in example.items():
        number = numbers[name]
        if number == wanted:
            continue
        yield {**numbers, name: wanted}
        if attrs.has(type(number)):
            for field in attrs.fields(type(number)):
                entry = getattr(wanted, field.name)
                if getattr(number, field.name) != entry:
                    yield {**numbers, name: attrs.evolve(number, **{field.name: entry})}


def holds_after_all(function: Any, numbers: Numbers, promise: str) -> bool:
    """Say whether, without symbols, a promise holds for numbers that were said to refute it."""
    try:
        returned = function(**numbers)
    except Exception:
        # A lemma calls functions as they are, and what raises does not return what it promises.
        return False
    return laws.keeps(returned, promise)


def _broken(outcome: Outcome, promise: str) -> Violation | None:
    violations = laws.complaints(outcome, promise)
    if violations:
        return violations[0]
    recount = laws.RECOUNTS.get(promise)
    if isinstance(outcome, Step) and recount is not None and not recount(outcome):
        return Violation(laws.laws_of_promise(promise)[0], f"not so: {_said(recount)}")
    return None


def _said(promise: Any) -> str:
    """Return what a promise says, by its text."""
    return str(promise.__doc__).partition("\n")[0].removeprefix("Say whether ").rstrip(".")


def _candidates(asked: Question) -> list[State]:
    """Return states that differ in nothing but their seeds, where an election was assumed."""
    if not asked.elected:
        return [asked.state]
    return [_seeded(asked.state, number) for number in range(SEEDS)]


def _seeded(state: State, number: int) -> State:
    seed = digest("stakespec/contracts", number.to_bytes(8, "big"))
    finality = state.finality
    key = epoch_key(state.epoch)
    record = evolve(finality.history[key], seed=seed)
    finality = evolve(finality, history=finality.history.set(key, record))
    return evolve(state, seed=seed, mix=seed, finality=finality)
