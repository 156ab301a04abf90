"""What proofs come to, law by law."""

from collections.abc import Iterable

import attrs

from properties.engines.prove.findings import Finding, Verdict
from properties.engines.prove.laws import LAWS_OF


@attrs.frozen
class Proofs:
    """Of how many contracts a law is proved, refuted, or neither."""

    proved: int = 0
    refuted: int = 0
    undetermined: int = 0

    def with_one(self, verdict: Verdict) -> "Proofs":
        """Return these and one contract more."""
        return attrs.evolve(self, **{verdict.value: getattr(self, verdict.value) + 1})


def proofs_of_laws(findings: Iterable[Finding]) -> dict[str, Proofs]:
    """Count the contracts by the laws that their promises are made of; lemmas are left out.

    A counterexample speaks of one law; the others of its promise are then undetermined.
    """
    proofs: dict[str, Proofs] = {}
    for finding in findings:
        found = finding.counterexample
        for law in LAWS_OF.get(finding.law, ()):
            spared = found is not None and found.law != law
            verdict = Verdict.UNDETERMINED if spared else finding.verdict
            proofs[law] = proofs.get(law, Proofs()).with_one(verdict)
    return proofs
