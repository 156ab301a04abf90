"""Delegations and validators to which something rare has happened, for draws that look for them."""

from properties.laws.views import claim_of
from properties.model.draw_context import Scene
from statemachine.map_keys import delegation_key
from statemachine.state import Stay

Pair = tuple[bytes, bytes]
"""A validator and a delegator."""

FEW = 24
"""Delegations, or validators, that are looked at: in a large state not all of them are."""


def pair_moved_before(scene: Scene) -> Pair | None:
    """Return a delegation with stake that still answers for where it was, if there is one."""
    pairs = []
    for pair in _some_pairs(scene):
        delegation = scene.state.delegations.get(delegation_key(*pair))
        if delegation is not None and any(lot.past and lot.end is None for lot in delegation.lots):
            pairs.append(pair)
    return scene.rng.choice(pairs) if pairs else None


def stay_that_answers(scene: Scene) -> Stay | None:
    """Return the earliest stay of the stake that has moved most often, if any has."""
    pair = pair_moved_before(scene)
    if pair is None:
        return None
    lots = scene.state.delegations[delegation_key(*pair)].lots
    return max(lots, key=lambda lot: len(lot.past)).past[0]


def pair_slashed_to_nothing(scene: Scene) -> Pair | None:
    """Return a delegation that slashes have left nothing of, an operator's own before others."""
    pairs = []
    for pair in _some_pairs(scene):
        claim = claim_of(scene.state, *pair)
        if claim is not None and claim.bonded + claim.leaving == 0:
            pairs.append(pair)
    own = [pair for pair in pairs if pair[0] == pair[1]]
    return scene.rng.choice(own or pairs) if pairs else None


def operator_without_stake(scene: Scene) -> bytes | None:
    """Return an operator with nothing of its own behind its validator, if there is one."""
    delegations = scene.state.delegations
    operators = [
        one for one in scene.cast.validators[:FEW] if delegation_key(one, one) not in delegations
    ]
    return scene.rng.choice(operators) if operators else None


def validator_left_behind(scene: Scene, oldest: int) -> bytes | None:
    """Return a validator for which stake elsewhere still answers, if there is one.

    One that stake left after the oldest admissible epoch goes before others: it is the last
    moment at which that stake answers for it.
    """
    validators = scene.state.validators
    left, last = [], []
    for one in scene.cast.validators[:FEW]:
        departures = validators[one].departures if one in validators else ()
        if departures:
            left.append(one)
        if any(departure.last_end == oldest + 1 for departure in departures):
            last.append(one)
    return scene.rng.choice(last or left) if left else None


def _some_pairs(scene: Scene) -> tuple[Pair, ...]:
    pairs = scene.cast.pairs
    return pairs if len(pairs) <= FEW else tuple(scene.rng.sample(pairs, FEW))
