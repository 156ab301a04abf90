"""What proofs cost: pytest tests/benchmarks/test_prove_benchmark.py --benchmark-enable.

A row is a contract with all its laws; divide its time by the laws named in it for seconds a
cell. The solver is told no seed, so the same contract varies from run to run.
"""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from properties.engines.engine import Verdict
from properties.engines.prove.contract import Contract
from properties.engines.prove.findings import Finding
from properties.engines.prove.prover import prove_contract
from properties.engines.prove.registry import CONTRACTS

BY_NAME = {contract.name: contract for contract in CONTRACTS}

NAMES = (
    "transfer",
    "delegate",
    "undelegate",
    "redelegate",
    "claim",
    "produce",
    "reward",
    "slash",
    "vote_for_previous",
    "report_votes",
    "quorums_intersect",
)

CHEAP = 0.3
"""Seconds of a contract that is proved once even where nothing is measured."""


def proved(contract: Contract) -> list[Finding]:
    return list(prove_contract(contract, contract.promises, 120.0))


@pytest.mark.parametrize("name", NAMES)
def test_a_contract(name: str, benchmark: BenchmarkFixture) -> None:
    contract = BY_NAME[name]
    if benchmark.disabled and contract.cost > CHEAP:
        pytest.skip("takes seconds; made with --benchmark-enable")
    rounds = 3 if benchmark.enabled else 1
    findings = benchmark.pedantic(proved, args=(contract,), rounds=rounds)  # type: ignore[no-untyped-call]
    assert {finding.verdict for finding in findings} == {Verdict.PROVED}
    benchmark.extra_info["laws"] = len(findings)
    benchmark.extra_info["paths"] = findings[0].paths
