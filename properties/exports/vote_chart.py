"""Two chains as a tree of checkpoints: who voted for which link, and what is final."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import attrs

from properties.engines.branches.safety import contradict
from properties.exports.inevitable import inevitable
from properties.exports.markup import Html, Part, element
from properties.exports.parts import facts_list, scroll
from properties.exports.retelling import Branch, Retelling
from properties.laws.describe import short
from statemachine.map_keys import epoch_key
from statemachine.messages import Vote
from statemachine.state import State
from statemachine.transactions import CastVotes

STEP, MARGIN = 90, 60
"""Units between two epochs, and around the drawing."""

LANES = (110, 250)
"""How high the two chains stand, the one above the other; they begin between them."""

RADIUS = 11


@attrs.define
class Link:
    """The votes for a link on a chain."""

    source: int
    target: int
    signers: dict[bytes, None] = attrs.field(factory=dict)
    weight: int = 0
    total: int = 0


def vote_chart(retelling: Retelling) -> Html | None:
    """Draw the votes on two chains; None where there is one chain, or nobody voted."""
    if len(retelling.branches) != 2:
        return None
    branches = retelling.branches
    links = [_links(branch) for branch in branches]
    voted = [link for side in links for link in side]
    epochs = sorted({epoch for link in voted for epoch in (link.source, link.target)})
    if not epochs:
        return None
    places = {epoch: MARGIN + STEP * place for place, epoch in enumerate(epochs)}
    ends = [branch.states[-1] for branch in branches]
    shapes: list[Part] = []
    for number, (side, state) in enumerate(zip(links, ends, strict=True)):
        shapes += [_lane(places, ends, number), *_arcs(side, places, ends, number)]
        shapes += list(_nodes(state, places, ends, number))
    width = 2 * MARGIN + STEP * (len(epochs) - 1)
    drawing = element(
        "svg",
        element("title", "votes on the two chains"),
        *shapes,
        viewBox=f"0 0 {width} {LANES[0] + LANES[1]}",
        role="img",
        aria_label="checkpoints of both chains and the links voted for; the list below has all",
    )
    # As large as it is, so that many epochs are scrolled and not made small.
    inside = element("div", drawing, class_="votes", style=f"min-width: {width}px")
    return element(
        "section",
        element("h2", "Who voted for what"),
        scroll(inside, "votes on the two chains"),
        element(
            "p",
            "Chain 1 is above, chain 2 below. A filled checkpoint is final, a ringed one justified;"
            " an arc is a link, the thicker the more voted for it.",
            class_="faint",
        ),
        facts_list(_facts(retelling, links, ends)),
    )


def _counted(branch: Branch) -> Iterator[tuple[CastVotes, State]]:
    """Go through the votes that were counted on a chain, each with the state that they led to."""
    for moment in branch.moments:
        if moment.vote is not None:
            yield moment.vote, moment.after


def _links(branch: Branch) -> list[Link]:
    """Return the links for which votes were counted, in order."""
    links: dict[tuple[int, int], Link] = {}
    for tx, after in _counted(branch):
        ends = (tx.vote.source.epoch, tx.vote.target.epoch)
        link = links.setdefault(ends, Link(*ends))
        record = after.finality.history.get(epoch_key(link.target))
        for signer in tx.signers:
            if signer not in link.signers:
                link.signers[signer] = None
                link.weight += record.snapshot.get(signer, 0) if record is not None else 0
        link.total = record.snapshot.total_weight if record is not None else link.total
    return list(links.values())


def _is_shared(ends: Sequence[State], epoch: int) -> bool:
    """Say whether both chains have the same checkpoint for an epoch, or both have forgotten it."""
    here, there = (state.finality.history.get(epoch_key(epoch)) for state in ends)
    if here is None or there is None:
        return here is there
    return here.root == there.root


def _height(ends: Sequence[State], epoch: int, number: int) -> int:
    return sum(LANES) // 2 if _is_shared(ends, epoch) else LANES[number]


def _lane(places: dict[int, int], ends: Sequence[State], number: int) -> Html:
    known = ends[number].finality.history
    points = " ".join(
        f"{x},{_height(ends, epoch, number)}"
        for epoch, x in places.items()
        if epoch_key(epoch) in known or _is_shared(ends, epoch)
    )
    return element("polyline", points=points, class_="lane")


def _arcs(
    side: Sequence[Link], places: dict[int, int], ends: Sequence[State], number: int
) -> Iterator[Html]:
    for link in side:
        start, end = places[link.source], places[link.target]
        first, last = (_height(ends, epoch, number) for epoch in (link.source, link.target))
        lift = min(90, 30 + (end - start) // 4)
        top = min(first, last) - lift if number == 0 else max(first, last) + lift
        told = (
            f"chain {number + 1}: {link.weight:,} of {link.total:,} from epoch {link.source} to"
            f" {link.target}"
        )
        share = link.weight / link.total if link.total else 0
        yield element(
            "path",
            element("title", told),
            d=f"M {start} {first} Q {(start + end) // 2} {top} {end} {last}",
            class_="arc",
            style=f"stroke-width: {1 + 5 * share:.1f}",
        )


def _nodes(
    state: State, places: dict[int, int], ends: Sequence[State], number: int
) -> Iterator[Html]:
    final = state.finality.finalised.epoch
    for epoch, x in places.items():
        if number and _is_shared(ends, epoch):
            continue
        record = state.finality.history.get(epoch_key(epoch))
        if record is None and not _is_shared(ends, epoch):
            continue
        height = _height(ends, epoch, number)
        kind = "final" if epoch == final else "justified" if record and record.justified else "seen"
        yield element("circle", cx=x, cy=height, r=RADIUS, class_=f"checkpoint {kind}")
        under = height + RADIUS + 18 if number == 0 else height - RADIUS - 8
        yield element("text", str(epoch), x=x, y=under, text_anchor="middle")


def _facts(
    retelling: Retelling, links: Sequence[Sequence[Link]], ends: Sequence[State]
) -> dict[str, Part]:
    facts: dict[str, Part] = {}
    for number, (branch, state) in enumerate(zip(retelling.branches, ends, strict=True), start=1):
        final = state.finality.finalised
        step = _became_final(branch, final.epoch)
        by = f", by step {step}" if step else ", from the start"
        facts[f"final on chain {number}"] = f"epoch {final.epoch} ({short(final.root)}){by}"
    weights = dict(ends[0].snapshot.items())
    twice = sorted(_signed_twice(retelling))
    weight, total = sum(weights.get(one, 0) for one in twice), sum(weights.values())
    share = 100 * weight / total if total else 0
    names = ", ".join(short(one) for one in twice) or "nobody"
    facts["signed twice"] = [
        f"{names}: {weight:,} of {total:,}, {share:.1f} %; accountable safety asks for a third",
        element("meter", min=0, max=100, low=100 / 3, optimum=100, value=f"{share:.1f}"),
    ]
    facts["inevitable"] = _inevitable(retelling)
    for number, side in enumerate(links, start=1):
        told = [
            f"{link.source} to {link.target}: {link.weight:,} of {link.total:,}"
            f" ({', '.join(short(one) for one in link.signers)})"
            for link in side
        ]
        facts[f"voted on chain {number}"] = element("ul", [element("li", line) for line in told])
    return facts


def _inevitable(retelling: Retelling) -> str:
    place = inevitable(retelling)
    if place is None:
        return "from the start: votes that contradict nothing are enough"
    return (
        f"by step {place[1]} on chain {place[0]}, the last at which anybody had to contradict"
        " itself; votes that contradict nothing are enough from there on"
    )


def _became_final(branch: Branch, epoch: int) -> int | None:
    """Return by which of a chain's steps an epoch became final; None: it was from the start."""
    for number, moment in enumerate(branch.moments, start=1):
        before, after = (state.finality.finalised.epoch for state in (moment.before, moment.after))
        if before != epoch and after == epoch:
            return number
    return None


def _signed_twice(retelling: Retelling) -> Iterator[bytes]:
    """Go through who signed two votes that contradict each other, on whichever chain."""
    votes: dict[bytes, dict[Vote, None]] = {}
    for branch in retelling.branches:
        for tx, _ in _counted(branch):
            for signer in tx.signers:
                votes.setdefault(signer, {})[tx.vote] = None
    for signer, known in votes.items():
        if any(contradict(first, second) for first, second in combinations(known, 2)):
            yield signer
