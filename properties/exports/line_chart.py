"""Lines that rise over time, as SVG in which nothing but shapes is drawn; words stand beside."""

from collections.abc import Sequence

from properties.exports.markup import Html, element
from properties.exports.pots import compact, ticks

HEIGHT = 1_000
"""Units from the bottom of a drawing to its top, and from its left to its right."""

MOST_LABELS = 6
"""Labels on the horizontal axis, at most."""


def line_chart(
    title: str, points: Sequence[tuple[int, int]], upwards: str, along: str, divisor: int = 1
) -> Html:
    """Draw steps from nothing through points (x, y), both rising.

    The axes are named; what is written along the horizontal one is x divided by `divisor`.
    """
    width = max(max(x for x, _ in points), 1)
    scale = ticks(max(max(y for _, y in points), 1))
    top = scale[-1]
    shapes = [
        element("line", x1=0, x2=HEIGHT, y1=height, y2=height, class_="grid")
        for height in (_height(tick, top) for tick in scale)
    ]
    path = f"M0 {HEIGHT}"
    for x, y in points:
        path += f" H {HEIGHT * x / width:.2f} V {_height(y, top):g}"
    shapes.append(element("path", d=path, class_="alone line"))
    drawing = element(
        "svg",
        element("title", title),
        *shapes,
        viewBox=f"0 0 {HEIGHT} {HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"{title}; the table of shards has the numbers",
    )
    labels = [tick for tick in ticks(max(width // divisor, 1)) if tick * divisor <= width]
    return element(
        "figure",
        element("figcaption", title),
        element(
            "div",
            element("div", upwards, class_="up-title"),
            element("div", [_tick(tick, top) for tick in scale], class_="up", aria_hidden="true"),
            element("div", drawing, class_="plot"),
            element(
                "div",
                [_place(label, 100 * label * divisor / width) for label in labels[:MOST_LABELS]],
                class_="along",
                aria_hidden="true",
            ),
            element("div", along, class_="along-title"),
            class_="frame",
        ),
        class_="chart",
    )


def _height(amount: int, top: int) -> float:
    return round(HEIGHT * (top - amount) / top, 2)


def _tick(tick: int, top: int) -> Html:
    return element("span", compact(tick), style=f"bottom:{100 * tick / top:.2f}%")


def _place(label: int, percent: float) -> Html:
    return element("span", f"{label:,}", style=f"left:{percent:.2f}%")
