"""A campaign as one page that needs nothing else: what was done, reached, judged and broken."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs

from properties.campaign.account import Account, ShardRow
from properties.exports.line_chart import line_chart
from properties.exports.markup import Html, Part, breakable, element
from properties.exports.page import steps
from properties.exports.parts import facts_list, footer_of, table, whole_page
from properties.exports.retelling import Retelling
from properties.laws.coverage import Coverage
from properties.model.design import is_asked, law_of, laws_of, set_aside_by
from properties.trace.plurals import counted
from statemachine.protocol import Protocol

SLOWEST = 10
"""Shards in the table of the slowest."""


SECOND = 1_000


@attrs.frozen
class Told:
    """A failure: its file, and its story."""

    file: str
    retelling: Retelling

    @property
    def kind(self) -> tuple[str, str]:
        """The law, and the type of the last transaction."""
        moments = self.retelling.branches[0].moments
        last = type(moments[-1].transaction).__name__ if moments else ""
        return self.retelling.package.law, last

    @property
    def length(self) -> int:
        """The number of its transactions."""
        return sum(len(branch.moments) for branch in self.retelling.branches)


@attrs.frozen
class Campaign:
    """What there is to tell."""

    protocol: Protocol
    verdict: str
    summary: dict[str, Any]
    """As `campaign status --json` prints it."""
    account: Account
    coverage: Coverage
    """What the histories of the corpus witness."""
    failures: Sequence[Told]


def as_campaign_page(campaign: Campaign) -> str:
    """Return the page."""
    path = campaign.summary["protocol"]
    return whole_page(
        f"{campaign.verdict}: campaign on {path}",
        _verdict(campaign),
        _failures(campaign.failures),
        element("h2", "Over time"),
        _charts(campaign.account.rows),
        element("h2", "Laws"),
        _laws(campaign),
        element("h2", "Rules"),
        _rules(campaign),
        element("h2", "Witnesses"),
        _witnesses(campaign.coverage),
        element("h2", "Shards"),
        _shards(campaign.account.rows),
        footer_of("stakespec campaign status"),
    )


def _verdict(campaign: Campaign) -> Html:
    summary = campaign.summary
    names = ("rounds", "shards", "missing", "left_out", "drawn", "cells", "histories", "mended")
    facts: dict[str, Part] = {"protocol": element("code", summary["protocol"])}
    facts |= {name.replace("_", " "): f"{summary[name]:,}" for name in names}
    spent = [row.effort for row in campaign.account.rows if row.effort is not None]
    if spent:
        seconds = sum(effort.processor_milliseconds for effort in spent) / SECOND
        facts["processor time"] = f"{seconds:,.0f} s"
        facts["most memory"] = f"{max(effort.peak_bytes for effort in spent) >> 20:,} MiB"
    failures = len(summary["failures"])
    return element(
        "header",
        element("h1", campaign.verdict),
        element("p", f"{counted(failures, 'counterexample')} kept", class_="message"),
        facts_list(facts),
        class_="verdict broken" if failures else "verdict",
    )


def _failures(failures: Sequence[Told]) -> list[Html]:
    """Tell the shortest of each kind, and name the others."""
    kinds: dict[tuple[str, str], list[Told]] = {}
    for told in sorted(failures, key=lambda told: (told.length, told.file)):
        kinds.setdefault(told.kind, []).append(told)
    stories = [_story(shortest, others) for _, (shortest, *others) in sorted(kinds.items())]
    return [element("h2", "Failures"), *stories] if stories else []


def _story(told: Told, others: Sequence[Told]) -> Html:
    retelling, package = told.retelling, told.retelling.package
    law = law_of(retelling.protocol, package.law)
    violations = retelling.violations
    main = next((one for one in violations if one.law == package.law), None)
    message = main.message if main else package.message
    inside: list[Part] = [
        element("p", "The law: ", law.statement),
        element("p", "See it again: ", element("code", f"stakespec replay {told.file}")),
    ]
    for number, branch in enumerate(retelling.branches, start=1):
        chain = f" on chain {number}" if len(retelling.branches) > 1 else ""
        inside += steps(branch.moments, 1, chain, violations if not chain else ())
    return element(
        "details",
        element(
            "summary",
            element("strong", f"{law.id} {law.name}"),
            f" by {told.kind[1]}: " if told.kind[1] else ": ",
            breakable(message),
        ),
        *inside,
        element("p", f"Others of this kind, {len(others)}:") if others else None,
        element("ul", [element("li", element("code", other.file)) for other in others]),
        class_="failure",
    )


def _charts(rows: Sequence[ShardRow]) -> Html | list[Html]:
    if not rows:
        return element("p", "No shard has a result yet.")
    timed = all(row.effort is not None for row in rows)
    at = drawn = failures = 0
    places, steps_drawn, failed = [], [], []
    for row in rows:
        at += row.effort.processor_milliseconds if timed and row.effort else 1
        drawn, failures = drawn + row.drawn, failures + row.failures
        places.append(at)
        steps_drawn.append(drawn)
        failed.append(failures)
    along = "seconds of processor time" if timed else "shards"
    divisor = SECOND if timed else 1
    series = {
        "Cells reached": [row.cells for row in rows],
        "Transactions drawn": steps_drawn,
        "Counterexamples found": failed,
    }
    charts = [
        line_chart(title, list(zip(places, heights, strict=True)), "", along, divisor)
        for title, heights in series.items()
    ]
    return element("div", charts, class_="charts")


def _laws(campaign: Campaign) -> Html:
    """Say of each law how often it was judged: by the search, and in what it left in the corpus."""
    broken = {told.retelling.package.law for told in campaign.failures}
    aside = set_aside_by(campaign.protocol)
    rows: list[list[Part]] = []
    for law in laws_of(campaign.protocol):
        judged = campaign.account.judged[law.id]
        if law.id in broken:
            verdict = element("span", "refuted", class_="wrong")
        elif not is_asked(campaign.protocol, law.id):
            verdict = Html("set aside")
        else:
            verdict = Html("held" if judged else "undetermined")
        name = law.name if law.id not in aside else f"{law.name} ({aside[law.id]})"
        rows.append([law.id, name, f"{judged:,}", f"{campaign.coverage.checks(law):,}", verdict])
    titles = ("law", "name", "judged by fuzz", "in the corpus", "verdict")
    return table("Laws", titles, rows)


def _rules(campaign: Campaign) -> Html:
    account = campaign.account
    rows: list[list[Part]] = []
    for kind in sorted(
        {*account.accepted, *account.rejected, *map(_name, campaign.coverage.types)}
    ):
        reasons = account.rejected.get(kind, Counter())
        told = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common())
        rows.append([kind, f"{account.accepted[kind]:,}", f"{reasons.total():,}", told])
    return table("Rules", ("transaction", "accepted", "rejected", "by reason"), rows)


def _name(kind: type) -> str:
    return kind.__name__


def _witnesses(coverage: Coverage) -> list[Html]:
    rows: list[list[Part]] = [
        [
            witness.id,
            f"{coverage.reached[witness.id]:,}"
            if coverage.reached[witness.id]
            else element("span", "never", class_="wrong"),
            witness.statement,
        ]
        for witness in coverage.witnesses
    ]
    return [
        element("p", "Transactions of the corpus that are such, on one chain.", class_="faint"),
        table("Witnesses", ("witness", "reached", "that"), rows),
    ]


def _shards(rows: Sequence[ShardRow]) -> Html:
    timed = [(row, row.effort) for row in rows if row.effort is not None]
    if not timed:
        return element("p", "It is not known how long any shard took.")
    timed.sort(key=lambda pair: -pair[1].milliseconds)
    told: list[list[Part]] = []
    for row, effort in timed[:SLOWEST]:
        seconds = max(effort.processor_milliseconds, 1) / SECOND
        told.append(
            [
                element("code", row.name[:8]),
                f"{row.number:,}",
                f"{effort.milliseconds / SECOND:,.1f}",
                f"{seconds:,.1f}",
                f"{row.drawn:,}",
                f"{row.drawn / seconds:,.0f}",
                f"{row.new_cells:,}",
                f"{effort.peak_bytes >> 20:,}",
            ]
        )
    titles = (
        *("result", "shard", "seconds", "of a processor", "steps", "steps a second"),
        *("new cells", "MiB"),
    )
    return table(f"The slowest {len(told)} of {len(timed)} shards", titles, told)
