"""The oracle follows a run, does the same on its ledger, and complains of differences."""

from collections.abc import Iterator
from fractions import Fraction

import attrs

from properties.accusation import Accuse
from properties.invariants.law import Violation
from properties.oracle.ledger import Holding, Ledger, Number, Pair, exact
from properties.views import Claim, Step, ValidatorView, all_views, claim_of
from statemachine import events as announced
from statemachine.primitives import BPS, MAX_AMOUNT, REWARD_UNIT
from statemachine.rules.slashing import fraction_of
from statemachine.state import State, Status
from statemachine.transactions import (
    ChangeCommission,
    Delegate,
    Redelegate,
    RegisterValidator,
    Transfer,
    Undelegate,
)

ROUNDED = Fraction(1, 1 << 128)
"""Reward units by which fractions that were rounded for their length can be off."""


def _short(address: bytes) -> str:
    return "0x" + address.hex()[:8]


@attrs.define
class Oracle:
    """A ledger that has followed a run so far."""

    ledger: Ledger
    statuses: dict[bytes, Status]
    found: list[Violation] = attrs.field(factory=list)

    @classmethod
    def at(cls, state: State) -> "Oracle":
        """Begin at a state, taking everyone's claims as they are."""
        ledger = Ledger(
            state.params.unbonding_epochs,
            state.params.evidence_window,
            dict(state.accounts.items()),
        )
        for address, view in all_views(state).items():
            ledger.commissions[address] = view.settled.commission
            ledger.commission_slack[address] = 0
            ledger.rates[address] = view.stored.commission_bps
            ledger.next_rates[address] = view.stored.next_commission_bps
            for claim in view.claims:
                holding = ledger.holding(address, claim.delegator)
                holding.reward = claim.reward
                for lot in claim.caught_up.lots:
                    stays = tuple((stay.validator, stay.start, stay.end) for stay in lot.past)
                    holding.add((lot.start, lot.end, lot.destination, stays), lot.amount)
        ledger.members = tuple(state.snapshot)
        ledger.pots = _pots_of(state)
        return cls(ledger, {key: validator.status for key, validator in state.validators.items()})

    def follow(self, step: Step) -> list[Violation]:
        """Do the same as a step, and return how its outcome differs."""
        self.found = []
        accusation = step.transaction if isinstance(step.transaction, Accuse) else None
        at_stake: dict[Pair, tuple[Number, int]] = {}
        if accusation is not None:
            at_stake = self.ledger.at_stake(accusation.validator, accusation.epoch)
            self._check_admissible(step, accusation)
        slack_before = {pair: holding.slack for pair, holding in self.ledger.holdings.items()}
        self._order(step)
        self._replay_events(step)
        if accusation is not None:
            self._check_slash(step, accusation, at_stake, slack_before)
        self._compare(step)
        return self.found

    # --- doing the same ------------------------------------------------------------------

    def _order(self, step: Step) -> None:
        """Carry out what the transaction itself asks; its epochs are as announced."""
        order, ledger = step.transaction, self.ledger
        if isinstance(order, Transfer):
            ledger.pay(order.sender, -order.amount)
            ledger.pay(order.recipient, order.amount)
        elif isinstance(order, RegisterValidator):
            ledger.rates[order.operator] = order.commission_bps
            ledger.next_rates[order.operator] = order.commission_bps
            ledger.commissions[order.operator] = 0
            ledger.commission_slack[order.operator] = 0
            self.statuses[order.operator] = Status.PENDING
            self._join(step, order.operator, order.operator, order.self_stake)
        elif isinstance(order, ChangeCommission):
            ledger.next_rates[order.operator] = order.commission_bps
        elif isinstance(order, Delegate):
            self._join(step, order.validator, order.delegator, order.amount)
        elif isinstance(order, Undelegate):
            self._leave(step, order.validator, order.delegator, order.amount, None)
        elif isinstance(order, Redelegate):
            self._leave(step, order.source, order.delegator, order.amount, order.destination)

    def _join(self, step: Step, validator: bytes, delegator: bytes, amount: int) -> None:
        parts = [
            (event.amount, event.start)
            for event in step.events
            if isinstance(event, announced.Delegated)
        ]
        for part, start in _split_as(parts, amount, step.before.epoch + 1):
            self.ledger.delegate(validator, delegator, part, start)

    def _leave(
        self,
        step: Step,
        validator: bytes,
        delegator: bytes,
        amount: int,
        destination: bytes | None,
    ) -> None:
        parts = [
            (event.amount, event.end)
            for event in step.events
            if isinstance(event, announced.Undelegated | announced.Redelegated)
        ]
        for part, end in _split_as(parts, amount, step.before.epoch + 1):
            self.ledger.leave(validator, delegator, part, end, destination)

    def _replay_events(self, step: Step) -> None:
        """Carry out what time and offences bring; only roundings are taken as announced."""
        epoch = step.before.epoch
        index = step.before.reward_index
        carried = step.before.undistributed
        released: dict[Pair, int] = {}
        moved: dict[tuple[Pair, bytes], int] = {}
        taken = 0
        for event in step.events:
            match event:
                case announced.Undelegated() if not isinstance(
                    step.transaction, Undelegate
                ):  # an exit unbonds the operator's own stake
                    self.ledger.leave(
                        event.validator, event.delegator, event.amount, event.end, None
                    )
                case announced.RewardIssued():
                    self._reward(step, event, index, epoch, carried)
                    index, carried = event.reward_index, 0
                case announced.StakeReleased():
                    pair = (event.validator, event.delegator)
                    released[pair] = released.get(pair, 0) + event.amount
                case announced.StakeMoved():
                    route = ((event.source, event.delegator), event.destination)
                    moved[route] = moved.get(route, 0) + event.amount
                case announced.EpochBegan():
                    epoch = event.epoch
                    self._boundary(step, epoch, released, moved)
                    released, moved = {}, {}
                case announced.StakeSlashed():
                    self.ledger.pots["bonded" if event.end is None else "unbonding"] -= event.amount
                    taken += event.amount
                case announced.Slashed():
                    self._slash(step, event, taken)
                    taken = 0
                case announced.StatusChanged():
                    self.statuses[event.validator] = event.after
                case announced.RewardPaid():
                    self._pay_reward(event)
                case announced.CommissionPaid():
                    self._pay_commission(event)
                case announced.DustSwept():
                    self._sweep(event, step)
                case _:
                    pass

    def _reward(
        self,
        step: Step,
        event: announced.RewardIssued,
        index: int,
        epoch: int,
        carried: int,
    ) -> None:
        params, pots = step.after.params, self.ledger.pots
        headroom = MAX_AMOUNT - (step.after.supply.genesis + pots["issued"])
        expected = min(params.epoch_reward, headroom)
        if event.amount != expected:
            self._complain("ORA-1", f"{event.amount:,} was issued, {expected:,} should have been")
        pots["issued"] += expected
        pots["rewards"] += expected
        growth = event.reward_index - index
        shared = growth * event.earning * BPS
        to_share = expected * REWARD_UNIT + carried
        crossed_once = step.after.epoch == step.before.epoch + 1
        if crossed_once and not 0 <= to_share - shared < event.earning * BPS:
            self._complain(
                "ORA-1",
                f"of {to_share / REWARD_UNIT:.6f} to share {shared / REWARD_UNIT:.6f} was shared",
            )
        dust = {key: validator.dust_bound for key, validator in step.after.validators.items()}
        paid = self.ledger.reward(growth, epoch, dust)
        slack = sum(holding.slack for holding in self.ledger.holdings.values())
        bound = (slack + sum(dust.values())) * growth * BPS
        if not -bound <= shared - paid <= bound:
            self._complain(
                "ORA-1",
                f"epoch {epoch}: {shared / REWARD_UNIT:.6f} was shared among {event.earning:,}"
                f" staked, but the stake active in it was due {float(paid / REWARD_UNIT):.6f}"
                f" (bound {bound / REWARD_UNIT:.3g})",
            )

    def _boundary(
        self,
        step: Step,
        epoch: int,
        released: dict[Pair, int],
        moved: dict[tuple[Pair, bytes], int],
    ) -> None:
        ledger = self.ledger
        slack_of = {pair: holding.slack for pair, holding in ledger.holdings.items()}
        due, moving = ledger.take_due(epoch)
        for pair in sorted({*due, *released}):
            paid, should = released.get(pair, 0), due.get(pair, 0)
            slack = slack_of.get(pair, 0)
            ledger.pay(pair[1], paid)
            ledger.pots["unbonding"] -= paid
            self._within(
                f"what epoch {epoch} released to {_short(pair[1])} from {_short(pair[0])}",
                paid,
                should,
                slack,
            )
        for route in sorted({*moving, *moved}):
            pair, destination = route
            amount, should = moved.get(route, 0), moving.get(route, 0)
            ledger.pots["unbonding"] -= amount
            ledger.pots["bonded"] += amount
            self._within(
                f"what epoch {epoch} moved for {_short(pair[1])} from {_short(pair[0])} to"
                f" {_short(destination)}",
                amount,
                should,
                slack_of.get(pair, 0),
            )
        arrived: dict[Pair, Number] = {}
        for ((_, delegator), destination), stake in moving.items():
            there = (destination, delegator)
            arrived[there] = arrived.get(there, 0) + stake
        for pair, holding in ledger.holdings.items():
            stayed = holding.bonded() + holding.leaving() - arrived.get(pair, 0)
            none_left = stayed <= holding.slack
            if none_left and holding.reward < REWARD_UNIT + holding.reward_slack:
                # With the last stake a fraction of a unit goes back to be shared again.
                holding.reward_slack += holding.reward
        ledger.rates = dict(ledger.next_rates)
        ledger.members = tuple(
            sorted(key for key, status in self.statuses.items() if status is Status.ACTIVE)
        )
        self._check_membership(step, epoch)

    def _check_membership(self, step: Step, epoch: int) -> None:
        """Check who serves: exactly those with enough active stake of their own."""
        least = step.after.params.min_stake
        for validator, status in self.statuses.items():
            holding = self.ledger.holdings.get((validator, validator), Holding())
            own = holding.active(epoch)
            if status is Status.ACTIVE and own + holding.slack < least:
                self._complain(
                    "ORA-1",
                    f"{_short(validator)} serves in epoch {epoch} with {float(own):.3f} of its own,"
                    f" {least:,} are needed",
                )
            if status is Status.PENDING and own - holding.slack >= least:
                self._complain(
                    "ORA-1",
                    f"{_short(validator)} does not serve in epoch {epoch} with {float(own):.3f} of"
                    f" its own, {least:,} are enough",
                )

    def _slash(self, step: Step, event: announced.Slashed, taken: int) -> None:
        pots = self.ledger.pots
        expected = fraction_of(step.after.params, event.kind)
        if event.fraction_bps != expected:
            self._complain(
                "SLA-2", f"a {event.kind.value} cost {event.fraction_bps} bps instead of {expected}"
            )
        if event.burned + event.rewarded != taken:
            self._complain(
                "ORA-2",
                f"{taken:,} was taken, {event.burned:,} burned and {event.rewarded:,} paid",
            )
        pots["burned"] += event.burned
        if isinstance(step.transaction, Accuse):
            share = taken * step.after.params.reporter_bps // BPS
            self.ledger.pay(step.transaction.reporter, share)
        self.ledger.slash(event.offender, event.epoch, expected)

    def _pay_reward(self, event: announced.RewardPaid) -> None:
        holding = self.ledger.holding(event.validator, event.delegator)
        self._within(
            f"the reward paid to {_short(event.delegator)} at {_short(event.validator)}",
            event.amount,
            Fraction(holding.reward) / REWARD_UNIT,
            Fraction(holding.reward_slack) / REWARD_UNIT + 1,
        )
        holding.reward = exact(holding.reward - event.amount * REWARD_UNIT)
        self.ledger.pots["rewards"] -= event.amount
        self.ledger.pay(event.delegator, event.amount)

    def _pay_commission(self, event: announced.CommissionPaid) -> None:
        ledger = self.ledger
        self._within(
            f"the commission paid to {_short(event.validator)}",
            event.amount,
            Fraction(ledger.commissions[event.validator]) / REWARD_UNIT,
            Fraction(ledger.commission_slack[event.validator]) / REWARD_UNIT + 1,
        )
        paid = event.amount * REWARD_UNIT
        ledger.commissions[event.validator] = exact(ledger.commissions[event.validator] - paid)
        ledger.pots["rewards"] -= event.amount
        ledger.pay(event.validator, event.amount)

    def _sweep(self, event: announced.DustSwept, step: Step) -> None:
        validator = step.after.validators.get(event.validator)
        bound = validator.dust_bound if validator is not None else 0
        if event.amount > bound:
            self._complain(
                "ORA-1",
                f"{event.amount:,} was swept from {_short(event.validator)} as dust, at most"
                f" {bound:,} is",
            )
        self.ledger.pots["treasury"] += event.amount
        # Which of the two pots it lay in only the machine knows: their sum is compared.
        self.ledger.pots["unbonding"] -= event.amount

    # --- comparing -----------------------------------------------------------------------

    def _check_admissible(self, step: Step, accusation: Accuse) -> None:
        now, window = step.before.epoch, step.before.params.evidence_window
        if not now - window <= accusation.epoch <= now:
            self._complain(
                "SLA-5",
                f"evidence of epoch {accusation.epoch} was accepted in epoch {now}, with a window"
                f" of {window}",
            )

    def _check_slash(
        self,
        step: Step,
        accusation: Accuse,
        at_stake: dict[Pair, tuple[Number, int]],
        slack_before: dict[Pair, int],
    ) -> None:
        """Check that a slash took its share from whom it should, and from nobody else."""
        fraction = Fraction(fraction_of(step.after.params, accusation.kind), BPS)
        before = _stakes(step.views_before)
        after = _stakes(step.views_after)
        for pair in sorted({*before, *at_stake}):
            lost = before.get(pair, 0) - after.get(pair, 0)
            hit, chunks = at_stake.get(pair, (0, 0))
            slack = slack_before.get(pair, 0) + chunks
            due = hit * fraction
            who = f"{_short(pair[1])} at {_short(pair[0])}"
            if not chunks and lost > slack:
                self._complain("SLA-3", f"{who} lost {lost:,}, and had nothing at stake")
            elif lost > due + slack:
                self._complain("SLA-2", f"{who} lost {lost:,} of {float(due):.3f} due")
            elif lost < due - slack:
                self._complain("SLA-1", f"{who} lost only {lost:,} of {float(due):.3f} due")

    def _compare(self, step: Step) -> None:
        """Compare every balance and pot, and every claim that the step can have changed."""
        for account in step.changed_accounts:
            self._compare_balance(step.after, account)
        self._compare_pots(step.after)
        if step.crossed_epoch or any(isinstance(e, announced.Slashed) for e in step.events):
            claims = {
                (address, claim.delegator): claim
                for address, view in step.all_views_after.items()
                for claim in view.claims
            }
            for pair in sorted({*claims, *self.ledger.holdings}):
                self._compare_claim(pair, claims.get(pair))
            for address, view in step.all_views_after.items():
                self._compare_commission(address, view.settled.commission)
            return
        for address in step.changed:
            pairs = {pair for pair in self.ledger.holdings if pair[0] == address}
            if address in step.views_after:
                there = step.views_after[address].claims
                pairs |= {(address, claim.delegator) for claim in there}
            for pair in sorted(pairs):
                self._compare_claim(pair, claim_of(step.after, *pair))

    def _compare_balance(self, state: State, account: bytes) -> None:
        has, should = state.accounts.get(account, 0), self.ledger.balances.get(account, 0)
        if has != should:
            self._complain("ORA-2", f"{_short(account)} has {has:,}, the oracle says {should:,}")

    def _compare_pots(self, state: State) -> None:
        has, should = _pots_of(state), self.ledger.pots
        for name in ("rewards", "treasury", "issued", "burned"):
            if has[name] != should[name]:
                self._complain(
                    "ORA-2", f"{name} is {has[name]:,}, the oracle says {should[name]:,}"
                )
        staked = has["bonded"] + has["unbonding"]
        if staked != should["bonded"] + should["unbonding"]:
            self._complain(
                "ORA-2",
                f"bonded and unbonding are {staked:,}, the oracle says"
                f" {should['bonded'] + should['unbonding']:,}",
            )

    def _compare_claim(self, pair: Pair, claim: Claim | None) -> None:
        holding = self.ledger.holdings.get(pair, Holding())
        who = f"of {_short(pair[1])} at {_short(pair[0])}"
        slack = holding.slack
        self._within(
            f"the bonded stake {who}", claim.bonded if claim else 0, holding.bonded(), slack
        )
        self._within(
            f"the leaving stake {who}", claim.leaving if claim else 0, holding.leaving(), slack
        )
        bound = holding.reward_slack + ROUNDED if claim else holding.reward_slack + REWARD_UNIT
        self._within(
            f"the reward {who}", claim.reward if claim else 0, holding.reward, bound, REWARD_UNIT
        )
        if claim is None and pair in self.ledger.holdings:
            # The machine has forgotten it: whatever is left is rounding.
            del self.ledger.holdings[pair]

    def _compare_commission(self, validator: bytes, commission: int) -> None:
        self._within(
            f"the commission of {_short(validator)}",
            commission,
            self.ledger.commissions.get(validator, 0),
            self.ledger.commission_slack.get(validator, 0) + ROUNDED,
            REWARD_UNIT,
        )

    def _within(
        self, what: str, machine: Number, should: Number, bound: Number, unit: int = 1
    ) -> None:
        if machine != should and not -bound <= machine - should <= bound:
            self._complain(
                "ORA-1",
                f"{what} is {float(Fraction(machine) / unit):,.6f}, the oracle says"
                f" {float(Fraction(should) / unit):,.6f}"
                f" (bound {float(Fraction(bound) / unit):.3g})",
            )

    def _complain(self, law: str, message: str) -> None:
        self.found.append(Violation(law, message))


def _pots_of(state: State) -> dict[str, int]:
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


def _split_as(
    parts: list[tuple[int, int]], amount: int, otherwise: int
) -> Iterator[tuple[int, int]]:
    """Split an amount as announced; what was not announced takes effect as soon as it may."""
    left = amount
    for part, epoch in parts:
        yield min(part, left), epoch
        left -= min(part, left)
    if left:
        yield left, otherwise
