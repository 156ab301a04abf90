"""A counterexample as one page that needs nothing else: no script, font or other file."""

from collections.abc import Iterable, Sequence
from typing import Any

from properties.exports.chart import chart
from properties.exports.markup import Html, Part, breakable, element, joined
from properties.exports.parts import facts_list, footer_of, scroll, table, whole_page
from properties.exports.pots import POTS, ever_issued, in_all_pots
from properties.exports.retelling import Branch, Moment, Retelling
from properties.exports.vote_chart import vote_chart
from properties.laws import Violation
from properties.laws.describe import describe, field_changes, short, show
from properties.model.design import law_of
from statemachine.protocol import Protocol
from statemachine.records import fields_of
from statemachine.state import State

LONGEST_TABLE = 50
"""Rows of accounts or validators that are shown."""

LONGEST_OPEN = 8
"""Rows up to which a table is shown unfolded."""

LONGEST_UNFOLDED = 40
"""Steps up to which all are shown unfolded; of more, only those that broke a law."""


def as_page(retelling: Retelling) -> str:
    """Return the page."""
    package = retelling.package
    title = f"{package.law} {law_of(retelling.protocol, package.law).name}: {package.protocol}"
    branches = retelling.branches
    parts: list[Part] = [
        _verdict(retelling),
        vote_chart(retelling),
        *_start(branches[0].start),
    ]
    shared = retelling.shared
    if shared:
        parts += steps(branches[0].moments[:shared], 1, " on both chains", ())
    for number, branch in enumerate(branches, start=1):
        chain = f" on chain {number}" if len(branches) > 1 else ""
        broken = retelling.violations if len(branches) == 1 else ()
        parts += _pots(branch, chain, bool(broken))
        parts += steps(branch.moments[shared:], 1 + shared, chain, broken)
    footer = footer_of("stakespec replay")
    return whole_page(title, parts, footer)


def _verdict(retelling: Retelling) -> Html:
    """Say which law was broken and how, or that none is any more."""
    package, violations = retelling.package, retelling.violations
    main = next((violation for violation in violations if violation.law == package.law), None)
    main = main or next(iter(violations), None)
    law = law_of(retelling.protocol, main.law if main else package.law)
    if main is None:
        heading, message = f"{law.id} {law.name} holds", f"once broken: {package.message}"
    else:
        where = retelling.where.replace("after", "by")
        heading, message = f"{law.id} {law.name} is broken {where}", main.message
    others = [violation for violation in violations if violation is not main]
    lengths = " and ".join(str(len(branch.moments)) for branch in retelling.branches)
    moments = [moment for branch in retelling.branches for moment in branch.moments]
    rejected = sum(moment.refusal is not None for moment in moments)
    facts: dict[str, Part] = {
        "protocol": element("code", package.protocol),
        "found by": package.found_by,
        "transactions": lengths + (f", of them {rejected} rejected" if rejected else ""),
    }
    if package.honest:
        facts["honest"] = [[_address(address), " "] for address in package.honest]
    if main is not None and main.law != package.law:
        facts["the file says"] = f"{package.law}: {package.message}"
    return element(
        "header",
        element("h1", heading),
        element("p", breakable(message), class_="message"),
        element("p", element("span", "The law: ", class_="faint"), law.statement),
        _other_laws(retelling.protocol, others),
        facts_list(facts),
        class_="verdict broken" if main else "verdict",
    )


def _other_laws(protocol: Protocol, violations: Sequence[Violation]) -> Html | None:
    if not violations:
        return None
    items = []
    for violation in violations:
        name = law_of(protocol, violation.law).name
        items.append(element("li", breakable(f"{violation.law} {name}: {violation.message}")))
    return joined(element("p", "Broken at the same time:", class_="faint"), element("ul", items))


def _start(state: State) -> list[Part]:
    """Show the state that the story begins with."""
    facts = {
        "chain": state.chain_id,
        "epoch": f"{state.epoch:,}, slot {state.slot:,}",
        "supply": breakable(f"{ever_issued(state) - state.supply.burned:,}"),
    }
    validators = [
        (
            _address(address),
            validator.status.value,
            f"{sum(bucket.amount for bucket in validator.buckets if bucket.end is None):,}",
            f"{sum(bucket.amount for bucket in validator.buckets if bucket.end is not None):,}",
            f"{state.snapshot.get(address, 0):,}",
            f"{validator.commission_bps:,} bps",
        )
        for address, validator in _first(state.validators.items())
    ]
    accounts = [
        (_address(address), f"{balance:,}") for address, balance in _first(state.accounts.items())
    ]
    parameters = [
        (field.name, show(getattr(state.params, field.name)))
        for field in fields_of(type(state.params))
    ]
    return [
        element("h2", "Start"),
        facts_list(facts),
        _folded(
            "Validators",
            len(state.validators),
            ("validator", "status", "bonded", "unbonding", "active", "commission"),
            validators,
        ),
        _folded("Accounts", len(state.accounts), ("account", "balance"), accounts),
        _folded("Parameters", len(parameters), ("parameter", "setting"), parameters),
    ]


def _first(items: Iterable[tuple[bytes, object]]) -> list[tuple[bytes, Any]]:
    return [item for _, item in zip(range(LONGEST_TABLE), items, strict=False)]


def _address(address: bytes) -> Html:
    return element("code", short(address), title="0x" + address.hex())


def _pots(branch: Branch, chain: str, broken: bool) -> list[Html]:
    """Chart where the tokens are, and give the same numbers as a table."""
    states = branch.states
    columns = {name: [pot(state) for state in states] for name, pot in POTS.items()}
    columns["together"] = [in_all_pots(state) for state in states]
    columns["should be"] = [ever_issued(state) for state in states]
    justified = [state.finality.justified.epoch for state in states]
    if len(set(justified)) > 1:
        final = [state.finality.finalised.epoch for state in states]
        columns = {"justified epoch": justified, "final epoch": final, **columns}
    rows = []
    for place, state in enumerate(states):
        cells = []
        for name, column in columns.items():
            moved = place > 0 and column[place] != column[place - 1]
            wrong = name == "together" and column[place] != ever_issued(state)
            kind = "number" + (" moved" if moved else "") + (" wrong" if wrong else "")
            cells.append(element("td", f"{column[place]:,}", class_=kind))
        name = f"{place}. {_kind(branch.moments[place - 1].transaction)}" if place else "start"
        rows.append(element("tr", element("th", name, scope="row"), cells))
    head = [element("th", name, scope="col", class_="number") for name in columns]
    tokens = element(
        "table",
        element("caption", "Tokens after each transaction (bold: moved)"),
        element("thead", element("tr", element("th", "after", scope="col"), head)),
        element("tbody", rows),
        class_="pots",
    )
    title = f"Stake by pot{chain} after each transaction"
    return [
        element("h2", f"Stake by pot{chain}"),
        chart(branch, title, broken),
        scroll(tokens, title),
    ]


def _kind(transaction: object) -> str:
    return type(transaction).__name__


def _folded(
    name: str, count: int, names: Sequence[str], rows: Sequence[Sequence[Part]]
) -> Html | None:
    """Return a table under its name, folded where it is long."""
    if not rows:
        return None
    shown = f"the first {len(rows)} of {count:,}" if len(rows) < count else f"{count:,}"
    return element(
        "details",
        element("summary", element("strong", name), f" ({shown})"),
        table(name, names, rows),
        open=count <= LONGEST_OPEN,
    )


def steps(
    moments: Sequence[Moment], first: int, chain: str, broken: Sequence[Violation]
) -> list[Html]:
    """Tell the steps one by one; the last is the one that broke laws."""
    unfolded = len(moments) <= LONGEST_UNFOLDED
    last = first + len(moments) - 1
    told = [
        _step(number, moment, broken if number == last else (), unfolded)
        for number, moment in enumerate(moments, start=first)
    ]
    return [element("h2", f"Steps{chain}"), *(told or [element("p", "There are none.")])]


def _step(number: int, moment: Moment, broken: Sequence[Violation], unfolded: bool) -> Html:
    """Show one transaction, and what came of it."""
    heading = element(
        "summary",
        f"{number}. ",
        element("strong", _kind(moment.transaction)),
        [element("span", badge, class_="badge") for badge in _badges(moment)],
        [element("span", f"breaks {law}", class_="badge bad") for law in _laws(broken)],
    )
    inside = element(
        "div",
        element("p", element("span", breakable(describe(moment.transaction)), class_="value")),
        element("p", breakable(f"Rejected: {moment.refusal}"), class_="refusal")
        if moment.refusal
        else None,
        _events(moment),
        _changes(moment),
        [
            element("p", breakable(f"{violation.law}: {violation.message}"), class_="broken-law")
            for violation in broken
        ],
        class_="inside",
    )
    return element(
        "article",
        element("details", heading, inside, open=unfolded or bool(broken)),
        class_="step broken" if broken else "step",
    )


def _laws(violations: Sequence[Violation]) -> list[str]:
    return list(dict.fromkeys(violation.law for violation in violations))


def _badges(moment: Moment) -> list[str]:
    """Say in few words how time and finality moved."""
    before, after = moment.before, moment.after
    moves = {
        "epoch": (before.epoch, after.epoch),
        "justified": (before.finality.justified.epoch, after.finality.justified.epoch),
        "final": (before.finality.finalised.epoch, after.finality.finalised.epoch),
    }
    badges = [f"{name} {was} → {now}" for name, (was, now) in moves.items() if was != now]
    return ["rejected", *badges] if moment.refusal else badges


def _events(moment: Moment) -> Html | None:
    if not moment.events:
        return None
    events = [element("li", breakable(describe(event)), class_="value") for event in moment.events]
    return joined(element("h3", "Events"), element("ul", events))


def _changes(moment: Moment) -> Html | None:
    changes = field_changes(moment.before, moment.after)
    if not changes:
        return None
    rows = []
    for change in changes:
        growth = f" ({change.growth:+,})" if change.growth else ""
        rows.append(
            element(
                "tr",
                element("td", change.place, class_="value"),
                element("td", breakable(change.before), class_="value", data_label="before"),
                element("td", breakable(change.after + growth), class_="value", data_label="after"),
            )
        )
    names = [element("th", name, scope="col") for name in ("field", "before", "after")]
    return joined(
        element("h3", "What changed"),
        element(
            "table",
            element("thead", element("tr", names)),
            element("tbody", rows),
            class_="changes",
        ),
    )
