"""Shards that do not stop when they are told to are lost, and nobody waits for them."""

import time

import pytest

from properties.engines import pool
from properties.engines.pool import Report, in_shards


def test_a_shard_that_does_not_stop_is_lost_and_the_others_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "GRACE_SECONDS", 0.5)

    def work(number: int, report: Report[str]) -> str:
        report("begun")
        while number:
            time.sleep(0.01)
        return "done"

    shards = in_shards(work, range(2), lambda standings: len(standings) == 2)
    assert shards.outcomes == {0: "done"}
    assert shards.lost == [1]
