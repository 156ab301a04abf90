"""`stakespec new NAME`: a first design, with a law, a test and a workflow."""

import keyword
import sys
from pathlib import Path

import click

from properties import templates
from properties.cli.files import BadInput, explain, shown, write_atomically
from properties.cli.output import note

MODEL = "my_design"
"""The name that the template has."""

TEST = '''"""The design does what it should; `pytest --stakespec {name}:DESIGN` checks every law."""

import pytest
from {name} import DESIGN, MyGenesis, MyParams

from statemachine import GenesisAccount, Rejected, Transfer, genesis

SENDER, RECIPIENT = b"a" * 20, b"b" * 20
STATE = genesis(DESIGN, MyGenesis("test", MyParams(), (GenesisAccount(SENDER, 10),), (), ()))


def test_a_transfer_of_the_least_amount_is_accepted():
    after = DESIGN.apply(STATE, Transfer(SENDER, RECIPIENT, 3))
    assert after.accounts[RECIPIENT] == 3


def test_a_smaller_one_is_refused_with_what_it_takes():
    with pytest.raises(Rejected) as refused:
        DESIGN.apply(STATE, Transfer(SENDER, RECIPIENT, 2))
    assert refused.value.details == {{"needed": 3, "given": 2}}
'''

WORKFLOW = """name: protocol
on: [push, pull_request]
permissions:
  contents: read
jobs:
  stakespec:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: python -m pip install stakespec pytest
      - run: python -m pytest
      - run: stakespec check --protocol {name}:DESIGN --seconds 60
"""


@click.command()
@click.argument("name")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    default=".",
    show_default=True,
    help="Folder to write the design into; it is made if it is missing.",
)
def new(name: str, output: str) -> None:
    """Write a first design called NAME, which checks HELD at once.

    It has a parameter, a rule, a law and a witness of its own, a test and a workflow of GitHub,
    with comments that say what is what. Nothing is overwritten.

    Exit codes: 0 done, 2 bad input or usage (nothing is written).
    """
    _require_name(name)
    folder = Path(output)
    files = {
        folder / f"{name}.py": _design(name),
        folder / f"test_{name}.py": TEST.format(name=name),
        folder / ".github" / "workflows" / f"{name}.yml": WORKFLOW.format(name=name),
    }
    for file in files:
        if file.exists():
            raise BadInput(f"{shown(file)}: is there already; name another design or folder")
    for file, text in files.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(explain(str(file.parent), error, "made")) from error
        write_atomically(file, text)
        note(f"wrote {shown(file)}")
    at = "" if folder == Path(".") else f"cd {shown(folder)}; "
    click.echo(f"check it with: {at}stakespec check --protocol {name}:DESIGN")


def _require_name(name: str) -> None:
    """Check that a module can have a name, and that it hides no other. Raises BadInput."""
    if not name.isascii() or not name.isidentifier() or keyword.iskeyword(name):
        raise BadInput(f"{name!r} is no name of a module; use letters, digits and _")
    if name in sys.stdlib_module_names or name in ("properties", "statemachine", "tests"):
        raise BadInput(f"{name!r} is the name of another module; choose another")


def _design(name: str) -> str:
    """Return the design under another name."""
    folder = templates.__file__
    assert folder is not None
    text = (Path(folder).parent / f"{MODEL}.py").read_text(encoding="utf-8")
    return text.replace(MODEL, name)
