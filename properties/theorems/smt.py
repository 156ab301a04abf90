"""Obligations as SMT-LIB 2, for any solver: unsat means proved."""

import z3

from properties.theorems.theory import Obligation


def file_name(theorem: str, obligation: str) -> str:
    """Return the name of an obligation's file."""
    return f"{theorem}.{obligation.replace(' ', '-').replace(',', '')}.smt2"


def smt_text(theorem: str, obligation: Obligation) -> str:
    """Return an obligation as a script that asks whether its claim can be false."""
    solver = z3.Solver()
    solver.add(*obligation.assumptions(), z3.Not(obligation.claim))
    lines = [f"; {theorem}/{obligation.name}: {obligation.says}"]
    lines += [f"; assumes: {axiom.name}" for axiom in obligation.axioms]
    lines += ["; unsat: the claim follows", "(set-logic ALL)", solver.to_smt2().strip(), ""]
    return "\n".join(lines)
