"""How costs grow, one thing at a time: `make bench-growth`.

Each line is a state in which there is so much of one thing, and the transaction that meets it: the
microseconds that it takes, those of the root after it, and the bytes that each one of the thing
takes in memory. Each is measured in a process of its own.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs
import click
from rich.console import Console
from rich.table import Table

from statemachine import (
    PROTOCOL,
    ClaimRewards,
    Delegate,
    GenesisDelegation,
    Redelegate,
    State,
    Transfer,
    evolve,
    genesis,
    state_root,
)
from statemachine.protocol import Offence
from statemachine.rules.blocks import pass_slots
from statemachine.rules.slashing import slash
from statemachine.state import OffenceKind, Slash, Stay
from tests.benchmarks.worlds import PARAMS, STAKE, Size, account, described, long_lived

WARM, TIMED = 3, 25
"""Rounds that are not timed, and that are; the least of those counts."""

Step = Callable[[State], State]


@attrs.frozen
class Growing:
    """A thing of which there can be any number, and what meets it."""

    build: Callable[[int], State]
    meet: Callable[[State], Step]
    most: int = 1_000_000
    """The most of it that is measured."""


def _applying(transaction: object) -> Step:
    return lambda state: PROTOCOL.apply(state, transaction)


def _world(accounts: int, validators: int, delegators: int) -> State:
    return genesis(PROTOCOL, described(Size(accounts, validators, delegators)))


def _next_epoch(state: State) -> State:
    return pass_slots(PROTOCOL, state, (state.epoch + 1) * state.params.epoch_length).state


def _with(delegations: tuple[GenesisDelegation, ...], validators: int = 2, epoch: int = 0) -> State:
    """Return a state with some validators, and this stake behind them besides their own."""
    longest = max(PARAMS.unbonding_epochs, epoch + 2)
    params = evolve(PARAMS, unbonding_epochs=longest, evidence_window=longest)
    whole = described(Size(validators + 1, validators, 0))
    first = tuple(evolve(entry, start=0) for entry in whole.delegations)
    return genesis(
        PROTOCOL,
        evolve(whole, params=params, delegations=(*first, *delegations), epoch=epoch),
    )


def _dust(count: int) -> State:
    """Return a state in which one delegator has a unit behind each of many validators."""
    someone = account(count)
    return _with(
        tuple(GenesisDelegation(someone, account(number), 1) for number in range(count)), count
    )


def _after_operators(state: State) -> bytes:
    """Return the first account that is no operator's."""
    return account(len(state.validators))


def _lots(count: int) -> State:
    """Return a state in which one delegation has lots of many ends."""
    someone, ends = account(2), range(1, count + 1)
    entries = (GenesisDelegation(someone, account(0), STAKE, end=end) for end in ends)
    return _with(tuple(entries), epoch=count)


def _departures(count: int) -> State:
    """Return a state in which stake went from one validator to each of many."""
    past = (Stay(account(0), 0, 1),)
    entries = (
        GenesisDelegation(account(count + 1), account(number), STAKE, start=1, past=past)
        for number in range(1, count + 1)
    )
    return _with(tuple(entries), count + 1, epoch=1)


def _slashes(count: int) -> State:
    """Return a state in which a validator was slashed so often since anybody claimed."""
    state = _next_epoch(_world(101, 1, 100))
    validator = state.validators[account(0)]
    line = Slash(account(0), 0, 1, validator.index)
    validator = evolve(validator, slashes=(line,) * count, dust_bound=101 * count)
    return evolve(state, validators=state.validators.set(account(0), validator))


def _aged(count: int) -> State:
    """Return a state after so many epochs without blocks."""
    state = _world(200, 10, 100)
    for _ in range(count):
        state = _next_epoch(state)
    return state


def _slash_first(state: State) -> State:
    offence = Offence(account(0), OffenceKind.DOUBLE_BLOCK, 0, state.slot)
    return slash(PROTOCOL, state, offence).state


def _claim(state: State) -> Step:
    return _applying(ClaimRewards(account(1), account(0)))


GROWING: Mapping[str, Growing] = MappingProxyType(
    {
        "accounts, a transfer": Growing(
            lambda n: _world(n, 1, 0), lambda _: _applying(Transfer(account(1), account(2), 1))
        ),
        "validators, a delegation": Growing(
            lambda n: _world(n + 1, n, 0),
            lambda state: _applying(Delegate(_after_operators(state), account(0), STAKE)),
            100_000,
        ),
        "validators, a boundary": Growing(
            lambda n: _next_epoch(_world(n + 1, n, 0)), lambda _: _next_epoch, 100_000
        ),
        "delegations, a redelegation": Growing(
            lambda n: _world(n + 10, 10, n),
            lambda _: _applying(Redelegate(account(10), account(0), account(1), STAKE)),
        ),
        "delegations of one delegator, a delegation": Growing(
            _dust,
            lambda state: _applying(Delegate(_after_operators(state), account(0), 1)),
            10_000,
        ),
        "lots of one delegation, a delegation": Growing(
            _lots, lambda _: _applying(Delegate(account(2), account(0), 1)), 10_000
        ),
        "destinations of one's stake, a slash": Growing(
            _departures, lambda _: _slash_first, 10_000
        ),
        "slashes of one validator, the first claim": Growing(_slashes, _claim, 10_000),
        "slashes of one validator, a claim after it": Growing(
            lambda n: _claim(_slashes(n))(_slashes(n)),
            lambda _: lambda state: PROTOCOL.apply(state, Delegate(account(1), account(0), 1)),
            10_000,
        ),
        "slashes of one validator, one more": Growing(_slashes, lambda _: _slash_first, 10_000),
        "epochs of history, a boundary": Growing(_aged, lambda _: _next_epoch, 10_000),
    }
)


def measured(name: str, count: int) -> tuple[float, float, float]:
    """Return microseconds of what meets so much of a thing, of the root after it, and bytes."""
    growing = GROWING[name]
    with long_lived():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        state = growing.build(count)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        state_root(state)
    meet = growing.meet(state)
    steps, roots = [], []
    for number in range(WARM + TIMED):
        begun = time.process_time_ns()
        after = meet(state)
        met = time.process_time_ns()
        state_root(after)
        rooted = time.process_time_ns()
        if number >= WARM:
            steps.append(met - begun)
            roots.append(rooted - met)
    return min(steps) / 1000, min(roots) / 1000, grown * 1024 / count


def _elsewhere(name: str, count: int) -> tuple[float, float, float]:
    command = (sys.executable, "-m", __spec__.name, "--one", name, str(count))
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    step, root, memory = json.loads(made.stdout)
    return step, root, memory


@click.command()
@click.option("--one", nargs=2, hidden=True, type=(str, int), help="Measure one line alone.")
@click.option("--most", default=100_000, show_default=True, help="The most of anything.")
def main(one: tuple[str, int] | None, most: int) -> None:
    """Print what a step costs with 100, 1,000, ... of each thing."""
    if one is not None:
        print(json.dumps(measured(*one)))
        return
    table = Table("there are", "so many", "step, µs", "root, µs", "bytes each")
    for name, growing in GROWING.items():
        count = 100
        while count <= min(most, growing.most):
            step, root, memory = _elsewhere(name, count)
            cells = (f"{step:,.0f}", f"{root:,.0f}", f"{memory:,.0f}")
            table.add_row(name if count == 100 else "", f"{count:,}", *cells)
            count *= 10
        print(f"{name}: measured", file=sys.stderr, flush=True)
    Console().print(table)


if __name__ == "__main__":
    main()
