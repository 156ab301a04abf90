"""Compounding: what stake has earned is staked again at each boundary."""

from properties.laws.views import Step
from properties.model.design import Aside, Design, Law, OnStep, Witness
from properties.oracle.ledger import Ledger
from statemachine import (
    PROTOCOL,
    ClaimRewards,
    Delegate,
    ProduceBlock,
    Protocol,
    Rejected,
    State,
    Transition,
)
from statemachine.events import CommissionPaid, Delegated, RewardPaid, StakeReleased
from statemachine.map_keys import split_delegation_key
from statemachine.rules.epochs import process_due_delegations
from statemachine.rules.holdings import load_delegation
from statemachine.rules.rewards import pay_epoch_reward


def compound(protocol: Protocol, state: State) -> Transition:
    """Pay everybody, and stake it again where that is accepted.

    Before stake comes and goes: what a division left is bounded by the stake that earned.
    """
    events: list[object] = []
    for key in state.delegations:
        validator, delegator = split_delegation_key(key)
        lots = load_delegation(state, validator, delegator).delegation.lots
        if not any(lot.end is None and lot.amount for lot in lots):
            # Whoever is leaving would never be out.
            continue
        try:
            claim = ClaimRewards(delegator, validator)
            claimed = protocol.transition(state, claim)
            paid = sum(
                event.amount
                for event in claimed.events
                if isinstance(event, RewardPaid | CommissionPaid)
            )
            staked = protocol.transition(claimed.state, Delegate(delegator, validator, paid))
        except Rejected:
            # Nothing to claim, or the validator takes no stake: it stays as it was.
            continue
        state = staked.state
        events += [*claimed.events, *staked.events]
    return Transition(state, tuple(events))


def note_staked(books: Ledger, step: Step, event: Delegated) -> None:
    """Teach the oracle what is staked at a boundary; what an order stakes it knows."""
    if not isinstance(step.transaction, Delegate) and step.crossed_epoch:
        books.delegate(event.validator, event.delegator, event.amount, event.start)


def pays_accounts(_protocol: Protocol, step: Step) -> list[str]:
    """Complain of a boundary that pays an account more than what unbonds."""
    if not step.crossed_epoch:
        return []
    grown = step.after.accounts.total_weight - step.before.accounts.total_weight
    released = sum(event.amount for event in step.events if isinstance(event, StakeReleased))
    return [] if grown == released else [f"accounts grew by {grown:,}, {released:,} unbonded"]


DESIGN = Design.of(
    PROTOCOL.fork(
        "compounding", closing_steps=(pay_epoch_reward, compound, process_due_delegations)
    ),
    set_aside={"STK-8": Aside("a boundary books stake to join as an order does", (ProduceBlock,))},
    lessons={Delegated: note_staked},
    laws=(
        Law(
            id="CMP-1",
            name="all is staked again",
            statement="A boundary pays accounts what unbonds alone: what it claims, it stakes.",
            check=OnStep(pays_accounts),
            about=(ProduceBlock,),
        ),
    ),
    witnesses=(
        Witness(
            "compounded",
            "a reward is staked at a boundary",
            OnStep.when(
                lambda step: (
                    step.crossed_epoch
                    and any(isinstance(event, Delegated) for event in step.events)
                )
            ),
        ),
    ),
)
