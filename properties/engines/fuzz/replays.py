"""Repeating a search in other processes with other hash seeds."""

import attrs

from properties.engines.fuzz.outcome import SearchReport
from properties.engines.fuzz.search import SAMPLES
from properties.laws import Violation
from properties.trace.failures import found_by_fuzz
from properties.trace.processes import differing_message, differing_root
from properties.trace.trial import Trial
from statemachine.protocol import Protocol


def replay_elsewhere(protocol: Protocol, path: str, seed: int, outcome: SearchReport) -> None:
    """Run samples of a search again, and compare every state root."""
    if not outcome.complete or not outcome.samples:
        return
    every = max(1, len(outcome.samples) // SAMPLES)
    trials = outcome.samples[::every][:SAMPLES]
    outcome.tally.replay_checks += len(trials)
    difference = differing_root(protocol, path, trials)
    if difference is None:
        return
    number, place = difference
    trial = trials[number]
    short = Trial(trial.start, trial.transactions[: place + 1])
    violation = Violation("RUN-2", differing_message(place))
    shard = min(outcome.shards)
    failure = found_by_fuzz(violation, short, seed, shard, outcome.shards[shard])
    outcome.failures.add(attrs.evolve(failure, original_length=len(trial.transactions)))
