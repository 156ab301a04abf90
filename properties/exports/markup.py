"""HTML put together from parts, in which no text can be taken for markup."""

import re
from collections.abc import Iterable
from html import escape


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Part = str | None | Iterable["Part"]
"""Html as it is, other text escaped, None as nothing, and any of these one after another."""

VOID = frozenset({"meta", "rect", "line", "path"})
"""Elements that are written without an end where they have no content."""


def joined(*parts: Part) -> Html:
    """Return parts one after another."""
    return Html("".join(map(_written, parts)))


def element(name: str, /, *parts: Part, **attributes: object) -> Html:
    """Return an element.

    An attribute that is None or False is left out, one that is True has no content. In
    its name `_` stands for `-`, and one at the end for nothing: `class_`.
    """
    opening = name
    for key, content in attributes.items():
        if content is None or content is False:
            continue
        opening += " " + key.removesuffix("_").replace("_", "-")
        if content is not True:
            opening += f'="{escape(str(content))}"'
    inside = joined(*parts)
    if name in VOID and not inside:
        return Html(f"<{opening}/>")
    return Html(f"<{opening}>{inside}</{name}>")


LONG_NUMBER = re.compile(r"\d+(?:,\d{3}){4,}")


def breakable(text: str) -> Html:
    """Return text whose long numbers may be broken where their thousands are."""
    return Html(LONG_NUMBER.sub(lambda number: number[0].replace(",", ",<wbr>"), escape(text)))


def _written(part: Part) -> str:
    if part is None:
        return ""
    if isinstance(part, Html):
        return part
    if isinstance(part, str):
        return escape(part)
    return joined(*part)
