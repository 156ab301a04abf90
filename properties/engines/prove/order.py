"""In which order contracts are proved: what a fork changed comes first."""

from collections.abc import Callable, Iterable

from properties.engines.prove.contract import LEMMA, Contract
from properties.laws.accusation import Accuse, with_accusations
from statemachine.protocol import Protocol
from statemachine.rules import PROTOCOL
from statemachine.transactions import (
    CastVotes,
    ProduceBlock,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)

EPOCH = "epoch"
SLASH = "slash"

EVIDENCE = (ReportBlocks, ReportVotes, ReportProposer, ReportInvalidBlock)

EXERCISED_BY = {
    "closing_steps": (EPOCH,),
    "opening_steps": (EPOCH,),
    "fraction": (SLASH, *(kind.__name__ for kind in EVIDENCE)),
    "slash": (SLASH, ProduceBlock.__name__, *(kind.__name__ for kind in EVIDENCE)),
    "is_quorum": (CastVotes.__name__, ReportInvalidBlock.__name__, LEMMA),
}
"""The rules whose contracts run through a part of a protocol. None runs through elections."""

ALSO = {ProduceBlock: EPOCH, Accuse: SLASH}
"""What else is about the rule for a transaction type."""


def changed_rules(protocol: Protocol) -> frozenset[str]:
    """Return the rules, as contracts name them, in which a protocol is not the default one."""
    ours, theirs = with_accusations(PROTOCOL), with_accusations(protocol)
    changed: set[str] = set()
    for kind in (*ours.rules, *theirs.rules):
        if theirs.rules.get(kind) is not ours.rules.get(kind):
            changed.update((kind.__name__, ALSO.get(kind, kind.__name__)))
    for field, rules in EXERCISED_BY.items():
        if getattr(theirs, field) != getattr(ours, field):
            changed.update(rules)
    return frozenset(changed)


def precedence(protocol: Protocol) -> Callable[[Contract], tuple[bool, float]]:
    """Return a sort key: contracts of what a protocol changed first, then the cheapest."""
    changed = changed_rules(protocol)
    return lambda contract: (contract.rule not in changed, contract.cost)


def ordered(contracts: Iterable[Contract], protocol: Protocol) -> tuple[Contract, ...]:
    """Return contracts in the order in which a protocol is best proved."""
    return tuple(sorted(contracts, key=precedence(protocol)))
