"""`stakespec prove --theorems`: what holds for any number of validators, epochs and lots."""

import json
from pathlib import Path

import click

from properties.cli.files import BadInput, write_atomically
from properties.cli.output import Output
from properties.cli.progress import Line
from properties.cli.tell_theorems import as_jsonable, print_theorems


def prove_theorems(path: str, smt: str | None, as_json: bool) -> int:
    """Prove all theorems, print what became of them, and return the exit code."""
    # Here and not above: only who asks for theorems waits for the solver to load.
    from properties.theorems.judge import exit_code, judge_all
    from properties.theorems.registry import theorems

    chosen = theorems()
    if smt is not None:
        _write_smt(smt)
    with Line() as line:
        judgements = judge_all(chosen, report=lambda name: line.show(f"proving {name}"))
    if as_json:
        click.echo(json.dumps({"protocol": path, **as_jsonable(chosen, judgements)}, indent=1))
    else:
        print_theorems(Output(), chosen, judgements)
    return exit_code(judgements)


def _write_smt(folder: str) -> None:
    from properties.theorems.registry import theorems
    from properties.theorems.smt import file_name, smt_text

    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"--smt {folder}: {error.strerror}; name a folder that can be made"
        ) from error
    for theorem in theorems():
        for obligation in theorem.obligations:
            name = file_name(theorem.id, obligation.name)
            write_atomically(Path(folder) / name, smt_text(theorem.id, obligation))
