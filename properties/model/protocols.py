"""Finding a protocol by name: MODULE:NAME."""

import importlib
import os
import sys
import sysconfig
from pathlib import Path

from properties.model.design import types_in_files_of
from statemachine.protocol import Protocol

DEFAULT_PATH = "statemachine:PROTOCOL"


SHIPPED = frozenset({"statemachine", "properties"})
"""The packages whose modules may be imported whatever file names them."""


def is_shipped(path: str) -> bool:
    """Say whether a name belongs to stakespec itself, and not to somebody else's code."""
    return path.partition(":")[0].partition(".")[0] in SHIPPED


class NoProtocol(ValueError):
    """A name without a protocol; the message says what is wrong and what to write."""


def types_at(path: str) -> tuple[type, ...]:
    """Return the types of transaction that a protocol's files may hold. Raises NoProtocol."""
    return types_in_files_of(load_protocol(path))


def folder_of(path: str) -> Path | None:
    """Return the folder that has a protocol's module, loaded before; None where it is installed."""
    name = path.partition(":")[0]
    file = getattr(sys.modules.get(name), "__file__", None)
    if is_shipped(path) or file is None:
        return None
    depth = name.count(".") + (Path(file).name == "__init__.py")
    folder = Path(file).resolve().parents[depth]
    installed = {Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")}
    return None if folder in installed else folder


def load_protocol(path: str) -> Protocol:
    """Return the protocol that a module calls by a name. Raises NoProtocol.

    The current folder counts, but nothing is ever imported from it unless it is asked for.
    """
    module_name, separator, name = path.partition(":")
    if not separator or not module_name or not name:
        raise NoProtocol(f"{path!r} names no protocol; write MODULE:NAME, as in {DEFAULT_PATH}")
    here = os.getcwd()
    if here not in sys.path and not is_shipped(path):
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and module_name.split(".")[0] == error.name.split(".")[0]:
            raise NoProtocol(
                f"there is no module {error.name!r} here or among what is installed"
            ) from error
        raise NoProtocol(f"{module_name} cannot be imported: {error}") from error
    except (Exception, SystemExit) as error:
        raise NoProtocol(
            f"{module_name} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    protocol = getattr(module, name, None)
    if not isinstance(protocol, Protocol):
        protocols = sorted(
            key for key, entry in vars(module).items() if isinstance(entry, Protocol)
        )
        there = f"; {module_name} has {', '.join(protocols)}" if protocols else ""
        raise NoProtocol(f"{module_name} has no protocol {name!r}{there}")
    return protocol
