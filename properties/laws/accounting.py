"""Laws of the pots: nothing is created, lost, negative or counted twice."""

from collections.abc import Iterator

from properties.laws import occasions
from properties.laws.law import Law, OnAccount, OnState, OnSum, OnValidator
from properties.laws.views import ValidatorView
from statemachine.primitives import REWARD_UNIT
from statemachine.rules.buckets import active_stake
from statemachine.state import State, Status


def _conservation(state: State) -> Iterator[str]:
    pots = state.pots
    held = state.accounts.total_weight + pots.bonded + pots.unbonding + pots.rewards + pots.treasury
    supply = state.supply
    expected = supply.genesis + supply.issued - supply.burned
    if held != expected:
        difference = held - expected
        verb = "created" if difference > 0 else "lost"
        yield f"pots {held:,}, expected {expected:,}: {abs(difference):,} {verb}"


def _account_not_empty(state: State, account: bytes) -> Iterator[str]:
    balance = state.accounts.get(account)
    if balance is not None and balance <= 0:
        yield f"account 0x{account.hex()} is kept with a balance of {balance}"


def _stake_not_empty(view: ValidatorView) -> Iterator[str]:
    where = f"validator 0x{view.address.hex()}"
    for bucket in view.stored.buckets:
        if bucket.lots <= 0 or bucket.amount < 0:
            yield f"{where} keeps a bucket of {bucket.amount:,} for {bucket.lots} lots"
    for claim in view.claims:
        if any(lot.amount <= 0 for lot in claim.stored.lots):
            yield f"delegator 0x{claim.delegator.hex()} keeps an empty lot at {where}"
        if not claim.stored.lots and claim.stored.reward < REWARD_UNIT:
            yield f"delegator 0x{claim.delegator.hex()} keeps an empty delegation at {where}"


def _bonded_part(view: ValidatorView) -> int:
    return sum(bucket.amount for bucket in view.stored.buckets if bucket.end is None)


def _unbonding_part(view: ValidatorView) -> int:
    return sum(bucket.amount for bucket in view.stored.buckets if bucket.end is not None)


def _reward_part(view: ValidatorView) -> int:
    credited = sum(claim.stored.reward for claim in view.claims)
    return view.settled.commission + view.settled.owed + credited


def _reward_total(state: State) -> int:
    return state.pots.rewards * REWARD_UNIT - state.undistributed


def _earning_is_active_stake(view: ValidatorView) -> Iterator[str]:
    validator, state = view.stored, view.state
    where = f"validator 0x{view.address.hex()}"
    in_set = view.address in state.snapshot
    if not in_set and validator.earning:
        yield f"{where} earns with {validator.earning:,} outside the active set"
    active = active_stake(validator.buckets, state.epoch)
    if in_set and validator.earning != active:
        yield f"{where} earns with {validator.earning:,}, but {active:,} is active behind it"
    if validator.status is Status.ACTIVE and not in_set and active:
        yield f"{where} is active, but not in the active set"
    if validator.status is Status.PENDING and in_set:
        yield f"{where} is {validator.status.value}, but in the active set"


def _accounts_total(state: State) -> Iterator[str]:
    # Recomputed only where it is cheap; the container has tests of its own.
    if len(state.accounts) <= 64:
        recomputed = sum(state.accounts.entries())
        if recomputed != state.accounts.total_weight:
            yield f"accounts hold {recomputed:,}, their total says {state.accounts.total_weight:,}"


def _snapshot_weights(state: State) -> Iterator[str]:
    if len(state.snapshot) <= 64:
        for address, stake in state.snapshot.items():
            if stake <= 0:
                yield f"0x{address.hex()} is in the active set with a stake of {stake}"
        recomputed = sum(state.snapshot.entries())
        if recomputed != state.snapshot.total_weight:
            yield f"snapshot holds {recomputed:,}, its total says {state.snapshot.total_weight:,}"


LAWS = (
    Law(
        id="ACC-1",
        name="conservation",
        statement="Accounts + bonded + unbonding + rewards + treasury = genesis supply + issued"
        " - burned.",
        source="catalogue 1; S6, S9",
        check=OnState(_conservation, reads=("accounts", "pots", "supply")),
    ),
    Law(
        id="ACC-2",
        name="no empty account",
        statement="No account is kept with a balance of zero or less.",
        source="catalogue 1",
        check=OnAccount(_account_not_empty),
    ),
    Law(
        id="ACC-3",
        name="no empty stake",
        statement="No lot, bucket or delegation is kept that nobody owns anything in.",
        source="catalogue 1; B9",
        check=OnValidator(_stake_not_empty),
    ),
    Law(
        id="ACC-4",
        name="bonded pot",
        statement="The bonded pot is the sum of all buckets without an end.",
        source="catalogue 1; S2, S8",
        check=OnSum(lambda state: state.pots.bonded, _bonded_part),
    ),
    Law(
        id="ACC-5",
        name="unbonding pot",
        statement="The unbonding pot is the sum of all buckets with an end.",
        source="catalogue 1",
        check=OnSum(lambda state: state.pots.unbonding, _unbonding_part),
        when=occasions.UNBONDING,
    ),
    Law(
        id="ACC-6",
        name="reward pot",
        statement="The reward pot is, to the last fraction, what is carried, owed to validators"
        " and their delegators, and credited.",
        source="B10; S13",
        check=OnSum(_reward_total, _reward_part, unit=REWARD_UNIT),
        when=occasions.REWARDS,
    ),
    Law(
        id="ACC-7",
        name="earning stake",
        statement="What a validator in the active set earns with is the stake active behind it;"
        " outside it earns with nothing; status and set agree.",
        source="B18; S2",
        check=OnValidator(_earning_is_active_stake),
    ),
    Law(
        id="ACC-8",
        name="account total",
        statement="The total that the map of accounts keeps is the sum of the balances"
        " (recomputed in worlds of up to 64 accounts).",
        source="catalogue 1",
        check=OnState(_accounts_total, reads=("accounts",)),
    ),
    Law(
        id="ACC-9",
        name="snapshot total",
        statement="The total of the snapshot is the sum of its stakes, none of them zero"
        " (recomputed in sets of up to 64).",
        source="catalogue 1; S2",
        check=OnState(_snapshot_weights, reads=("snapshot",)),
    ),
)
