"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sysconfig
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
GUIDE = REPOSITORY / "CONTRIBUTING.md"

BLOCK = re.compile(
    r"^ *```(?P<language>diff|console)(?: (?P<argument>[^\n]+))?\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


def steps_of(title: str, guide: str) -> Iterator[tuple[str, str, str]]:
    """The blocks of a recipe: a language, what follows it, and the text."""
    _, _, recipe = guide.partition(f"### {title}\n")
    assert recipe, f"there is no recipe {title}"
    for block in BLOCK.finditer(recipe.split("\n##")[0]):
        yield block["language"], block["argument"] or "", textwrap.dedent(block["text"])


def patched(content: str, diff: str) -> str:
    """A file's content after a diff without line numbers; "..." stands between its hunks."""
    for hunk in re.split(r"^\.\.\.\n", diff, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        # Of a file that does not exist yet there is nothing to be found.
        places = len(re.findall(rf"^{re.escape(old)}", content, re.MULTILINE)) if content else 1
        assert places == 1, f"found {places} times, must be found once:\n{old}"
        content = f"\n{content}".replace(f"\n{old}", f"\n{new}", 1)[1:]
    return content


def copy_of_the_repository(folder: Path) -> Path:
    """The sources, without what git ignores."""
    for name in ("statemachine", "properties", "specs", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", ".hypothesis")
        shutil.copytree(REPOSITORY / name, folder / name, ignore=ignored)
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    return folder


def run(command: str, folder: Path) -> None:
    """Run a command of a recipe in the copy; what is imported is the copy's."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    finished = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**kept, "PATH": path, "PYTHONPATH": str(folder), "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert finished.returncode == 0, f"$ {command}\n{finished.stdout}{finished.stderr}"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "title", ["Add a law", "Add a transaction type", "Add an engine", "Add a planted bug"]
)
def test_a_recipe_leads_to_what_it_promises(title: str, tmp_path: Path) -> None:
    folder = copy_of_the_repository(tmp_path)
    for language, argument, text in steps_of(title, GUIDE.read_text(encoding="utf-8")):
        if language == "diff":
            file = folder / argument
            content = file.read_text(encoding="utf-8") if file.exists() else ""
            file.write_text(patched(content, text), encoding="utf-8")
        elif not argument.startswith("no-run"):
            for command in re.findall(r"^\$ (.+)$", text, re.MULTILINE):
                run(command, folder)


def test_a_diff_is_applied_where_its_context_stands() -> None:
    content = "a\nb\nc\nd\n"
    assert patched(content, " b\n+x\n...\n-d\n+e\n") == "a\nb\nx\nc\ne\n"


@pytest.mark.parametrize("diff", [" x\n+y\n", " a\n+y\n"])
def test_a_diff_whose_context_is_missing_or_ambiguous_is_refused(diff: str) -> None:
    with pytest.raises(AssertionError, match="must be found once"):
        patched("a\na\n", diff)
