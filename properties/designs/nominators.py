"""Nominators who are not slashed, as on Polkadot once only validators' own stake is at risk.

What votes is all stake; what can be slashed is what operators own. In exchange nominators may
leave within two eras.
"""

from properties.laws.views import Step, claim_of
from properties.model.design import Design, Law, OnStep
from statemachine import PROTOCOL, Offence, Protocol, State, Transition, evolve
from statemachine.arithmetic import share
from statemachine.events import Slashed, StakeSlashed
from statemachine.map_keys import split_delegation_key
from statemachine.rules.accounts import destroy
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.rules.lots import answers_for
from statemachine.rules.slashing import fraction_of, slash
from statemachine.state import Lot

SPARED = "nominators are spared on purpose"


def slash_operator(protocol: Protocol, state: State, offence: Offence) -> Transition:
    """Put the offender out as before, but take only from the operator's own stake."""
    spared = protocol.fork(protocol.name, fraction=lambda _state, _offence: 0)
    removal = slash(spared, state, offence)
    state, operator = removal.state, offence.validator
    fraction = fraction_of(state, offence)
    loaded = load_delegation(state, operator, operator)
    lots: list[Lot] = []
    cuts: list[StakeSlashed] = []
    for lot in loaded.delegation.lots:
        if answers_for(operator, lot.start, lot.end, lot.past, operator, offence.epoch):
            loss = share(lot.amount, fraction)
            cuts.append(StakeSlashed(operator, lot.start, lot.end, lot.past, loss))
            lot = evolve(lot, amount=lot.amount - loss)
        lots.append(lot)
    state, _ = save_delegation(state, loaded, lots)
    taken = sum(cut.amount for cut in cuts)
    others = [one for one in removal.events if not isinstance(one, Slashed | StakeSlashed)]
    slashed = Slashed(operator, offence.kind, offence.epoch, fraction, taken, 0)
    return Transition(destroy(state, taken), (*cuts, slashed, *others))


def nominators_lose(_protocol: Protocol, step: Step) -> list[str]:
    """Complain of a nominator who lost stake by a slash."""
    if step.crossed_epoch or not any(isinstance(one, Slashed) for one in step.events):
        return []
    told = []
    for key in step.before.delegations:
        pair = validator, delegator = split_delegation_key(key)
        claims = [claim_of(state, *pair) for state in (step.before, step.after)]
        was, now = (one.bonded + one.leaving if one is not None else 0 for one in claims)
        if now < was and delegator != validator:
            told.append(f"0x{delegator.hex()[:8]} lost {was - now:,} by a slash")
    return told


DESIGN = Design.of(
    PROTOCOL.fork("spared-nominators", slash=slash_operator),
    set_aside={"SLA-1": SPARED, "ORA-1": SPARED, "ORA-2": SPARED},
    laws=(
        Law(
            id="NOM-1",
            name="nominators are spared",
            statement="A slash takes nothing from anybody but operators.",
            check=OnStep(nominators_lose),
        ),
    ),
)
"""SAF-1 refutes it: what conflicting votes cost is the operators' own part of what voted."""
