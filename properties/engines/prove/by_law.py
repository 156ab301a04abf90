"""What proofs come to, law by law."""

from collections.abc import Iterable

from properties.engines.engine import Proofs, Verdict
from properties.engines.prove.findings import Finding
from properties.engines.prove.laws import laws_of_promise


def proofs_of_laws(findings: Iterable[Finding]) -> dict[str, Proofs]:
    """Count the contracts by the laws that their promises are made of; lemmas are left out.

    A counterexample speaks of one law; the others of its promise are then undetermined.
    """
    proofs: dict[str, Proofs] = {}
    for finding in findings:
        package = finding.counterexample
        for law in laws_of_promise(finding.law):
            spared = package is not None and package.law != law
            verdict = Verdict.UNDETERMINED if spared else finding.verdict
            proofs[law] = proofs.get(law, Proofs()).with_another(verdict)
    return proofs
