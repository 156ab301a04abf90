"""Contracts of votes: what they justify and make final."""

# ruff: noqa: F401 (what a contract asks and promises, its text names)

from properties.engines.prove.checkpoints import (
    CHECKPOINTS,
    ONE_JUSTIFIED,
    Checkpoints,
    signers,
    vote,
)
from properties.engines.prove.laws import (
    final_by_a_link,
    links_by_two_thirds,
    outcome_of,
    stays_final,
    stays_lawful,
)
from properties.engines.prove.shapes import EPOCH
from properties.laws.application import Outcome
from statemachine.transactions import CastVotes


def vote_for_previous(
    has: Checkpoints = ONE_JUSTIFIED,
    first: bool = True,
    second: bool = True,
    third: bool = False,
) -> Outcome:
    """Vote, in any company, for the last epoch's checkpoint: it follows the source directly.

    pre: has.is_lawful()
    post: stays_lawful(_)
    post: stays_final(_)
    post: links_by_two_thirds(_)
    post: final_by_a_link(_)
    """
    tx = CastVotes(vote(EPOCH - 2, EPOCH - 1), signers(first, second, third))
    return outcome_of(has.state(), tx)


def vote_for_current(
    has: Checkpoints = CHECKPOINTS,
    skip: bool = False,
    first: bool = True,
    second: bool = True,
    third: bool = True,
) -> Outcome:
    """Vote, in any company, for this epoch's checkpoint, maybe skipping one.

    pre: has.is_lawful()
    post: stays_lawful(_)
    post: stays_final(_)
    post: links_by_two_thirds(_)
    post: final_by_a_link(_)
    """
    source = EPOCH - 2 if skip else EPOCH - 1
    tx = CastVotes(vote(source, EPOCH), signers(first, second, third))
    return outcome_of(has.state(), tx)
