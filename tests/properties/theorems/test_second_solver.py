"""A second solver, cvc5, confirms what z3 has proved, or is listed as not able to."""

from pathlib import Path

import pytest

from properties.theorems.registry import theorems
from properties.theorems.smt import file_name, smt_text

cvc5 = pytest.importorskip("cvc5", reason="the extra stakespec[solvers] is not installed")

STEPS = 400_000
"""What cvc5 may spend; it counts its own steps, so that the answer is always the same."""

NOT_CONFIRMED: dict[str, str] = {}
"""The obligations that cvc5 gives up on, and why."""

OBLIGATIONS = {
    f"{theorem.id}/{obligation.name}": smt_text(theorem.id, obligation)
    for theorem in theorems()
    for obligation in theorem.obligations
}


def _answer(script: str) -> str:
    solver = cvc5.Solver()
    solver.setOption("rlimit", str(STEPS))
    solver.setOption("enum-inst", "true")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "obligation")
    symbols = parser.getSymbolManager()
    answer = ""
    while not (command := parser.nextCommand()).isNull():
        answer += str(command.invoke(solver, symbols))
    return answer.strip()


@pytest.mark.parametrize("name", OBLIGATIONS)
def test_cvc5_confirms_it_or_it_is_listed(name: str) -> None:
    answer = _answer(OBLIGATIONS[name])
    assert answer == ("unknown" if name in NOT_CONFIRMED else "unsat")


def test_what_is_not_confirmed_is_still_an_obligation() -> None:
    assert set(NOT_CONFIRMED) <= set(OBLIGATIONS)


def test_file_names_differ() -> None:
    names = {file_name(*name.split("/")) for name in OBLIGATIONS}
    assert len(names) == len(OBLIGATIONS)
    assert all(Path(name).name == name for name in names)
