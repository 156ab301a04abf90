"""The oracle: it follows a run, does the same on its ledger, and reports differences."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

import attrs

from properties.laws.accusation import DRAWN_TYPES, Evidence
from properties.laws.declared import is_ours
from properties.laws.describe import short
from properties.laws.law import Violation
from properties.laws.views import Step, all_views
from properties.model.design import Lesson, lessons_of
from properties.oracle.compare import (
    Findings,
    check_admissible,
    check_all_charged,
    check_only_charged,
    check_slash,
    compare,
    pots_of,
)
from properties.oracle.evidence import Charge, charges, fraction_bps
from properties.oracle.finality import FinalityOracle, states_at_boundaries
from properties.oracle.ledger import Cut, Holding, Ledger, Number, Pair, exact
from properties.oracle.misses import Misses
from statemachine import events as announced
from statemachine.errors import Rejected, RejectionReason
from statemachine.map_keys import delegation_key, split_punished_key
from statemachine.primitives import BPS, MAX_AMOUNT, REWARD_UNIT
from statemachine.protocol import Protocol
from statemachine.state import OffenceKind, State, Status
from statemachine.transactions import (
    CastVotes,
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Redelegate,
    RegisterValidator,
    Transfer,
    Undelegate,
)

INADMISSIBLE = (RejectionReason.EVIDENCE_TOO_OLD, RejectionReason.EVIDENCE_FROM_THE_FUTURE)
"""Refusals for the time of an infraction."""


@attrs.define
class Oracle:
    """A ledger that has followed a run so far."""

    protocol: Protocol
    ledger: Ledger
    finality: FinalityOracle
    misses: Misses
    statuses: dict[bytes, Status]
    punished: set[Charge]
    """What has been punished so far, but for downtime."""
    findings: Findings = attrs.field(factory=Findings)
    lessons: Mapping[type, Lesson] = attrs.field(
        default=attrs.Factory(lambda self: lessons_of(self.protocol), takes_self=True)
    )
    """What the protocol's designer has taught it."""

    @classmethod
    def at(cls, state: State, protocol: Protocol) -> "Oracle":
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
        ledger.pots = pots_of(state)
        return cls(
            protocol,
            ledger,
            FinalityOracle.at(state, protocol),
            Misses.at(state, protocol),
            {key: validator.status for key, validator in state.validators.items()},
            {_punished(key) for key in state.punished},
        )

    def follow(self, step: Step) -> list[Violation]:
        """Do the same as a step, and return how its outcome differs.

        What transactions of a design's own should do it does not know unless the design teaches
        it: it begins anew. So it does where its books differ from the machine's, so that the
        next step is not judged by books that are wrong.
        """
        if type(step.transaction) not in (*DRAWN_TYPES, *self.lessons):
            self._begin_anew(step.after)
            return []
        violations = self._follow(step)
        if violations:
            self._begin_anew(step.after)
        return violations

    def _begin_anew(self, state: State) -> None:
        anew = Oracle.at(state, self.protocol)
        for field in attrs.fields(Oracle):
            setattr(self, field.name, getattr(anew, field.name))

    def _follow(self, step: Step) -> list[Violation]:
        self.findings = Findings()
        begun = states_at_boundaries(self.protocol, step)
        self.findings.violations += self.finality.follow(step, begun)
        tx = step.transaction
        due = self.misses.pass_slots(step, begun)
        losses: dict[Pair, tuple[Number, int]] = {}
        slack_before: dict[Pair, int] = {}
        if isinstance(tx, Evidence):
            due = self.open_charges(step.before, tx)
            check_admissible(self.findings, step, due)
            slack_before = {pair: holding.slack for pair, holding in self.ledger.holdings.items()}
            losses = self.ledger.losses(self._cuts(step, due))
            self.punished.update(due)
            # Whoever is punished in mid-block starts again there, and may miss the next slot.
            for charge in due:
                self.misses.forgive(charge.offender)
        for difference in self.misses.differences(step):
            self.findings.complain("TIM-9", difference)
        check_only_charged(self.findings, step, due)
        self._carry_out(step)
        self._replay_events(step)
        if isinstance(tx, Evidence):
            check_slash(self.findings, step, losses, slack_before)
        check_all_charged(self.findings, step, due)
        compare(self.findings, self.ledger, step)
        return self.findings.violations

    def refused(self, state: State, tx: object, rejection: Rejected) -> list[Violation]:
        """Return what speaks against a refusal."""
        if isinstance(tx, CastVotes):
            return self.finality.refused(tx, rejection)
        oldest = state.epoch - state.params.evidence_window
        findings = Findings()
        for charge in self.open_charges(state, tx):
            if not oldest <= charge.epoch <= state.epoch:
                continue
            if rejection.reason in INADMISSIBLE:
                findings.complain(
                    "SLA-5",
                    f"evidence of epoch {charge.epoch} was refused in epoch {state.epoch}"
                    f" ({rejection}), with a window of {state.params.evidence_window}",
                )
            else:
                findings.complain(
                    "SLA-7",
                    f"{type(tx).__name__} proves {charge.kind.value} of"
                    f" {short(charge.offender)} in epoch {charge.epoch}, and was refused:"
                    f" {rejection}",
                )
        return findings.violations

    def open_charges(self, state: State, tx: object) -> tuple[Charge, ...]:
        """Return what a transaction proves that has not been punished."""
        proved = charges(self.protocol, state, self.finality.terms, tx)
        return tuple(charge for charge in proved if charge not in self.punished)

    def _cuts(self, step: Step, due: tuple[Charge, ...]) -> list[Cut]:
        """Return what charges cost: as the parameters say, or as a declared fraction came to."""
        if not is_ours(self.protocol.fraction):
            slashed = [event for event in step.events if isinstance(event, announced.Slashed)]
            return [(event.offender, event.epoch, event.fraction_bps) for event in slashed]
        params = step.before.params
        return [
            (charge.offender, charge.epoch, fraction_bps(params, charge.kind)) for charge in due
        ]

    # --- doing the same ------------------------------------------------------------------

    def _carry_out(self, step: Step) -> None:
        """Carry out what the transaction itself asks; its epochs are as announced."""
        tx, ledger = step.transaction, self.ledger
        if isinstance(tx, Transfer):
            ledger.pay(tx.sender, -tx.amount)
            ledger.pay(tx.recipient, tx.amount)
        elif isinstance(tx, RegisterValidator):
            ledger.rates[tx.operator] = tx.commission_bps
            ledger.next_rates[tx.operator] = tx.commission_bps
            ledger.commissions[tx.operator] = 0
            ledger.commission_slack[tx.operator] = 0
            self.statuses[tx.operator] = Status.PENDING
            self._join(step, tx.operator, tx.operator, tx.self_stake)
        elif isinstance(tx, ChangeCommission):
            ledger.next_rates[tx.operator] = tx.commission_bps
        elif isinstance(tx, Delegate):
            self._join(step, tx.validator, tx.delegator, tx.amount)
        elif isinstance(tx, Undelegate):
            self._leave(step, tx.validator, tx.delegator, tx.amount, None)
        elif isinstance(tx, Redelegate):
            self._leave(step, tx.source, tx.delegator, tx.amount, tx.destination)
        elif type(tx) in self.lessons:
            self.lessons[type(tx)](ledger, step, tx)

    def _join(self, step: Step, validator: bytes, delegator: bytes, amount: int) -> None:
        parts = [
            (event.amount, event.start)
            for event in step.events
            if isinstance(event, announced.Delegated)
        ]
        for chunk, start in _split_as(parts, amount, step.before.epoch + 1):
            self.ledger.delegate(validator, delegator, chunk, start)

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
        for chunk, end in _split_as(parts, amount, step.before.epoch + 1):
            self.ledger.leave(validator, delegator, chunk, end, destination)

    def _replay_events(self, step: Step) -> None:
        """Carry out what time and offences bring; only roundings are taken as announced."""
        epoch = step.before.epoch
        index = step.before.reward_index
        carried = step.before.undistributed
        released: dict[Pair, int] = {}
        moved: dict[tuple[Pair, bytes], int] = {}
        arrived: dict[Pair, Number] | None = None
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
                    if arrived is None:
                        arrived = self._take_due(epoch, released, moved)
                    self._boundary(step, epoch, arrived)
                    released, moved, arrived = {}, {}, None
                case announced.StakeSlashed():
                    self.ledger.pots["bonded" if event.end is None else "unbonding"] -= event.amount
                    taken += event.amount
                case announced.Slashed():
                    self._slash(step, event, taken)
                    taken = 0
                case announced.StatusChanged():
                    self.statuses[event.validator] = event.after
                case announced.RewardPaid():
                    self._pay_reward(event, step)
                case announced.CommissionPaid():
                    self._pay_commission(event, step)
                case announced.DustSwept():
                    self._sweep(event, step)
                case _ if type(event) in self.lessons:
                    if arrived is None and (released or moved):
                        # Of a step that comes after what the boundary releases and moves.
                        arrived = self._take_due(epoch + 1, released, moved)
                    self.lessons[type(event)](self.ledger, step, event)
                    taken = 0

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
            self.findings.complain(
                "ORA-1", f"{event.amount:,} was issued, {expected:,} should have been"
            )
        pots["issued"] += expected
        pots["rewards"] += expected
        growth = event.reward_index - index
        shared = growth * event.earning * BPS
        to_share = expected * REWARD_UNIT + carried
        crossed_once = step.after.epoch == step.before.epoch + 1
        if crossed_once and not 0 <= to_share - shared < event.earning * BPS:
            self.findings.complain(
                "ORA-1",
                f"of {to_share / REWARD_UNIT:.6f} to share {shared / REWARD_UNIT:.6f} was shared",
            )
        dust = {key: validator.dust_bound for key, validator in step.after.validators.items()}
        paid = self.ledger.reward(growth, epoch, dust)
        slack = sum(holding.slack for holding in self.ledger.holdings.values())
        bound = (slack + sum(dust.values())) * growth * BPS
        if not -bound <= shared - paid <= bound:
            self.findings.complain(
                "ORA-1",
                f"epoch {epoch}: {shared / REWARD_UNIT:.6f} was shared among {event.earning:,}"
                f" staked, but the stake active in it was due {float(paid / REWARD_UNIT):.6f}"
                f" (bound {bound / REWARD_UNIT:.3g})",
            )

    def _take_due(
        self, epoch: int, released: dict[Pair, int], moved: dict[tuple[Pair, bytes], int]
    ) -> dict[Pair, Number]:
        """Release and move what is due when an epoch begins; return what arrived, and where."""
        ledger = self.ledger
        slack_of = {pair: holding.slack for pair, holding in ledger.holdings.items()}
        due, moving = ledger.take_due(epoch)
        for pair in sorted({*due, *released}):
            paid, should = released.get(pair, 0), due.get(pair, 0)
            slack = slack_of.get(pair, 0)
            ledger.pay(pair[1], paid)
            ledger.pots["unbonding"] -= paid
            self.findings.within(
                f"what epoch {epoch} released to {short(pair[1])} from {short(pair[0])}",
                paid,
                should,
                slack,
            )
        for route in sorted({*moving, *moved}):
            pair, destination = route
            amount, should = moved.get(route, 0), moving.get(route, 0)
            ledger.pots["unbonding"] -= amount
            ledger.pots["bonded"] += amount
            self.findings.within(
                f"what epoch {epoch} moved for {short(pair[1])} from {short(pair[0])} to"
                f" {short(destination)}",
                amount,
                should,
                slack_of.get(pair, 0),
            )
        arrived: dict[Pair, Number] = {}
        for ((_, delegator), destination), stake in moving.items():
            there = (destination, delegator)
            arrived[there] = arrived.get(there, 0) + stake
        return arrived

    def _boundary(self, step: Step, epoch: int, arrived: dict[Pair, Number]) -> None:
        ledger = self.ledger
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
        if not is_ours(self.protocol.serves):
            return
        least = step.after.params.min_stake
        for validator, status in self.statuses.items():
            holding = self.ledger.holdings.get((validator, validator), Holding())
            own = holding.active(epoch)
            if status is Status.ACTIVE and own + holding.slack < least:
                self.findings.complain(
                    "ORA-1",
                    f"{short(validator)} serves in epoch {epoch} with {float(own):.3f} of its own,"
                    f" {least:,} are needed",
                )
            if status is Status.PENDING and own - holding.slack >= least:
                self.findings.complain(
                    "ORA-1",
                    f"{short(validator)} does not serve in epoch {epoch} with {float(own):.3f} of"
                    f" its own, {least:,} are enough",
                )

    def _slash(self, step: Step, event: announced.Slashed, taken: int) -> None:
        pots = self.ledger.pots
        # Where the protocol declares another fraction, its books are kept by that.
        declared = not is_ours(self.protocol.fraction)
        expected = event.fraction_bps if declared else fraction_bps(step.after.params, event.kind)
        if event.fraction_bps != expected:
            self.findings.complain(
                "SLA-2", f"{event.kind.value} cost {event.fraction_bps} bps instead of {expected}"
            )
        if event.burned + event.rewarded != taken:
            self.findings.complain(
                "ORA-2",
                f"{taken:,} was taken, {event.burned:,} burned and {event.rewarded:,} paid",
            )
        pots["burned"] += event.burned
        if isinstance(step.transaction, Evidence):
            share = taken * step.after.params.reporter_bps // BPS
            self.ledger.pay(step.transaction.reporter, share)
        self.ledger.slash(event.offender, event.epoch, expected)

    def _completed(self, step: Step, left: Number, stake: Number, slack: Number) -> Number:
        """Return what is left of a claim that was paid; nothing where its last unit was completed.

        What divisions left may complete it, by less than one step of the index for each
        unit of its stake.
        """
        most: Number = stake * BPS
        if not step.crossed_epoch:
            # What a boundary's own division leaves, the state before it does not show.
            most = min(most, step.before.undistributed + self._given_back(step))
        return 0 if 0 < -left <= most + slack else left

    def _given_back(self, step: Step) -> Number:
        """Return what a claim gives back to be shared again where it closes a delegation.

        That is a fraction of a unit of its own, and of the validator's once no stake is left.
        """
        tx = step.transaction
        if not isinstance(tx, ClaimRewards):
            return 0
        if delegation_key(tx.validator, tx.delegator) in step.after.delegations:
            return 0
        holding = self.ledger.holdings.get((tx.validator, tx.delegator), Holding())
        kept = max(0, holding.reward)
        if step.after.validators[tx.validator].buckets:
            return kept
        return kept + step.views_before[tx.validator].settled.owed

    def _pay_reward(self, event: announced.RewardPaid, step: Step) -> None:
        holding = self.ledger.holding(event.validator, event.delegator)
        self.findings.within(
            f"the reward paid to {short(event.delegator)} at {short(event.validator)}",
            event.amount,
            Fraction(holding.reward) / REWARD_UNIT,
            Fraction(holding.reward_slack) / REWARD_UNIT + 1,
        )
        stake = holding.bonded() + holding.leaving() + holding.slack
        left = exact(holding.reward - event.amount * REWARD_UNIT)
        holding.reward = self._completed(step, left, stake, holding.reward_slack)
        self.ledger.pots["rewards"] -= event.amount
        self.ledger.pay(event.delegator, event.amount)

    def _pay_commission(self, event: announced.CommissionPaid, step: Step) -> None:
        ledger = self.ledger
        self.findings.within(
            f"the commission paid to {short(event.validator)}",
            event.amount,
            Fraction(ledger.commissions[event.validator]) / REWARD_UNIT,
            Fraction(ledger.commission_slack[event.validator]) / REWARD_UNIT + 1,
        )
        paid = event.amount * REWARD_UNIT
        left = exact(ledger.commissions[event.validator] - paid)
        # A boundary that pays commission may do so with the stake of the epoch that it begins.
        states = (step.before, step.after) if step.crossed_epoch else (step.before,)
        stake = max(state.validators[event.validator].earning for state in states)
        slack = ledger.commission_slack[event.validator]
        ledger.commissions[event.validator] = self._completed(step, left, stake, slack)
        ledger.pots["rewards"] -= event.amount
        ledger.pay(event.validator, event.amount)

    def _sweep(self, event: announced.DustSwept, step: Step) -> None:
        validator = step.after.validators.get(event.validator)
        bound = validator.dust_bound if validator is not None else 0
        swept = event.bonded + event.unbonding
        if swept > bound:
            self.findings.complain(
                "ORA-1",
                f"{swept:,} was swept from {short(event.validator)} as dust, at most {bound:,} is",
            )
        self.ledger.pots["treasury"] += swept
        self.ledger.pots["bonded"] -= event.bonded
        self.ledger.pots["unbonding"] -= event.unbonding


def _punished(key: bytes) -> Charge:
    """Read an offence off the key that a state remembers it by."""
    epoch, validator, kind, slot = split_punished_key(key)
    return Charge(validator, tuple(OffenceKind)[kind], epoch, slot)


def _split_as(
    parts: list[tuple[int, int]], amount: int, otherwise: int
) -> Iterator[tuple[int, int]]:
    """Split an amount as announced; what was not announced takes effect as soon as it may."""
    left = amount
    for chunk, epoch in parts:
        yield min(chunk, left), epoch
        left -= min(chunk, left)
    if left:
        yield left, otherwise
