"""Telling a trial step by step, on a console."""

from rich.console import Console

from properties.counterexample import Counterexample
from properties.invariants import Violation, law_by_id
from properties.processes import differing_message, differing_root
from properties.runner import Run
from properties.runs import check_everyone_can_leave
from properties.shrink import Trial
from properties.story import changes, describe, wrapped
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.state import State

LONGEST_LIST = 12
"""Lines of changes shown for a step."""


def tell_counterexample(
    console: Console, protocol: Protocol, path: str, package: Counterexample
) -> list[Violation]:
    """Tell the story of a file with a protocol, and where that is; return what broke."""
    trial = Trial(package.start, package.transactions)
    violations = tell(console, protocol, trial)
    if package.law == "RUN-2" and not violations:
        found = differing_root(protocol, path, [trial])
        if found is not None:
            violations = [Violation("RUN-2", differing_message(found[1]))]
            tell_violation(console, violations[0])
    return violations


def tell(console: Console, protocol: Protocol, trial: Trial) -> list[Violation]:
    """Tell what each transaction was and changed, and which law broke; return how."""
    run = Run.start(protocol, trial.start)
    _print_start(console, run.state)
    for number, transaction in enumerate(trial.transactions, start=1):
        if run.violations:
            break
        title = wrapped(f"{number}. {describe(transaction)}", "", console.width)
        console.print(title, style="bold", markup=False)
        before = run.state
        step = run.submit(transaction)
        run.violations = [_blame(transaction, violation) for violation in run.violations]
        if step is None and not run.violations:
            refusal = wrapped(f"refused: {_refusal(run, transaction)}", width=console.width)
            console.print(refusal, markup=False)
            continue
        lines = changes(before, run.state)
        for line in lines[:LONGEST_LIST]:
            console.print(wrapped(line, width=console.width), markup=False)
        if len(lines) > LONGEST_LIST:
            console.print(f"   and {len(lines) - LONGEST_LIST} more changes")
    if not run.violations:
        run.violations += check_everyone_can_leave(run.protocol, run.state)
    for violation in run.violations:
        tell_violation(console, violation)
    return run.violations


def tell_violation(console: Console, violation: Violation) -> None:
    """Tell which law broke and how, and what it says."""
    law = law_by_id(violation.law)
    console.print()
    console.print(f"{law.id} {law.name}: {violation.message}", style="red", markup=False)
    console.print(f"the law: {law.statement}", markup=False)


def _blame(transaction: object, violation: Violation) -> Violation:
    """Name the transaction where a sum went wrong: the message has only the numbers."""
    law = law_by_id(violation.law)
    if law.of_sum is None and law.id != "ACC-1":
        return violation
    name = type(transaction).__name__
    return Violation(violation.law, f"{violation.message} by {name}")


def _refusal(run: Run, transaction: object) -> str:
    try:
        run.protocol.transition(run.state, transaction)
    except Rejected as rejection:
        return str(rejection)
    return "nothing"


def _print_start(console: Console, state: State) -> None:
    pots = state.pots
    console.print(
        f"start: epoch {state.epoch}, {len(state.accounts)} accounts with"
        f" {state.accounts.total_weight:,}, {len(state.validators)} validators,"
        f" {len(state.delegations)} delegations, {pots.bonded:,} bonded,"
        f" {pots.unbonding:,} unbonding",
        markup=False,
    )
