"""The first states of a search as a tree: each stands once, under that which first led to it.

Every further way to a state that stands already is told in words. As lines they would cross each
other, and of eighty states nobody could follow any.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from properties.engines.explore.outcome import Exploration
from properties.engines.explore.share import Position, Share
from properties.exports.markup import Html, element
from properties.exports.parts import scroll, table
from properties.laws.describe import describe
from statemachine.protocol import Protocol
from statemachine.state import State

MOST_DRAWN = 80
"""States that are drawn; the way to a broken law is drawn besides."""

LAYER, ROW, MARGIN, RADIUS = 190, 26, 24, 9
"""Units from one distance to the next, from one state to that below, around all, and of a state."""


@attrs.define
class Node:
    """A state that is drawn."""

    depth: int
    parent: int | None
    """The number of the state that first led to it."""
    by: str = ""
    """The transaction that did."""
    kind: str = "the start"
    """The transaction in a word."""
    about: str = ""
    broken: bool = False
    """Whether it is on the way to a broken law."""
    loops: int = 0
    """Transactions that leave it as it is."""
    elsewhere: dict[int, list[str]] = attrs.field(factory=dict)
    """Transactions that lead to states that stand elsewhere, by their numbers."""
    undrawn: int = 0
    """Transactions that lead to states that are not drawn."""


def grow(outcome: Exploration, protocol: Protocol) -> list[Node]:
    """Visit the first states of a search again, nearest first, and then the way to a broken law."""
    share = Share.of(outcome.world, protocol, ())
    start, _ = share.start()
    numbers = {share.key(start): 0}
    positions = [start]
    nodes = [Node(0, None, about=_about(start))]
    place = 0
    while place < len(positions):
        node = nodes[place]
        if node.depth == outcome.depth_bound:
            break
        for branch, edge in share.edges(positions[place]):
            after = share.moved(positions[place], branch, edge)
            key = share.key(after)
            told = _told(outcome, branch, edge.transaction)
            if key not in numbers:
                if len(positions) >= MOST_DRAWN:
                    node.undrawn += 1
                    continue
                numbers[key] = len(positions)
                positions.append(after)
                nodes.append(_child(outcome, place, node, branch, edge.transaction, after))
            elif numbers[key] == place:
                node.loops += 1
            else:
                node.elsewhere.setdefault(numbers[key], []).append(told)
        place += 1
    if outcome.refutation is not None:
        _add_refutation(outcome, share, nodes, numbers)
    return nodes


def _add_refutation(
    outcome: Exploration, share: Share, nodes: list[Node], numbers: dict[bytes, int]
) -> None:
    """Draw the way to a broken law, and hang what it goes through under it."""
    assert outcome.refutation is not None
    position, _ = share.start()
    before = 0
    nodes[0].broken = True
    for step in outcome.refutation.story:
        edge = next(
            edge
            for branch, edge in share.edges(position)
            if branch == step.branch and edge.transaction == step.transaction
        )
        position = share.moved(position, step.branch, edge)
        child = _child(outcome, before, nodes[before], step.branch, step.transaction, position)
        place = numbers.setdefault(share.key(position), len(nodes))
        if place == len(nodes):
            nodes.append(child)
        elif nodes[place].parent != before:
            old = nodes[place]
            assert old.parent is not None
            nodes[old.parent].elsewhere.setdefault(place, []).append(old.by)
            child.loops, child.elsewhere, child.undrawn = old.loops, old.elsewhere, old.undrawn
            nodes[place] = child
        nodes[place].broken = True
        before = place


def _child(
    outcome: Exploration, parent: int, node: Node, branch: int, transaction: Any, after: Position
) -> Node:
    chain = f"{branch + 1}: " if len(outcome.world.branches) > 1 else ""
    return Node(
        node.depth + 1,
        parent,
        _told(outcome, branch, transaction),
        chain + type(transaction).__name__,
        _about(after),
    )


def _about(position: Position) -> str:
    return "; ".join(_summary(node.state) for node in position)


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


# --- drawing -----------------------------------------------------------------------------


def drawing_of(nodes: list[Node]) -> Html:
    """Draw the tree: the start at the left, a row for each state that nothing drawn follows."""
    places = _places(nodes)
    width = 2 * MARGIN + LAYER * (1 + max(node.depth for node in nodes))
    height = 2 * MARGIN + max(y for _, y in places)
    drawing = element(
        "svg",
        element("title", "the first states, as a tree"),
        [_line(places, number, node) for number, node in enumerate(nodes)],
        [_state(places[number], number, node) for number, node in enumerate(nodes)],
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label="the first states as a tree; the table below has all of it",
    )
    return scroll(
        element("div", drawing, class_="tree", style=f"min-width: {width}px"), "the first states"
    )


def _places(nodes: list[Node]) -> list[tuple[int, int]]:
    """Return where each state stands: its children below each other, itself beside the first."""
    children: list[list[int]] = [[] for _ in nodes]
    for number, node in enumerate(nodes):
        if node.parent is not None:
            children[node.parent].append(number)
    rows = [0] * len(nodes)
    row = 0
    waiting = [0]
    while waiting:
        number = waiting.pop()
        rows[number] = row
        row += not children[number]
        waiting += reversed(children[number])
    return [
        (MARGIN + LAYER * node.depth, MARGIN + ROW * rows[number])
        for number, node in enumerate(nodes)
    ]


def _line(places: list[tuple[int, int]], number: int, node: Node) -> Html | None:
    if node.parent is None:
        return None
    (x1, y1), (x2, y2) = places[node.parent], places[number]
    turn = x1 + MARGIN
    path = f"M {x1} {y1} H {turn} V {y2} H {x2}"
    return element(
        "path", element("title", node.by), d=path, class_="way broken" if node.broken else "way"
    )


def _state(place: tuple[int, int], number: int, node: Node) -> Html:
    x, y = place
    return element(
        "g",
        element("title", f"state {number}: {node.about}"),
        element("circle", cx=x, cy=y, r=RADIUS),
        element("text", str(number), x=x, y=y + 3, class_="inside"),
        element("text", node.kind, x=x + RADIUS + 4, y=y - 3),
        class_="state broken" if node.broken else "state",
    )


# --- the same in words -------------------------------------------------------------------


def table_of(nodes: list[Node]) -> Html:
    """Return all that is drawn as a table."""
    rows = [
        (
            str(number),
            "" if node.parent is None else str(node.parent),
            node.by,
            node.about,
            ", ".join(_leads(node)),
        )
        for number, node in enumerate(nodes)
    ]
    return table("states", ("state", "after", "by", "what it is", "leads also to"), rows)


def _leads(node: Node) -> Iterator[str]:
    if node.loops:
        yield f"itself ({node.loops:,})"
    for number, ways in sorted(node.elsewhere.items()):
        yield f"{number} ({len(ways):,})" if len(ways) > 1 else f"{number}"
    if node.undrawn:
        yield f"{node.undrawn:,} not drawn"
