"""A campaign against a protocol: all engines, one after another, within a time.

`plan` says what is asked, `runs` has the engines that make numbered runs and `searches` the
others; `outcome` is what they come to, law by law, and `campaign` executes a plan.
"""

from properties.engines.check.campaign import execute
from properties.engines.check.outcome import Outcome, Record, Verdict
from properties.engines.check.plan import ENGINES, Plan

__all__ = ["ENGINES", "Outcome", "Plan", "Record", "Verdict", "execute"]
