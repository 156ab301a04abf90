"""Signed blocks in fuzzing: what is put, and what it takes to see a client that is wrong."""

from collections.abc import Callable

import attrs
import pytest

from properties.conformance.asks import OK, REJECTED, Message
from properties.conformance.block_fuzzing import KIND, BlockFuzzer, BlocksParted
from properties.conformance.comparison import Pair
from properties.conformance.fuzzing import Covered
from properties.conformance.inside import Inside
from properties.conformance.machine import Machine
from properties.selftest.toy import TOY
from statemachine import PROTOCOL

TELLS = frozenset({"events", "details"})

Reply = Callable[[Machine, Message], Message]


@attrs.define(eq=False)
class Wrong(Machine):
    """A machine that answers some asks in its own way."""

    wrong: Reply = attrs.field(kw_only=True)

    def reply(self, ask: Message) -> Message:
        """Answer an ask."""
        return self.wrong(self, ask)


def searched(
    reply: Reply = Machine.reply, *, seed: int = 1, blocks: int = 40
) -> tuple[BlocksParted | None, Covered]:
    client = Inside(Wrong(PROTOCOL, lambda: TOY, wrong=reply), TELLS)
    covered = Covered()
    fuzzer = BlockFuzzer(Pair(Machine(PROTOCOL, lambda: TOY), client), seed, covered)
    return fuzzer.run(blocks, lambda: True), covered


def test_blocks_of_every_kind_are_put() -> None:
    reasons: set[str] = set()
    accepted = 0
    for seed in range(6):
        parted, covered = searched(seed=seed)
        assert parted is None
        reasons |= set(covered.rejected[KIND])
        accepted += covered.accepted[KIND]
    assert accepted > 75
    assert reasons >= {
        "wrong_parent", "wrong_body", "wrong_reveal", "wrong_checkpoint", "wrong_state_root",
        "wrong_proposer", "bad_signature", "slot_not_after_last", "wrong_chain", "wrong_nonce",
        "signature_is_infinity",
    }  # fmt: skip


def test_the_same_seed_puts_the_same() -> None:
    first, second = (searched(seed=5)[1] for _ in range(2))
    assert first == second


def _accepts_any_root(machine: Machine, ask: Message) -> Message:
    reply = Machine.reply(machine, ask)
    if reply.get(REJECTED, {}).get("reason") == "wrong_state_root":
        return {OK: {"root": ask["block"]["header"]["state_root"], "events": []}}
    return reply


def _forgets_the_nonce(machine: Machine, ask: Message) -> Message:
    reply = Machine.reply(machine, ask)
    if reply.get(REJECTED, {}).get("reason") == "wrong_nonce":
        return {REJECTED: {"reason": "bad_signature", "details": {}}}
    return reply


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (_accepts_any_root, "accepted what must be refused"),
        (_forgets_the_nonce, "refused for another reason"),
    ],
)
def test_a_client_that_is_wrong_about_blocks_is_told_so(wrong: Reply, kind: str) -> None:
    parted, _ = searched(wrong, blocks=200)
    assert parted is not None
    assert parted.divergence.kind == kind
    assert [ask["do"] for ask in parted.asks[:2]] == ["chain", "block"]
    # All on the way are accepted, and the last holds as few transactions as it can.
    assert len(parted.asks) <= parted.original_length
    fewest = 0 if wrong is _accepts_any_root else 1
    assert len(parted.asks[-1]["block"]["transactions"]) == fewest
