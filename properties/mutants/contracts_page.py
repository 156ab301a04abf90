"""The page of contracts: which planted bugs refute each, and which contracts none refutes.

    python -m properties.mutants.contracts_page measure specs
    python -m properties.mutants.contracts_page specs

The first takes a few minutes, and keeps what it finds in specs/measured-contracts.json.
The second makes specs/contracts.md from it.
"""

import json
import sys
import time
from collections.abc import Container, Iterable, Iterator
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from properties.engines.prove.contract import LEMMA, Contract
from properties.engines.prove.findings import Finding
from properties.engines.prove.laws import keeps
from properties.engines.prove.order import changed_rules
from properties.engines.prove.registry import CONTRACTS
from properties.engines.prove.subject import SUBJECT
from properties.mutants import MUTANTS, mutant_by_id
from properties.mutants.catalogue import Mutant
from properties.mutants.markdown import table
from properties.trace.worker import Worker

PAGE, MEASURED = "contracts.md", "measured-contracts.json"

HUNTED = "measured-mutants.json"

SECONDS = 4.0
"""Processor time for each contract and planted bug."""

ENOUGH = 3
"""How many planted bugs are looked for that refute a contract."""

MOST = 12
"""How many of them the solver is asked of."""

PATIENCE_SECONDS = 60.0
"""How long a planted bug may keep its process, whose solver may hear no clock."""

Kills = dict[str, list[str]]
"""The laws, or else the promises, that a contract was refuted by, by planted bug."""

Measured = dict[str, Any]

NO_BUG = "no planted bug of this rule breaks a promise; a test plants one"

NO_FORK = "about functions that no fork replaces; a test replaces them"

UNREFUTED = {
    "redelegate": NO_BUG,
    "redelegate_after_slash": NO_BUG,
    "redelegate_moved": NO_BUG,
    "claim_commission": NO_BUG,
    "claim_completed": NO_BUG,
    "claim_commission_completed": NO_BUG,
    "leave": NO_BUG,
    "leave_after_slash": NO_BUG,
    "unjail": NO_BUG,
    "share_and_rest": NO_FORK,
    "claims_under_a_slash": NO_FORK,
    "settling_is_exact": NO_FORK,
    "queue_moves_all": NO_FORK,
    "everyone_is_located": NO_FORK,
}
"""Why no planted bug can refute a contract."""

HEAD = """# Contracts

Each contract that `stakespec prove` proves, what it promises, and planted bugs that refute it, with
the laws that break, or the promises where the contract's own example is enough. What nothing can
refute may promise nothing, so a contract without a planted bug says why there is none.
`python -m properties.mutants.contracts_page specs` writes this page from
`measured-contracts.json`; with `measure` before the folder it measures again. What contracts are is
in [proofs.md](proofs.md).
"""


def suspects(contract: Contract, likely: Container[str] = ()) -> tuple[str, ...]:
    """Return planted bugs in what a contract runs through: the likely, those of its rule alone."""
    changed = {mutant.id: changed_rules(mutant.protocol) for mutant in MUTANTS}
    exercised = [bug for bug, rules in changed.items() if contract.rule in rules]
    return tuple(sorted(exercised, key=lambda bug: (bug not in likely, len(changed[bug]))))


def caught_by_prove(folder: Path) -> frozenset[str]:
    """Return the planted bugs that the hunt has seen the prover catch."""
    hunted = json.loads((folder / HUNTED).read_text(encoding="utf-8"))
    return frozenset(
        bug["id"] for bug in hunted["mutants"] if bug["engines"].get("prove", {}).get("caught")
    )


def kills_of(contract: Contract, bugs: Iterable[str]) -> Kills:
    """Return planted bugs that refute a contract, and by what: as many as are enough.

    The contract's own example may do; the solver is asked only of bugs that it spares.
    """
    bugs = tuple(bugs)
    by_example = ((bug, _broken_by_example(contract, bug)) for bug in bugs)
    kills = dict(islice(((bug, broken) for bug, broken in by_example if broken), ENOUGH))
    waiting = [bug for bug in bugs if bug not in kills][:MOST]
    while waiting and len(kills) < ENOUGH:
        worker = Worker.start(_refute, contract, tuple(waiting))
        try:
            while waiting and worker.connection.poll(PATIENCE_SECONDS):
                bug, laws = worker.connection.recv()
                waiting.remove(bug)
                if laws:
                    kills[bug] = laws
                if len(kills) == ENOUGH:
                    break
        except EOFError:
            pass
        worker.end()
        # What did not answer in time is not asked again; those after it are.
        del waiting[:1]
    return kills


def _broken_by_example(contract: Contract, bug: str) -> list[str]:
    """Return what a planted bug breaks of a contract's promises in the contract's own example."""
    with SUBJECT.speaking_of(mutant_by_id(bug).protocol):
        outcome = contract.function()
        return [promise for promise in contract.promises if not keeps(outcome, promise)]


def _refute(contract: Contract, bugs: tuple[str, ...], connection: Connection) -> None:
    """Put planted bugs to a contract, in a process of its own."""
    # Here and not above: to make the page, CrossHair need not be loaded.
    from properties.engines.prove.prover import refute_contract

    for bug in bugs:
        mutant: Mutant = mutant_by_id(bug)
        SUBJECT.speak_of(mutant.protocol)
        findings = refute_contract(contract, SECONDS, mutant.path)
        laws = {_law_of(finding) for finding in findings}
        connection.send((bug, sorted(laws)))


def _law_of(finding: Finding) -> str:
    """Return the law that a counterexample breaks, or else the promise that is not kept."""
    package = finding.counterexample
    return finding.law if package is None else package.law


def measure(likely: Container[str], contracts: Iterable[Contract] = CONTRACTS) -> Measured:
    """Put planted bugs to contracts; say on the way how far it is."""
    began = time.monotonic()
    kills = {}
    for contract in contracts:
        kills[contract.name] = kills_of(contract, suspects(contract, likely))
        print(f"{time.monotonic() - began:,.0f} s {contract.name}: {kills[contract.name]}")
        sys.stdout.flush()
    return {"seconds": SECONDS, "kills": kills}


def as_text(measured: Measured) -> str:
    """Return a measurement as JSON, a line for each contract."""
    head = {"seconds": measured["seconds"]}
    lines = [f"{json.dumps(name)}: {json.dumps(of)}" for name, of in measured["kills"].items()]
    return json.dumps(head)[:-1] + ', "kills": {\n' + ",\n".join(lines) + "\n}}\n"


def page(measured: Measured) -> str:
    """Return the page."""
    return "\n".join((HEAD, _summary(measured), _table(measured)))


def _summary(measured: Measured) -> str:
    refuted = [contract for contract in CONTRACTS if measured["kills"].get(contract.name)]
    return (
        f"Up to {ENOUGH} bugs were looked for, with {measured['seconds']:g} s of processor time for"
        f" each contract and bug:\n{len(refuted)} of {len(CONTRACTS)} contracts are refuted by a"
        " planted bug.\n"
    )


def _table(measured: Measured) -> str:
    head = ("contract", "for all numbers", "promises", "refuted by")
    return table(head, (_row(measured, contract) for contract in CONTRACTS))


def _row(measured: Measured, contract: Contract) -> Iterator[str]:
    yield f"`{contract.name}`"
    yield contract.summary
    yield "true" if contract.rule == LEMMA else ", ".join(contract.promises)
    kills: Kills = measured["kills"].get(contract.name, {})
    named = ", ".join(f"{bug} ({' '.join(laws)})" for bug, laws in kills.items())
    yield named.replace(" (_)", "") or f"**none**: {UNREFUTED[contract.name]}"


def main(*arguments: str) -> None:
    """Measure, or make the page, in a folder."""
    folder = Path(arguments[-1])
    if arguments[0] == "measure":
        (folder / MEASURED).write_text(as_text(measure(caught_by_prove(folder))), encoding="utf-8")
    measured = json.loads((folder / MEASURED).read_text(encoding="utf-8"))
    (folder / PAGE).write_text(page(measured), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
