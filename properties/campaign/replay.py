"""Replaying what a campaign has kept: failures first, then histories."""

from collections.abc import Iterator

import attrs

from properties.campaign.folder import Folder
from properties.trace.counterexample import Counterexample
from properties.trace.run import Run
from properties.trace.trial import Trial, check_end, run_trial
from statemachine.codec import Malformed
from statemachine.protocol import Protocol


@attrs.frozen
class Standing:
    """What became of a file."""

    FAILS = "still fails"
    MENDED = "mended"
    HOLDS = "holds"
    STALE = "set aside"

    name: str
    verdict: str
    message: str = ""


def replayed(folder: Folder, protocol: Protocol, types: tuple[type, ...]) -> Iterator[Standing]:
    """Replay everything; a history that no longer applies is set aside."""
    for file in folder.failures():
        try:
            failure = Counterexample.from_text(file.read_text(encoding="utf-8"), lambda _: types)
        except Malformed as error:
            yield Standing(file.name, Standing.STALE, str(error))
            continue
        trial = Trial(failure.start, failure.transactions)
        run = run_trial(protocol, trial, failure.law, repair=False)
        verdict = Standing.MENDED if run is None else Standing.FAILS
        yield Standing(file.name, verdict, failure.message if run is not None else "")
    for kept in folder.corpus(types):
        run = Run.start(protocol, kept.trial.start)
        run.submit_all(kept.trial.transactions)
        violations = run.violations or check_end(run.protocol, run.state)[1]
        if violations:
            yield Standing(
                kept.name, Standing.FAILS, f"{violations[0].law} {violations[0].message}"
            )
        elif len(run.accepted) < len(kept.trial.transactions):
            folder.set_aside(kept.name)
            yield Standing(kept.name, Standing.STALE, "a transaction is rejected now")
        else:
            yield Standing(kept.name, Standing.HOLDS)
