"""What one process does for each shard of a campaign, and how many workers that keeps busy.

At full length: pytest tests/benchmarks/test_campaign_benchmark.py --benchmark-enable -s. The
figures are in specs/campaigns.md.
"""

import heapq
import json
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from properties.campaign.absorber import Absorber, absorb
from properties.campaign.folder import Folder, Round, Subject
from properties.campaign.shard import run_shard
from properties.engines.fuzz.corpus import DEFAULT_LIMIT
from properties.laws.accusation import DRAWN_TYPES
from properties.model.protocols import DEFAULT_PATH
from statemachine import PROTOCOL

SUBJECT = Subject(DEFAULT_PATH)

SHARD_SECONDS = 60.0

WAVES = 10
"""Shards for each worker."""


def efficiency(workers: int, merging: float, waves: int = WAVES) -> float:
    """Return the share of their time that workers search, if one process merges meanwhile.

    Workers begin one after another within the length of a shard, as a scheduler that is busy
    lets them; each shard lasts as long as any other, and a worker never waits for a merge. The
    campaign is done when the last result is merged.
    """
    busy = [(SHARD_SECONDS * number / workers + SHARD_SECONDS) for number in range(workers)]
    heapq.heapify(busy)
    merged, begun = 0.0, workers
    results = workers * waves
    for _ in range(results):
        done = heapq.heappop(busy)
        merged = max(merged, done) + merging
        if begun < results:
            heapq.heappush(busy, done + SHARD_SECONDS)
            begun += 1
    return results * SHARD_SECONDS / (workers * merged)


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_result_is_taken(benchmark: BenchmarkFixture, tmp_path: Path, rounds: int) -> None:
    """In the last of so many rounds, so that there is a corpus already."""
    steps, shards = (6_000, 4) if benchmark.enabled else (60, 2)
    folder = Folder(tmp_path)
    folder.begin(SUBJECT)
    texts: list[str] = []
    for number in range(rounds):
        asked = Round(number, shards, steps, DEFAULT_LIMIT, "any", folder.corpus_name())
        corpus = folder.corpus(DRAWN_TYPES)
        texts = [run_shard(task, PROTOCOL, None, corpus) for task in asked.tasks(SUBJECT)]
        tasks = asked.tasks(SUBJECT)
        if number < rounds - 1:
            for task, text in zip(tasks, texts, strict=True):
                folder.add_result(task, text, None, DRAWN_TYPES)
            absorb(folder, DRAWN_TYPES)
    absorber = Absorber.of(folder, DRAWN_TYPES, None)

    def take() -> None:
        for task, text in zip(tasks, texts, strict=True):
            absorber.take(task.name, folder.add_result(task, text, None, DRAWN_TYPES))

    benchmark.pedantic(take, rounds=5 if benchmark.enabled else 1)  # type: ignore[no-untyped-call]
    if benchmark.stats is None:
        return
    merging = benchmark.stats.stats.median / shards
    size = sum(map(len, texts)) / shards / 1e6
    found = sum(len(json.loads(text)["histories"]) for text in texts) / shards
    print(
        f"round {rounds}: {1_000 * merging:.0f} ms a result of {size:.1f} MB, {found:.0f} histories"
    )
    for workers in (10, 100, 300, 1_000, 3_000):
        share = efficiency(workers, merging)
        print(f"  {workers:>5} workers, shards of {SHARD_SECONDS:.0f} s: {share:.2f}")


def test_workers_wait_for_nobody_where_merging_is_quick_and_for_merging_where_it_is_slow() -> None:
    assert efficiency(1, 0.0, 1) == 1.0
    assert efficiency(1_000, 0.0) > 0.9
    # With a second to merge each, a thousand workers make as much of it as sixty.
    assert efficiency(1_000, 1.0) == pytest.approx(0.06, abs=0.01)
