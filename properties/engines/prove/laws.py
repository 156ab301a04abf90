"""What contracts promise: the project's own laws, of one step, for all numbers at once."""

from collections.abc import Callable, Mapping

import attrs

from properties.engines.prove.subject import SUBJECT, Question
from properties.laws import Violation, check_state
from properties.laws.application import Misbehaved, Outcome, checked_apply
from properties.laws.law import CHECKS_OF_STATES, OnStep, OnSum, OnValidator
from properties.laws.views import Step
from properties.model.design import is_asked, is_exact, law_of
from statemachine.errors import Rejected
from statemachine.map_keys import epoch_key, link_key
from statemachine.messages import Vote
from statemachine.records import extend
from statemachine.rules.blocks import only_the_elected
from statemachine.state import State
from statemachine.transactions import CastVotes, ReportInvalidBlock


def outcome_of(state: State, transaction: object, elected: tuple[bytes, ...] = ()) -> Outcome:
    """Put a transaction to the protocol that is to be proved.

    Elections hash, and what is hashed is no symbol any more; so here those `elected` take
    turns, if any are named. What holds whoever they are holds for all elections.
    """
    protocol = SUBJECT.protocol
    state = extend(state, protocol.state)
    SUBJECT.asked = Question(state, transaction, elected)
    if elected:
        protocol = attrs.evolve(
            protocol,
            elect=lambda _state, slot: elected[slot % len(elected)],
            leaders=only_the_elected,
        )
    outcome = checked_apply(protocol, state, transaction)
    if isinstance(outcome, Step):
        SUBJECT.accepted += 1
    return outcome


LAWS_OF: dict[str, tuple[str, ...]] = {
    "conserves": ("ACC-1",),
    "never_negative": ("RUN-3", "RUN-4", "ACC-2", "ACC-3"),
    "covers_stake": ("ACC-4", "ACC-5", "STK-2", "STK-3", "STK-1"),
    "covers_rewards": ("ACC-6", "RWD-1"),
    "does_as_ordered": ("STK-7",),
    "bounds_commission": ("RWD-4",),
    "stays_final": ("FIN-1",),
    "links_by_two_thirds": ("FIN-2",),
    "final_by_a_link": ("FIN-3",),
    "certified_by_two_thirds": ("SLA-6",),
    "punishes_once": ("SLA-4",),
    "releases_late": ("TIM-3",),
}
"""The laws of the project that each promise is made of."""

LEMMA_HOLDS = "_"
"""What a lemma promises: that what it returns is true."""

GENERAL = ("conserves", "never_negative", "covers_stake", "covers_rewards")
"""What every contract of a rule promises; in its text, `stays_lawful` stands for them all."""


def laws_of_promise(promise: str) -> tuple[str, ...]:
    """Return the laws that a promise is made of; that of a lemma is of none."""
    if promise == LEMMA_HOLDS:
        return ()
    # What is no promise of this list is a law that a design adds.
    return LAWS_OF.get(promise, (promise,))


def keeps(outcome: Outcome, promise: str) -> bool:
    """Say whether an outcome is as promised."""
    if promise == LEMMA_HOLDS:
        return bool(outcome)
    recount = RECOUNTS.get(promise)
    return not complaints(outcome, promise) if recount is None else recount(outcome)


def stays_lawful(outcome: Outcome) -> bool:
    """Say whether an outcome is as every contract of a rule promises."""
    return all(keeps(outcome, promise) for promise in GENERAL)


def does_as_ordered(outcome: Outcome) -> bool:
    """Say whether a transaction changed balances and stake by exactly the amount that it names."""
    return keeps(outcome, "does_as_ordered")


def links_by_two_thirds(outcome: Outcome) -> bool:
    """Say whether a checkpoint is justified by a quorum of votes for one link, and only so."""
    if not isinstance(outcome, Step):
        return True
    target = epoch_key(_vote_of(outcome).target.epoch)
    was = outcome.before.finality.history[target].justified
    now = outcome.after.finality.history[target].justified
    return now == (was or _is_linked(outcome))


def final_by_a_link(outcome: Outcome) -> bool:
    """Say whether a link over at most `finality_span` epochs, all justified, makes final.

    Only the link that is voted for can: in the shapes that are proved nothing else has a quorum.
    """
    if not isinstance(outcome, Step):
        return True
    vote, before = _vote_of(outcome), outcome.before.finality.finalised
    source, target = vote.source, vote.target
    history = outcome.before.finality.history
    is_short = target.epoch - source.epoch <= outcome.before.params.finality_span
    is_complete = is_short and all(
        history[epoch_key(epoch)].justified for epoch in range(source.epoch + 1, target.epoch)
    )
    final = source.epoch > before.epoch and is_complete and _is_linked(outcome)
    return outcome.after.finality.finalised == (source if final else before)


def _vote_of(step: Step) -> Vote:
    assert isinstance(step.transaction, CastVotes)
    return step.transaction.vote


def _is_linked(step: Step) -> bool:
    """Say whether a quorum has voted for a link, counted from the votes, one by one."""
    tx, finality = step.transaction, step.before.finality
    assert isinstance(tx, CastVotes)
    target = tx.vote.target.epoch
    link = link_key(tx.vote.source.epoch, target)
    tally = total = 0
    for voter, weight in finality.history[epoch_key(target)].snapshot.items():
        total += weight
        if voter in tx.signers or link + voter in finality.votes:
            tally += weight
    return _is_quorum(tally, total)


def _is_quorum(tally: int, total: int) -> bool:
    """Say whether a tally is what the protocol declares to be a quorum, and enough for one."""
    protocol = SUBJECT.protocol
    return protocol.is_quorum(tally, total) and 3 * tally + is_exact(protocol) > 2 * total


def certified_by_two_thirds(outcome: Outcome) -> bool:
    """Say whether a certificate that was accepted is of a quorum."""
    if not isinstance(outcome, Step):
        return True
    tx = outcome.transaction
    assert isinstance(tx, ReportInvalidBlock)
    epoch = tx.header.slot // outcome.before.params.epoch_length
    snapshot = outcome.before.finality.history[epoch_key(epoch)].snapshot
    signed = sum(snapshot[signer] for signer in tx.signers)
    return _is_quorum(signed, sum(snapshot.entries()))


def releases_late(outcome: Outcome) -> bool:
    """Say whether stake is released only after the last epoch of evidence about it."""
    return keeps(outcome, "releases_late")


def punishes_once(outcome: Outcome) -> bool:
    """Say whether the same offence, offered again, is rejected because it has been punished."""
    return keeps(outcome, "punishes_once")


def bounds_commission(outcome: Outcome) -> bool:
    """Say whether no validator asks, or will ask, more than it may."""
    return keeps(outcome, "bounds_commission")


def stays_final(outcome: Outcome) -> bool:
    """Say whether final and justified checkpoints do not go back."""
    return keeps(outcome, "stays_final")


def _keeps(outcome: Outcome, promise: str) -> bool:
    return not complaints(outcome, promise)


RECOUNTS: Mapping[str, Callable[[Outcome], bool]] = {
    "links_by_two_thirds": links_by_two_thirds,
    "final_by_a_link": final_by_a_link,
    "certified_by_two_thirds": certified_by_two_thirds,
}
"""Promises that are counted here once more, vote by vote; the others are laws as they stand."""


def complaints(outcome: Outcome, promise: str) -> list[Violation]:
    """Say how an outcome breaks the laws that a promise is made of."""
    names = [name for name in laws_of_promise(promise) if is_asked(SUBJECT.protocol, name)]
    if isinstance(outcome, Rejected):
        return []
    if isinstance(outcome, Misbehaved):
        return [violation for violation in outcome.violations if violation.law in names]
    laws = [law_of(SUBJECT.protocol, name) for name in names]
    # Only laws of validators and of sums look at claims; to work these out takes products.
    looks = any(isinstance(law.check, OnValidator | OnSum) for law in laws)
    of_states = [law for law in laws if type(law.check) in CHECKS_OF_STATES]
    violations = check_state(of_states, outcome.after, outcome.all_views_after if looks else {})
    for law in laws:
        if isinstance(law.check, OnStep) and law.judges(type(outcome.transaction)):
            complaints = law.check.observe(SUBJECT.protocol, outcome)
            violations += [Violation(law.id, complaint) for complaint in complaints]
    return violations
