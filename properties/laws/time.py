"""Laws of time: it goes forward, sets are frozen in it, and evidence comes before release."""

from collections.abc import Iterator

from properties.laws import occasions
from properties.laws.law import Law, OnStep, OnValidator
from properties.laws.views import Step, ValidatorView
from statemachine.map_keys import epoch_key
from statemachine.protocol import Protocol
from statemachine.rules.buckets import active_stake
from statemachine.rules.lots import is_active
from statemachine.state import Status
from statemachine.transactions import ProduceBlock


def _monotone(_protocol: Protocol, step: Step) -> Iterator[str]:
    before, after = step.before, step.after
    if isinstance(step.transaction, ProduceBlock):
        if after.slot != step.transaction.slot or after.slot <= before.slot:
            yield (
                f"a block for slot {step.transaction.slot} led from slot {before.slot} to"
                f" {after.slot}"
            )
    elif after.slot != before.slot:
        yield f"no block was produced, and slot {before.slot} became {after.slot}"
    if after.reward_index < before.reward_index:
        yield f"the reward index fell from {before.reward_index} to {after.reward_index}"


def _snapshot_frozen(_protocol: Protocol, step: Step) -> Iterator[str]:
    if step.crossed_epoch:
        return
    if step.before.snapshot != step.after.snapshot:
        yield (
            f"within epoch {step.after.epoch} the snapshot went from"
            f" {step.before.snapshot.total_weight:,} to {step.after.snapshot.total_weight:,}"
        )
    if step.before.seed != step.after.seed:
        yield f"within epoch {step.after.epoch} the seed changed"


def _release_after_evidence(_protocol: Protocol, step: Step) -> Iterator[str]:
    window = step.after.params.evidence_window
    for address, before in step.views_before.items():
        after = step.after.validators.get(address)
        if after is None or len(after.slashes) != len(before.stored.slashes):
            continue
        kept = {
            (claim.delegator, lot.end)
            for claim in step.views_after[address].claims
            for lot in claim.caught_up.lots
        }
        for delegator, lot in before.lots:
            if lot.end is None or lot.destination is not None or lot.amount == 0:
                continue
            last_admissible = lot.end - 1 + window
            if (delegator, lot.end) in kept or _may_be_burned(step, delegator, lot.amount):
                continue
            if step.after.epoch <= last_admissible:
                yield (
                    f"stake of 0x{delegator.hex()[:8]} that answers for epoch {lot.end - 1} was"
                    f" released in epoch {step.after.epoch}; evidence is admissible through"
                    f" epoch {last_admissible}"
                )


def _may_be_burned(step: Step, owner: bytes, amount: int) -> bool:
    """Say whether stake that is gone was burned, as by a design that slashes at once, not paid."""
    burned = step.after.supply.burned - step.before.supply.burned
    return burned >= amount and step.after.accounts.get(owner, 0) <= step.before.accounts.get(
        owner, 0
    )


def _downtime(view: ValidatorView) -> Iterator[str]:
    threshold = view.state.params.downtime_threshold
    if view.stored.missed > threshold:
        yield (
            f"validator 0x{view.address.hex()[:8]} missed {view.stored.missed} blocks in a row"
            f" unpunished; {threshold} are forgiven"
        )


def review_due(view: ValidatorView) -> str | None:
    """Say why the next boundary must review a validator; None where it need not."""
    state, validator = view.state, view.stored
    following = state.epoch + 1
    own = sum(
        lot.amount
        for delegator, lot in view.lots
        if delegator == view.address and is_active(lot.start, lot.end, following)
    )
    enough = own >= state.params.min_stake
    weight = state.snapshot.get(view.address, 0)
    if validator.status is Status.EXITING:
        return "it is exiting"
    if validator.next_commission_bps != validator.commission_bps:
        return "its commission changes"
    if validator.status is Status.PENDING and enough:
        return f"it may serve, with {own:,} of its own"
    if validator.status is Status.ACTIVE and not enough:
        return f"it may not serve, with {own:,} of its own"
    serves = validator.status is Status.ACTIVE
    next_weight = active_stake(validator.buckets, following) if serves else 0
    if next_weight != weight:
        return f"its weight goes from {weight:,} to {next_weight:,}"
    return None


def _reviewed_in_time(view: ValidatorView) -> Iterator[str]:
    reason = review_due(view)
    prefix = epoch_key(view.state.epoch + 1) + view.address
    if reason is not None and not view.state.agenda.prefix_count(prefix):
        yield (
            f"the next boundary will not review validator 0x{view.address.hex()[:8]}, though"
            f" {reason}"
        )


def _jail_lasts(view: ValidatorView) -> Iterator[str]:
    validator, state = view.stored, view.state
    in_set = view.address in state.snapshot
    if validator.status is Status.JAILED and in_set and validator.jailed_until <= state.epoch:
        yield f"0x{view.address.hex()[:8]} could leave jail before it has left the active set"


def _put_out_stays_out(_protocol: Protocol, step: Step) -> Iterator[str]:
    for address, after in step.views_after.items():
        before = step.before.validators.get(address)
        if before is None:
            continue
        now, was = after.stored.status, before.status
        if was is Status.TOMBSTONED and now is not Status.TOMBSTONED:
            yield f"tombstoned 0x{address.hex()[:8]} came back as {now.value}"
        if was is Status.EXITED and now not in (Status.EXITED, Status.TOMBSTONED):
            yield f"exited 0x{address.hex()[:8]} came back as {now.value}"
        if (
            was is Status.JAILED
            and now in (Status.PENDING, Status.ACTIVE)
            and step.after.epoch < before.jailed_until
        ):
            yield (
                f"0x{address.hex()[:8]} left jail in epoch {step.after.epoch}, jailed until epoch"
                f" {before.jailed_until}"
            )


LAWS = (
    Law(
        id="TIM-1",
        name="time goes forward",
        statement="A block moves time to its slot, nothing else moves it, and the reward index"
        " never falls.",
        source="catalogue 1",
        check=OnStep(_monotone),
    ),
    Law(
        id="TIM-2",
        name="snapshot frozen",
        statement="Within an epoch neither its snapshot nor its seed changes.",
        source="decision 7; B18, S22",
        check=OnStep(_snapshot_frozen),
        when=occasions.WITHIN_EPOCH,
    ),
    Law(
        id="TIM-3",
        name="release after evidence",
        statement="Unbonding stake is released only after the last epoch in which evidence"
        " about it is admissible.",
        source="M6; B12, B17",
        check=OnStep(_release_after_evidence),
        when=occasions.RELEASE,
    ),
    Law(
        id="TIM-4",
        name="downtime is punished",
        statement="No validator has missed more blocks in a row than are forgiven.",
        source="S23",
        check=OnValidator(_downtime),
        when=occasions.MISSED,
    ),
    Law(
        id="TIM-5",
        name="out is out",
        statement="Who is tombstoned or has exited does not come back; who is jailed does not"
        " before its time.",
        source="B26, B34",
        check=OnStep(_put_out_stays_out),
        when=occasions.OUT,
    ),
    Law(
        id="TIM-6",
        name="reviewed in time",
        statement="Whoever's place, weight or commission the next boundary must change is on its"
        " agenda.",
        source="B18, B25",
        check=OnValidator(_reviewed_in_time),
    ),
    Law(
        id="TIM-7",
        name="jail outlasts the epoch",
        statement="A validator jailed within an epoch stays jailed until the epoch has ended.",
        source="B26",
        check=OnValidator(_jail_lasts),
        when=occasions.IN_JAIL,
    ),
)
