"""Laws of stake: claims are covered, and every transaction does what it says."""

from collections.abc import Iterator

from properties.laws import occasions
from properties.laws.accusation import sender_of
from properties.laws.describe import short
from properties.laws.law import Law, OnStep, OnValidator
from properties.laws.views import Claim, Step, ValidatorView, claim_of
from statemachine.map_keys import delegation_key, epoch_key
from statemachine.protocol import Protocol
from statemachine.rules.accounts import balance_of
from statemachine.rules.buckets import merge_buckets
from statemachine.rules.lots import bucket_key, oldest_admissible
from statemachine.transactions import (
    Delegate,
    Exit,
    Redelegate,
    RegisterValidator,
    Transfer,
    Undelegate,
)


def _solvency(view: ValidatorView) -> Iterator[str]:
    claimed = view.claimed_by_bucket()
    oldest = oldest_admissible(view.state)
    where = f"validator {short(view.address)}"
    for bucket in merge_buckets(view.stored.buckets, oldest):
        key = bucket_key(bucket.start, bucket.end, bucket.past, oldest)
        amount, _ = claimed.pop(key, (0, 0))
        if amount > bucket.amount:
            yield (
                f"{where}: claims of {amount:,} on a bucket of {bucket.amount:,}"
                f" (start {bucket.start}, end {bucket.end})"
            )
    for (start, end, _), (amount, _) in claimed.items():
        if amount:
            yield f"{where}: claims of {amount:,} on no bucket (start {start}, end {end})"


def _bounded_dust(view: ValidatorView) -> Iterator[str]:
    held = sum(bucket.amount for bucket in view.stored.buckets)
    claimed = sum(lot.amount for _, lot in view.lots)
    if held - claimed > view.stored.dust_bound:
        yield (
            f"validator {short(view.address)}: {held - claimed:,} of {held:,} is claimed by"
            f" nobody; rounding explains at most {view.stored.dust_bound:,}"
        )


def _lot_counts(view: ValidatorView) -> Iterator[str]:
    oldest = oldest_admissible(view.state)
    stored: dict[object, int] = {}
    for claim in view.claims:
        for lot in claim.stored.lots:
            key = bucket_key(lot.start, lot.end, lot.past, oldest)
            stored[key] = stored.get(key, 0) + 1
    for bucket in merge_buckets(view.stored.buckets, oldest):
        key = bucket_key(bucket.start, bucket.end, bucket.past, oldest)
        lots = stored.pop(key, 0)
        if lots != bucket.lots:
            yield (
                f"validator {short(view.address)}: a bucket (start {bucket.start},"
                f" end {bucket.end}) counts {bucket.lots} lots, there are {lots}"
            )
    if stored:
        yield f"validator {short(view.address)}: {sum(stored.values())} lots are in no bucket"


def _on_agenda(view: ValidatorView) -> Iterator[str]:
    state = view.state
    for claim in view.claims:
        key = delegation_key(view.address, claim.delegator)
        for lot in claim.stored.lots:
            due = [lot.start]
            if lot.end is not None:
                due.append(lot.end)
                release = lot.end + state.params.unbonding_epochs
                if lot.destination is None:
                    due.append(release)
                last = lot.end if lot.destination is not None else release
                if last <= state.epoch:
                    yield (
                        f"stake of {short(claim.delegator)} at {short(view.address)} was due"
                        f" at epoch {last}, it is epoch {state.epoch}"
                    )
            for epoch in due:
                if epoch > state.epoch and epoch_key(epoch) + key not in state.agenda:
                    yield (
                        f"nothing on the agenda of epoch {epoch} for {short(claim.delegator)}"
                        f" at {short(view.address)}"
                    )


def _departures_known(view: ValidatorView) -> Iterator[str]:
    oldest = oldest_admissible(view.state)
    for delegator, lot in view.lots:
        for stay in bucket_key(lot.start, lot.end, lot.past, oldest)[2]:
            if stay.end <= oldest or stay.validator == view.address:
                continue
            validator = view.state.validators.get(stay.validator)
            departures = validator.departures if validator is not None else ()
            if not any(
                gone.destination == view.address and gone.last_end >= stay.end
                for gone in departures
            ):
                yield (
                    f"{short(stay.validator)} does not know that stake of {short(delegator)}"
                    f" went from it to {short(view.address)} at epoch {stay.end}"
                )


def _no_orphans(_protocol: Protocol, step: Step) -> Iterator[str]:
    for address in step.changed:
        if address not in step.after.validators and step.after.delegations.prefix_count(address):
            yield f"validator {short(address)} is gone, delegations to it are not"


def _order_effect(_protocol: Protocol, step: Step) -> Iterator[str]:
    tx = step.transaction
    if isinstance(tx, Delegate | RegisterValidator):
        delegator = sender_of(tx)
        amount = tx.amount if isinstance(tx, Delegate) else tx.self_stake
        validator = tx.validator if isinstance(tx, Delegate) else tx.operator
        yield from _moved(step, validator, delegator, bonded=amount, leaving=0)
        yield from _paid(step, delegator, -amount)
    elif isinstance(tx, Undelegate):
        yield from _moved(step, tx.validator, tx.delegator, -tx.amount, tx.amount)
        yield from _paid(step, tx.delegator, 0)
    elif isinstance(tx, Redelegate):
        yield from _moved(step, tx.source, tx.delegator, -tx.amount, tx.amount)
        yield from _paid(step, tx.delegator, 0)
    elif isinstance(tx, Exit):
        own = _bonded(claim_of(step.before, tx.operator, tx.operator))
        yield from _moved(step, tx.operator, tx.operator, -own, own)
        yield from _paid(step, tx.operator, 0)
    elif isinstance(tx, Transfer) and tx.sender != tx.recipient:
        yield from _paid(step, tx.sender, -tx.amount)
        yield from _paid(step, tx.recipient, tx.amount)


def _moved(
    step: Step, validator: bytes, delegator: bytes, bonded: int, leaving: int
) -> Iterator[str]:
    before = claim_of(step.before, validator, delegator)
    after = claim_of(step.after, validator, delegator)
    for name, grown, wanted in (
        ("bonded", _bonded(after) - _bonded(before), bonded),
        ("leaving", _leaving(after) - _leaving(before), leaving),
    ):
        if grown != wanted:
            yield (
                f"the {name} stake of {short(delegator)} at {short(validator)} changed by"
                f" {grown:+,} instead of {wanted:+,}"
            )


def _bonded(claim: Claim | None) -> int:
    return claim.bonded if claim is not None else 0


def _leaving(claim: Claim | None) -> int:
    return claim.leaving if claim is not None else 0


def _paid(step: Step, account: bytes, wanted: int) -> Iterator[str]:
    grown = balance_of(step.after, account) - balance_of(step.before, account)
    if grown != wanted:
        yield f"the balance of {short(account)} changed by {grown:+,} instead of {wanted:+,}"


LAWS = (
    Law(
        id="STK-1",
        name="solvency of stake",
        statement="The lots in a bucket never claim more than it holds.",
        source="decision 2; B5",
        check=OnValidator(_solvency),
    ),
    Law(
        id="STK-2",
        name="bounded dust",
        statement="The buckets of a validator exceed the claims on them by at most its dust"
        " bound: one unit for each lot at each slash.",
        source="decision 2; B16",
        check=OnValidator(_bounded_dust),
    ),
    Law(
        id="STK-3",
        name="every lot is counted",
        statement="Each bucket counts exactly the lots that belong to it, and each lot has one.",
        source="catalogue 1; B15",
        check=OnValidator(_lot_counts),
    ),
    Law(
        id="STK-4",
        name="every lot is on the agenda",
        statement="A boundary at which a lot starts, ends, moves or is released has it on its"
        " agenda, and what was due is done.",
        source="decision 4; B12",
        check=OnValidator(_on_agenda),
    ),
    Law(
        id="STK-5",
        name="departed stake is known",
        statement="A validator knows every other at which stake is that still answers for it.",
        source="decision 3; B1",
        check=OnValidator(_departures_known),
        when=occasions.DEPARTED,
    ),
    Law(
        id="STK-6",
        name="no orphans",
        statement="A validator with delegations never disappears.",
        source="S10",
        check=OnStep(_no_orphans),
    ),
    Law(
        id="STK-7",
        name="a transaction does what it says",
        statement="Transfer, delegate, undelegate, redelegate and register change the balance"
        " and the stake of their sender by exactly the amount they name; an exit unbonds all of"
        " the operator's own.",
        source="S8, S9, S11",
        check=OnStep(_order_effect),
        about=(Transfer, RegisterValidator, Delegate, Undelegate, Redelegate, Exit),
    ),
)
