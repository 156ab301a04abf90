"""Running shards on the workers of Dask Distributed, an extra: stakespec[cluster].

A shard is a task without a closure: a small record, and the corpus, which is sent to each
worker once. Dask may run it twice or on another worker; the result has the same bytes.
"""

import importlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs

from properties.campaign.effort import Effort
from properties.campaign.elsewhere import ShardFailed, run_elsewhere, version_here
from properties.campaign.run import Work
from properties.campaign.shard import Task
from properties.model.design import types_in_files_of

LOCAL = "local"
"""The address that stands for a cluster on this machine, made for the campaign."""

RETRIES = 3
"""How often a shard whose process failed is tried again. Of lost workers Dask keeps count."""

PATIENCE_SECONDS = 5
"""How long a scheduler may take to answer at first, and then to have a worker."""


class BadCluster(Exception):
    """A cluster that cannot be used; says what to do."""


@attrs.frozen
class Cluster:
    """A scheduler, and how many workers are to be started if it is a local one."""

    address: str
    workers: int = 1

    def run_tasks(self, work: Work, tasks: Sequence[Task], report: Callable[[int], None]) -> bool:
        """Run tasks, and write each result the moment it is there; say whether all were done.

        Raises BadCluster. A scheduler that goes away, and Ctrl-C, leave the rest for later.
        """
        if not tasks:
            return True
        with self._connected() as client:
            _require_same_version(client, tasks[0])
            return _gathered(client, work, tasks, report)

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError as error:
            raise BadCluster(
                '--scheduler: needs Dask Distributed; type pip install "stakespec[cluster]"'
            ) from error
        if self.address == LOCAL:
            options: dict[str, Any] = {"threads_per_worker": 1, "dashboard_address": None}
            with (
                distributed.LocalCluster(n_workers=self.workers, **options) as cluster,
                distributed.Client(cluster) as client,
            ):
                yield client
            return
        try:
            client = distributed.Client(self.address, timeout=PATIENCE_SECONDS)
        except (OSError, ValueError) as error:
            raise BadCluster(
                f"--scheduler {self.address}: no scheduler answers there ({error}); start one"
                " with dask scheduler, or give local"
            ) from error
        with client:
            yield client


def _require_same_version(client: Any, task: Task) -> None:
    """Refuse workers that would come to other results. Raises BadCluster."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
    except TimeoutError as error:
        raise BadCluster("--scheduler: it has no workers; start some with dask worker") from error
    try:
        versions = client.run(version_here, task.protocol, on_error="return")
    except Exception as error:
        raise BadCluster(f"--scheduler: the workers do not answer: {error}") from error
    for worker, version in sorted(versions.items()):
        if version == "":
            raise BadCluster(
                f"worker {worker}: has no {task.protocol}; install it there, or start the worker"
                " in the folder that has it"
            )
        if isinstance(version, BaseException):
            raise BadCluster(
                f"worker {worker}: has no stakespec ({type(version).__name__}: {version});"
                " install it there"
            )
        if version != task.version:
            raise BadCluster(
                f"worker {worker}: has another version of stakespec or of {task.protocol};"
                " install the same on every machine"
            )


def _gathered(
    client: Any, work: Work, tasks: Sequence[Task], report: Callable[[int], None]
) -> bool:
    distributed: Any = importlib.import_module("distributed")
    genesis = work.folder.subject().genesis
    corpus = client.scatter([[kept.to_text() for kept in work.corpus]], broadcast=True)[0]
    asked = {
        client.submit(
            run_elsewhere, attrs.asdict(task), genesis, corpus, key=task.name, retries=RETRIES
        ): task
        for task in tasks
    }
    done = 0
    report(done)
    try:
        for future in distributed.as_completed(asked):
            if future.status == "error":
                raise BadCluster(f"shard {asked[future].shard}: {_told(future.exception())}")
            if future.status != "finished":
                break
            text, effort = future.result()
            cost = Effort.of(json.loads(effort))
            result = work.folder.add_result(
                asked[future], text, cost, types_in_files_of(work.protocol)
            )
            work.take(asked[future].name, result)
            done += 1
            report(done)
    except (KeyboardInterrupt, OSError):
        client.cancel(list(asked), force=True)
    return done == len(tasks)


def _told(error: BaseException) -> str:
    if isinstance(error, ShardFailed):
        return str(error)
    if type(error).__name__ == "KilledWorker":
        return (
            "every worker that ran it was lost; look into their logs, give them more memory or"
            " lower --keep"
        )
    return f"{type(error).__name__}: {error}"
