"""A check of a protocol: all engines, one after another, within a time.

`campaign` executes a plan; `outcome` is what it comes to, law by law and engine by engine.
"""

from properties.engines.check.campaign import execute
from properties.engines.check.outcome import CheckReport

__all__ = ["CheckReport", "execute"]
