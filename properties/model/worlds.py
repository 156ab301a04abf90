"""Small worlds to start from: parameters and allocations, drawn at random.

Everything random draws from a `random.Random` that it is given: a seeded one in our own
engines, one of Hypothesis's in its tests.
"""

from random import Random

from properties.model.design import begun_with
from properties.model.names import address, public_key, twin
from statemachine.description import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
)
from statemachine.hashing import digest
from statemachine.params import Params
from statemachine.primitives import BPS, MAX_AMOUNT
from statemachine.protocol import Protocol
from statemachine.records import evolve, extend
from statemachine.rules import PROTOCOL

SCALES = (1, 1, 1_000, 1_000_000, 10**18, 2**112)
"""Units of the amounts in a world; small ones show rounding best."""


def draw_params(rng: Random, scale: int) -> Params:
    """Draw parameters that make much happen in few steps."""
    unbonding_epochs = rng.choice((1, 2, 3, 3, 4, 6))
    epoch_length = rng.choice((1, 2, 3, 4, 8))
    params = Params(
        epoch_length=epoch_length,
        epoch_reward=rng.choice((0, 1, 7, 10, 1_000, 100 * scale)),
        min_stake=rng.choice((1, 2, 5, 10)) * rng.choice((1, scale)),
        unbonding_epochs=unbonding_epochs,
        evidence_window=rng.randint(1, unbonding_epochs),
        double_sign_bps=rng.choice((5_000, 5_000, 10_000, 3_333)),
        invalid_block_bps=rng.choice((1_000, 1_000, 1, 10_000, 9_999)),
        downtime_bps=rng.choice((500, 500, 0, 3_333, 10_000)),
        downtime_threshold=rng.choice((0, 2, 4, 10, 30, 100)),
        jail_epochs=rng.choice((1, 2, 3)),
        reporter_bps=rng.choice((0, 0, 500, 10_000)),
        max_commission_bps=rng.choice((10_000, 10_000, 2_000)),
        max_commission_change_bps=rng.choice((500, 100, 10_000)),
        churn_bps=rng.choice((10_000, 5_000, 2_000, 100)),
        churn_floor=rng.choice((10, 10, 40, 1_000, 10_000)) * scale,
        churn_queue_epochs=rng.choice((1, 2, 4, 8)),
        max_slot_gap=rng.choice((epoch_length + 1, 8 * epoch_length, 64)) + epoch_length,
        finality_span=min(4, unbonding_epochs),
    )
    lookahead = 1 + epoch_length % 3
    return evolve(params, election_lookahead=min(lookahead, params.evidence_window))


EDGES: tuple[tuple[str, int], ...] = (
    ("epoch_reward", 2**100),
    ("min_stake", 1),
    ("double_sign_bps", 0),
    ("double_sign_bps", BPS),
    ("invalid_block_bps", 0),
    ("invalid_block_bps", BPS),
    ("downtime_bps", BPS),
    ("downtime_threshold", 0),
    ("jail_epochs", 2**20),
    ("reporter_bps", BPS),
    ("max_commission_bps", 0),
    ("max_commission_change_bps", 0),
    ("max_commission_change_bps", BPS),
    ("churn_bps", 0),
    ("churn_bps", BPS),
    ("churn_floor", 1),
    ("churn_floor", MAX_AMOUNT),
    ("churn_queue_epochs", 1),
)
"""Parameters at an end of their range, or as close to it as runs can bear."""


def at_an_edge(rng: Random, params: Params) -> Params:
    """Return parameters with one of them, drawn, at an end of its range."""
    name, edge = rng.choice(EDGES)
    return evolve(params, **{name: edge})


def draw_genesis(rng: Random, protocol: Protocol = PROTOCOL) -> Genesis:
    """Draw a small world of a protocol: a few validators and accounts, some stake.

    In some worlds all validators have the same stake, in half of these the least that will
    do: there, votes that just miss a quorum are common. In some one parameter is at an end of
    its range, in some all addresses begin alike, and in some the supply is all but used up.
    """
    scale = rng.choice(SCALES)
    params = draw_params(rng, scale)
    if rng.randrange(4) == 0:
        params = at_an_edge(rng, params)
    name = twin if rng.randrange(4) == 0 else address
    equal = rng.randrange(3) == 0
    own = 5 * scale
    if equal and rng.randrange(2):
        params, own = evolve(params, min_stake=1), 0
    params = begun_with(protocol, params)
    count = rng.choice((3, 4, 5, 5, 6)) if equal else rng.randint(1, 6)
    validators = [name(number) for number in range(1, 1 + count)]
    accounts = [name(number) for number in range(1, 2 + len(validators) + rng.randint(1, 3))]
    epoch = rng.choice((0, 0, params.unbonding_epochs))
    delegations = [
        GenesisDelegation(
            operator, operator, params.min_stake + (own if equal else rng.randint(0, 20) * scale)
        )
        for operator in validators
    ]
    if not equal:
        delegations += _draw_delegations(rng, scale, accounts, validators, epoch)
    if scale > 1 and rng.randrange(3) == 0:
        # All but a token earns all but a fraction.
        delegations.append(GenesisDelegation(name(0), rng.choice(validators), 1))
    balances = tuple(
        GenesisAccount(account, rng.randint(1, 200) * scale + rng.randint(0, 9))
        for account in accounts
    )
    held = sum(entry.balance for entry in balances) + sum(entry.amount for entry in delegations)
    treasury = _draw_treasury(rng, scale, params, held)
    ours = Genesis(
        chain_id="small-world",
        params=params,
        accounts=balances,
        validators=_draw_validators(rng, params, validators),
        delegations=tuple(delegations),
        treasury=treasury,
        epoch=epoch,
        randomness=digest("stakespec/small-world", rng.randrange(2**32).to_bytes(4, "big")),
    )
    return extend(ours, protocol.description)


TRIED = 50
"""Small worlds that settings are tried on before they are taken."""


def try_settings(protocol: Protocol) -> None:
    """Draw some worlds of a protocol, to see that its settings go with them.

    Raises BadSetting, OutOfRange.
    """
    for number in range(TRIED):
        draw_genesis(Random(number), protocol)


def _draw_delegations(
    rng: Random, scale: int, delegators: list[bytes], validators: list[bytes], epoch: int
) -> list[GenesisDelegation]:
    """Draw the stake of others than operators; after epoch 0 some of it is unbonding."""
    delegations = []
    for delegator in delegators:
        if rng.randrange(2):
            end = rng.choice((None, None, epoch)) if epoch else None
            holder, amount = rng.choice(validators), rng.randint(1, 30) * scale
            delegations.append(GenesisDelegation(delegator, holder, amount, end))
    return delegations


def _draw_treasury(rng: Random, scale: int, params: Params, held: int) -> int:
    """Draw a treasury, given all tokens that others hold."""
    treasury = rng.choice((0, 5, scale))
    if rng.randrange(5):
        return treasury
    # A few more rewards, and the supply is used up.
    return max(treasury, MAX_AMOUNT - held - rng.randrange(4) * params.epoch_reward - 1)


def _draw_validators(
    rng: Random, params: Params, operators: list[bytes]
) -> tuple[GenesisValidator, ...]:
    return tuple(
        GenesisValidator(
            operator,
            public_key(operator),
            min(params.max_commission_bps, rng.choice((0, 1, 1_000, 3_333, 10_000))),
            jailed=len(operators) > 1 and rng.randrange(8) == 0,
        )
        for operator in operators
    )
