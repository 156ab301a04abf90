"""Planted bugs: forks with one mistake each, that the laws must notice."""

from properties.mutants.catalogue import Mutant
from properties.mutants.evidence import MUTANTS as EVIDENCE_MUTANTS
from properties.mutants.finality import MUTANTS as FINALITY_MUTANTS
from properties.mutants.source import MUTANTS as SOURCE_MUTANTS
from statemachine.protocol import Protocol

MUTANTS: tuple[Mutant, ...] = (*SOURCE_MUTANTS, *FINALITY_MUTANTS, *EVIDENCE_MUTANTS)


def __getattr__(name: str) -> Protocol:
    """Let a mutant's protocol be named as `properties.mutants:S10`."""
    for mutant in MUTANTS:
        if mutant.id == name:
            return mutant.protocol
    raise AttributeError(f"there is no mutant {name}")


__all__ = ["MUTANTS", "Mutant"]
