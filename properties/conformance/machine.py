"""Our own machine behind the conformance protocol: asks in, replies out, nothing else."""

import importlib
from collections.abc import Callable
from typing import Any

import attrs

from properties.conformance.asks import (
    OK,
    UNSUPPORTED,
    VERSIONS,
    BadAsk,
    Message,
    bytes_of,
    field_of,
    hexed,
    reply_to,
)
from properties.conformance.pure import PURE, PureAnswer
from properties.conformance.rejections import refusal_as_jsonable
from properties.conformance.views import (
    entry_as_jsonable,
    map_at,
    map_places,
    map_roots,
    plain_fields,
)
from properties.model.design import submitted_types_of
from statemachine.codec import from_jsonable, from_tagged, tagged
from statemachine.crypto.backends import backend_by_name
from statemachine.crypto.bls import Backend
from statemachine.description import Genesis
from statemachine.events import Event
from statemachine.merkle_subtrees import subtrees
from statemachine.protocol import Protocol, Transition
from statemachine.rules.genesis import genesis
from statemachine.signed.block import Block
from statemachine.signed.chain import ProvenGenesis, apply_block, begin_chain
from statemachine.state import State, state_root

MOST_KEPT = 4_096
"""States that may be kept under names at a time."""


def _reference_backend() -> Backend:
    return backend_by_name("py_ecc", importlib.import_module)


@attrs.define(eq=False)
class Machine:
    """A protocol, the state that it is in, and states kept under names."""

    protocol: Protocol
    load_backend: Callable[[], Backend] = _reference_backend
    """Loads the arithmetic of signatures, once something has to be verified."""
    state_type: type[State] = State
    state: State | None = None
    kept: dict[str, State] = attrs.field(factory=dict)
    events: tuple[Event, ...] = ()
    """What the last transition announced."""
    tells_events: bool = True
    """Whether events are in its replies: nobody needs them whose client tells none."""
    _backend: Backend | None = None
    types: tuple[type, ...] = attrs.field(
        default=attrs.Factory(lambda self: submitted_types_of(self.protocol), takes_self=True)
    )

    @property
    def asks(self) -> frozenset[str]:
        """What it can be asked."""
        return frozenset(HANDLERS)

    @property
    def backend(self) -> Backend:
        """The arithmetic of signatures."""
        if self._backend is None:
            self._backend = self.load_backend()
        return self._backend

    def reply(self, ask: Message) -> Message:
        """Answer an ask."""
        answer = HANDLERS.get(ask.get("do", ""))
        if answer is None:
            return {UNSUPPORTED: f"no ask {str(ask.get('do'))[:60]!r}"}
        return reply_to(lambda request: answer(self, request), ask, refusal_as_jsonable)

    def apply(self, transaction: Any, *, rooted: bool = True) -> Message:
        """Apply a transaction that was read already; reply as to an ask for it."""
        return reply_to(
            lambda _: self.after(self.protocol.transition(self.now(), transaction), rooted),
            {},
            refusal_as_jsonable,
        )

    def root(self) -> str:
        """Return the root of the state. Raises BadAsk where there is none yet."""
        return hexed(state_root(self.now()))

    def must(self, ask: Message) -> Message:
        """Answer an ask that has to go well."""
        reply = self.reply(ask)
        if OK not in reply:
            raise ValueError(f"{ask.get('do')}: {reply}")
        content: Message = reply[OK]
        return content

    def now(self) -> State:
        """Return the state. Raises BadAsk where there is none yet."""
        if self.state is None:
            raise BadAsk("there is no state yet; ask for a genesis or a state first")
        return self.state

    def enter(self, state: State) -> Message:
        """Go on from a state."""
        root = hexed(state_root(state))
        self.state = state
        return {"root": root}

    def after(self, applied: Transition, rooted: bool = True) -> Message:
        """Go on after a transition; without its root, if nobody asks for it."""
        entered = self.enter(applied.state) if rooted else {}
        self.state, self.events = applied.state, applied.events
        if self.tells_events:
            entered["events"] = [tagged(event) for event in applied.events]
        return entered


Answer = Callable[[Machine, Message], Message]


def _hello(machine: Machine, ask: Message) -> Message:
    offered = field_of(ask, "versions", list)
    common = [version for version in VERSIONS if version in offered]
    if not common:
        raise BadAsk(f"no version in common: {offered!r} were offered, {list(VERSIONS)} are spoken")
    return {
        "version": max(common),
        "name": f"stakespec, protocol {machine.protocol.name}",
        "asks": list(HANDLERS),
        "tells": ["events", "details"],
    }


def _genesis(machine: Machine, ask: Message) -> Message:
    description = from_jsonable(field_of(ask, "genesis", dict), Genesis)
    return machine.enter(genesis(machine.protocol, description))


def _chain(machine: Machine, ask: Message) -> Message:
    proven = from_jsonable(field_of(ask, "genesis", dict), ProvenGenesis)
    return machine.enter(begin_chain(machine.protocol, machine.backend, proven))


def _state(machine: Machine, ask: Message) -> Message:
    return machine.enter(from_jsonable(field_of(ask, "state", dict), machine.state_type))


def _apply(machine: Machine, ask: Message) -> Message:
    transaction = from_tagged(field_of(ask, "transaction", dict), machine.types)
    rooted = field_of(ask, "root", bool) if "root" in ask else True
    return machine.after(machine.protocol.transition(machine.now(), transaction), rooted)


def _block(machine: Machine, ask: Message) -> Message:
    block = from_jsonable(field_of(ask, "block", dict), Block)
    return machine.after(apply_block(machine.protocol, machine.backend, machine.now(), block))


def _elect(machine: Machine, ask: Message) -> Message:
    elected = machine.protocol.elect(machine.now(), field_of(ask, "slot", int))
    return {"proposer": None if elected is None else hexed(elected)}


def _parts(machine: Machine, _ask: Message) -> Message:
    state = machine.now()
    return {"maps": map_roots(state), "fields": plain_fields(state)}


def _annotation(machine: Machine, ask: Message) -> Any:
    places = map_places(type(machine.now()))
    place = field_of(ask, "map", str)
    if place not in places:
        raise BadAsk(f"there is no map {place[:60]!r}; there are {', '.join(places)}")
    return places[place]


def _children(machine: Machine, ask: Message) -> Message:
    _annotation(machine, ask)
    below = subtrees(map_at(machine.now(), ask["map"]), field_of(ask, "prefix", str))
    return {
        "children": [
            {
                "prefix": child.prefix,
                "digest": hexed(child.digest),
                "count": child.count,
                "weight": str(child.weight),
            }
            for child in below
        ]
    }


def _entry(machine: Machine, ask: Message) -> Message:
    annotation = _annotation(machine, ask)
    entry = map_at(machine.now(), ask["map"]).get(bytes_of(ask, "key"))
    return {"entry": None if entry is None else entry_as_jsonable(entry, annotation)}


def _keep(machine: Machine, ask: Message) -> Message:
    name = field_of(ask, "name", str)
    if name not in machine.kept and len(machine.kept) >= MOST_KEPT:
        raise BadAsk(f"{MOST_KEPT:,} states are kept already; drop one first")
    machine.kept[name] = machine.now()
    return {}


def _go(machine: Machine, ask: Message) -> Message:
    name = field_of(ask, "name", str)
    if name not in machine.kept:
        raise BadAsk(f"no state is kept under {name[:60]!r}")
    return machine.enter(machine.kept[name])


def _drop(machine: Machine, ask: Message) -> Message:
    machine.kept.pop(field_of(ask, "name", str), None)
    return {}


def _bye(_machine: Machine, _ask: Message) -> Message:
    return {}


def _of_backend(answer: PureAnswer) -> Answer:
    return lambda machine, ask: answer(lambda: machine.backend, ask)


HANDLERS: dict[str, Answer] = {
    "hello": _hello,
    "genesis": _genesis,
    "chain": _chain,
    "state": _state,
    "apply": _apply,
    "block": _block,
    "elect": _elect,
    "parts": _parts,
    "children": _children,
    "entry": _entry,
    "keep": _keep,
    "go": _go,
    "drop": _drop,
    "bye": _bye,
    **{name: _of_backend(answer) for name, answer in PURE.items()},
}
"""What answers each ask."""
