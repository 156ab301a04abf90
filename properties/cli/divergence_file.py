"""Writes a divergence as a vector that any implementation can run."""

from collections.abc import Sequence

from properties.cli.files import write_atomically
from properties.conformance.answering import answered
from properties.conformance.asks import Message
from properties.conformance.comparison import Divergence
from properties.conformance.fuzzing import Parted, asks_of
from properties.conformance.machine import Machine
from properties.conformance.vectors import Case, Vectors


def write_vector(output: str, machine: Machine, path: str, parted: Parted, repeat: str) -> None:
    """Write a machine's answers to the requests that lead to a divergence. Raises BadInput."""
    trial = parted.trial
    asks = asks_of(trial.start, trial.transactions)
    write_asks(output, machine, path, parted.divergence, asks, repeat)


def write_asks(
    output: str,
    machine: Machine,
    path: str,
    divergence: Divergence,
    asks: Sequence[Message],
    repeat: str,
) -> None:
    """Write what a machine answers to asks of which the last has the divergence."""
    case = Case(divergence.kind, f"met by: {repeat}", tuple(answered(machine, asks)))
    vectors = Vectors("divergences", "a divergence", path, (case,))
    write_atomically(output, vectors.to_text())
