"""Prints a trial step by step."""

from rich.console import Console

from properties.engines.branches.look import look_again
from properties.engines.branches.proposers import OF_ELECTIONS, wrong_elections
from properties.laws import Violation
from properties.laws.accusation import with_accusations
from properties.laws.describe import changes, describe, wrapped
from properties.laws.patience import patient
from properties.model.design import law_of
from properties.trace.counterexample import Counterexample
from properties.trace.plurals import counted
from properties.trace.processes import differing_message, differing_root
from properties.trace.run import Run
from properties.trace.trial import Trial, check_end
from statemachine.description import Genesis
from statemachine.errors import Rejected
from statemachine.events import CheckpointFinalised, CheckpointJustified, Slashed
from statemachine.protocol import Protocol
from statemachine.state import State

LONGEST_LIST = 12
"""Lines of changes shown for a step."""


def print_counterexample(
    console: Console, protocol: Protocol, path: str, package: Counterexample
) -> list[Violation]:
    """Print a counterexample step by step; return what broke. The path names the protocol."""
    trial = Trial(package.start, package.transactions)
    if package.other is not None and isinstance(package.start, Genesis):
        print_branches(console, protocol, trial, package.other)
        violations = look_again(
            protocol, package.start, package.transactions, package.other, package.honest
        )
        for violation in violations:
            print_violation(console, protocol, violation)
        return violations
    violations = print_trace(console, protocol, trial)
    if package.law in OF_ELECTIONS and not violations:
        violations = wrong_elections(protocol, Run.start(protocol, package.start).state)
        for violation in violations:
            print_violation(console, protocol, violation)
    if package.law == "RUN-2" and not violations:
        difference = differing_root(protocol, path, [trial])
        if difference is not None:
            violations = [Violation("RUN-2", differing_message(difference[1]))]
            print_violation(console, protocol, violations[0])
    return violations


def print_branches(
    console: Console, protocol: Protocol, trial: Trial, others: tuple[object, ...]
) -> None:
    """Print two runs from one start: first what they share, then the rest of each."""
    shared = 0
    for ours, theirs in zip(trial.transactions, others, strict=False):
        if ours != theirs:
            break
        shared += 1
    state = Run.start(protocol, trial.start).state
    _print_start(console, state)
    after = _print_run(console, protocol, "both", state, trial.transactions[:shared])
    _print_run(console, protocol, "one", after, trial.transactions[shared:])
    _print_run(console, protocol, "other", after, others[shared:])


def _print_run(
    console: Console, protocol: Protocol, name: str, state: State, txs: tuple[object, ...]
) -> State:
    protocol = with_accusations(protocol)
    for number, tx in enumerate(txs, start=1):
        title = f"{name} {number}. {describe(tx)}"
        console.print(wrapped(title, "", console.width), style="bold", markup=False)
        try:
            transition = patient(protocol, state, tx)
        except Rejected as refusal:
            console.print(wrapped(f"rejected: {refusal}", width=console.width), markup=False)
            continue
        for event in transition.events:
            if isinstance(event, CheckpointJustified | CheckpointFinalised | Slashed):
                line = describe(event)
                console.print(wrapped(line, width=console.width), markup=False)
        state = transition.state
    return state


def print_trace(console: Console, protocol: Protocol, trial: Trial) -> list[Violation]:
    """Print each transaction, what it changed, and which law broke; return how."""
    run = Run.start(protocol, trial.start)
    _print_start(console, run.state)
    for number, transaction in enumerate(trial.transactions, start=1):
        if run.violations:
            break
        title = wrapped(f"{number}. {describe(transaction)}", "", console.width)
        console.print(title, style="bold", markup=False)
        before = run.state
        step = run.submit(transaction)
        if step is None and not run.violations:
            refusal = wrapped(f"rejected: {_refusal(run, transaction)}", width=console.width)
            console.print(refusal, markup=False)
            continue
        lines = changes(before, run.state)
        for line in lines[:LONGEST_LIST]:
            console.print(wrapped(line, width=console.width), markup=False)
        if len(lines) > LONGEST_LIST:
            console.print(f"   and {len(lines) - LONGEST_LIST} more changes")
    if not run.violations:
        run.violations += check_end(run.protocol, run.state)[1]
    for violation in run.violations:
        print_violation(console, protocol, violation)
    return run.violations


def print_violation(console: Console, protocol: Protocol, violation: Violation) -> None:
    """Print which law broke, how, and its statement."""
    law = law_of(protocol, violation.law)
    console.print()
    console.print(f"{law.id} {law.name}: {violation.message}", style="red", markup=False)
    console.print(f"the law: {law.statement}", markup=False)


def _refusal(run: Run, transaction: object) -> str:
    try:
        patient(run.protocol, run.state, transaction)
    except Rejected as rejection:
        return str(rejection)
    return "nothing"


def _print_start(console: Console, state: State) -> None:
    pots = state.pots
    console.print(
        f"start: epoch {state.epoch}, {counted(len(state.accounts), 'account')} with"
        f" {state.accounts.total_weight:,}, {counted(len(state.validators), 'validator')},"
        f" {counted(len(state.delegations), 'delegation')}, {pots.bonded:,} bonded,"
        f" {pots.unbonding:,} unbonding",
        markup=False,
    )
