"""The tokens of a chain other than the staked one."""

from properties.foreign.fields import Field
from properties.foreign.rows import Row

SHOWN_DENOMINATIONS = 5
"""How many of them get rows of their own."""

_ORIGINS = {
    "ibc/": "of another chain, by IBC",
    "factory/": "made by an account",
    "gamm/": "shares of a pool",
    "erc20": "of a contract",
    "cw20:": "of a contract",
    "peggy": "of another chain, by a bridge",
}
"""The origin of a denomination, by its prefix."""


def denomination_rows(app_state: Field, others: dict[str, tuple[int, int]]) -> tuple[Row, ...]:
    """Return rows on denominations, each with its accounts and its amount in them."""
    names = _display_names(app_state)
    ordered = sorted(others.items(), key=lambda entry: (-entry[1][0], entry[0]))
    rows = [
        Row(
            f"coin {_plain(denom)}{names.get(denom, '')}",
            f"{_origin(denom)}left out: {owned:,} of it, in so many accounts",
            held,
        )
        for denom, (held, owned) in ordered[:SHOWN_DENOMINATIONS]
    ]
    rest = ordered[SHOWN_DENOMINATIONS:]
    if rest:
        rows.append(Row("other coins", "so many more denominations, left out", len(rest)))
    return tuple(rows)


def _display_names(app_state: Field) -> dict[str, str]:
    """Return the display names of denominations, where the chain states them."""
    stated = app_state.find("bank", "denom_metadata")
    names = {}
    for entry in () if stated is None else stated.entries():
        base, display = entry.child("base"), entry.child("display")
        if base is not None and base.content and display is not None and display.content:
            names[base.text()] = f" ({_plain(display.text())})"
    return names


def _origin(denom: str) -> str:
    origins = (text for start, text in _ORIGINS.items() if denom.startswith(start))
    return next((f"{text}; " for text in origins), "")


def _plain(denom: str) -> str:
    text = denom if denom.isascii() and denom.isprintable() else ascii(denom)
    return text if len(text) <= 24 else text[:21] + "..."
