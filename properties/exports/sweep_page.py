"""A sweep as one page that needs nothing else: the grid as a heat map, and every cell."""

from collections.abc import Sequence

from properties.exports.markup import Html, Part, element
from properties.exports.parts import facts_list, footer_of, scroll, table, whole_page
from properties.weighing.grid import Cell, Question, heads_of, row_of, table_of
from properties.weighing.prices import PRICES


def sweep_page(question: Question, cells: Sequence[Cell]) -> str:
    """Return the page."""
    price = PRICES[question.price]
    better = "darker is better" if price.more_is_better else "darker is worse"
    facts: dict[str, Part] = {
        "protocol": question.protocol,
        "price": f"{price.statement} ({price.unit}); {better}",
        "runs": f"{question.runs} of each engine in each cell, seed {question.seed}",
    }
    parts: list[Part] = [
        element("h1", f"A sweep of {question.protocol}"),
        facts_list(facts),
        element("h2", "The grid"),
        _map(question, cells),
    ]
    refused = dict.fromkeys(cell.refused for cell in cells if cell.refused)
    if refused:
        parts += [
            element("h2", "Refused"),
            element("ul", [element("li", reason) for reason in refused]),
        ]
    parts += [
        element("h2", "Every cell"),
        table("cells", heads_of(question), [row_of(cell) for cell in cells]),
    ]
    footer = footer_of("stakespec sweep")
    return whole_page(f"sweep of {question.protocol}", *parts, footer)


def _map(question: Question, cells: Sequence[Cell]) -> Html:
    prices = [cell.price for cell in cells if cell.price is not None]
    low, high = min(prices, default=0), max(prices, default=0)
    heads, rows = table_of(question, cells)
    head = element("tr", [element("th", one, scope="col") for one in heads])
    body = [
        element(
            "tr",
            [
                element("th", part, scope="row")
                if isinstance(part, str)
                else _square(part, low, high)
                for part in row
            ],
        )
        for row in rows
    ]
    grid = element("table", element("thead", head), element("tbody", body), class_="heat")
    return scroll(grid, "grid")


def _square(cell: Cell, low: float, high: float) -> Html:
    if cell.verdict == "refused":
        return element("td", "refused", class_="faint", title=cell.refused)
    text = "-" if cell.price is None else f"{cell.price:,}"
    share = (
        0 if cell.price is None or high == low else round(60 * (cell.price - low) / (high - low))
    )
    words = " ".join(cell.broken) or cell.verdict
    return element(
        "td",
        element("strong", text),
        element("br"),
        words,
        class_="broken" if cell.broken else None,
        style=f"--heat: {share}%",
        title=", ".join(cell.settings),
    )
