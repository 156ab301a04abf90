"""Builds the API reference from the docstrings of both packages: `make docs`.

Every module gets a page, also those that a package does not re-export. Any warning ends it.
"""

import sys
import warnings
from pathlib import Path

import pdoc
from pdoc.extract import walk_specs

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = ("statemachine", "properties")


def module_names() -> list[str]:
    """The name of every module, packages before what is in them."""
    paths = [path for package in PACKAGES for path in REPOSITORY.glob(f"{package}/**/*.py")]
    named = [path.parent if path.stem == "__init__" else path.with_suffix("") for path in paths]
    return sorted(
        ".".join(path.relative_to(REPOSITORY).parts) for path in named if path.stem != "__main__"
    )


def build(folder: Path) -> None:
    """Write the reference into a folder; raises what pdoc warns of."""
    warnings.simplefilter("error", UserWarning)
    # Generic to a type checker, not at run time.
    warnings.filterwarnings("ignore", message=r".*type '\S+' is not subscriptable")
    roots: list[str] = []
    reached: set[str] = set()
    for name in module_names():
        if name not in reached:
            roots.append(name)
            reached |= set(walk_specs([name]))
    pdoc.render.configure(show_source=False, footer_text="stakespec")
    pdoc.pdoc(*roots, output_directory=folder)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
