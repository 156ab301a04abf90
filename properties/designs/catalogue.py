"""All designs: where each stands, what is asked of it briefly, and what the answer is."""

import attrs

from properties.model.design import Design
from properties.model.protocols import load_protocol


@attrs.frozen
class Entry:
    """A design, and a brief check of it that is known to give its answer."""

    path: str
    """The module and the name of the design, within `properties.designs`."""
    question: str
    engines: tuple[str, ...]
    runs: int
    refuted: tuple[str, ...] = ()
    """The laws that refute it, the cause first; none: they hold."""
    seed: int = 1

    @property
    def module(self) -> str:
        """Its module."""
        return f"properties.designs.{self.path.partition(':')[0]}"

    @property
    def design(self) -> Design:
        """The design itself."""
        design = load_protocol(self.protocol)
        assert isinstance(design, Design)
        return design

    @property
    def protocol(self) -> str:
        """What `--protocol` takes."""
        return f"properties.designs.{self.path}"

    def command(self, brief: bool = True) -> str:
        """Return the command that checks it, briefly or at length."""
        check = f"stakespec check --protocol {self.protocol} --seed {self.seed}"
        if not brief:
            return f"{check} --seconds 600"
        engines = "".join(f" --engine {engine}" for engine in self.engines)
        return f"{check}{engines} --runs {self.runs}"


ALL_DRAWN = ("walk", "one-step", "branches")

ENTRIES = (
    Entry("three_sf_mini:DESIGN", "3SF-mini as in leanSpec", ("branches",), 240, ("SAF-1",)),
    Entry("three_sf_mini:REPAIRED", "3SF-mini with a tally for each link", ALL_DRAWN, 20),
    Entry("ethereum:DESIGN", "the beacon chain's rules together", ALL_DRAWN, 20),
    Entry("inactivity_leak:DESIGN", "an inactivity leak", ALL_DRAWN, 20),
    Entry(
        "inactivity_leak:FAST",
        "a leak that halves stake in a window",
        ("branches",),
        25,
        ("SAF-3",),
        2,
    ),
    Entry(
        "cosmos:DESIGN",
        "evidence with two ages, the first so many serve",
        ("walk",),
        34,
        ("SLA-5",),
    ),
    Entry(
        "cosmos_staking:DESIGN",
        "what x/staking slashes",
        ("walk", "one-step"),
        60,
        ("SLA-1", "SLA-2", "SLA-3"),
    ),
    Entry(
        "interchain:DESIGN", "faults paid by the stake of now", ("one-step",), 420, ("SLA-3",), 2
    ),
    Entry("nominators:DESIGN", "nominators who are not slashed", ("branches",), 60, ("SAF-1",)),
    Entry("quorums:HALF", "a quorum of a half", ("branches",), 20, ("SAF-1",)),
    Entry("quorums:THREE_QUARTERS", "a quorum of three quarters", ALL_DRAWN, 20),
    Entry("one_round:DESIGN", "finality in one round", ("branches",), 60, ("SAF-1",)),
    Entry(
        "correlation:AT_REPORT",
        "a correlation penalty at report",
        ("walk", "branches"),
        20,
        ("SAF-1", "SPL-1"),
    ),
    Entry("correlation:LATER", "a correlation penalty later", ALL_DRAWN, 20),
    Entry("caps:BY_NUMBER", "a cap on how many serve", ALL_DRAWN, 20),
    Entry("caps:BY_SHARE", "a cap on what one weighs", ALL_DRAWN, 20),
    Entry("transferable:DESIGN", "transferable shares", ALL_DRAWN, 20),
    Entry("round_robin:DESIGN", "round-robin election", ALL_DRAWN, 20),
    Entry("vrf:DESIGN", "election by lot", ALL_DRAWN, 20),
    Entry("compounding:DESIGN", "rewards that compound", ALL_DRAWN, 20),
)
