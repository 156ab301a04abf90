"""Two branches whose sets are driven apart, with parameters as the protocol begins with them.

On each branch one half of the validators leaves as fast as it may while the other half takes
in as much as it may; then the half that stayed makes something final. Nobody signs twice, so
whatever they bring about, evidence finds nobody to blame.
"""

from collections.abc import Sequence
from random import Random

from properties.engines.branches.branch import Branch, Signed
from properties.model.design import begun_with
from statemachine.arithmetic import share
from statemachine.messages import Vote
from statemachine.params import Params
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.rules.validators import bonded_self_stake
from statemachine.transactions import Delegate, Undelegate

DECLARED = ("churn_bps", "churn_floor", "evidence_window", "unbonding_epochs")
"""The parameters by which the sets of two branches can differ."""

WEIGHTY = 100_000_000
"""What stakes are multiplied by where the share of churn, and not its floor, is to count."""

LEFT_FOR_VOTES = 4
"""Epochs of the evidence window in which nobody moves any more, so that votes can count."""


def as_declared(params: Params) -> Params:
    """Return parameters with the defaults for what bounds churn and evidence."""
    default = Params()
    return evolve(params, **{name: getattr(default, name) for name in DECLARED})


def is_declared(params: Params, protocol: Protocol) -> bool:
    """Say whether what bounds churn and evidence is what the protocol begins with."""
    begun = begun_with(protocol, Params())
    return all(getattr(params, name) == getattr(begun, name) for name in DECLARED)


def drive_apart(rng: Random, left: Branch, right: Branch, signed: Signed) -> bool:
    """Drive the sets of two branches apart, and have each vote; say whether both could."""
    everybody = list(left.state.snapshot)
    rng.shuffle(everybody)
    middle = len(everybody) // 2
    some, others = everybody[:middle], everybody[middle:]
    window = left.state.params.evidence_window
    epochs = max(1, rng.choice((1, 2, window // 2, window - LEFT_FOR_VOTES)))
    signed.records.clear()
    done = [
        _take_over(left, some, others, epochs, signed),
        _take_over(right, others, some, epochs, signed),
    ]
    return all(done)


def wait_out(rng: Random, left: Branch, right: Branch, signed: Signed) -> None:
    """Have each half vote on its branch alone, epoch after epoch, until something is final.

    Nothing ever is where a quorum stays a quorum; where whoever is silent loses stake, it may be.
    """
    everybody = list(left.state.snapshot)
    rng.shuffle(everybody)
    middle = rng.randint(1, max(1, len(everybody) - 1))
    signed.records.clear()
    for side, voters in ((left, everybody[:middle]), (right, everybody[middle:])):
        before = side.state.finality.finalised
        for _ in range(side.state.params.evidence_window - LEFT_FOR_VOTES):
            if not side.enter(side.state.epoch + 1, signed):
                break
            target = side.checkpoint(side.state.epoch)
            present = [one for one in voters if one in side.state.snapshot]
            if target is None or not present:
                break
            side.cast(Vote(side.state.finality.justified, target), present, signed)
            if side.state.finality.finalised != before:
                break


def _take_over(
    side: Branch, staying: Sequence[bytes], leaving: Sequence[bytes], epochs: int, signed: Signed
) -> bool:
    for _ in range(epochs):
        _move(side, staying, leaving)
        if not side.enter(side.state.epoch + 1, signed):
            return False
    # Two links in a row make the first target final.
    for _ in range(2):
        if not side.enter(side.state.epoch + 1, signed):
            return False
        target = side.checkpoint(side.state.epoch)
        if target is None:
            return False
        voters = [one for one in staying if one in side.state.snapshot]
        side.cast(Vote(side.state.finality.justified, target), voters, signed)
    return True


def _move(side: Branch, staying: Sequence[bytes], leaving: Sequence[bytes]) -> None:
    """Ask for more than the protocol should let leave and join; it bounds how much that is."""
    params = side.state.params
    limit = max(params.churn_floor, share(side.state.snapshot.total_weight, params.churn_bps))
    for one in leaving:
        spare = bonded_self_stake(side.state, one) - params.min_stake
        for amount in (spare, min(spare, limit)):
            if amount > 0 and side.try_apply(Undelegate(one, one, amount)) is not None:
                break
    for one in staying:
        balance = side.state.accounts.get(one, 0)
        for amount in (balance, min(balance, limit)):
            if amount > 0 and side.try_apply(Delegate(one, one, amount)) is not None:
                break
