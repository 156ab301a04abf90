"""Definitions as a protocol's own rules compute them, read off what the rules do."""

import z3

from properties.theorems import definitions as book
from properties.theorems.accusations import contradict, pairs, report, state
from properties.theorems.definitions import Definitions, Link
from properties.theorems.finite import constants
from properties.theorems.scenes import RULE_TIES, STAKES, STAKES_NOW, answer
from statemachine.errors import Rejected
from statemachine.messages import Vote
from statemachine.primitives import MAX_AMOUNT
from statemachine.protocol import Protocol


def definitions_of(protocol: Protocol) -> Definitions:
    """Return what a protocol takes for a quorum, and for a contradiction."""
    return Definitions(is_quorum=_quorum_of(protocol), contradict=_contradiction_of(protocol))


def _quorum_of(protocol: Protocol) -> book.Quorum:
    """Return when votes justify a checkpoint, by the rule that counts them.

    Of the scene's three validators two vote, with the weight between them.
    """
    machine = answer(protocol, RULE_TIES[0]).machine
    first, second, third = (z3.Int(name) for name in STAKES)
    # A wrong rule may look at what is at stake by now, whatever that is.
    stakes_now = [z3.Int(name) for name in STAKES_NOW]
    by_now = z3.And([stake >= 1 for stake in stakes_now])
    if machine is not None and not constants(machine) & set(stakes_now):
        by_now = z3.BoolVal(True)

    def is_quorum(weight: z3.ArithRef, total: z3.ArithRef) -> z3.BoolRef:
        if machine is None:
            return book.is_supermajority(weight, total)
        read = z3.substitute(
            machine, (first, weight - 1), (second, z3.IntVal(1)), (third, total - weight)
        )
        # Nobody's stake is zero, so a scene has at least two units that vote and one that not.
        in_scene = z3.And(weight >= 2, total > weight, total <= MAX_AMOUNT)
        return z3.If(in_scene, z3.And(read, by_now), book.is_supermajority(weight, total))

    return is_quorum


KINDS = ("same target", "around", "within", "harmless")


def _kind(first: Vote, second: Vote) -> str:
    if not contradict(first, second):
        return "harmless"
    if first.target.epoch == second.target.epoch:
        return "same target"
    return "around" if first.target.epoch > second.target.epoch else "within"


def _contradiction_of(protocol: Protocol) -> book.Contradiction:
    """Return which pairs of votes the rule that takes evidence takes, kind by kind."""
    taken = dict.fromkeys(KINDS, True)
    taken["harmless"] = False
    before = state()
    for first, second in pairs():
        kind = _kind(first, second)
        try:
            protocol.transition(before, report(first, second))
        except Rejected:
            if kind != "harmless":
                taken[kind] = False
        else:
            if kind == "harmless" and first != second:
                taken[kind] = True

    def read(first: Link, second: Link, same: z3.BoolRef) -> z3.BoolRef:
        if taken["harmless"]:
            return z3.Not(same)
        kinds = [
            (taken["same target"], first.target == second.target),
            (taken["around"], book.surrounds(first, second)),
            (taken["within"], book.surrounds(second, first)),
        ]
        return z3.And(z3.Not(same), z3.Or([formula for is_taken, formula in kinds if is_taken]))

    return read
