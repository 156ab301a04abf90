"""Inputs of every kind by size, to see what each costs when it is doubled."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

import attrs

from properties.conformance.framing import Lines
from properties.cosmos import read_cosmos
from properties.cosmos.export import to_cosmos
from properties.devnet.chain_file import chain_from_text, chain_to_text
from properties.ethereum.interchange import read_interchange, write_interchange
from properties.foreign.stream import read_stream
from properties.selftest.samples import COSMOS, samples
from properties.selftest.toy import TOY
from properties.trace.counterexample import Counterexample
from statemachine import PROTOCOL
from statemachine.canonical import canonical_bytes, from_canonical_bytes
from statemachine.codec import from_jsonable, from_tagged, parse_json, tagged, to_jsonable
from statemachine.crypto import bls
from statemachine.crypto.signing import address_of, registration_context
from statemachine.description import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
)
from statemachine.duties import SigningRecord
from statemachine.errors import Rejected
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.params import Params
from statemachine.records import evolve
from statemachine.signed.authentication import certificate_message, header_message, vote_message
from statemachine.signed.block import Block
from statemachine.signed.chain import ProvenGenesis, accept, apply_block, begin_chain, build_block
from statemachine.signed.envelope import Enclosed, Envelope, seal
from statemachine.signed.proofs import InvalidBlockEvidence, SignedVotes, VotesEvidence
from statemachine.state import State
from statemachine.transactions import (
    CastVotes,
    ReportInvalidBlock,
    ReportVotes,
    Transfer,
)

Call = Callable[[], object]

CHAIN = "growth"


@attrs.frozen
class Growth:
    """An input that can be of any size."""

    size: int
    """The smallest size at which it is measured."""
    input_of: Callable[[int], Call]
    """Makes an input of a size; what it returns hands it in, and that is what is counted."""


def _refused(run: Call) -> Call:
    """Return what hands in an input that must be refused."""

    def hand_in() -> None:
        with contextlib.suppress(ValueError, Rejected):
            run()
            raise AssertionError("an input that should be refused was taken")

    return hand_in


# --- bytes and text ----------------------------------------------------------------------


def _bytes(make: Callable[[int], bytes], cls: type = Transfer) -> Callable[[int], Call]:
    def input_of(size: int) -> Call:
        encoded = make(size)
        return _refused(lambda: from_canonical_bytes(encoded, cls))

    return input_of


def _text(make: Callable[[int], str], cls: type = Transfer) -> Callable[[int], Call]:
    def input_of(size: int) -> Call:
        text = make(size)
        return _refused(lambda: from_jsonable(parse_json(text), cls))

    return input_of


def _array(size: int, item: bytes) -> bytes:
    return b"\x9a" + size.to_bytes(4, "big") + item * size


def _shared(size: int) -> bytes:
    """Return shared references, of which each is twice the one before it."""
    again = (
        b"\xd8\x1c\x82" + b"\xd8\x1d\x19" + at.to_bytes(2, "big") + b"\x00" for at in range(size)
    )
    return b"\x9a" + size.to_bytes(4, "big") + b"".join(again)


def _lengthy(head: int, size: int) -> bytes:
    return bytes([head | 26]) + size.to_bytes(4, "big") + b"\x7f" * size


def _state_bytes(size: int) -> Call:
    encoded = canonical_bytes(_state(size))
    return lambda: from_canonical_bytes(encoded, State)


def _state_text(size: int) -> Call:
    text = json.dumps(to_jsonable(_state(size)))
    return lambda: from_jsonable(parse_json(text), State)


def _block_bytes(size: int) -> Call:
    encoded = canonical_bytes(_block(size))
    return lambda: from_canonical_bytes(encoded, Block)


def _counterexample(size: int) -> Call:
    text = Counterexample(
        "statemachine:PROTOCOL", "ACC-1", "none", "selftest", samples().state, _transfers(size)
    ).to_text()
    return lambda: Counterexample.from_text(text)


def _transaction_lines(size: int) -> Call:
    lines = [json.dumps(tagged(each)) for each in _transfers(size)]
    return lambda: [from_tagged(parse_json(line), (Transfer,)) for line in lines]


def _chain_file(size: int) -> Call:
    block = samples().steps[-1].block
    text = chain_to_text(samples().genesis, [block] * size)
    return lambda: chain_from_text(text)


def _interchange(size: int) -> Call:
    document = write_interchange(bytes(32), {b"k" * 48: SigningRecord(0, 1, 5)})
    votes = [{"source_epoch": str(each), "target_epoch": str(each + 1)} for each in range(size)]
    document["data"][0]["signed_attestations"] = votes
    return lambda: read_interchange(document)


def _cosmos(size: int) -> Call:
    text = json.dumps(to_cosmos(_state(size), COSMOS)[0]).encode()
    return lambda: read_cosmos(read_stream(io.BytesIO(text), "app_state"))


def _pieces(size: int) -> Call:
    """Return a line of a client that comes in pieces."""
    line = json.dumps("x" * size).encode() + b"\n"

    def hand_in() -> None:
        buffer, framing = bytearray(), Lines()
        for place in range(0, len(line), 256):
            buffer += line[place : place + 256]
            framing.take(buffer)

    return hand_in


# --- a chain of a size -------------------------------------------------------------------


def _transfers(size: int) -> tuple[Transfer, ...]:
    return tuple(Transfer(_address(1), _address(2), number) for number in range(1, size + 1))


def _secret(number: int) -> int:
    return bls.generate_secret(number.to_bytes(32, "big"))


@cache
def _public_key(number: int) -> bytes:
    return bls.public_key_of(TOY, _secret(number))


@cache
def _address(number: int) -> bytes:
    return address_of(_public_key(number))


@cache
def _described(size: int) -> ProvenGenesis:
    """Describe a chain of so many validators, each with a stake of its own."""
    numbers = sorted(range(1, size + 1), key=_address)
    params = Params(max_slot_gap=64)
    validators = tuple(GenesisValidator(_address(each), _public_key(each), 0) for each in numbers)
    accounts = tuple(GenesisAccount(_address(each), 10**6) for each in numbers)
    stakes = tuple(GenesisDelegation(_address(each), _address(each), 10**6) for each in numbers)
    proofs = tuple(
        bls.prove_possession(TOY, _secret(each), registration_context(CHAIN, _address(each)))
        for each in numbers
    )
    return ProvenGenesis(Genesis(CHAIN, params, accounts, validators, stakes), proofs)


def _state(size: int) -> State:
    return begin_chain(PROTOCOL, TOY, _described(size))


def _genesis(size: int) -> Call:
    described = _described(size)
    return lambda: begin_chain(PROTOCOL, TOY, described)


def _numbers_in(state: State) -> list[int]:
    return sorted(range(1, len(state.validators) + 1), key=_address)


def _summed(numbers: list[int], message: bytes) -> bytes:
    return bls.aggregate(TOY, [bls.sign(TOY, _secret(each), message) for each in numbers])


def _accepting(state: State, included: Envelope | SignedVotes) -> Call:
    return lambda: accept(PROTOCOL, TOY, state, included)


def _sealed(state: State, transaction: Enclosed) -> Envelope:
    return seal(TOY, _secret(1), CHAIN, state.nonces.get(_address(1), 0), transaction)


def _later(state: State) -> State:
    """Return a chain in its second epoch, by the block that opens it."""
    slot = state.params.epoch_length
    return apply_block(PROTOCOL, TOY, state, _built(state, slot)).state


def _built(state: State, slot: int, transactions: tuple[Envelope, ...] = ()) -> Block:
    for number in _numbers_in(state):
        with contextlib.suppress(Rejected):
            return build_block(
                PROTOCOL, TOY, state, _address(number), _secret(number), slot, transactions
            )
    raise AssertionError("nobody may propose")


def _votes(size: int) -> Call:
    state = _later(_state(size))
    numbers = _numbers_in(state)
    vote = Vote(state.finality.justified, _checkpoint(state, 1))
    cast = CastVotes(vote, tuple(_address(each) for each in numbers))
    return _accepting(state, SignedVotes(cast, _summed(numbers, vote_message(CHAIN, vote))))


def _checkpoint(state: State, epoch: int) -> Checkpoint:
    records = dict(state.finality.history.items())
    return Checkpoint(epoch, records[epoch.to_bytes(8, "big")].root)


def _votes_evidence(size: int) -> Call:
    state = _later(_state(size))
    numbers = _numbers_in(state)
    source, signers = state.finality.justified, tuple(_address(each) for each in numbers)
    votes = [Vote(source, Checkpoint(1, bytes([each]) * 32)) for each in (1, 2)]
    report = ReportVotes(_address(1), *(CastVotes(vote, signers) for vote in votes))
    signatures = [_summed(numbers, vote_message(CHAIN, vote)) for vote in votes]
    return _accepting(state, _sealed(state, VotesEvidence(report, *signatures)))


def _certificate(size: int) -> Call:
    state = _later(_state(size))
    numbers = _numbers_in(state)
    offender = numbers[0]
    header = Header(
        state.slot, state.head, _checkpoint(state, 1).root, _address(offender), *[bytes(32)] * 3
    )
    signers = tuple(_address(each) for each in numbers)
    report = ReportInvalidBlock(_address(1), header, signers)
    signature = bls.sign(TOY, _secret(offender), header_message(CHAIN, header))
    certificate = _summed(numbers, certificate_message(CHAIN, header))
    return _accepting(state, _sealed(state, InvalidBlockEvidence(report, signature, certificate)))


def _block(size: int) -> Block:
    state = _state(4)
    envelopes = tuple(
        seal(TOY, _secret(1), CHAIN, nonce, Transfer(_address(1), _address(2), 1))
        for nonce in range(size)
    )
    return _built(state, 1, envelopes)


def _block_of(size: int) -> Call:
    state, block = _state(4), _block(size)
    return lambda: apply_block(PROTOCOL, TOY, state, block)


def _forged_block(slots: int) -> Call:
    """Return a block so many slots ahead that its proposer did not sign."""
    state = _state(4)
    state = evolve(state, params=evolve(state.params, max_slot_gap=2**14))
    block = _block(0)
    forged = evolve(block, header=evolve(block.header, slot=slots))
    return _refused(lambda: apply_block(PROTOCOL, TOY, state, forged))


def _names(size: int) -> str:
    return ",".join(f'"{number}":0' for number in range(size))


def _growths() -> Iterator[tuple[str, Growth]]:
    yield "bytes: an array", Growth(4_000, _bytes(lambda size: _array(size, b"\x00")))
    yield "bytes: arrays in an array", Growth(4_000, _bytes(lambda size: _array(size, b"\x80")))
    yield "bytes: nested", Growth(4_000, _bytes(lambda size: b"\x81" * size + b"\x00"))
    yield "bytes: shared references", Growth(10, _bytes(_shared))
    yield "bytes: a long string", Growth(100_000, _bytes(lambda size: _lengthy(0x40, size)))
    yield "bytes: a long text", Growth(100_000, _bytes(lambda size: _lengthy(0x60, size)))
    yield "bytes: a long number", Growth(4_000, _bytes(lambda size: b"\xc2" + _lengthy(0x40, size)))
    yield (
        "bytes: a decimal fraction",
        Growth(4_000, _bytes(lambda size: b"\xc4\x82\x1a" + size.to_bytes(4, "big") + b"\x01")),
    )
    yield "bytes: a state", Growth(20, _state_bytes)
    yield "bytes: a block", Growth(20, _block_bytes)
    yield "text: names", Growth(2_000, _text(lambda size: "{" + _names(size) + "}"))
    yield (
        "text: a name twice",
        Growth(2_000, _text(lambda size: "{" + _names(size) + f',"{size - 1}":0' + "}")),
    )
    yield "text: a long name", Growth(50_000, _text(lambda size: f'{{"{"x" * size}": 1}}'))
    yield "text: a long text", Growth(50_000, _text(lambda size: f'{{"sender": "{"x" * size}"}}'))
    yield "text: a long number", Growth(4_000, _text(lambda size: "1" * size))
    yield "text: nested", Growth(4_000, _text(lambda size: "[" * size))
    yield "text: nested in a text", Growth(4_000, _text(lambda size: '["' + "[" * size + '"]'))
    yield "text: a list", Growth(4_000, _text(lambda size: f"[{','.join('0' * size)}]"))
    yield "text: a state", Growth(20, _state_text)
    yield "text: a counterexample", Growth(20, _counterexample)
    yield "text: transactions", Growth(20, _transaction_lines)
    yield "text: a chain", Growth(5, _chain_file)
    yield "text: signed votes of another chain", Growth(50, _interchange)
    yield "text: a Cosmos genesis", Growth(16, _cosmos)
    yield "text: a line in pieces", Growth(20_000, _pieces)
    yield "a genesis", Growth(16, _genesis)
    yield "votes", Growth(16, _votes)
    yield "evidence of votes", Growth(16, _votes_evidence)
    yield "a certificate", Growth(16, _certificate)
    yield "a block of envelopes", Growth(16, _block_of)
    yield "a forged block far ahead", Growth(1_000, _forged_block)


GROWTHS: Mapping[str, Growth] = MappingProxyType(dict(_growths()))
"""Every entry point, with an input that grows."""
