"""Mistakes that show only after something rare has happened."""

from properties.mutants.catalogue import Mutant
from properties.mutants.parts import fork_step, rebound
from statemachine.events import Event
from statemachine.map_keys import delegation_key
from statemachine.primitives import MAX_AMOUNT
from statemachine.protocol import Protocol, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL, accounts, epochs, rewards
from statemachine.rules.lots import oldest_admissible
from statemachine.state import State
from statemachine.transactions import Transfer

# --- stays -------------------------------------------------------------------------------

_move_and_forget = rebound(
    epochs._move, oldest_admissible=lambda state: oldest_admissible(state) + 1
)
_process_and_forget = rebound(
    epochs.process_due_delegations,
    _process_due=rebound(epochs._process_due, _move=_move_and_forget),
)

# --- commission --------------------------------------------------------------------------


def _settle_late(
    protocol: Protocol, state: State, address: bytes
) -> tuple[State, tuple[Event, ...]]:
    """Review a validator without settling it, if its operator has nothing behind it."""
    before = state.validators[address]
    state, events = epochs._review(protocol, state, address)
    if delegation_key(address, address) in state.delegations:
        return state, events
    late = evolve(
        state.validators[address],
        settled=before.settled,
        index=before.index,
        commission=before.commission,
        owed=before.owed,
    )
    return evolve(state, validators=state.validators.set(address, late)), events


# --- numbers and names -------------------------------------------------------------------


def _beyond_the_supply(protocol: Protocol, state: State) -> Transition:
    """Take burned tokens for room to issue others, and issue no less at the very end."""
    supply = evolve(state.supply, issued=max(0, state.supply.issued - state.params.epoch_reward))
    transition = rewards.pay_epoch_reward(protocol, evolve(state, supply=supply))
    paid = transition.state.supply.issued - supply.issued
    issued = min(MAX_AMOUNT, state.supply.issued + paid)
    return Transition(
        evolve(transition.state, supply=evolve(state.supply, issued=issued)), transition.events
    )


def _by_the_first_bytes(protocol: Protocol, state: State, tx: Transfer) -> Transition:
    """Take an account for another that begins with the same eight bytes."""
    alike = [address for address, _ in state.accounts.with_prefix(tx.recipient[:8])]
    recipient = alike[0] if alike and tx.recipient in state.accounts else tx.recipient
    return accounts.transfer(protocol, state, evolve(tx, recipient=recipient))


MUTANTS = (
    Mutant(
        "G1", "ours", "A stay is forgotten an epoch too soon when its stake moves on.",
        fork_step("g1-stay", epochs.process_due_delegations, _process_and_forget),
        ("SLA-1", "ORA-1"),
    ),
    Mutant(
        "G3", "ours", "Near the largest supply a reward too much is issued.",
        fork_step("g3-supply", rewards.pay_epoch_reward, _beyond_the_supply),
        ("ORA-1", "ORA-2", "RUN-3"),
    ),
    Mutant(
        "G4", "ours", "Accounts are told apart by their first eight bytes.",
        PROTOCOL.fork("g4-first-bytes", {Transfer: _by_the_first_bytes}),
        ("STK-7", "ORA-2"),
    ),
)  # fmt: skip

UNMEASURED = (
    Mutant(
        "G2", "ours", "Earnings are not settled where the operator's own delegation is gone.",
        fork_step(
            "g2-late",
            epochs.update_validator_set,
            rebound(epochs.update_validator_set, _review=_settle_late),
        ),
        ("ACC-6", "ORA-1", "RWD-1", "RWD-2"),
    ),
)  # fmt: skip
"""Caught by two hundred walks, which the measurement of the catalogue has no time for."""
