"""All engines, in the order in which they run."""

from properties.engines.branches.engine import BRANCHES
from properties.engines.engine import Engine
from properties.engines.explore.engine import EXPLORE
from properties.engines.fuzz.engine import FUZZ
from properties.engines.hypothesis import HYPOTHESIS
from properties.engines.one_step import ONE_STEP
from properties.engines.prove.engine import PROVE
from properties.engines.walk import WALK

ENGINES: tuple[Engine, ...] = (WALK, ONE_STEP, BRANCHES, HYPOTHESIS, FUZZ, EXPLORE, PROVE)
"""What looks for a way to break a law."""


def engine_named(name: str) -> Engine:
    """Return an engine. Raises KeyError with what there is."""
    for engine in ENGINES:
        if engine.name == name:
            return engine
    raise KeyError(f"no engine {name}; there are {', '.join(engine.name for engine in ENGINES)}")
