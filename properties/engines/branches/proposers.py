"""Are validators elected as often as their stake says? A chi-squared test.

The statistic is the sum of (elected - expected)^2 / expected, exact in fractions. For k
degrees of freedom it exceeds k + 2 sqrt(k t) + 2 t with a probability of at most e^-t
(Laurent and Massart, 2000, lemma 1). With t = 21 that is less than one in 1,000,000,000:
how often the test is wrong about an election that is right.
"""

from collections import Counter
from fractions import Fraction
from math import isqrt
from random import Random

from properties.engines.branches.schedules import schedule_complaint
from properties.laws.describe import short
from properties.laws.law import Violation
from properties.laws.patience import PATIENCE
from properties.model.names import public_key
from statemachine.description import (
    Genesis,
    GenesisDelegation,
    GenesisValidator,
)
from statemachine.merkle_map import MerkleMap
from statemachine.params import Params
from statemachine.protocol import Protocol
from statemachine.state import State

EXPONENT = 21
"""The test is wrong with a probability of at most e to the minus this."""

SLOTS = 2_000
"""Slots that are looked at in one go."""

LEAST_EXPECTED = 30
"""Who is expected less often is counted together with the next, as the test demands."""


OF_ELECTIONS = ("PRO-1", "RND-3")
"""The laws that are judged by many elections."""


def wrong_elections(protocol: Protocol, state: State) -> list[Violation]:
    """Say what is wrong with the elections of a state's epoch."""
    with PATIENCE:
        complaints = (frequency_complaint(protocol, state), schedule_complaint(protocol, state))
    laws = zip(OF_ELECTIONS, complaints, strict=True)
    return [Violation(law, complaint) for law, complaint in laws if complaint is not None]


def frequency_complaint(protocol: Protocol, state: State, slots: int = SLOTS) -> str | None:
    """Say whether the proposers of so many slots of a state's epoch do not follow stake."""
    total = state.snapshot.total_weight
    elected = Counter(protocol.elect(state, state.slot + slot) for slot in range(slots))
    strangers = [one for one in elected if one is None or one not in state.snapshot]
    if strangers:
        return f"{len(strangers)} were elected that have no stake"
    groups = list(_groups(state.snapshot, slots, total))
    statistic = Fraction(0)
    worst, excess = b"", Fraction(-1)
    for members, weight in groups:
        expected = Fraction(weight * slots, total)
        part = (sum(elected[one] for one in members) - expected) ** 2 / expected
        statistic += part
        if part > excess:
            worst, excess = members[0], part
    freedom = len(groups) - 1
    bound = freedom + 2 * isqrt(freedom * EXPONENT) + 2 + 2 * EXPONENT
    if statistic <= bound:
        return None
    return (
        f"in {slots:,} slots {short(worst)} was elected {elected[worst]:,} times, with"
        f" {state.snapshot[worst]:,} of {total:,}; the statistic is {float(statistic):,.1f}, and"
        f" more than {bound} is once in {10**9:,}"
    )


def _groups(snapshot: MerkleMap[int], slots: int, total: int) -> list[tuple[list[bytes], int]]:
    """Put validators together until each group is expected often enough."""
    groups: list[tuple[list[bytes], int]] = []
    members: list[bytes] = []
    weight = 0
    for one, stake in snapshot.items():
        members.append(one)
        weight += stake
        if weight * slots >= LEAST_EXPECTED * total:
            groups.append((members, weight))
            members, weight = [], 0
    if members and groups:
        last, before = groups.pop()
        groups.append(([*last, *members], before + weight))
    return groups


def draw_electorate(rng: Random) -> Genesis:
    """Draw a genesis with any number of validators of any stakes."""
    operators = [rng.randbytes(20) for _ in range(rng.randint(2, 12))]
    return Genesis(
        chain_id="electorate",
        params=Params(min_stake=1),
        accounts=(),
        validators=tuple(GenesisValidator(one, public_key(one), 0) for one in operators),
        delegations=tuple(
            GenesisDelegation(
                one, one, rng.choice((1, 2, 3, rng.randint(1, 100), rng.randint(1, 10**6)))
            )
            for one in operators
        ),
        randomness=rng.randbytes(32),
    )
