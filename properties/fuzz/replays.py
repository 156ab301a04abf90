"""What a search did, done again in other processes with other hash seeds."""

from properties.fuzz.failures import Failure
from properties.fuzz.outcome import Outcome
from properties.fuzz.search import SAMPLES
from properties.invariants import Violation
from properties.processes import differing_message, differing_root
from properties.trial import Trial
from statemachine.protocol import Protocol


def replay_elsewhere(protocol: Protocol, path: str, outcome: Outcome) -> None:
    """Run samples of a search again, and compare every state root."""
    if not outcome.complete or not outcome.samples:
        return
    every = max(1, len(outcome.samples) // SAMPLES)
    trials = outcome.samples[::every][:SAMPLES]
    outcome.tally.replay_checks += len(trials)
    found = differing_root(protocol, path, trials)
    if found is None:
        return
    number, place = found
    trial = trials[number]
    short = Trial(trial.start, trial.transactions[: place + 1])
    violation = Violation("RUN-2", differing_message(place))
    shard = min(outcome.shards)
    outcome.failures.add(
        Failure(violation, short, shard, outcome.shards[shard], len(trial.transactions))
    )
