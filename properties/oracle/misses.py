"""Missed blocks, recounted from elections and blocks: no counter of the machine is believed."""

from collections.abc import Iterable, Iterator

import attrs

from properties.laws.declared import leaders_of
from properties.laws.describe import short
from properties.laws.patience import PATIENCE
from properties.laws.views import Step
from properties.oracle.evidence import Charge
from statemachine import events as announced
from statemachine.protocol import Protocol
from statemachine.state import OffenceKind, State, Status
from statemachine.transactions import ProduceBlock

PUT_OUT = (Status.JAILED, Status.EXITED, Status.TOMBSTONED)
"""The statuses of those who miss nothing, since they may not propose."""

SERVING = (Status.PENDING, Status.ACTIVE)
"""The statuses of those whom downtime puts out."""


@attrs.define
class Misses:
    """How many blocks each validator has missed in a row."""

    protocol: Protocol
    counts: dict[bytes, int]
    """Without those who have missed none."""
    told: list[tuple[int, bytes, int]] = attrs.field(factory=list)
    """What the step followed last missed: slot, validator, and how many in a row."""

    @classmethod
    def at(cls, state: State, protocol: Protocol) -> "Misses":
        """Begin at a state, taking its counts as they are."""
        counts = {
            key: validator.missed for key, validator in state.validators.items() if validator.missed
        }
        return cls(protocol, counts)

    def pass_slots(self, step: Step, begun: Iterable[tuple[int, State]]) -> tuple[Charge, ...]:
        """Follow a block through the slots that it passes; return what is punished as downtime.

        `begun` holds a state of each epoch that the step began.
        """
        self.told = []
        block = step.transaction
        if not isinstance(block, ProduceBlock):
            return ()
        before = step.before
        charges: list[Charge] = []
        out = {key for key, validator in before.validators.items() if validator.status in PUT_OUT}
        length = before.params.epoch_length
        first = before.slot + 1
        for epoch, state in ((before.epoch, before), *begun):
            if epoch > before.epoch:
                # Whoever is not in the set any more, or not yet, starts again.
                staying = self.counts.keys() & set(state.snapshot)
                self.counts = {key: self.counts[key] for key in staying}
            end = min(block.slot, (epoch + 1) * length)
            for slot in range(first, end):
                with PATIENCE:
                    elected = self.protocol.elect(state, slot)
                charges += self._miss(before, slot, elected, out)
            first = end
        if leaders_of(self.protocol, step.after, block.slot) is not None:
            self.counts.pop(block.proposer, None)
        return tuple(charges)

    def _miss(
        self, state: State, slot: int, elected: bytes | None, out: set[bytes]
    ) -> Iterator[Charge]:
        """Count a missed slot against whom it was the turn of, unless that one is put out."""
        if elected is None or elected in out:
            return
        count = self.counts.get(elected, 0) + 1
        self.told.append((slot, elected, count))
        self.counts[elected] = count
        if count > state.params.downtime_threshold:
            self.forgive(elected)
            if state.validators[elected].status in SERVING:
                out.add(elected)
            yield Charge(elected, OffenceKind.DOWNTIME, slot // state.params.epoch_length)

    def forgive(self, offender: bytes) -> None:
        """Start again with who has been punished, for whatever it was."""
        self.counts.pop(offender, None)

    def differences(self, step: Step) -> Iterator[str]:
        """Say where a step's counts, or what it announced as missed, are not as recounted."""
        told = [
            (event.slot, event.proposer, event.in_a_row)
            for event in step.events
            if isinstance(event, announced.BlockMissed)
        ]
        for announced_miss, miss in zip(told, self.told, strict=False):
            if announced_miss != miss:
                slot, validator, count = miss
                yield (
                    f"slot {slot} is the {count}th in a row that {short(validator)} missed; slot"
                    f" {announced_miss[0]} was announced as the {announced_miss[2]}th of"
                    f" {short(announced_miss[1])}"
                )
                break
        else:
            if len(told) != len(self.told):
                yield f"{len(told)} missed blocks were announced, there were {len(self.told)}"
        for address in sorted({*step.changed, *self.counts}):
            stored = step.after.validators.get(address)
            kept, count = stored.missed if stored else 0, self.counts.get(address, 0)
            if kept != count:
                yield f"{short(address)} has missed {count} blocks in a row, {kept} are counted"
