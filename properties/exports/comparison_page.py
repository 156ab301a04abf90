"""Two protocols side by side as one page: what each became, and both over epochs."""

from collections.abc import Callable

from properties.exports.line_chart import line_chart
from properties.exports.markup import Html, Part, element
from properties.exports.parts import facts_list, footer_of, table, whole_page
from properties.weighing.side_by_side import Comparison, Point, Side

MEASURES: tuple[tuple[str, Callable[[Point], int]], ...] = (
    ("stake", lambda point: point.staked),
    ("rewards issued", lambda point: point.issued),
    ("burned", lambda point: point.burned),
    ("latest final epoch", lambda point: point.final),
)
"""What is drawn over epochs, for each side."""


def comparison_page(sides: tuple[str, str], comparison: Comparison) -> str:
    """Return the page."""
    parting = comparison.parting
    facts: dict[str, Part] = {"A": sides[0], "B": sides[1], "drawn": f"{comparison.steps:,}"}
    if parting is not None:
        facts["first parted by"] = f"transaction {parting.number:,}: {parting.transaction}"
        facts["A said"], facts["B said"] = parting.answers
    header = element(
        "header",
        element("h1", f"{sides[0]} and {sides[1]}"),
        element("p", "They differ" if parting else "The same", class_="message"),
        facts_list(facts),
        class_="verdict broken" if parting else "verdict",
    )
    both = (("A", comparison.left), ("B", comparison.right))
    charts = [
        _chart(f"{name} on {letter}", side, measure)
        for name, measure in MEASURES
        for letter, side in both
    ]
    return whole_page(
        f"{sides[0]} and {sides[1]}",
        header,
        element("h2", "Over epochs"),
        element("div", charts, class_="charts"),
        element("h2", "When each epoch began"),
        _table(comparison),
        footer_of("stakespec compare"),
    )


def _chart(title: str, side: Side, measure: Callable[[Point], int]) -> Html:
    first = side.points[0].epoch
    points = [(point.epoch - first, measure(point)) for point in side.points]
    return line_chart(title, points, title.partition(" on ")[0], "epochs since the start")


def _table(comparison: Comparison) -> Html:
    there = {point.epoch: point for point in comparison.right.points}
    rows: list[list[Part]] = []
    for point in comparison.left.points:
        other = there.get(point.epoch)
        row: list[Part] = [f"{point.epoch:,}"]
        for _, measure in MEASURES:
            row += [f"{measure(point):,}", "" if other is None else f"{measure(other):,}"]
        rows.append(row)
    heads = ["epoch", *(f"{name}, {letter}" for name, _ in MEASURES for letter in "AB")]
    return table("epochs", heads, rows)
