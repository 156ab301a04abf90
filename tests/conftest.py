"""Hypothesis profiles, and what tests find outside the repository.

HYPOTHESIS_PROFILE chooses a profile: `ci` (the default) tries the same examples every time;
`explore` tries others on every run, and prints how to repeat a failure.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# Complete settings, since Hypothesis starts from other defaults where it sees the variable CI.
settings.register_profile(
    "ci",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=100,
    print_blob=True,
    suppress_health_check=(),
)
settings.register_profile(
    "explore",
    derandomize=False,
    deadline=None,
    max_examples=1_000,
    print_blob=True,
    suppress_health_check=(),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


SLOWEST = ("test_recipes.py", "test_documentation.py")
"""Files of the longest tests; they start first, so that no worker is left alone with one.

Where tests share a cache or a fixture that took long to make, their module says
`xdist_group`: one worker takes them all, and no other makes it again.
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slowest."""
    items.sort(key=lambda item: item.path.name not in SLOWEST)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of large or foreign test data that stands beside the repository."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is absent: this test reads its data from there")
    return folder
