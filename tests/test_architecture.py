"""The picture of the layers in specs/architecture.md is that of the code."""

import re
from pathlib import Path

import pytest

from tests.test_layers import package_graph

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "specs" / "architecture.md"

PICTURE = re.compile(r"```text\n(properties/\n.*?)```", re.DOTALL)


def layers_of(page: str, root: str) -> list[list[str]]:
    """The lines of the picture for a package, the topmost first: the folders on each."""
    picture = PICTURE.search(page)
    assert picture is not None, "the page has no picture that starts with properties/"
    _, _, below = picture[1].partition(f"{root}/\n")
    lines = below.split("\n\n")[0].splitlines()
    return [re.split(r" {5,}", line.strip())[0].split() for line in lines]


def folder_of(package: str, root: str) -> str:
    """The folder directly in a package that another lies in; the package's own modules are '.'."""
    return package.removeprefix(root).lstrip(".").partition(".")[0] or "."


def arrows(root: str) -> set[tuple[str, str]]:
    """Which folder of a package imports from which."""
    return {
        (folder_of(package, root), folder_of(imported, root))
        for package, imports in package_graph(root).items()
        for imported in imports
        if "(front)" not in package
    }


def rising(lines: list[list[str]], drawn: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Arrows that do not lead to a lower line of a picture, those within a folder left out."""
    height = {folder: -place for place, line in enumerate(lines) for folder in line}
    return {(a, b) for a, b in drawn if a != b and height[a] <= height[b]}


@pytest.mark.parametrize("root", ["statemachine", "properties"])
def test_the_picture_shows_every_folder_once(root: str) -> None:
    lines = layers_of(PAGE.read_text(encoding="utf-8"), root)
    there = {path.parent.name for path in REPOSITORY.glob(f"{root}/*/__init__.py")}
    modules = {"."} if root == "statemachine" else set()
    assert sorted(folder for line in lines for folder in line) == sorted(there | modules)


@pytest.mark.parametrize("root", ["statemachine", "properties"])
def test_folders_import_from_lower_lines_only(root: str) -> None:
    lines = layers_of(PAGE.read_text(encoding="utf-8"), root)
    drawn = {(a, b) for a, b in arrows(root) if (a, root) != (".", "properties")}
    assert rising(lines, drawn) == set()


def test_an_arrow_that_rises_would_be_seen() -> None:
    lines = [["top"], ["left", "right"], ["bottom"]]
    falls = {("top", "left"), ("left", "bottom"), ("top", "bottom"), ("left", "left")}
    assert rising(lines, falls) == set()
    rises = {("left", "right"), ("bottom", "top")}
    assert rising(lines, falls | rises) == rises
