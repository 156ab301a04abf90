"""The kinds of input: each damages something, hands it in, and knows what may come of it."""

import io
import json
from collections.abc import Callable
from random import Random

import attrs

from properties.conformance.framing import Frames, Lines
from properties.foreign.fields import Unreadable
from properties.foreign.stream import read_stream
from properties.selftest.damage import damaged_bytes, damaged_document, damaged_text, damaged_value
from properties.selftest.forgeries import forged
from properties.selftest.samples import samples
from properties.selftest.toy import TOY
from statemachine import PROTOCOL
from statemachine.codec import (
    Malformed,
    canonical_bytes,
    from_canonical_bytes,
    from_jsonable,
    parse_json,
    to_jsonable,
)
from statemachine.errors import OutOfRange, Rejected
from statemachine.merkle_map import MerkleMap
from statemachine.merkle_proof import InclusionProof, ProofStep, proven_total
from statemachine.records import evolve
from statemachine.signed.block import body_root
from statemachine.signed.chain import ProvenGenesis, accept, apply_block, begin_chain

LONGEST_ERROR = 2_000
"""Characters in the longest message that an input may cause."""


class Fault(Exception):
    """An input did what none may; says which and what."""


Kind = Callable[[Random], str]
"""Hands in one input; returns what came of it in a word, or raises Fault."""


def _refusal(error: Exception) -> str:
    """Return the word for a refusal. Raises Fault for a message of no end."""
    if len(str(error)) > LONGEST_ERROR:
        raise Fault(f"a message of {len(str(error)):,} characters: {str(error)[:80]}")
    return error.reason.value if isinstance(error, Rejected) else "malformed"


def of_bytes(rng: Random) -> str:
    """Damage canonical bytes: they are refused, or are the one encoding of another record."""
    at = samples()
    place = rng.randrange(len(at.records))
    encoded = damaged_bytes(rng, at.encoded[place], at.encoded)
    cls = type(at.records[rng.randrange(len(at.records)) if not rng.randrange(10) else place])
    try:
        record = from_canonical_bytes(encoded, cls)
    except (Malformed, OutOfRange) as error:
        return _refusal(error)
    if canonical_bytes(record) != encoded:
        raise Fault(f"{cls.__name__}: two encodings of one record: {encoded[:200].hex()}")
    return "read"


def of_json(rng: Random) -> str:
    """Damage JSON: it is refused, or says what is written when it is written again."""
    record = rng.choice(samples().records)
    document = to_jsonable(record)
    if rng.randrange(2):
        text = json.dumps(damaged_value(rng, document))
    else:
        text = damaged_text(rng, json.dumps(document))
    try:
        read = from_jsonable(parse_json(text), type(record))
    except (Malformed, OutOfRange) as error:
        return _refusal(error)
    if from_jsonable(to_jsonable(read), type(record)) != read:
        raise Fault(f"{type(record).__name__}: JSON that does not come back: {text[:200]}")
    return "read"


def of_messages(rng: Random) -> str:
    """Damage what comes over a stream: frames and lines of clients, and foreign documents."""
    text = samples().files[rng.choice(("block", "cosmos genesis", "interchange"))]
    choice = rng.randrange(3)
    try:
        if choice == 0:
            content = damaged_bytes(rng, Frames().pack(json.loads(text))[4:], samples().encoded)
            Frames().take(bytearray(len(content).to_bytes(4, "big") + content))
            return "read"
        damaged = damaged_text(rng, text).encode("utf-8", "surrogatepass")
        if choice == 1:
            Lines().take(bytearray(damaged + b"\n"))
        else:
            read_stream(io.BytesIO(damaged), "app_state")
    except (Malformed, Unreadable) as error:
        return _refusal(error)
    return "read"


def of_proofs(rng: Random) -> str:
    """Forge a proof of inclusion: it shows nothing, or nothing but the truth."""
    state = rng.choice(samples().steps).before
    maps: tuple[MerkleMap[int], ...] = (state.accounts, state.snapshot, state.nonces)
    held = rng.choice([held for held in maps if len(held)])
    key, entry = rng.choice(list(held.items()))
    other_key, other_entry = rng.choice(list(held.items()))
    truth = proven_total(held.layout, held.root(), key, entry, held.prove(key))
    proof, claimed_key, claimed = held.prove(key), key, entry
    choice = rng.randrange(4)
    if choice == 0:
        claimed_key = other_key
    elif choice == 1:
        claimed = rng.choice((other_entry, entry + 1, entry ^ 1 << rng.randrange(127), 0))
    elif choice == 2:
        proof = InclusionProof(tuple(rng.sample(proof.steps, rng.randrange(len(proof.steps) + 1))))
    else:
        proof = _forged_steps(rng, proof)
    shown = proven_total(held.layout, held.root(), claimed_key, claimed, proof)
    if shown is None:
        return "shows nothing"
    if (claimed_key, claimed) != (key, entry) or shown != truth:
        if held.get(claimed_key) == claimed and claimed_key == other_key and key == other_key:
            return "the truth"
        raise Fault(f"a forged proof shows {shown} of 0x{claimed_key.hex()} = {claimed}")
    return "the truth"


def _forged_steps(rng: Random, proof: InclusionProof) -> InclusionProof:
    if not proof.steps:
        return InclusionProof((ProofStep(0, ()),))
    place = rng.randrange(len(proof.steps))
    step = proof.steps[place]
    if step.siblings and rng.randrange(4):
        which = rng.randrange(len(step.siblings))
        sibling = step.siblings[which]
        change = rng.choice(
            (
                {"nibble": rng.randrange(-1, 17)},
                {"count": sibling.count + rng.choice((-1, 1, 2**64))},
                {"weight": max(0, sibling.weight + rng.choice((-1, 1)))},
                {"weight": 2**200},
                {"digest": rng.randbytes(rng.choice((31, 32, 33)))},
            )
        )
        siblings = [*step.siblings]
        siblings[which] = attrs.evolve(sibling, **change)
        step = ProofStep(step.depth, tuple(siblings))
    else:
        step = ProofStep(step.depth + rng.choice((-1, 1, 100)), step.siblings)
    return InclusionProof((*proof.steps[:place], step, *proof.steps[place + 1 :]))


def of_signed(rng: Random) -> str:
    """Tamper with an envelope or with votes: nobody takes them who took the original."""
    state, included = rng.choice(samples().included)
    forgery = forged(rng, included, [each for _, each in samples().included])
    if forgery == included:
        return "the original"
    try:
        accept(PROTOCOL, TOY, state, forgery)
    except Rejected as error:
        return _refusal(error)
    if forgery in [each for _, each in samples().included]:
        return "another original"
    raise Fault(f"a forgery is taken: {forgery!r:.400}")


def of_blocks(rng: Random) -> str:
    """Tamper with a block: it is refused, also where its digests are made to fit."""
    step = rng.choice(samples().steps)
    block = forged(rng, step.block, [each.block for each in samples().steps])
    if rng.randrange(2):
        block = evolve(block, header=evolve(block.header, body=body_root(block.transactions)))
    if block == step.block:
        return "the original"
    before = canonical_bytes(step.before.finality)
    try:
        apply_block(PROTOCOL, TOY, step.before, block)
    except Rejected as error:
        if canonical_bytes(step.before.finality) != before:
            raise Fault("a refused block changed the state") from error
        return _refusal(error)
    raise Fault(f"a forged block is applied: {block!r:.400}")


def of_geneses(rng: Random) -> str:
    """Tamper with a genesis: it is refused, or begins another chain."""
    genesis = samples().genesis
    try:
        forgery = forged(rng, genesis, [genesis])
        if forgery == genesis:
            return "the original"
        state = begin_chain(PROTOCOL, TOY, forgery)
    except (Rejected, OutOfRange) as error:
        return _refusal(error)
    if state.head != samples().steps[0].before.head:
        return "another chain"
    if _contents(forgery) == _contents(genesis):
        return "the same in another order"
    raise Fault("another genesis begins the same chain")


def _contents(proven: ProvenGenesis) -> object:
    """Return what a genesis says, whatever the order in which it lists accounts and stakes."""
    genesis = proven.genesis
    lists = (genesis.accounts, genesis.validators, genesis.delegations)
    bare = evolve(genesis, accounts=(), validators=(), delegations=())
    return bare, [sorted(map(canonical_bytes, entries)) for entries in lists]


def of_files(rng: Random) -> tuple[str, str]:
    """Return the name of a kind of file that commands read, and a damaged text for it."""
    name = rng.choice(sorted(samples().files))
    return name, damaged_document(rng, samples().files[name])
