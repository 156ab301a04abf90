"""Comparing the machine with the ledger, and saying how they differ."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

import attrs

from properties.laws.accusation import Evidence
from properties.laws.describe import short
from properties.laws.law import Violation
from properties.laws.views import Claim, Step, ValidatorView, claim_of
from properties.oracle.evidence import Charge
from properties.oracle.ledger import Holding, Ledger, Number, Pair
from statemachine import events as announced
from statemachine.primitives import REWARD_UNIT
from statemachine.state import State

ROUNDED = Fraction(1, 1 << 128)
"""Reward units by which fractions that were rounded for their length can be off."""


@attrs.define
class Findings:
    """What was found to differ."""

    violations: list[Violation] = attrs.field(factory=list)

    def complain(self, law: str, message: str) -> None:
        """Note that a law was broken."""
        self.violations.append(Violation(law, message))

    def within(
        self, name: str, machine: Number, should: Number, bound: Number, unit: int = 1
    ) -> None:
        """Note a number of the machine that is further from the oracle's than the bound."""
        if machine != should and not -bound <= machine - should <= bound:
            self.complain(
                "ORA-1",
                f"{name} is {float(Fraction(machine) / unit):,.6f}, the oracle says"
                f" {float(Fraction(should) / unit):,.6f}"
                f" (bound {float(Fraction(bound) / unit):.3g})",
            )


def pots_of(state: State) -> dict[str, int]:
    """Return every pot and supply count that the oracle also keeps, by name."""
    pots, supply = state.pots, state.supply
    return {
        "bonded": pots.bonded,
        "unbonding": pots.unbonding,
        "rewards": pots.rewards,
        "treasury": pots.treasury,
        "issued": supply.issued,
        "burned": supply.burned,
    }


def _stakes(views: dict[bytes, ValidatorView]) -> dict[Pair, int]:
    return {
        (address, claim.delegator): claim.bonded + claim.leaving
        for address, view in views.items()
        for claim in view.claims
    }


def check_admissible(findings: Findings, step: Step, charges: Iterable[Charge]) -> None:
    """Check that what is punished is neither too old nor still to come."""
    now, window = step.before.epoch, step.before.params.evidence_window
    for charge in charges:
        if not now - window <= charge.epoch <= now:
            findings.complain(
                "SLA-5",
                f"evidence of epoch {charge.epoch} was accepted in epoch {now}, with a window"
                f" of {window}",
            )


def check_only_charged(findings: Findings, step: Step, charges: Sequence[Charge]) -> None:
    """Check that a step slashed only those against whom there are charges."""
    if isinstance(step.transaction, Evidence) and not charges:
        name = type(step.transaction).__name__
        findings.complain("SLA-6", f"{name} was accepted, which proves nothing new")
    proved = [(charge.offender, charge.kind, charge.epoch) for charge in charges]
    for event in step.events:
        if not isinstance(event, announced.Slashed):
            continue
        slashed = (event.offender, event.kind, event.epoch)
        if slashed in proved:
            proved.remove(slashed)
        else:
            findings.complain(
                "SLA-6",
                f"{short(event.offender)} was slashed for {event.kind.value} in epoch"
                f" {event.epoch}, which nothing proves",
            )


def check_all_charged(findings: Findings, step: Step, charges: Sequence[Charge]) -> None:
    """Check that a step slashed all those against whom there are charges."""
    slashed = [
        (event.offender, event.kind, event.epoch)
        for event in step.events
        if isinstance(event, announced.Slashed)
    ]
    for charge in charges:
        if (charge.offender, charge.kind, charge.epoch) not in slashed:
            findings.complain(
                "SLA-7",
                f"{short(charge.offender)} was not slashed for {charge.kind.value} in epoch"
                f" {charge.epoch}, which was proved",
            )


def check_slash(
    findings: Findings,
    step: Step,
    losses: dict[Pair, tuple[Number, int]],
    slack_before: dict[Pair, int],
) -> None:
    """Check that slashes took their shares from whom they should, and from nobody else."""
    before = _stakes(step.views_before)
    after = _stakes(step.views_after)
    for pair in sorted({*before, *losses}):
        lost = before.get(pair, 0) - after.get(pair, 0)
        due, pieces = losses.get(pair, (0, 0))
        slack = slack_before.get(pair, 0) + pieces
        who = f"{short(pair[1])} at {short(pair[0])}"
        if not pieces and lost > slack:
            findings.complain("SLA-3", f"{who} lost {lost:,}, and had nothing at stake")
        elif lost > due + slack:
            findings.complain("SLA-2", f"{who} lost {lost:,} of {float(due):.3f} due")
        elif lost < due - slack:
            findings.complain("SLA-1", f"{who} lost only {lost:,} of {float(due):.3f} due")


def compare(findings: Findings, ledger: Ledger, step: Step) -> None:
    """Compare every balance and pot, and every claim that the step can have changed."""
    for account in sorted({*step.changed_accounts, *ledger.changed}):
        _compare_balance(findings, ledger, step.after, account)
    ledger.changed.clear()
    _compare_pots(findings, ledger, step.after)
    if step.crossed_epoch or any(isinstance(e, announced.Slashed) for e in step.events):
        claims = {
            (address, claim.delegator): claim
            for address, view in step.all_views_after.items()
            for claim in view.claims
        }
        for pair in sorted({*claims, *ledger.holdings}):
            _compare_claim(findings, ledger, pair, claims.get(pair))
        for address, view in step.all_views_after.items():
            _compare_commission(findings, ledger, address, view.settled.commission)
        return
    for address in step.changed:
        pairs = {pair for pair in ledger.holdings if pair[0] == address}
        if address in step.views_after:
            there = step.views_after[address].claims
            pairs |= {(address, claim.delegator) for claim in there}
        for pair in sorted(pairs):
            _compare_claim(findings, ledger, pair, claim_of(step.after, *pair))


def _compare_balance(findings: Findings, ledger: Ledger, state: State, account: bytes) -> None:
    has, should = state.accounts.get(account, 0), ledger.balances.get(account, 0)
    if has != should:
        findings.complain("ORA-2", f"{short(account)} has {has:,}, the oracle says {should:,}")


def _compare_pots(findings: Findings, ledger: Ledger, state: State) -> None:
    has, should = pots_of(state), ledger.pots
    for name, amount in should.items():
        if has[name] != amount:
            findings.complain("ORA-2", f"{name} is {has[name]:,}, the oracle says {amount:,}")


def _compare_claim(findings: Findings, ledger: Ledger, pair: Pair, claim: Claim | None) -> None:
    holding = ledger.holdings.get(pair, Holding())
    who = f"of {short(pair[1])} at {short(pair[0])}"
    slack = holding.slack
    findings.within(
        f"the bonded stake {who}", claim.bonded if claim else 0, holding.bonded(), slack
    )
    findings.within(
        f"the leaving stake {who}", claim.leaving if claim else 0, holding.leaving(), slack
    )
    bound = holding.reward_slack + ROUNDED if claim else holding.reward_slack + REWARD_UNIT
    findings.within(
        f"the reward {who}", claim.reward if claim else 0, holding.reward, bound, REWARD_UNIT
    )
    if claim is None and pair in ledger.holdings:
        # The machine has forgotten it: whatever is left is rounding.
        del ledger.holdings[pair]


def _compare_commission(
    findings: Findings, ledger: Ledger, validator: bytes, commission: int
) -> None:
    findings.within(
        f"the commission of {short(validator)}",
        commission,
        ledger.commissions.get(validator, 0),
        ledger.commission_slack.get(validator, 0) + ROUNDED,
        REWARD_UNIT,
    )
