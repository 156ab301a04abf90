"""Recognizes the layout of a document, and explains the layouts that are not supported."""

from properties.foreign.fields import Field, Missing, Skipped

WRAPPERS = (("result", "genesis"), ("genesis",))
"""The members around a genesis in a node's own response."""

_OLD_SECTION = "stake"
"""The name of the staking section in SDK 0.32 and before."""


def find_root(document: object) -> Field:
    """Return the object that has app_state in it. Raises Unreadable."""
    if not isinstance(document, dict):
        raise Field("the document", document).refuse("an object with app_state in it")
    root = Field("", document)
    if "app_state" in document:
        return root
    for wrapper in WRAPPERS:
        holder: Field | None = root
        for name in wrapper:
            inside = holder is not None and isinstance(holder.content, dict)
            holder = holder.child(name) if holder is not None and inside else None
        if (
            holder is not None
            and isinstance(holder.content, dict)
            and "app_state" in holder.content
        ):
            return holder
    return root


def find_staking(app_state: Field) -> Field:
    """Return the staking section. Raises Unreadable."""
    section = app_state.child("staking")
    if section is not None:
        return section
    if app_state.child(_OLD_SECTION) is not None:
        raise Missing(
            f"{app_state.where}.{_OLD_SECTION} is the staking section of SDK 0.32 and before; it"
            f" has {_keys(app_state.need(_OLD_SECTION))}. Have a newer version of the"
            " chain's own program migrate it, and give its export."
        )
    foreign = [name for name, held in app_state.content.items() if _looks_like_staking(held)]
    if foreign:
        similar = app_state.need(foreign[0])
        raise Missing(
            f"{similar.where} looks like the staking of another module; it has {_keys(similar)}."
            f" Its shares and amounts may mean other things, so it is not read as if it were"
            " app_state.staking."
        )
    raise app_state.without("staking")


def _looks_like_staking(section: object) -> bool:
    return {"validators", "delegations"} <= set(_names(section))


def _names(section: object) -> tuple[str, ...]:
    if isinstance(section, Skipped):
        return section.keys
    return tuple(section) if isinstance(section, dict) else ()


def _keys(section: Field) -> str:
    return Field(section.where, dict.fromkeys(_names(section.content))).keys()
