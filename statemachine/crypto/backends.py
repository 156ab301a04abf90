"""Backends by name."""

from collections.abc import Callable
from types import ModuleType

from statemachine.crypto.bls import Backend

BACKEND_NAMES = ("py_ecc", "native")
"""What `backend_by_name` takes: the reference, and the fast one that is an optional extra."""


def backend_by_name(name: str, load: Callable[[str], ModuleType]) -> Backend:
    """Return a backend, and import its library only now.

    `load` imports a module that may be missing, `importlib.import_module` as a rule: the
    protocol itself imports no optional package, nor does it choose. What `load` raises for
    a library that is not installed goes through. Raises ValueError for an unknown name.
    """
    if name == "py_ecc":
        from statemachine.crypto.py_ecc_backend import PY_ECC

        return PY_ECC
    if name == "native":
        from statemachine.crypto.native_backend import LIBRARY, native_backend

        return native_backend(load(LIBRARY))
    raise ValueError(f"no backend {name!r}: there are {', '.join(BACKEND_NAMES)}")
