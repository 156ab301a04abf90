"""What is damaged: a small chain of everything, grown once, and its files."""

import json
from functools import cache

import attrs

from properties.cosmos.export import Target, to_cosmos
from properties.devnet import Network, Plan
from properties.devnet.chain_file import chain_to_text
from properties.ethereum.interchange import write_interchange
from properties.ethereum.records_file import records_of
from properties.ethereum.records_file import to_text as records_to_text
from properties.selftest.toy import TOY
from properties.trace.counterexample import Counterexample
from statemachine.codec import canonical_bytes, tagged, to_jsonable
from statemachine.description import Genesis
from statemachine.duties import SigningRecord
from statemachine.signed.block import Block, Included
from statemachine.signed.chain import ProvenGenesis
from statemachine.signed.envelope import Envelope, transaction_of
from statemachine.state import State
from statemachine.transactions import Transaction

PLAN = Plan(validators=7, epochs=6, epoch_length=4, seed=3, equivocating=(0,))
"""Votes, evidence of both kinds, delegations, missed slots and boundaries, in 24 slots."""


COSMOS = Target(now=1_600_000_000 * 10**9)

SIGNED = {bytes([number]) * 48: SigningRecord(number, number + 1, 5) for number in (1, 2)}
"""What two validators have signed."""


@attrs.frozen
class Step:
    """A block, and the state that it is applied to."""

    before: State
    block: Block


@attrs.frozen
class Samples:
    """Inputs that are right, to be damaged."""

    genesis: ProvenGenesis
    steps: tuple[Step, ...]
    state: State
    """The chain's last."""
    records: tuple[object, ...]
    """Records of every kind that travels, each with canonical bytes and JSON."""
    encoded: tuple[bytes, ...]
    """Their canonical bytes, in the same order."""
    files: dict[str, str]
    """The text of a file of each kind that a command reads."""

    @property
    def included(self) -> tuple[tuple[State, Included], ...]:
        """Return what is first in a block, each with the state of that block's slot."""
        return tuple(
            (step.before, included) for step in self.steps for included in step.block.transactions
        )


@cache
def samples() -> Samples:
    """Grow the chain with the toy backend."""
    network = Network.start(PLAN, TOY)
    steps = []
    before = network.state
    for report in network.run():
        if report.block is not None:
            steps.append(Step(before, report.block))
            before = report.state
    transactions = tuple(_bare(included) for step in steps for included in step.block.transactions)
    genesis = network.genesis
    records = (
        genesis,
        genesis.genesis,
        genesis.genesis.params,
        before,
        *(step.block for step in steps[-6:]),
        *(included for step in steps for included in step.block.transactions),
        *transactions,
    )
    return Samples(
        genesis,
        tuple(steps),
        before,
        records,
        tuple(canonical_bytes(record) for record in records),
        _files(genesis, [step.block for step in steps], transactions, before),
    )


def _bare(included: Included) -> Transaction:
    return transaction_of(included) if isinstance(included, Envelope) else included.transaction


def _files(
    genesis: ProvenGenesis,
    blocks: list[Block],
    transactions: tuple[Transaction, ...],
    state: State,
) -> dict[str, str]:
    def counterexample(start: Genesis | State) -> str:
        return Counterexample(
            "statemachine:PROTOCOL", "ACC-1", "none", "selftest", start, transactions[:4]
        ).to_text()

    return {
        "genesis": json.dumps(to_jsonable(genesis.genesis)),
        "transactions": "".join(json.dumps(tagged(each)) + "\n" for each in transactions[:8]),
        "chain": chain_to_text(genesis, blocks[:2]),
        "counterexample": counterexample(genesis.genesis),
        "counterexample from a state": counterexample(state),
        "state": json.dumps(tagged(state)),
        "block": json.dumps(to_jsonable(blocks[-1])),
        "hex of a block": canonical_bytes(blocks[-1]).hex(),
        "cosmos genesis": json.dumps(to_cosmos(state, COSMOS)[0]),
        "signing records": records_to_text(records_of(bytes(32), SIGNED)),
        "interchange": json.dumps(write_interchange(bytes(32), SIGNED)),
    }
