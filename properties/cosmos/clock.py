"""The time of a document, and the conversion of time to epochs."""

from collections.abc import Iterator

import attrs

from properties.foreign.fields import SECOND, Field, Unreadable, show_instant


@attrs.frozen
class Clock:
    """Converts time to epochs."""

    now: int
    """The time of our first epoch, in nanoseconds since 1970."""
    unbonding_time: int
    """Nanoseconds, at least 1."""
    unbonding_epochs: int
    source: str = "genesis_time"
    """Where `now` comes from."""

    def epochs(self, nanoseconds: int) -> int:
        """Return how many epochs a length of time takes, rounded up."""
        return -(-nanoseconds * self.unbonding_epochs // self.unbonding_time)

    def end(self, completion: Field) -> int:
        """Return the epoch at which stake left, from the time at which that completes.

        A lot is released, or answers for nothing any more, unbonding_epochs after its end.
        The first epoch is unbonding_epochs, so that what has all its time left ends there.
        Raises Unreadable where it completes later than what is begun by now can.
        """
        remaining = completion.instant() - self.now
        if remaining > self.unbonding_time:
            raise self._too_late(completion)
        return max(1, self.epochs(remaining))

    def is_over(self, completion: Field) -> bool:
        """Say whether a time has come."""
        return completion.instant() <= self.now

    def _too_late(self, completion: Field) -> Unreadable:
        begun = show_instant(completion.instant() - self.unbonding_time)
        return completion.refuse(
            f"at most unbonding_time = {self.unbonding_time // SECOND:,} s after"
            f" {show_instant(self.now)}",
            f"it began at {begun}, so the file was written then or later; leave --at out, and"
            " that is worked out from the file",
        )


def set_clock(
    genesis_time: Field, section: Field, app_state: Field, at: str | None, unbonding_epochs: int
) -> Clock:
    """Return the clock of a document: at `at`, or at the latest time that it mentions as past.

    An export keeps the genesis_time of its chain, so what began after that tells its time.
    Raises Unreadable.
    """
    unbonding_time = _unbonding_time(section)
    if at is not None:
        return Clock(Field("--at", at).instant(), unbonding_time, unbonding_epochs, "--at")
    now, source = genesis_time.instant(), "genesis_time"
    for began, event in _begun(section, app_state, unbonding_time):
        if began > now:
            now, source = began, f"when the latest {event} began: give --at TIME if it was later"
    return Clock(now, unbonding_time, unbonding_epochs, source)


def _unbonding_time(section: Field) -> int:
    field = section.need("params", "unbonding_time")
    nanoseconds = field.duration()
    if not nanoseconds:
        raise field.refuse("longer than no time")
    return nanoseconds


def _begun(section: Field, app_state: Field, unbonding_time: int) -> Iterator[tuple[int, str]]:
    """Yield times before the document was written, and what began at each."""
    for name, event in (
        ("unbonding_delegations", "unbonding"),
        ("redelegations", "redelegation"),
    ):
        for leaving in section.items(name):
            for entry in leaving.items("entries"):
                completion = entry.child("completion_time")
                if completion is not None:
                    yield completion.instant() - unbonding_time, event
    for proposal in _proposals(app_state):
        for member in ("submit_time", "voting_start_time"):
            time = proposal.child(member)
            if time is not None:
                yield time.instant(), "proposal"


def _proposals(app_state: Field) -> Iterator[Field]:
    gov = app_state.child("gov")
    proposals = (
        gov.child("proposals") if gov is not None and isinstance(gov.content, dict) else None
    )
    yield from () if proposals is None else proposals.entries()
