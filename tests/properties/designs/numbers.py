"""The numbers of specs/findings.md, worked out by the machines that they speak of."""

from fractions import Fraction

from properties.designs.inactivity_leak import DESIGN, LeakGenesis, LeakParams
from properties.model.names import address, public_key
from statemachine import (
    PROTOCOL,
    CastVotes,
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    Params,
    ProduceBlock,
    Protocol,
    ReportVotes,
    State,
    genesis,
)
from statemachine.map_keys import epoch_key
from statemachine.messages import Checkpoint, Vote
from statemachine.rules.blocks import pass_slots

STAKE = 10**12

VOTER, SILENT = address(1), address(2)


def chain_of_two(quotient: int) -> State:
    """Two validators of the same stake, an epoch a slot, nothing lost but by the leak."""
    params = LeakParams(
        epoch_length=1,
        epoch_reward=0,
        min_stake=1,
        max_slot_gap=64,
        downtime_threshold=10**9,
        leak_quotient=quotient,
    )
    both = (VOTER, SILENT)
    return genesis(
        DESIGN,
        LeakGenesis(
            chain_id="leak",
            params=params,
            accounts=(),
            validators=tuple(GenesisValidator(one, public_key(one), 0) for one in both),
            delegations=tuple(GenesisDelegation(one, one, STAKE) for one in both),
        ),
    )


def left_to_the_silent(quotient: int, last: int) -> list[Fraction]:
    """What share of its stake somebody has left after each epoch without its vote.

    It ends where whoever votes has a quorum alone.
    """
    state, left = chain_of_two(quotient), [Fraction(1)]
    while len(left) <= last:
        epoch = state.epoch + 1
        proposer = DESIGN.elect(pass_slots(DESIGN, state, epoch).state, epoch)
        state = DESIGN.apply(state, ProduceBlock(epoch, proposer or VOTER, bytes(32)))
        target = Checkpoint(epoch, state.finality.history[epoch_key(epoch)].root)
        state = DESIGN.apply(state, CastVotes(Vote(state.finality.justified, target), (VOTER,)))
        left.append(Fraction(state.validators[SILENT].earning, STAKE))
        if PROTOCOL.is_quorum(state.snapshot[VOTER], state.snapshot.total_weight):
            break
    return left


def least_slashed(left: Fraction) -> Fraction:
    """The least share d that must vote on both branches once the silent have so much left.

    Each branch has d, and half of the others; the other half is silent there. It has a quorum
    as soon as (1 + d) / 2 is twice what is left of the silent, (1 - d) / 2 * left.
    """
    return max(Fraction(0), (2 * left - 1) / (1 + 2 * left))


def lost_of_what_voted(protocol: Protocol, own_percent: int) -> Fraction:
    """What a validator with so much stake of its own loses, of all that voted with it twice."""
    operator, nominator = address(1), address(9)
    own = STAKE * own_percent // 100
    delegations = [GenesisDelegation(operator, operator, own)]
    if own < STAKE:
        delegations.append(GenesisDelegation(nominator, operator, STAKE - own))
    state = genesis(
        protocol,
        Genesis(
            chain_id="ratio",
            params=Params(epoch_length=1, min_stake=1, max_slot_gap=64),
            accounts=(GenesisAccount(nominator, 1),),
            validators=(GenesisValidator(operator, public_key(operator), 0),),
            delegations=tuple(delegations),
        ),
    )
    state = protocol.apply(state, ProduceBlock(1, operator, bytes(32)))
    source = state.finality.justified
    votes = [
        CastVotes(Vote(source, Checkpoint(1, root * 32)), (operator,)) for root in (b"L", b"R")
    ]
    after = protocol.apply(state, ReportVotes(nominator, *votes))
    return Fraction(state.pots.bonded - after.pots.bonded, state.snapshot[operator])
