"""Asks that need no state: hashing, bytes, maps, arithmetic, signatures."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from properties.conformance.asks import BadAsk, Message, bytes_of, field_of, hexed, unhexed
from properties.conformance.types import RECORDS
from properties.conformance.views import map_places
from statemachine.annotations import bound_of, entry_type
from statemachine.arithmetic import is_supermajority, reduce_without_bias, remaining, share
from statemachine.codec import (
    canonical_bytes,
    from_canonical_bytes,
    from_jsonable,
    to_jsonable,
)
from statemachine.crypto.bls import (
    Backend,
    aggregate,
    fast_aggregate_verify,
    validate_key,
    verify,
    verify_possession,
)
from statemachine.crypto.signing import MessageKind, address_of, signing_root
from statemachine.hashing import digest
from statemachine.merkle_map import MapLayout, MerkleMap, proven_total
from statemachine.merkle_proof import InclusionProof, ProofStep, Sibling
from statemachine.state import State

LoadedBackend = Callable[[], Backend]

PureAnswer = Callable[[LoadedBackend, Message], Message]


def _digest(_backend: LoadedBackend, ask: Message) -> Message:
    parts = [unhexed(content, "digest: a part") for content in field_of(ask, "parts", list)]
    domain = field_of(ask, "domain", str)
    if not domain.isascii():
        raise BadAsk("digest: a domain is ASCII text")
    return {"digest": hexed(digest(domain, *parts))}


def _record(ask: Message) -> type:
    name = field_of(ask, "type", str)
    if name not in RECORDS:
        raise BadAsk(f"there is no type {name[:60]!r}")
    return RECORDS[name]


def _encode(_backend: LoadedBackend, ask: Message) -> Message:
    record: Any = from_jsonable(field_of(ask, "record", dict), _record(ask))
    return {"bytes": hexed(canonical_bytes(record))}


def _decode(_backend: LoadedBackend, ask: Message) -> Message:
    return {"record": to_jsonable(from_canonical_bytes(bytes_of(ask, "bytes"), _record(ask)))}


# --- maps --------------------------------------------------------------------------------


def _layout(ask: Message) -> tuple[MapLayout[Any], Any]:
    places = map_places(State)
    place = field_of(ask, "map", str)
    if place not in places:
        raise BadAsk(f"there is no map {place[:60]!r}; there are {', '.join(places)}")
    layout = bound_of(places[place], MapLayout)
    assert layout is not None
    return layout, entry_type(places[place])


def _changed(ask: Message) -> MerkleMap[Any]:
    """Return the map that comes of a list of changes, each a set or a removal."""
    layout, kind = _layout(ask)
    entries: MerkleMap[Any] = MerkleMap.empty(layout)
    for change in field_of(ask, "changes", list):
        if not isinstance(change, dict):
            raise BadAsk("map: a change is an object with a key, and an entry unless it is removed")
        key = bytes_of(change, "key")
        if "entry" in change:
            entries = entries.set(key, from_jsonable(change["entry"], kind))
        elif key in entries:
            entries = entries.remove(key)
        else:
            raise BadAsk(f"map: there is no key {hexed(key)} to remove")
    return entries


def _map(_backend: LoadedBackend, ask: Message) -> Message:
    entries = _changed(ask)
    return {
        "root": hexed(entries.root()),
        "count": len(entries),
        "weight": str(entries.total_weight),
    }


def _prove(_backend: LoadedBackend, ask: Message) -> Message:
    entries = _changed(ask)
    key = bytes_of(ask, "key")
    if key not in entries:
        raise BadAsk(f"prove: there is no key {hexed(key)}")
    proof = entries.prove(key)
    return {
        "root": hexed(entries.root()),
        "steps": [
            {
                "depth": step.depth,
                "siblings": [
                    {
                        "nibble": sibling.nibble,
                        "digest": hexed(sibling.digest),
                        "count": sibling.count,
                        "weight": str(sibling.weight),
                    }
                    for sibling in step.siblings
                ],
            }
            for step in proof.steps
        ],
    }


def _check_proof(_backend: LoadedBackend, ask: Message) -> Message:
    layout, kind = _layout(ask)
    steps = tuple(
        ProofStep(
            field_of(step, "depth", int),
            tuple(
                Sibling(
                    field_of(sibling, "nibble", int),
                    bytes_of(sibling, "digest"),
                    field_of(sibling, "count", int),
                    int(field_of(sibling, "weight", str)),
                )
                for sibling in field_of(step, "siblings", list)
            ),
        )
        for step in field_of(ask, "steps", list)
    )
    entry = from_jsonable(ask.get("entry"), kind)
    proven = proven_total(
        layout, bytes_of(ask, "root"), bytes_of(ask, "key"), entry, InclusionProof(steps)
    )
    if proven is None:
        return {"valid": False}
    return {
        "valid": True,
        "weight": str(proven.weight),
        "offset": str(proven.offset),
        "total_weight": str(proven.total_weight),
        "count": proven.count,
    }


# --- arithmetic and signatures -----------------------------------------------------------


def _number(ask: Message, name: str) -> int:
    text = field_of(ask, name, str)
    if not (text.isascii() and text.isdigit() and len(text) <= 100):
        raise BadAsk(f"{ask.get('do')}: the field {name!r} must be a decimal number in quotes")
    return int(text)


def _share(_backend: LoadedBackend, ask: Message) -> Message:
    amount, bps = _number(ask, "amount"), field_of(ask, "bps", int)
    return {"taken": str(share(amount, bps)), "left": str(remaining(amount, bps))}


def _quorum(_backend: LoadedBackend, ask: Message) -> Message:
    return {"decides": is_supermajority(_number(ask, "signed"), _number(ask, "total"))}


def _reduce(_backend: LoadedBackend, ask: Message) -> Message:
    drawn = _number(ask, "drawn"), field_of(ask, "bits", int), _number(ask, "total")
    if not (drawn[2] and 0 < drawn[1] <= 512 and drawn[0] < 1 << drawn[1]):
        raise BadAsk("reduce: needs a total of at least 1 and a number of so many bits")
    reduced = reduce_without_bias(*drawn)
    return {"number": None if reduced is None else str(reduced)}


def _address(_backend: LoadedBackend, ask: Message) -> Message:
    return {"address": hexed(address_of(bytes_of(ask, "public_key")))}


def _signing_root(_backend: LoadedBackend, ask: Message) -> Message:
    kind = field_of(ask, "kind", str)
    if kind not in set(MessageKind):
        raise BadAsk(f"signing_root: a kind is one of {', '.join(MessageKind)}")
    chain_id = field_of(ask, "chain_id", str)
    return {"root": hexed(signing_root(chain_id, MessageKind(kind), bytes_of(ask, "content")))}


def _key(backend: LoadedBackend, ask: Message) -> Message:
    validate_key(backend(), bytes_of(ask, "public_key"))
    return {}


def _verify(backend: LoadedBackend, ask: Message) -> Message:
    keys = [unhexed(key, "verify: a key") for key in field_of(ask, "public_keys", list)]
    message, signature = bytes_of(ask, "message"), bytes_of(ask, "signature")
    if len(keys) == 1:
        verify(backend(), keys[0], message, signature)
    else:
        fast_aggregate_verify(backend(), keys, message, signature)
    return {}


def _possession(backend: LoadedBackend, ask: Message) -> Message:
    key, proof = bytes_of(ask, "public_key"), bytes_of(ask, "proof")
    verify_possession(backend(), key, proof, bytes_of(ask, "context"))
    return {}


def _aggregate(backend: LoadedBackend, ask: Message) -> Message:
    signatures = [
        unhexed(signature, "aggregate: a signature") for signature in ask.get("signatures", [])
    ]
    return {"signature": hexed(aggregate(backend(), signatures))}


PURE: MappingProxyType[str, PureAnswer] = MappingProxyType(
    {
        "digest": _digest,
        "encode": _encode,
        "decode": _decode,
        "map": _map,
        "prove": _prove,
        "check_proof": _check_proof,
        "share": _share,
        "quorum": _quorum,
        "reduce": _reduce,
        "address": _address,
        "signing_root": _signing_root,
        "key": _key,
        "verify": _verify,
        "possession": _possession,
        "aggregate": _aggregate,
    }
)
"""What answers each ask that needs no state."""
