"""Mistakes that nobody has thought of: mutations of the rules' source, drawn by a seed.

`properties.drawn:D7_12` is the protocol with the twelfth mutation of seed 7, so that
every command takes it.
"""

import re

from properties.drawn.drawing import Drawn, draw_of, drawn
from statemachine.protocol import Protocol

__all__ = ["Drawn", "drawn"]

NAME = re.compile(r"D(\d{1,20})_(\d{1,6})")


def __getattr__(name: str) -> Protocol:
    """Let the protocol of a mutation be named."""
    match = NAME.fullmatch(name)
    if match is None:
        raise AttributeError(f"there is no drawn mutation {name}")
    protocol = draw_of(int(match[1]), int(match[2])) if int(match[2]) else None
    if protocol is None:
        raise AttributeError(f"{name}: this draw is no mutation that can be loaded")
    return protocol
