"""Parts that pages share: the page itself, lists of facts, and tables that can be scrolled."""

from collections.abc import Mapping, Sequence

from properties.exports.markup import Html, Part, element
from properties.exports.style import STYLE


def whole_page(title: str, *parts: Part) -> str:
    """Return a page that needs nothing else."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(STYLE)),
    )
    body = element("body", element("main", parts))
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def footer_of(command: str) -> Html:
    """Return the foot of a page: which command says the same in a terminal."""
    said = "Written by stakespec. The same in a terminal: "
    return element("footer", said, element("code", command))


def facts_list(facts: Mapping[str, Part]) -> Html:
    """Return what is known under names."""
    rows = [(element("dt", name), element("dd", content)) for name, content in facts.items()]
    return element("dl", rows, class_="facts")


def table(name: str, names: Sequence[str], rows: Sequence[Sequence[Part]]) -> Html:
    """Return rows, of which there is at least one, under the names of their columns."""
    kinds = ["number" if _is_number(cell) else None for cell in rows[0]]
    head = [
        element("th", title, scope="col", class_=kind)
        for title, kind in zip(names, kinds, strict=True)
    ]
    body = [
        element(
            "tr",
            [element("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True)],
        )
        for row in rows
    ]
    rendered = element("table", element("thead", element("tr", head)), element("tbody", body))
    return scroll(rendered, name)


def _is_number(cell: Part) -> bool:
    return isinstance(cell, str) and cell[:1].isdigit()


def scroll(content: Html, name: str) -> Html:
    """Let a wide table be scrolled, with the keyboard too, and the page not."""
    return element("div", content, class_="scroll", role="region", aria_label=name, tabindex=0)
