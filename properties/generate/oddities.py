"""Finds delegations and validators to which something rare has happened."""

from properties.laws.views import claim_of
from properties.model.draw_context import DrawContext
from statemachine.map_keys import delegation_key
from statemachine.state import Stay

Pair = tuple[bytes, bytes]
"""A validator and a delegator."""

FEW = 24
"""How many delegations or validators are examined in a large state."""


def pair_moved_before(context: DrawContext) -> Pair | None:
    """Return a delegation with moved stake that can still be slashed, if there is one."""
    pairs = []
    for pair in _some_pairs(context):
        delegation = context.state.delegations.get(delegation_key(*pair))
        if delegation is not None and any(lot.past and lot.end is None for lot in delegation.lots):
            pairs.append(pair)
    return context.rng.choice(pairs) if pairs else None


def stay_that_answers(context: DrawContext) -> Stay | None:
    """Return the earliest stay of the stake that has moved most often, if any has."""
    pair = pair_moved_before(context)
    if pair is None:
        return None
    lots = context.state.delegations[delegation_key(*pair)].lots
    return max(lots, key=lambda lot: len(lot.past)).past[0]


def pair_slashed_to_nothing(context: DrawContext) -> Pair | None:
    """Return a delegation that slashes emptied, if there is one; operators' own come first."""
    pairs = []
    for pair in _some_pairs(context):
        claim = claim_of(context.state, *pair)
        if claim is not None and claim.bonded + claim.leaving == 0:
            pairs.append(pair)
    own = [pair for pair in pairs if pair[0] == pair[1]]
    return context.rng.choice(own or pairs) if pairs else None


def operator_without_stake(context: DrawContext) -> bytes | None:
    """Return an operator without stake of its own, if there is one."""
    delegations = context.state.delegations
    operators = [
        validator
        for validator in context.actors.validators[:FEW]
        if delegation_key(validator, validator) not in delegations
    ]
    return context.rng.choice(operators) if operators else None


def validator_left_behind(context: DrawContext, oldest: int) -> bytes | None:
    """Return a validator for which stake elsewhere can still be slashed, if there is one.

    One that stake left after the oldest admissible epoch goes before others: it is the last
    moment at which that stake answers for it.
    """
    validators = context.state.validators
    left, last = [], []
    for validator in context.actors.validators[:FEW]:
        departures = validators[validator].departures if validator in validators else ()
        if departures:
            left.append(validator)
        if any(departure.last_end == oldest + 1 for departure in departures):
            last.append(validator)
    return context.rng.choice(last or left) if left else None


def _some_pairs(context: DrawContext) -> tuple[Pair, ...]:
    pairs = context.actors.pairs
    return pairs if len(pairs) <= FEW else tuple(context.rng.sample(pairs, FEW))
