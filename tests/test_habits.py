"""What runs before a commit, in CI and by hand is the same, and what changes is written down."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def recipe_of(target: str) -> list[str]:
    """The commands of a target of the Makefile, as they run in the default environment."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    rule = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert rule is not None, f"the Makefile has no target {target}"
    return [line.strip().replace("$(BIN)", ".venv/bin") for line in rule[1].splitlines()]


def hook_commands() -> list[str]:
    """The commands that pre-commit runs."""
    config = (REPOSITORY / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    return re.findall(r"^ +entry: (.+)$", config, re.MULTILINE)


def test_hooks_run_what_make_lint_runs() -> None:
    assert hook_commands() == recipe_of("lint") != []


def test_ci_runs_the_targets_that_it_must() -> None:
    steps = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^make (\w+)$", steps, re.MULTILINE) == ["lint", "docs", "test"]


def test_the_changelog_lists_every_format_with_its_version() -> None:
    constant = re.compile(r'^FORMAT = "(stakespec/[a-z-]+/\d+)"$', re.MULTILINE)
    written = {
        name
        for path in sorted((REPOSITORY / "properties").rglob("*.py"))
        for name in constant.findall(path.read_text(encoding="utf-8"))
    }
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(stakespec/[a-z-]+/(\d+))` \| (\d+) \|", changelog, re.MULTILINE)
    assert written == {name for name, _, _ in listed}
    assert all(in_name == in_column for _, in_name, in_column in listed)
