"""Planted bugs: forks with one mistake each, which the laws must catch."""

from properties.mutants import canary
from properties.mutants.admission import MUTANTS as ADMISSION_MUTANTS
from properties.mutants.blocks import MUTANTS as BLOCK_MUTANTS
from properties.mutants.catalogue import Mutant
from properties.mutants.elections import MUTANTS as ELECTION_MUTANTS
from properties.mutants.equivalent import EQUIVALENTS
from properties.mutants.evidence import MUTANTS as EVIDENCE_MUTANTS
from properties.mutants.finality import MUTANTS as FINALITY_MUTANTS
from properties.mutants.ours import MUTANTS as OUR_MUTANTS
from properties.mutants.rare import MUTANTS as RARE_MUTANTS
from properties.mutants.rewards_of_chains import MUTANTS as REWARD_MUTANTS
from properties.mutants.source import MUTANTS as SOURCE_MUTANTS
from properties.mutants.stake_of_chains import MUTANTS as STAKE_MUTANTS
from properties.mutants.standing import MUTANTS as STANDING_MUTANTS
from statemachine.protocol import Protocol

MUTANTS: tuple[Mutant, ...] = (
    *SOURCE_MUTANTS,
    *FINALITY_MUTANTS,
    *EVIDENCE_MUTANTS,
    *STAKE_MUTANTS,
    *REWARD_MUTANTS,
    *OUR_MUTANTS,
    *ADMISSION_MUTANTS,
    *BLOCK_MUTANTS,
    *ELECTION_MUTANTS,
    *STANDING_MUTANTS,
    *RARE_MUTANTS,
)
"""Every planted bug."""

CATALOGUE: tuple[Mutant, ...] = (canary.CANARY, *MUTANTS, *EQUIVALENTS)
"""The planted bugs, the canary that every engine must catch, and the equivalent forks."""


def mutant_by_id(mutant_id: str) -> Mutant:
    """Return a mutant. Raises KeyError with what there is."""
    for mutant in CATALOGUE:
        if mutant.id == mutant_id:
            return mutant
    ids = ", ".join(mutant.id for mutant in CATALOGUE)
    raise KeyError(f"there is no mutant {mutant_id}; there are {ids}")


def __getattr__(name: str) -> Protocol:
    """Make a mutant's protocol available as `properties.mutants:S10`."""
    for mutant in CATALOGUE:
        if mutant.id == name:
            return mutant.protocol
    raise AttributeError(f"there is no mutant {name}")


__all__ = ["CATALOGUE", "EQUIVALENTS", "MUTANTS", "Mutant", "mutant_by_id"]
