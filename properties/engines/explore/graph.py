"""A small state graph as a page: the first states of a world, and what leads to what."""

from html import escape

import attrs

from properties.engines.explore.outcome import Exploration
from properties.engines.explore.share import Position, Share
from properties.laws.describe import describe
from statemachine.protocol import Protocol
from statemachine.state import State

MOST_DRAWN = 80
"""States in the largest graph that an eye can follow."""

LAYER, ROW, MARGIN, RADIUS = 120, 28, 40, 9
"""Sizes in pixels."""


@attrs.frozen
class Arrow:
    """A transaction that leads from one drawn state to another."""

    before: int
    after: int
    label: str


@attrs.define
class Graph:
    """The states that are drawn, by number, and the arrows between them."""

    depths: list[int] = attrs.field(factory=list)
    labels: list[str] = attrs.field(factory=list)
    arrows: list[Arrow] = attrs.field(factory=list)
    broken: set[int] = attrs.field(factory=set)
    """The states on the way to a broken law."""


def draw(outcome: Exploration, protocol: Protocol) -> str:
    """Return a page with the first states of a search, drawn from what is reachable again.

    States stand in columns by their distance. The way to a broken law is drawn whole.
    """
    return _page(outcome, _graph(outcome, protocol))


def _graph(outcome: Exploration, protocol: Protocol) -> Graph:
    share = Share.of(outcome.world, protocol, ())
    graph = Graph()
    position, _ = share.start()
    numbers = {share.key(position): 0}
    positions = [position]
    _add(graph, position, 0)
    place = 0
    while place < len(positions):
        depth = graph.depths[place]
        if depth == outcome.depth_bound:
            break
        for branch, edge in share.edges(positions[place]):
            after = share.moved(positions[place], branch, edge)
            key = share.key(after)
            if key not in numbers:
                if len(positions) >= MOST_DRAWN:
                    continue
                numbers[key] = len(positions)
                positions.append(after)
                _add(graph, after, depth + 1)
            label = _told(outcome, branch, edge.transaction)
            graph.arrows.append(Arrow(place, numbers[key], label))
        place += 1
    _add_refutation(outcome, share, graph, numbers)
    return graph


def _add_refutation(
    outcome: Exploration, share: Share, graph: Graph, numbers: dict[bytes, int]
) -> None:
    """Draw the way to a broken law, where it leads beyond what is drawn already."""
    if outcome.refutation is None:
        return
    position, _ = share.start()
    before = 0
    graph.broken.add(before)
    for depth, step in enumerate(outcome.refutation.story, start=1):
        edge = next(
            edge
            for branch, edge in share.edges(position)
            if branch == step.branch and edge.transaction == step.transaction
        )
        position = share.moved(position, step.branch, edge)
        key = share.key(position)
        if key not in numbers:
            numbers[key] = len(graph.depths)
            _add(graph, position, depth)
        graph.arrows.append(
            Arrow(before, numbers[key], _told(outcome, step.branch, step.transaction))
        )
        before = numbers[key]
        graph.broken.add(before)


def _add(graph: Graph, position: Position, depth: int) -> None:
    graph.depths.append(depth)
    graph.labels.append("\n".join(_summary(node.state) for node in position))


def _summary(state: State) -> str:
    finality, pots = state.finality, state.pots
    return (
        f"epoch {state.epoch}, justified {finality.justified.epoch}, final"
        f" {finality.finalised.epoch}, {len(finality.votes)} votes; bonded {pots.bonded:,},"
        f" unbonding {pots.unbonding:,}, rewards {pots.rewards:,}, burned {state.supply.burned:,}"
    )


def _told(outcome: Exploration, branch: int, transaction: object) -> str:
    where = f"chain {branch + 1}: " if len(outcome.world.branches) > 1 else ""
    return where + describe(transaction)


# --- the page ----------------------------------------------------------------------------


def _page(outcome: Exploration, graph: Graph) -> str:
    columns: dict[int, list[int]] = {}
    for number, depth in sorted(
        enumerate(graph.depths), key=lambda node: (node[0] not in graph.broken, node[0])
    ):
        columns.setdefault(depth, []).append(number)
    tallest = max(len(column) for column in columns.values())
    width = 2 * MARGIN + LAYER * max(columns)
    height = 2 * MARGIN + ROW * max(1, tallest - 1)
    places = {
        number: (
            MARGIN + LAYER * depth,
            round(MARGIN + (height - 2 * MARGIN) * (row + 0.5) / len(column)),
        )
        for depth, column in columns.items()
        for row, number in enumerate(column)
    }
    drawing = [*_arrows(graph, places), *_states(graph, places)]
    title = f"{outcome.world.name}: {outcome.verdict()}"
    drawn = f"{len(graph.depths):,} of {outcome.states:,} states are drawn"
    if outcome.refutation is not None:
        violation = outcome.refutation.violation
        drawn += f"; red: the way to breaking {violation.law}: {violation.message}"
    return PAGE.format(
        title=escape(title),
        summary=escape(outcome.world.summary),
        drawn=escape(drawn),
        width=width,
        height=height,
        drawing="\n".join(drawing),
    )


def _arrows(graph: Graph, places: dict[int, tuple[int, int]]) -> list[str]:
    lines = []
    for arrow in dict.fromkeys(graph.arrows):
        (x1, y1), (x2, y2) = places[arrow.before], places[arrow.after]
        kind = "broken" if {arrow.before, arrow.after} <= graph.broken else "arrow"
        if arrow.before == arrow.after:
            path = f"M{x1} {y1 - RADIUS}c-16 -22 16 -22 0 0"
        elif x1 == x2:
            path = f"M{x1} {y1}q{LAYER // 3} {(y2 - y1) // 2} 0 {y2 - y1}"
        else:
            path = f"M{x1} {y1}C{x1 + LAYER // 2} {y1} {x2 - LAYER // 2} {y2} {x2} {y2}"
        lines.append(f'<path class="{kind}" d="{path}"><title>{escape(arrow.label)}</title></path>')
    return lines


def _states(graph: Graph, places: dict[int, tuple[int, int]]) -> list[str]:
    return [
        f'<g class="{"broken" if number in graph.broken else "state"}"'
        f' transform="translate({x} {y})"><circle r="{RADIUS}"/>'
        f'<text dy="3">{number}</text>'
        f"<title>{escape(f'state {number}' + chr(10) + graph.labels[number])}</title></g>"
        for number, (x, y) in places.items()
    ]


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 14px/1.5 system-ui, sans-serif; margin: 2em; color: #222; background: #fff; }}
div {{ overflow: auto; border: 1px solid #ddd; }}
path {{ fill: none; stroke: #b8c4d0; }}
path:hover {{ stroke: #1668b8; stroke-width: 3; }}
path.broken {{ stroke: #c22; stroke-width: 2; }}
circle {{ fill: #e8eef5; stroke: #5b7590; }}
.broken circle {{ fill: #fbdcdc; stroke: #c22; }}
text {{ font-size: 8px; text-anchor: middle; pointer-events: none; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{summary} States stand in columns by the number of transactions that it takes to reach
them; point at a state or an arrow to read what it is.</p>
<p>{drawn}.</p>
<div><svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img"
aria-label="state graph">
{drawing}
</svg></div>
</body>
</html>
"""
