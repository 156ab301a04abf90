"""`stakespec prove --theorems`: what holds for any number of validators, epochs and lots."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from properties.cli.failure_report import check_folder
from properties.cli.files import BadInput, write_atomically
from properties.cli.findings import write_package
from properties.cli.inputs import protocol_at
from properties.cli.output import Output, is_quiet, print_json
from properties.cli.progress import Line
from properties.cli.theorem_report import as_jsonable, last_word, print_inquiry

if TYPE_CHECKING:
    from properties.theorems.theory import Theorem
    from properties.trace.counterexample import Counterexample


def prove_theorems(path: str, smt: str | None, output: str, as_json: bool) -> int:
    """Prove all theorems of a protocol, print what became of them, and return the exit code."""
    # Here and not above: only who asks for theorems waits for the solver to load.
    from properties.theorems.inquiry import counterexamples, inquire

    protocol = protocol_at(path)
    check_folder(output)
    with Line() as line:
        inquiry = inquire(protocol, report=lambda name: line.show(f"proving {name}"))
    if smt is not None:
        _write_smt(smt, inquiry.theorems)
    confirmed = counterexamples(inquiry, protocol, path)
    files = {name: _write(package, name, output) for name, package in confirmed.items()}
    if as_json:
        outcome = as_jsonable(inquiry, confirmed, files)
        print_json("theorems", {"protocol": path, **outcome})
    elif is_quiet():
        Output().conclude(last_word(inquiry))
    else:
        print_inquiry(Output(), inquiry, confirmed, files)
    return inquiry.exit_code


def _write(counterexample: Counterexample, name: str, output: str) -> str:
    slug = name.replace("/", "-").replace(" ", "-").replace("'", "")
    return write_package(counterexample, (counterexample.law, slug), output)


def _write_smt(folder: str, theorems: Iterable[Theorem]) -> None:
    from properties.theorems.smt import file_name, smt_text

    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"--smt {folder}: {error.strerror}; name a folder that can be made"
        ) from error
    for theorem in theorems:
        for obligation in theorem.obligations:
            name = file_name(theorem.id, obligation.name)
            write_atomically(Path(folder) / name, smt_text(theorem.id, obligation))
