"""When a transaction must be accepted, and when it must be rejected and for which reason.

A second reading of `specs/protocol`, by subject, on the fields of a state alone. It calls no
rule; of the protocol it uses only what a protocol declares: how proposers are elected, what a
quorum is, and the steps of a boundary.
"""

from properties.laws.admission.laws import objection_to

__all__ = ["objection_to"]
