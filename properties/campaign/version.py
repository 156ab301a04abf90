"""The version of what searches: a hash of the sources, so that no result is taken for another's."""

import functools
import importlib.util
from pathlib import Path

from properties.campaign.names import name_of

PACKAGES = ("statemachine", "properties")


@functools.cache
def version_of(path: str) -> str:
    """Return the version of both packages and of the module of a protocol, as MODULE:NAME."""
    parts: list[bytes] = []
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        for root in sorted(spec.submodule_search_locations or ()) if spec else ():
            for file in sorted(Path(root).rglob("*.py")):
                parts += [str(file.relative_to(root)).encode(), file.read_bytes()]
    module = importlib.util.find_spec(path.partition(":")[0])
    if module is not None and module.origin is not None:
        parts.append(Path(module.origin).read_bytes())
    return name_of(*parts)
