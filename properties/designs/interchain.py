"""Interchain security: a fault on a consumer chain is punished by the stake of now.

Source: Cosmos Hub, ADR-013 (slashing for equivocation on a consumer chain): the height of the
infraction is not taken from the consumer, whom the provider need not trust, so all stake behind the
offender is slashed, whenever it came, and unbonding stake even if it left before.
"""

from properties.model.design import Design
from statemachine import PROTOCOL, Offence, Protocol, State, Transition, evolve
from statemachine.events import Slashed
from statemachine.rules.lots import oldest_admissible
from statemachine.rules.slashing import is_punished, offence_key, slash
from statemachine.state import SIGNED_TWICE


def slash_now(protocol: Protocol, state: State, offence: Offence) -> Transition:
    """Punish what was signed twice with the stake of now, once."""
    if offence.kind not in SIGNED_TWICE or not is_admissible(state, offence):
        return slash(protocol, state, offence)
    slashed = slash(protocol, state, evolve(offence, epoch=state.epoch))
    # It is an offence of its own epoch for all but the stake that pays for it.
    punished = state.punished.set(offence_key(offence), True)
    events = tuple(
        evolve(event, epoch=offence.epoch) if isinstance(event, Slashed) else event
        for event in slashed.events
    )
    return Transition(evolve(slashed.state, punished=punished), events)


def is_admissible(state: State, offence: Offence) -> bool:
    """Say whether an offence is of the window, and not punished yet."""
    return oldest_admissible(state) <= offence.epoch <= state.epoch and not is_punished(
        state, offence
    )


BOOKS = "the oracle takes from the stake of the infraction's epoch"

DESIGN = Design.of(
    PROTOCOL.fork("interchain-security", slash=slash_now), set_aside={"ORA-1": BOOKS}
)
"""SLA-1 to SLA-3: who came after the infraction pays, and who left since does not."""
