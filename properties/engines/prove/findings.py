"""What is known of a law and a contract once CrossHair has walked it."""

import attrs

from properties.engines.engine import Verdict
from properties.trace.counterexample import Counterexample


@attrs.frozen
class Finding:
    """What became of one law of one contract."""

    rule: str
    contract: str
    law: str
    verdict: Verdict
    seconds: float = 0.0
    """Of processor time; laws that were proved together share it."""
    paths: int = 0
    accepted: int = 0
    """Paths on which the rule did not refuse."""
    reason: str = ""
    """Why it is undetermined, or how it was refuted."""
    counterexample: Counterexample | None = None
    """What refutes it, where a state and a transaction do."""
