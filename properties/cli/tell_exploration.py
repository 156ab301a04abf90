"""Telling what a search found, and packing it as a counterexample."""

from typing import Any

from rich.console import Console

from properties.cli.tell import tell, tell_violation
from properties.counterexample import Counterexample
from properties.explore import Outcome, Refutation
from properties.shrink import Trial
from properties.story import changes, describe, wrapped
from statemachine.genesis import genesis
from statemachine.protocol import Protocol
from statemachine.state import State

CHAINS = ("first", "second")


def package_of(
    outcome: Outcome, refutation: Refutation, protocol: Protocol, path: str
) -> Counterexample:
    """Return a counterexample as a file has it."""
    found_by = f"explore {outcome.world.name}, depth {len(refutation.story)}"
    parts: dict[str, Any] = {}
    if len(refutation.chains) > 1:
        parts["other"] = refutation.chains[1]
    violation = refutation.violation
    return Counterexample(
        path,
        violation.law,
        violation.message,
        found_by,
        outcome.world.genesis,
        refutation.chains[0],
        **parts,
    )


def tell_refutation(
    console: Console, outcome: Outcome, refutation: Refutation, protocol: Protocol
) -> None:
    """Tell how a law was broken, step by step."""
    if len(refutation.chains) == 1:
        trial = Trial(outcome.world.genesis, refutation.chains[0])
        told = tell(console, protocol, trial)
        if all(violation.law != refutation.violation.law for violation in told):
            tell_violation(console, refutation.violation)
        return
    states = [genesis(protocol, outcome.world.genesis) for _ in refutation.chains]
    for branch, chain in enumerate(refutation.chains):
        own = sum(one.branch == branch for one in refutation.story)
        for transaction in chain[: len(chain) - own]:
            states[branch] = protocol.apply(states[branch], transaction)
        state = states[branch]
        console.print(
            f"{CHAINS[branch]} chain: from genesis to slot {state.slot}, epoch {state.epoch}"
        )
    for number, one in enumerate(refutation.story, start=1):
        title = f"{number}. {CHAINS[one.branch]} chain: {describe(one.transaction)}"
        console.print(wrapped(title, "", console.width), style="bold", markup=False)
        before = states[one.branch]
        states[one.branch] = _after(protocol, before, one.transaction)
        for line in changes(before, states[one.branch]):
            console.print(wrapped(line, width=console.width), markup=False)
    tell_violation(console, refutation.violation)


def _after(protocol: Protocol, state: State, transaction: Any) -> State:
    try:
        return protocol.apply(state, transaction)
    except Exception:
        # What broke the law is told by the violation.
        return state
