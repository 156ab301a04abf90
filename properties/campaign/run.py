"""Running the shards of a round that have no result yet, in several processes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import attrs

from properties.campaign.effort import measured
from properties.campaign.folder import Folder
from properties.campaign.history import Kept
from properties.campaign.shard import Task, run_shard
from properties.engines.pool import in_shards, is_interrupt
from properties.model.design import types_in_files_of
from properties.trace.run import Start
from statemachine.protocol import Protocol


@attrs.frozen
class Work:
    """What every process needs to know."""

    folder: Folder
    protocol: Protocol
    start: Start | None
    corpus: Sequence[Kept]
    take: Callable[[str, dict[str, Any]], None] = lambda _name, _result: None
    """Given each result, with its name, that comes to this process and not to its folder alone."""


Report = Callable[[int], None]
"""Told how many shards are done."""


def run_tasks(work: Work, tasks: Sequence[Task], workers: int, report: Report) -> bool:
    """Run tasks, and write each result the moment it is there; say whether all were done."""
    hands = max(1, min(workers, len(tasks)))
    if not tasks:
        return True

    def some(number: int, tell: Callable[[int], bool]) -> int:
        return _run(work, tasks[number::hands], tell)

    def report_all(standings: dict[int, int]) -> bool:
        report(sum(standings.values()))
        return False

    shards = in_shards(some, range(hands), report_all)
    return (
        not shards.interrupted and not shards.lost and sum(shards.outcomes.values()) == len(tasks)
    )


def _run(work: Work, tasks: Sequence[Task], tell: Callable[[int], bool]) -> int:
    done, stopped, asked = 0, False, 0

    def go_on() -> bool:
        nonlocal stopped, asked
        asked += 1
        if not stopped and asked % 16 == 0:
            stopped = tell(done)
        return not stopped

    for task in tasks:
        try:
            text, effort = measured(
                partial(run_shard, task, work.protocol, work.start, work.corpus, go_on)
            )
        except BaseException as error:
            if not is_interrupt(error):
                raise
            break
        if stopped:
            break
        work.folder.add_result(task, text, effort, types_in_files_of(work.protocol))
        done += 1
        tell(done)
    return done
