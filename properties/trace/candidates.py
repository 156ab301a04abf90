"""Simpler variants of a trial: fewer actors, signers and entries, smaller numbers."""

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from properties.model.names import address, is_twin
from properties.trace.trial import Trial
from statemachine.description import Genesis
from statemachine.errors import OutOfRange
from statemachine.records import evolve, fields_of
from statemachine.state import State
from statemachine.transactions import CastVotes

ADDRESS_LENGTH = 20

Propose = Callable[[Trial], Iterator[Trial]]


def fewer_actors(trial: Trial) -> Iterator[Trial]:
    """Merge two actors: the first takes over what the later one did."""
    actors = sorted(_actors(trial))
    for place, replaced in reversed(tuple(enumerate(actors))):
        for actor in actors[:place]:
            try:
                txs = tuple(_renamed(tx, replaced, actor) for tx in trial.transactions)
            except OutOfRange:
                continue
            yield Trial(trial.start, txs)


def plain_names(trial: Trial) -> Iterator[Trial]:
    """Give twins addresses with different first bytes, so that reports tell them apart."""
    if _twins(trial):
        txs = tuple(_plainly(tx) for tx in trial.transactions)
        yield Trial(_plainly(trial.start), txs)


def _twins(trial: Trial) -> set[bytes]:
    return {name for name in (*_names(trial.start), *_actors(trial)) if is_twin(name)}


def _plainly(content: object) -> Any:
    """Replace the addresses of twins by plain ones."""
    if isinstance(content, bytes):
        return address(content[-1]) if is_twin(content) else content
    if isinstance(content, tuple):
        return tuple(map(_plainly, content))
    if not attrs.has(type(content)):
        return content
    parts = {field.name: getattr(content, field.name) for field in fields_of(type(content))}
    plain = {name: _plainly(held) for name, held in parts.items()}
    return evolve(content, **{name: held for name, held in plain.items() if held != parts[name]})


def _actors(trial: Trial) -> set[bytes]:
    return {name for tx in trial.transactions for name in _names(tx)}


def _names(content: object) -> Iterator[bytes]:
    """Yield all addresses in a value."""
    if isinstance(content, bytes):
        if len(content) == ADDRESS_LENGTH:
            yield content
    elif isinstance(content, tuple):
        for item in content:
            yield from _names(item)
    elif attrs.has(type(content)):
        for field in fields_of(type(content)):
            yield from _names(getattr(content, field.name))


def _renamed(content: object, old: bytes, new: bytes) -> Any:
    """Replace an address; lists of addresses stay sorted and without duplicates."""
    if isinstance(content, bytes):
        return new if content == old else content
    if isinstance(content, tuple):
        if old not in content:
            return content
        return tuple(sorted({_renamed(item, old, new) for item in content}))
    if not attrs.has(type(content)):
        return content
    changes = {}
    for field in fields_of(type(content)):
        was = getattr(content, field.name)
        becomes = _renamed(was, old, new)
        if becomes is not was:
            changes[field.name] = becomes
    return evolve(content, **changes) if changes else content


Where = tuple[str, ...]
"""A path of field names, from a transaction down to a field."""


def _signers(tx: Any, where: Where = ()) -> Iterator[tuple[Where, tuple[bytes, ...]]]:
    """Yield the lists of signers in a transaction, each with its path."""
    for field in attrs.fields(type(tx)):
        content = getattr(tx, field.name)
        if field.name == "signers":
            yield (*where, field.name), content
        elif isinstance(content, CastVotes):
            yield from _signers(content, (*where, field.name))


def _with_part(tx: object, where: Where, content: object) -> object:
    name, *rest = where
    return evolve(
        tx, **{name: _with_part(getattr(tx, name), tuple(rest), content) if rest else content}
    )


def fewer_signers(trial: Trial) -> Iterator[Trial]:
    """Yield trials in which one signer of one transaction is left out."""
    txs = trial.transactions
    for place, tx in enumerate(txs):
        for where, signers in _signers(tx):
            for gone in range(len(signers)):
                fewer = _with_part(tx, where, signers[:gone] + signers[gone + 1 :])
                yield Trial(trial.start, (*txs[:place], fewer, *txs[place + 1 :]))


def smaller_genesis(trial: Trial) -> Iterator[Trial]:
    """Yield trials whose genesis lacks some delegations, accounts or validators."""
    genesis = trial.start
    if isinstance(genesis, State):
        return
    for name in ("delegations", "accounts", "validators"):
        parts = getattr(genesis, name)
        chunk = max(1, len(parts) // 2)
        while parts:
            for start in range(0, len(parts), chunk):
                kept = (*parts[:start], *parts[start + chunk :])
                changed = _evolved(genesis, **{name: kept})
                if changed is not None:
                    yield Trial(changed, trial.transactions)
            if chunk == 1:
                break
            chunk //= 2


# --- numbers -----------------------------------------------------------------------------


@attrs.frozen
class Site:
    """The place of a number in a trial."""

    number: int
    plain: int
    """The simplest number that it could be."""
    put: Callable[[Trial, int], Trial | None]
    """Returns the trial with another number there, or None if that is out of range."""


def sites_of(trial: Trial) -> list[Site]:
    """Return the places of all numbers in a trial that may be simplified."""
    sites = []
    for place, tx in enumerate(trial.transactions):
        for name in _number_fields(tx):
            sites.append(Site(getattr(tx, name), 0, _into_order(place, name)))
    genesis = trial.start
    if isinstance(genesis, State):
        return sites
    for name in _number_fields(genesis.params):
        number, plain = getattr(genesis.params, name), _PLAIN.get(name, 0)
        sites.append(Site(number, plain, _into_params(name)))
    for collection, name in (
        ("accounts", "balance"),
        ("delegations", "amount"),
        ("validators", "commission_bps"),
    ):
        for place, entry in enumerate(getattr(genesis, collection)):
            sites.append(Site(getattr(entry, name), 0, _into_part(collection, place, name)))
    sites.append(Site(genesis.treasury, 0, _into_genesis("treasury")))
    sites.append(Site(genesis.epoch, 0, _into_genesis("epoch")))
    return sites


def _into_order(place: int, name: str) -> Callable[[Trial, int], Trial | None]:
    def put(trial: Trial, number: int) -> Trial | None:
        txs = trial.transactions
        simpler = _evolved(txs[place], **{name: number})
        if simpler is None:
            return None
        return Trial(trial.start, (*txs[:place], simpler, *txs[place + 1 :]))

    return put


def _into_genesis(name: str) -> Callable[[Trial, Any], Trial | None]:
    def put(trial: Trial, content: Any) -> Trial | None:
        changed = _evolved(trial.start, **{name: content})
        return Trial(changed, trial.transactions) if changed is not None else None

    return put


def _into_params(name: str) -> Callable[[Trial, int], Trial | None]:
    def put(trial: Trial, number: int) -> Trial | None:
        assert isinstance(trial.start, Genesis)
        params = _evolved(trial.start.params, **{name: number})
        return _into_genesis("params")(trial, params) if params is not None else None

    return put


def _into_part(collection: str, place: int, name: str) -> Callable[[Trial, int], Trial | None]:
    def put(trial: Trial, number: int) -> Trial | None:
        parts = getattr(trial.start, collection)
        simpler = _evolved(parts[place], **{name: number})
        if simpler is None:
            return None
        changed = (*parts[:place], simpler, *parts[place + 1 :])
        return _into_genesis(collection)(trial, changed)

    return put


def simpler(number: int, plain: int) -> Iterator[int]:
    """Propose numbers closer to the simplest one, the closest first."""
    if number == plain:
        return
    yield plain
    for simple in (1, 2, 10, 100, 1_000, 10_000):
        if abs(simple - plain) < abs(number - plain):
            yield simple
    yield plain + (number - plain) // 2
    yield number - 1


_PLAIN = {
    "unbonding_epochs": 2,
    "evidence_window": 2,
    "epoch_length": 2,
    "max_slot_gap": 16,
    "double_sign_bps": 5_000,
    "invalid_block_bps": 1_000,
    "downtime_bps": 500,
    "max_commission_bps": 10_000,
    "max_commission_change_bps": 10_000,
    "churn_bps": 10_000,
}
"""Parameters whose simplest number is not the smallest."""


def _number_fields(record: object) -> list[str]:
    return [
        field.name
        for field in fields_of(type(record))
        if isinstance(getattr(record, field.name), int)
        and not isinstance(getattr(record, field.name), bool)
    ]


def size_of(trial: Trial) -> tuple[int, int, int]:
    """Return a sort key: by transactions, then by actors and entries, then by digits."""
    start = trial.start
    parts = len(start.accounts) + len(start.validators) + len(start.delegations)
    signers = sum(len(signers) for tx in trial.transactions for _, signers in _signers(tx))
    actors = len(_actors(trial)) + len(_twins(trial))
    digits = sum(_digits(abs(site.number - site.plain)) for site in sites_of(trial))
    if isinstance(start, Genesis):
        digits += sum(validator.jailed for validator in start.validators)
    return len(trial.transactions), parts + signers + actors, digits


def _digits(number: int) -> int:
    return number.bit_length() * 4 + bin(number).count("1")


def _evolved(record: object, **changes: Any) -> Any:
    try:
        return evolve(record, **changes)
    except OutOfRange:
        return None
