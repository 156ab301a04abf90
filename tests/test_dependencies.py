"""The list of dependencies: complete, pinned, and with the licences that packages say they have."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]

PINS = dict(
    line.strip().split("==")
    for line in (REPOSITORY / "constraints.txt").read_text().splitlines()
    if line.strip()
)

ROWS = {
    name: (licence, group)
    for name, licence, group in re.findall(
        r"^\| (\S+) \| ([^|]+) \| ([^|]+) \|$",
        (REPOSITORY / "specs" / "dependencies.md").read_text(),
        re.MULTILINE,
    )
    if name not in ("package", "---")
}

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]

SPDX = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
}
"""Older names of licences in metadata."""

SILENT = {"cvc5", "itf-py"}
"""Packages whose metadata name no licence; the page says where theirs is."""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(name: str) -> str:
    """Return the licence that an installed package's metadata name."""
    about = metadata.metadata(name)
    for field in ("License-Expression", "License"):
        stated = str((about.get_all(field) or [""])[0]).strip()
        if stated and len(stated) <= 60:
            return SPDX.get(stated.rpartition(" :: ")[2], stated)
    stated = next(
        (line for line in about.get_all("Classifier") or [] if line.startswith("License")), ""
    )
    return SPDX.get(stated.rpartition(" :: ")[2], stated)


def test_every_pinned_package_is_in_the_list_and_no_other() -> None:
    assert list(ROWS) == list(PINS)


def test_every_direct_dependency_is_pinned_within_its_range() -> None:
    pinned = {canonical(name) for name in PINS}
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for requirement in (entry for group in groups for entry in group):
        name = re.split(r"[^A-Za-z0-9._-]", requirement)[0]
        if name == "stakespec":
            continue
        assert canonical(name) in pinned, f"{name} has no line in constraints.txt"
        assert "<" in requirement and ">=" in requirement, f"{requirement} is not bounded"


@pytest.mark.parametrize("name", PINS)
def test_the_licence_is_what_the_installed_package_says(name: str) -> None:
    try:
        stated = licence_of(name)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed here")
    licence = ROWS[name][0]
    if name in SILENT:
        assert not stated and licence in ("BSD-3-Clause", "MIT")
    else:
        assert licence == stated


@pytest.mark.parametrize("name", PINS)
def test_what_is_installed_is_what_is_pinned(name: str) -> None:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed here")
    assert version == PINS[name]


def test_what_is_always_installed_is_under_a_permissive_licence_or_named() -> None:
    page = (REPOSITORY / "specs" / "dependencies.md").read_text()
    remarks = page.rpartition("|\n")[2]
    for name, (licence, _group) in ROWS.items():
        if any(word in licence for word in ("GPL", "MPL")):
            assert name in remarks or licence in remarks
