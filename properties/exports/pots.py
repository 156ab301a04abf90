"""The pots that hold a state's tokens, for charts and tables."""

from collections.abc import Callable

from statemachine.state import State

POTS: dict[str, Callable[[State], int]] = {
    "bonded": lambda state: state.pots.bonded,
    "unbonding": lambda state: state.pots.unbonding,
    "rewards": lambda state: state.pots.rewards,
    "treasury": lambda state: state.pots.treasury,
    "accounts": lambda state: state.accounts.total_weight,
    "burned": lambda state: state.supply.burned,
}
"""The content of each pot; charts stack them from the first up."""


def in_all_pots(state: State) -> int:
    """Return the number of tokens, burned ones included."""
    return sum(pot(state) for pot in POTS.values())


def ever_issued(state: State) -> int:
    """Return the number of tokens that there should be."""
    return state.supply.genesis + state.supply.issued


SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

PLAIN_DIGITS = 7
"""Digits up to which a number is written out on an axis."""


def compact(number: int) -> str:
    """Write a number briefly: large ones as three digits and a power of ten."""
    digits = str(abs(number))
    sign = "−" if number < 0 else ""
    if len(digits) <= PLAIN_DIGITS:
        return f"{sign}{int(digits):,}"
    rest = digits[1:3].rstrip("0")
    leading = f"{digits[0]}.{rest}" if rest else digits[0]
    power = str(len(digits) - 1).translate(SUPERSCRIPTS)
    return f"{sign}{leading}\u00a0×\u00a010{power}"


def ticks(top: int) -> tuple[int, ...]:
    """Return round numbers from zero up to at least a number, four or five steps of them."""
    for exponent in range(len(str(top)) + 1):
        for leading in (1, 2, 5):
            step = leading * 10**exponent
            count = -(-top // step)
            if count <= 5:
                return tuple(step * place for place in range(max(count, 1) + 1))
    raise AssertionError("no step is ten times the number")
