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


def replayed_failures(
    folder: Folder, protocol: Protocol, types: tuple[type, ...]
) -> Iterator[Standing]:
    """Replay the failures; what is mended, or cannot be read any more, is put aside.

    What was mended before is replayed too, and is a failure again if it fails again.
    """
    for file in (*folder.failures(), *folder.mended()):
        try:
            failure = Counterexample.from_text(file.read_text(encoding="utf-8"), lambda _: types)
        except Malformed as error:
            folder.move(file, "set-aside")
            yield Standing(file.name, Standing.STALE, str(error))
            continue
        trial = Trial(failure.start, failure.transactions)
        if run_trial(protocol, trial, failure.law, repair=False) is None:
            if file.parent.name != "mended":
                folder.move(file, "mended")
                yield Standing(file.name, Standing.MENDED)
        else:
            folder.move(file, "failures")
            yield Standing(file.name, Standing.FAILS, failure.message)


def replayed(folder: Folder, protocol: Protocol, types: tuple[type, ...]) -> Iterator[Standing]:
    """Replay everything; a history that no longer applies is set aside."""
    yield from replayed_failures(folder, protocol, types)
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
