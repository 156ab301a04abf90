"""Laws of rewards: covered, bounded, and independent of third parties."""

from collections.abc import Iterator

from properties.laws import occasions
from properties.laws.accusation import Evidence, sender_of
from properties.laws.law import Law, OnStep, OnValidator
from properties.laws.views import Step, ValidatorView
from statemachine.primitives import REWARD_UNIT
from statemachine.protocol import Protocol
from statemachine.transactions import ProduceBlock


def _credit_waiting(view: ValidatorView) -> int:
    return sum(claim.caught_up.reward - claim.stored.reward for claim in view.claims)


def _solvency(view: ValidatorView) -> Iterator[str]:
    waiting = _credit_waiting(view)
    if waiting > view.settled.owed:
        short = (waiting - view.settled.owed) / REWARD_UNIT
        yield f"validator 0x{view.address.hex()[:8]} owes {short:.6g} units more than it has earned"


def _bounded_dust(view: ValidatorView) -> Iterator[str]:
    unowned = view.settled.owed - _credit_waiting(view)
    bound = view.stored.dust_bound * view.settled.index
    if unowned > bound:
        yield (
            f"validator 0x{view.address.hex()[:8]}: {unowned / REWARD_UNIT:.6g} units of reward are"
            f" owed to nobody; dust explains at most {bound / REWARD_UNIT:.6g}"
        )


def _third_parties(_protocol: Protocol, step: Step) -> Iterator[str]:
    if isinstance(step.transaction, ProduceBlock | Evidence):
        return
    sender = sender_of(step.transaction)
    for address, before in step.views_before.items():
        after = step.views_after.get(address)
        kept = {claim.delegator: claim for claim in after.claims} if after is not None else {}
        for claim in before.claims:
            if claim.delegator == sender:
                continue
            now = kept.get(claim.delegator)
            was = (claim.bonded, claim.leaving, claim.reward)
            has = (now.bonded, now.leaving, now.reward) if now is not None else (0, 0, 0)
            if was != has:
                yield (
                    f"0x{claim.delegator.hex()[:8]} at 0x{address.hex()[:8]} had {was[0]:,} bonded,"
                    f" {was[1]:,} leaving and {was[2] / REWARD_UNIT:.6g} of reward, and has"
                    f" {has[0]:,}, {has[1]:,} and {has[2] / REWARD_UNIT:.6g}, by a transaction"
                    f" of 0x{sender.hex()[:8]}"
                )


def _commission_bounds(view: ValidatorView) -> Iterator[str]:
    highest = view.state.params.max_commission_bps
    for name in ("commission_bps", "next_commission_bps"):
        asked = getattr(view.stored, name)
        if asked > highest:
            yield (
                f"validator 0x{view.address.hex()[:8]}: {name} = {asked}, at most {highest} allowed"
            )


def _commission_rate(_protocol: Protocol, step: Step) -> Iterator[str]:
    largest = step.after.params.max_commission_change_bps
    epochs = step.after.epoch - step.before.epoch
    for address, after in step.views_after.items():
        before = step.before.validators.get(address)
        if before is None:
            continue
        change = abs(after.stored.commission_bps - before.commission_bps)
        if change > largest or (change and not epochs):
            yield (
                f"the commission of 0x{address.hex()[:8]} changed by {change} in {epochs} epochs;"
                f" at most {largest} at a boundary"
            )


LAWS = (
    Law(
        id="RWD-1",
        name="solvency of rewards",
        statement="What a validator's delegators have earned since they were last credited"
        " never exceeds what the validator owes.",
        source="decision 2; B5, B10",
        check=OnValidator(_solvency),
        when=occasions.REWARDS,
    ),
    Law(
        id="RWD-2",
        name="bounded dust of rewards",
        statement="What a validator owes exceeds what its delegators can claim by at most what"
        " its dust has earned.",
        source="decision 2; S13",
        check=OnValidator(_bounded_dust),
        when=occasions.REWARDS,
    ),
    Law(
        id="RWD-3",
        name="third parties",
        statement="A user's transaction changes nobody else's stake or reward, by no fraction.",
        source="M8; B6",
        check=OnStep(_third_parties),
    ),
    Law(
        id="RWD-4",
        name="commission within bounds",
        statement="No validator asks, or will ask, a commission above the highest allowed.",
        source="S15; B31",
        check=OnValidator(_commission_bounds),
    ),
    Law(
        id="RWD-5",
        name="commission changes slowly",
        statement="A commission changes only at a boundary, and there by at most the bound.",
        source="S15",
        check=OnStep(_commission_rate),
        when=occasions.COMMISSION,
    ),
)
