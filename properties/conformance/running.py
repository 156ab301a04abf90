"""Running vectors against a client."""

import attrs

from properties.conformance.client import Client, ClientFault
from properties.conformance.comparison import Divergence, compared
from properties.conformance.vectors import Case, Vectors


@attrs.frozen
class Failure:
    """A case that a client fails."""

    case: Case
    step: int
    """The number of the step, from 0."""
    divergence: Divergence


@attrs.define
class Outcome:
    """What came of a file of vectors."""

    passed: int = 0
    skipped: int = 0
    """Cases with an ask that the client does not know."""
    failures: list[Failure] = attrs.field(factory=list)
    fault: bool = False
    """Whether the client cannot go on."""


def failures_of(vectors: Vectors, client: Client) -> Outcome:
    """Hold a client to a file of vectors."""
    outcome = Outcome()
    for case in vectors.cases:
        if not {step.ask["do"] for step in case.steps} <= client.asks:
            outcome.skipped += 1
            continue
        try:
            replies = client.ask_all([step.ask for step in case.steps])
        except ClientFault as fault:
            last = fault.last or {}
            place = next((n for n, step in enumerate(case.steps) if step.ask is last), 0)
            apart = Divergence(
                f"the client's fault: {fault.kind}",
                last,
                case.steps[place].reply,
                {fault.kind: fault.message},
            )
            outcome.failures.append(Failure(case, place, apart))
            outcome.fault = True
            return outcome
        for number, (step, reply) in enumerate(zip(case.steps, replies, strict=True)):
            divergence = compared(step.ask, step.reply, reply, client.tells)
            if divergence is not None:
                outcome.failures.append(Failure(case, number, divergence))
                break
        else:
            outcome.passed += 1
    return outcome
