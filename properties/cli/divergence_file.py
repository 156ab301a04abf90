"""Writes a divergence as a vector that any implementation can run."""

from properties.cli.files import write_atomically
from properties.conformance.answering import answered
from properties.conformance.fuzzing import Parted, asks_of
from properties.conformance.machine import Machine
from properties.conformance.vectors import Case, Vectors


def write_vector(output: str, machine: Machine, path: str, parted: Parted, repeat: str) -> None:
    """Write a machine's answers to the requests that lead to a divergence. Raises BadInput."""
    trial = parted.trial
    steps = tuple(answered(machine, asks_of(trial.start, trial.transactions)))
    case = Case(parted.divergence.kind, f"found by: {repeat}", steps)
    vectors = Vectors("divergences", "a divergence", path, (case,))
    write_atomically(output, vectors.to_text())
