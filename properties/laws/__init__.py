"""The laws that every reachable state, step and run must obey."""

from properties.laws.law import Kind, Law, Violation, check_state, check_step
from properties.laws.registry import LAWS, law_by_id

__all__ = ["LAWS", "Kind", "Law", "Violation", "check_state", "check_step", "law_by_id"]
