"""Charts of the pots over a branch's states, as SVG in which nothing but shapes is drawn.

Words and numbers stand beside the shapes, in HTML, so that they keep their size however
wide the page is. Each state is a column as wide as any other: between two transactions
nothing changes.
"""

from collections.abc import Sequence

from properties.exports.markup import Html, element
from properties.exports.pots import POTS, compact, ever_issued, in_all_pots, ticks
from properties.exports.retelling import Branch

HEIGHT = 1_000
"""Units from the bottom of a drawing to its top."""

MOST_LABELS = 10
"""Labels on the horizontal axis, at most."""

NAMED_COLUMNS = 8
"""Columns up to which a label has room for the name of its transaction."""


def chart(branch: Branch, title: str, broken: bool) -> Html:
    """Draw what is in all pots, one on top of another, and each on a scale of its own."""
    states = branch.states
    amounts = {name: [pot(state) for state in states] for name, pot in POTS.items()}
    return element(
        "figure",
        _legend(amounts),
        _frame(branch, amounts, title, broken),
        element("p", "Each pot on a scale of its own, from its least to its most", class_="small"),
        element("div", [_single(name, series) for name, series in amounts.items()], class_="row"),
        class_="chart",
    )


def _legend(amounts: dict[str, list[int]]) -> Html:
    entries = [
        element("li", element("span", class_=f"swatch {name}"), name) for name in reversed(amounts)
    ]
    expected = element("li", element("span", class_="swatch expected"), "genesis supply + issued")
    return element("ul", entries, expected, class_="legend")


def _frame(branch: Branch, amounts: dict[str, list[int]], title: str, broken: bool) -> Html:
    states = branch.states
    expected = [ever_issued(state) for state in states]
    scale = ticks(max(*map(in_all_pots, states), *expected, 1))
    top = scale[-1]
    shapes: list[Html] = []
    if broken:
        shapes.append(element("rect", x=len(states) - 1, y=0, width=1, height=HEIGHT, class_="bad"))
    for tick in scale:
        height = _height(tick, 0, top)
        shapes.append(element("line", x1=0, x2=len(states), y1=height, y2=height, class_="grid"))
    below = [0] * len(states)
    for name, series in amounts.items():
        above = [height + added for height, added in zip(below, series, strict=True)]
        edges = [[_height(amount, 0, top) for amount in edge] for edge in (above, below)]
        area = f"{_steps(edges[0])} {_back(edges[1])}"
        shapes.append(element("path", element("title", name), d=area, class_=name))
        below = above
    line = _steps([_height(amount, 0, top) for amount in expected])
    shapes.append(element("path", element("title", "expected"), d=line, class_="expected"))
    shapes += [_reading(branch, place) for place in range(len(states))]
    drawing = element(
        "svg",
        element("title", title),
        *shapes,
        viewBox=f"0 0 {len(states)} {HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"{title}; the table below has the numbers",
    )
    return element(
        "div",
        element("div", "tokens", class_="up-title"),
        element("div", [_tick(tick, top) for tick in scale], class_="up", aria_hidden="true"),
        element("div", drawing, class_="plot"),
        element("div", _places(branch), class_="along", aria_hidden="true"),
        element("div", "after transaction", class_="along-title"),
        class_="frame",
    )


def _tick(tick: int, top: int) -> Html:
    return element("span", compact(tick), style=f"bottom:{100 * tick / top:.2f}%")


def _places(branch: Branch) -> list[Html]:
    count = len(branch.states)
    every = -(-count // MOST_LABELS)
    return [
        element(
            "span",
            "start" if place == 0 else str(place),
            element("small", _name(branch, place)) if count <= NAMED_COLUMNS else None,
            style=f"left:{100 * (place + 0.5) / count:.2f}%",
        )
        for place in range(0, count, every)
    ]


def _name(branch: Branch, place: int) -> str:
    """Return the name of the transaction that a column comes after."""
    return type(branch.moments[place - 1].transaction).__name__ if place else ""


def _reading(branch: Branch, place: int) -> Html:
    """Return what shows a column's numbers under a pointer."""
    state = branch.states[place]
    when = f"after {place}. {_name(branch, place)}" if place else "start"
    lines = [when, *(f"{name} {pot(state):,}" for name, pot in reversed(POTS.items()))]
    title = element("title", "\n".join(lines))
    return element("rect", title, x=place, y=0, width=1, height=HEIGHT, class_="reading")


def _single(name: str, series: Sequence[int]) -> Html:
    """Draw one pot alone, where what it gained or lost can be seen however little it is."""
    low, high = min(series), max(series)
    gained = series[-1] - series[0]
    if low == high:
        heights = [HEIGHT / 2] * len(series)
        caption = f"{compact(low)}, unchanged"
    else:
        margin = max(1, (high - low) // 10)
        heights = [_height(amount, low - margin, high + margin) for amount in series]
        caption = f"{compact(series[0])} → {compact(series[-1])}"
    sign = "+" if gained > 0 else ""
    return element(
        "div",
        element("h4", element("span", class_=f"swatch {name}"), name),
        element(
            "svg",
            element("title", f"{name}: {caption}"),
            element("path", d=_steps(heights), class_=f"{name} alone"),
            viewBox=f"0 0 {len(series)} {HEIGHT}",
            preserveAspectRatio="none",
            role="img",
        ),
        element("p", caption, title=f"{series[0]:,} → {series[-1]:,}"),
        element("p", f"{sign}{compact(gained)}", class_="gained") if gained else None,
        class_="single",
    )


def _height(amount: int, bottom: int, top: int) -> float:
    """Return how far from the top of a drawing an amount lies. The numbers may be huge."""
    return round(HEIGHT * (top - amount) / (top - bottom), 2)


def _steps(heights: Sequence[float]) -> str:
    """Return the upper edge of columns of these heights, from left to right."""
    return " ".join(
        f"{'V' if place else 'M0'} {height:g} H {place + 1}" for place, height in enumerate(heights)
    )


def _back(heights: Sequence[float]) -> str:
    """Return the lower edge, from right to left, that closes a shape."""
    places = reversed(range(len(heights)))
    return " ".join(f"V {heights[place]:g} H {place}" for place in places) + " Z"
