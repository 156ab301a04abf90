"""Drawing mutations by a seed: first the kind of mistake, then the place."""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import islice
from random import Random

import attrs

from properties.drawn.mutation import Mutation, Source
from properties.drawn.operators import OPERATORS
from properties.drawn.planting import NOT_PLANTED, planted, sources
from statemachine.protocol import Protocol

MOST = 100_000
"""Mutations that a seed can be asked for."""


@attrs.frozen
class Drawn:
    """A mutation that was drawn, and the protocol that has it."""

    seed: int
    number: int
    """Of the draw, from 1; those that cannot be loaded have one too."""
    mutation: Mutation
    protocol: Protocol

    @property
    def path(self) -> str:
        """What its protocol is loaded by."""
        return f"properties.drawn:{self.protocol.name}"

    @property
    def diff(self) -> list[str]:
        """The change, as lines of a unified diff."""
        return self.mutation.diff(sources()[self.mutation.module])


@cache
def every_mutation() -> dict[str, tuple[Mutation, ...]]:
    """Return all places for mistakes, by the kind of mistake; few of them change nothing."""
    by_kind: dict[str, dict[Mutation, None]] = {kind: {} for kind in sorted(OPERATORS)}
    for module, text in sources().items():
        if module in NOT_PLANTED:
            continue
        source = Source.of(module, text)
        for function in source.functions():
            for kind, mutations in by_kind.items():
                for node, edits in OPERATORS[kind](source, function):
                    line = getattr(node, "lineno", function.lineno)
                    mutations[Mutation(kind, module, line, edits)] = None
    return {kind: tuple(mutations) for kind, mutations in by_kind.items()}


def _planted(mutation: Mutation, name: str) -> Protocol | None:
    """Return the protocol with a mistake in it; None where it is none, or cannot be loaded."""
    text = sources()[mutation.module]
    changed = mutation.applied(text)
    try:
        if ast.dump(ast.parse(changed)) == ast.dump(ast.parse(text)):
            return None
        return planted(mutation, name)
    except Exception:
        # A module that cannot even be loaded is noticed without any law.
        return None


def _draws(seed: int) -> Iterator[Mutation]:
    """Draw one mutation after another, none twice, until there are no more."""
    rng = Random(f"{seed}/mutations")
    left = {kind: list(mutations) for kind, mutations in every_mutation().items()}
    while kinds := [kind for kind, mutations in left.items() if mutations]:
        mutations = left[rng.choice(kinds)]
        yield mutations.pop(rng.randrange(len(mutations)))


def drawn(seed: int, count: int) -> tuple[Drawn, ...]:
    """Draw so many mutations that can be loaded; fewer of a seed begin with the same."""
    chosen: list[Drawn] = []
    for number, mutation in enumerate(_draws(seed), start=1):
        if len(chosen) == count:
            break
        protocol = _planted(mutation, f"D{seed}_{number}")
        if protocol is not None:
            chosen.append(Drawn(seed, number, mutation, protocol))
    return tuple(chosen)


def draw_of(seed: int, number: int) -> Protocol | None:
    """Return the protocol with the mutation of one number; None where there is none."""
    for mutation in islice(_draws(seed), number - 1, number):
        return _planted(mutation, f"D{seed}_{number}")
    return None
