"""An exploration as one page that needs nothing else: what was seen, and the first states."""

from collections.abc import Sequence

from properties.engines.explore.outcome import Exploration
from properties.exports.markup import Html, Part, element
from properties.exports.parts import facts_list, footer_of, scroll, table, whole_page
from properties.exports.state_tree import Node, drawing_of, grow, table_of
from properties.model.design import law_of
from properties.trace.plurals import counted
from statemachine.protocol import Protocol


def exploration_page(outcome: Exploration, protocol: Protocol) -> str:
    """Return the page."""
    nodes = grow(outcome, protocol)
    parts: list[Part] = [
        _verdict(outcome, protocol),
        element("h2", "How much was seen"),
        _levels(outcome.levels),
        _accepted(outcome),
        element("h2", "The first states"),
        element("p", _about_the_tree(outcome, nodes), class_="faint"),
        drawing_of(nodes),
        element(
            "details",
            element("summary", element("strong", "The same in words")),
            table_of(nodes),
        ),
    ]
    return whole_page(
        f"{outcome.world.name}: {outcome.verdict()}",
        *parts,
        footer_of(f"stakespec explore {outcome.world.name}"),
    )


def _verdict(outcome: Exploration, protocol: Protocol) -> Html:
    """Say what came of it, and over what."""
    refutation = outcome.refutation
    bound = "none" if outcome.depth_bound is None else counted(outcome.depth_bound, "transaction")
    facts: dict[str, Part] = {
        "protocol": element("code", outcome.protocol),
        "world": outcome.world.summary,
        "bound": bound,
        "states": f"{outcome.states:,}, no two alike"
        + (" but for the names of equal validators" if outcome.folded else ""),
        "transactions": f"{outcome.transitions:,} accepted, {outcome.refused:,} refused",
    }
    message: list[Part] = []
    if refutation is not None:
        violation = refutation.violation
        law = law_of(protocol, violation.law)
        told = f"{violation.law} {law.name}: {violation.message}"
        message = [
            element("p", told, class_="message"),
            element("p", element("span", "The law: ", class_="faint"), law.statement),
        ]
    return element(
        "header",
        element("h1", f"{outcome.world.name}: {outcome.verdict()}"),
        *message,
        facts_list(facts),
        class_="verdict" if outcome.exit_code() == 0 else "verdict broken",
    )


def _levels(levels: Sequence[int]) -> Html:
    """Show how many new states each distance had."""
    most = max(levels, default=1)
    rows = [
        element(
            "tr",
            element("th", f"{depth:,}", scope="row", class_="number"),
            element("td", f"{count:,}", class_="number"),
            element("td", element("meter", min=0, max=most, value=count), class_="wide"),
        )
        for depth, count in enumerate(levels)
    ]
    names = ("transactions away", "new states", "")
    head = [element("th", name, scope="col", class_="number" if name else "wide") for name in names]
    levels_table = element("table", element("thead", element("tr", head)), element("tbody", rows))
    return scroll(levels_table, "new states by distance")


def _accepted(outcome: Exploration) -> Html | None:
    """Show which transactions were accepted, and how often."""
    rows = [(kind, f"{count:,}") for kind, count in sorted(outcome.fired.items())]
    return table("accepted", ("transaction", "accepted"), rows) if rows else None


def _about_the_tree(outcome: Exploration, nodes: Sequence[Node]) -> str:
    drawn, seen = len(nodes), outcome.states
    which = "All states" if drawn >= seen else f"{drawn:,} of {seen:,} states"
    told = (
        f"{which} stand here, each once, under the state that first led to it, in columns by"
        " distance. A line is the transaction named at its end; the table has further ways to"
        " a state."
    )
    return told + (" Red is the way to the broken law." if outcome.refutation is not None else "")
