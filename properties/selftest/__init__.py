"""Our own machinery under attack: malformed inputs, forgeries, full disks, kills, and cost."""

from properties.selftest.campaign import Report, selftest

__all__ = ["Report", "selftest"]
