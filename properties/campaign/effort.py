"""What a shard cost. It stands beside the result, which is the same however long it took."""

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import attrs

FORMAT = "stakespec/effort/1"

MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@attrs.frozen
class Effort:
    """What a shard cost."""

    ended: int
    """When it was done, in seconds since 1970."""
    milliseconds: int
    processor_milliseconds: int
    peak_bytes: int
    """The most memory that its process had used until then."""

    def to_text(self) -> str:
        """Return the text of its file."""
        return json.dumps({"format": FORMAT, **attrs.asdict(self)}, indent=1) + "\n"

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Effort":
        """Read the content of its file. Raises KeyError."""
        return cls(**{field.name: int(document[field.name]) for field in attrs.fields(cls)})


def measured(run: Callable[[], str]) -> tuple[str, Effort]:
    """Run a shard here; return its text, and what it cost."""
    began, processor = time.monotonic(), time.process_time()
    text = run()
    return text, Effort(
        int(time.time()),
        round(1_000 * (time.monotonic() - began)),
        round(1_000 * (time.process_time() - processor)),
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT,
    )
