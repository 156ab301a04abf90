"""A local network in one process, with real keys: what a chain looks like from outside."""

from properties.devnet.network import Network, Plan, SlotReport

__all__ = ["Network", "Plan", "SlotReport"]
