"""Planting a mutation: the rules, loaded once more, with the mistake in them.

The modules of the rules are executed anew from their sources under their own names, but kept
to themselves: whatever else imports them, laws, oracle and generators too, has the originals.
Everything that is not a rule (records, events, errors) is shared with the originals.
"""

import builtins
import importlib
import inspect
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any

from properties.drawn.mutation import Mutation
from statemachine import rules
from statemachine.protocol import Protocol

PACKAGE = rules.__name__

ARITHMETIC = "statemachine.arithmetic"

NOT_PLANTED = frozenset({PACKAGE, f"{PACKAGE}.genesis"})
"""What has no mistakes drawn in it: the list of the rules, and what is no part of a protocol."""


@cache
def sources() -> dict[str, str]:
    """Return the sources of all modules that a protocol is made of, by name."""
    inside = [module.name for module in pkgutil.iter_modules(rules.__path__, f"{PACKAGE}.")]
    names = [PACKAGE, ARITHMETIC, *sorted(inside)]
    return {name: inspect.getsource(importlib.import_module(name)) for name in names}


class _Modules:
    """Modules of the rules that are kept to themselves."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self.loaded: dict[str, ModuleType] = {}

    def load(self, name: str) -> ModuleType:
        if name in self.loaded:
            return self.loaded[name]
        module = self.loaded[name] = ModuleType(name)
        file = importlib.import_module(name).__file__ or name
        space = vars(module)
        space["__file__"] = file
        space["__builtins__"] = {**vars(builtins), "__import__": self._import}
        exec(compile(self.texts[name], file, "exec"), space)
        return module

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        if name in self.texts and fromlist:
            module = self.load(name)
            for part in fromlist:
                # Else the import would fall back on the original module of this name.
                if f"{name}.{part}" in self.texts:
                    setattr(module, part, self.load(f"{name}.{part}"))
            return module
        return __import__(name, globals, locals, fromlist or (), level)


def planted(mutation: Mutation, name: str) -> Protocol:
    """Return the protocol with a mistake in it. Raises whatever the changed module raises."""
    original = sources()
    changed = mutation.applied(original[mutation.module])
    return planted_texts({**original, mutation.module: changed}, name)


def planted_texts(texts: Mapping[str, str], name: str) -> Protocol:
    """Return the protocol that these sources are of, which name all modules of `sources`."""
    modules = _Modules(texts)
    protocol: Protocol = modules.load(PACKAGE).PROTOCOL
    return protocol.fork(name, is_quorum=modules.load(ARITHMETIC).is_supermajority)
