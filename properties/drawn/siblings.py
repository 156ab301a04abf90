"""Fields that can be taken for one another: those of one record that have one type."""

import ast
import inspect

from statemachine import messages, params, protocol, state, transactions
from statemachine.records import fields_of

RECORDS = {
    name: kind
    for module in (messages, params, protocol, state, transactions)
    for name, kind in inspect.getmembers(module, inspect.isclass)
    if hasattr(kind, "__attrs_attrs__")
}
"""The records that rules read, by name."""

BY_NAME = {name.lower(): name for name in RECORDS}


def _record_of(node: ast.expr, annotated: dict[str, str]) -> type | None:
    """Return the record that an expression gives, as far as names tell."""
    if isinstance(node, ast.Name) and node.id in annotated:
        return RECORDS.get(annotated[node.id])
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return RECORDS.get(BY_NAME.get(name, ""))


def siblings(node: ast.Attribute, annotated: dict[str, str]) -> list[str]:
    """Return the fields that could be read in the place of a field, by mistake."""
    kind = _record_of(node.value, annotated)
    if kind is None:
        return []
    fields = {field.name: field.type for field in fields_of(kind)}
    wanted = fields.get(node.attr)
    if wanted is None:
        return []
    return [name for name, held in fields.items() if name != node.attr and held == wanted]
