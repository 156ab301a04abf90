"""`--set NAME=VALUE`: parameters from the command line."""

from collections.abc import Iterable
from typing import Any, cast

import attrs

from statemachine import OutOfRange, Params, evolve
from statemachine.records import fields_of

PARAMETERS = tuple(field.name for field in attrs.fields(cast(Any, Params)))
"""The names of all parameters."""

LONGEST_NUMBER = 100
"""Characters in the longest number that is read."""


def parameters_of(params: Params) -> tuple[str, ...]:
    """Return the names of all parameters, those of a design's own with them."""
    return tuple(field.name for field in fields_of(type(params)))


class BadSetting(ValueError):
    """A setting that names no parameter, or one that the parameter cannot take."""


def apply_settings(params: Params, settings: Iterable[str]) -> Params:
    """Return the parameters with some replaced, each by a text such as "min_stake=1_000".

    All are replaced at once, so that only the parameters they lead to must fit together.
    Raises BadSetting.
    """
    return _replaced(params, _changes(params, settings))


def fit_settings(params: Params, settings: Iterable[str]) -> Params:
    """Return drawn parameters with some replaced, and those that must go with them moved.

    Where only one is set of two that are bound to each other, the other gives way.
    Raises BadSetting.
    """
    changes = _changes(params, settings)
    if not changes:
        return params
    chosen = {**{name: getattr(params, name) for name in parameters_of(params)}, **changes}
    fitted = dict(changes)
    if "evidence_window" not in changes:
        fitted["evidence_window"] = min(chosen["evidence_window"], chosen["unbonding_epochs"])
    elif "unbonding_epochs" not in changes:
        fitted["unbonding_epochs"] = max(chosen["evidence_window"], chosen["unbonding_epochs"])
    window = fitted.get("evidence_window", chosen["evidence_window"])
    if "election_lookahead" not in changes:
        fitted["election_lookahead"] = min(chosen["election_lookahead"], window)
    if "max_slot_gap" not in changes:
        fitted["max_slot_gap"] = max(chosen["max_slot_gap"], chosen["epoch_length"] + 1)
    elif "epoch_length" not in changes:
        fitted["epoch_length"] = min(chosen["epoch_length"], chosen["max_slot_gap"] - 1)
    return _replaced(params, fitted)


def _changes(params: Params, settings: Iterable[str]) -> dict[str, int]:
    known = parameters_of(params)
    changes: dict[str, int] = {}
    for setting in settings:
        name, number = _parse(setting)
        if name not in known:
            raise BadSetting(f"there is no parameter {name!r}; there are {', '.join(known)}")
        if name in changes:
            raise BadSetting(f"{name} is set twice; leave one")
        changes[name] = number
    return changes


def _replaced(params: Params, changes: dict[str, int]) -> Params:
    try:
        return evolve(params, **changes)
    except OutOfRange as error:
        raise BadSetting(f"{error}; the settings were {_shown(changes)}") from error


def setting_names(settings: Iterable[str]) -> frozenset[str]:
    """Return the names that settings give a value to. Raises BadSetting."""
    return frozenset(_parse(setting)[0] for setting in settings)


def _parse(setting: str) -> tuple[str, int]:
    name, separator, written = setting.partition("=")
    name = name.strip()
    if not separator:
        raise BadSetting(f"{setting!r} sets nothing; write NAME=VALUE, as in min_stake=1_000")
    written = written.strip()
    digits = written.removeprefix("-").replace("_", "")
    if not (digits.isascii() and digits.isdigit()) or len(written) > LONGEST_NUMBER:
        raise BadSetting(
            f"{name} = {written[:60]!r}: must be a whole number in decimal digits, as in 1_000"
        )
    return name, -int(digits) if written.startswith("-") else int(digits)


def _shown(changes: dict[str, int]) -> str:
    return ", ".join(f"{name}={number}" for name, number in changes.items())
