"""The law of the quorum: what decides for all is more than two thirds."""

from collections.abc import Iterator

from properties.laws.declared import is_ours
from properties.laws.law import Law, OnStep
from properties.laws.views import Step
from statemachine.map_keys import epoch_key
from statemachine.protocol import Protocol
from statemachine.state import State
from statemachine.transactions import CastVotes, ReportInvalidBlock


def quorum_is_two_thirds(protocol: Protocol, step: Step) -> Iterator[str]:
    """Complain of a quorum of two thirds or less of an epoch's stake, or of one beyond all."""
    total = _weighed_against(step.before, step.transaction)
    if total is None:
        return
    for weight in (0, total // 3, total // 2, 2 * total // 3 - 1, 2 * total // 3):
        if weight >= 0 and protocol.is_quorum(weight, total):
            yield f"{weight:,} of {total:,} is a quorum; it takes more than two thirds"
            return
    least = 2 * total // 3 + 1
    if is_ours(protocol.is_quorum) and total and not protocol.is_quorum(least, total):
        yield f"{least:,} of {total:,} are no quorum; more than two thirds are one"
    elif total and not protocol.is_quorum(total, total):
        yield f"all of {total:,} are no quorum, so that nothing can ever be decided"


def _weighed_against(state: State, transaction: object) -> int | None:
    """Return the stake that signers are weighed against; None where there are none."""
    if isinstance(transaction, CastVotes):
        epoch = transaction.vote.target.epoch
    elif isinstance(transaction, ReportInvalidBlock):
        epoch = transaction.header.slot // state.params.epoch_length
    else:
        return None
    record = state.finality.history.get(epoch_key(epoch))
    return None if record is None else record.snapshot.total_weight


LAWS = (
    Law(
        id="FIN-12",
        name="a quorum is more than two thirds",
        statement="What a protocol declares to be a quorum is more than two thirds of the stake,"
        " and all of it is one; where it declares none, whatever is more than two thirds is.",
        source="catalogue 4; B22; S18",
        check=OnStep(quorum_is_two_thirds),
        about=(CastVotes, ReportInvalidBlock),
    ),
)
