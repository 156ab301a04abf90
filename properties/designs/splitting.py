"""A law of two runs: nobody loses less, or more, by being many.

Source: consensus-specs, Electra: `process_slashings` works out a penalty per increment of effective
balance. Before, it was rounded down to whole increments for each validator, so that one of 2,048
paid what its 64 parts of 32 did not.
"""

from itertools import pairwise

from properties.laws.accusation import Accuse, with_accusations
from properties.laws.leaving import next_epoch
from properties.model.design import Law, OnEnd
from properties.model.names import address, public_key
from statemachine import Genesis, Protocol, State, evolve
from statemachine.description import GenesisAccount, GenesisDelegation, GenesisValidator
from statemachine.records import extend
from statemachine.rules.genesis import genesis
from statemachine.state import OffenceKind

PARTS = 32
INCREMENT = 1_000
"""What weights are multiples of in the law's own world, where the design has increments."""

PART = 32 * INCREMENT
"""Stake of each part; another validator has ten times what all of them have."""

LONGEST = 64
"""Epochs of evidence that the law waits for penalties in; with more it has nothing to say."""


def split_alike(protocol: Protocol, state: State) -> list[str] | None:
    """Let one validator sign twice, and PARTS that have its stake together; compare the losses.

    A penalty rounds what each part loses by less than a token. None where nobody lost anything.
    """
    if state.params.evidence_window > LONGEST or state.params.min_stake > PART:
        return None
    lost = [losses(protocol, state, parts) for parts in (1, PARTS)]
    whole, split = (sum(taken) for taken in lost)
    penalties = max(sum(amount > 0 for amount in taken) for taken in lost)
    if not penalties:
        return None
    if abs(whole - split) < PARTS * penalties:
        return []
    return [
        f"{PARTS * PART:,} lose {whole:,} in one and {split:,} in {PARTS} equal parts; rounding"
        f" in {penalties:,} penalties makes less than {PARTS * penalties:,}"
    ]


def losses(protocol: Protocol, like: State, parts: int) -> list[int]:
    """Return what is burned when all parts are reported, and at each boundary after it."""
    params = evolve(like.params, downtime_bps=0, reporter_bps=0)
    if hasattr(params, "increment"):
        params = evolve(params, increment=INCREMENT)
    accused = [address(number) for number in range(2, 2 + parts)]
    stakes = {address(1): 10 * PARTS * PART, **dict.fromkeys(accused, PARTS * PART // parts)}
    begins = Genesis(
        chain_id="parts",
        params=params,
        accounts=(GenesisAccount(address(0), 1),),
        validators=tuple(GenesisValidator(one, public_key(one), 0) for one in stakes),
        delegations=tuple(GenesisDelegation(one, one, stake) for one, stake in stakes.items()),
    )
    reported = with_accusations(protocol)
    state = genesis(reported, extend(begins, protocol.description))
    for one in accused:
        state = reported.apply(state, Accuse(address(0), one, OffenceKind.DOUBLE_VOTE, 0, 0))
    burned = [0, state.supply.burned]
    for _ in range(params.evidence_window + 2):
        state = next_epoch(reported, state)
        burned.append(state.supply.burned)
    return [later - earlier for earlier, later in pairwise(burned)]


LAW = Law(
    id="SPL-1",
    name="parts pay alike",
    statement=f"{PARTS} validators of equal stake that sign twice together lose what one with the"
    " stake of all would lose, less than a token for each of them and each penalty.",
    check=OnEnd(split_alike),
)
