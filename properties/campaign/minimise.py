"""The least corpus that reaches the same cells, each history made shorter."""

from collections.abc import Callable, Sequence

from properties.campaign.history import Kept, reduced, text_of
from properties.engines.fuzz.cells import cells_of_refusal, cells_of_step
from properties.laws.accusation import with_accusations
from properties.laws.application import Misbehaved, checked_apply
from properties.trace.run import state_at
from properties.trace.trial import Trial
from statemachine.errors import Rejected
from statemachine.protocol import Protocol


def minimised(
    protocol: Protocol, corpus: Sequence[Kept], report: Callable[[int], None] = lambda _at: None
) -> list[Kept]:
    """Return as few histories as reach all cells that the corpus reaches, none longer."""
    protocol = with_accusations(protocol)
    whole = [
        Kept(kept.trial, tuple(sorted(cells_on_the_way(protocol, kept.trial)))) for kept in corpus
    ]
    chosen: list[Kept] = []
    missing = {cell for kept in whole for cell in kept.cells}
    while missing:
        best = min(whole, key=lambda kept: (-len(missing & {*kept.cells}), kept.cost))
        gained = missing & {*best.cells}
        chosen.append(Kept(best.trial, tuple(sorted(gained))))
        missing -= gained
        report(len(chosen))
    return reduced(_shortened(protocol, kept) for kept in chosen)


def cells_on_the_way(protocol: Protocol, trial: Trial) -> set[str]:
    """Return all cells that a history reaches, up to where it no longer applies."""
    state, cells = state_at(protocol, trial.start), set[str]()
    for tx in trial.transactions:
        response = checked_apply(protocol, state, tx)
        if isinstance(response, Misbehaved):
            break
        if isinstance(response, Rejected):
            cells.update(map(text_of, cells_of_refusal(tx, response)))
            break
        cells.update(map(text_of, cells_of_step(response)))
        state = response.after
    return cells


def _shortened(protocol: Protocol, kept: Kept) -> Kept:
    """Leave out stretches of transactions, long ones first, without which all cells are reached."""
    transactions, wanted = kept.trial.transactions, {*kept.cells}
    length = len(transactions) // 2
    while length:
        place = 0
        while place < len(transactions):
            fewer = transactions[:place] + transactions[place + length :]
            if wanted <= cells_on_the_way(protocol, Trial(kept.trial.start, fewer)):
                transactions = fewer
            else:
                place += length
        length //= 2
    return Kept(Trial(kept.trial.start, transactions), kept.cells)
