"""Lists everything that was not read, by name and size, so that nothing is dropped silently."""

from properties.foreign.fields import Field, Skipped, Spool
from properties.foreign.rows import Findings, Row

_READ: dict[str, frozenset[str]] = {
    "accounts": frozenset(),
    "auth": frozenset({"accounts", "collected_fees"}),
    "bank": frozenset({"balances", "supply"}),
    "supply": frozenset({"supply"}),
    "distr": frozenset({"fee_pool", "outstanding_rewards"}),
    "distribution": frozenset({"fee_pool", "outstanding_rewards"}),
    "staking": frozenset(
        {"validators", "delegations", "unbonding_delegations", "redelegations", "pool"}
    ),
    "slashing": frozenset({"signing_infos"}),
    "mint": frozenset({"minter"}),
    "gov": frozenset(),
    "genutil": frozenset({"gen_txs", "gentxs"}),
    "gentxs": frozenset(),
}
"""By section that is looked into, the members that are read, or have a row of their own."""

_LOOKED_AT: dict[str, frozenset[str]] = {
    "bank": frozenset({"denom_metadata"}),
    "gov": frozenset({"proposals"}),
}
"""Members that are looked at for something, but have no counterpart and so a row among the rest."""


def is_kept(path: tuple[str, ...]) -> bool:
    """Say whether a reader of a long document must keep an object or a list of app_state."""
    section, *member = path
    if section not in _READ or not member:
        return section in _READ
    kept = _READ[section] | _LOOKED_AT.get(section, frozenset())
    return member[0] in kept or member[0].endswith("params")


_NOTES = {
    "distr.delegator_starting_infos": "rewards are reckoned from the start here",
    "distribution.delegator_starting_infos": "rewards are reckoned from the start here",
    "distr.delegator_withdraw_infos": "withdraw addresses: rewards go to the owner",
    "distribution.delegator_withdraw_infos": "withdraw addresses: rewards go to the owner",
    "distr.validator_historical_rewards": "rewards are reckoned from the start here",
    "distribution.validator_historical_rewards": "rewards are reckoned from the start here",
    "distr.validator_slash_events": "slash histories begin empty here",
    "distribution.validator_slash_events": "slash histories begin empty here",
    "gov.deposits": "no governance here; their tokens are in the treasury",
    "gov.proposals": "no governance here",
    "gov.votes": "no governance here",
    "slashing.missed_blocks": "every count of misses begins at 0",
    "consensus_params": "no such parameters here, but for the age of evidence",
    "validators": "the consensus engine's own list",
}

_TOP_LEVEL = frozenset({"app_state", "chain_id", "genesis_time", "app_hash", "consensus"})
_UNIT = "left out; so many entries"


def unread(root: Field, app_state: Field) -> Findings:
    """Return a row for every nonempty part of the document that was not read."""
    rows = []
    empty = []
    for name, section in sorted(app_state.content.items()):
        if name in _READ and isinstance(section, dict):
            rows += _members(name, section)
        elif name not in _READ or not section:
            size = _size(section)
            if size:
                rows.append(Row(f"section {_plain(name)}", "left out; so many values", size))
            else:
                empty.append(_plain(name))
    for name, member in sorted(root.content.items()):
        if name not in _TOP_LEVEL and isinstance(member, dict | list) and member:
            rows.append(Row(_plain(name), _NOTES.get(name, _UNIT), len(member)))
    if empty:
        shown = ", ".join(empty[:12]) + (" ..." if len(empty) > 12 else "")
        rows.append(Row("empty sections", shown, len(empty)))
    return Findings(missing=tuple(rows))


def _members(name: str, section: dict[str, object]) -> list[Row]:
    """Return a row for each list or object in a section, and one for its single values."""
    rows = []
    single = 0
    for member, held in sorted(section.items()):
        if member in _READ[name] or held is None:
            continue
        if isinstance(held, list | Spool | Skipped) or (
            isinstance(held, dict) and not member.endswith("params")
        ):
            entries = held.members if isinstance(held, Skipped) else len(held)
            if entries:
                place = f"{name}.{member}"
                rows.append(Row(_plain(place), _NOTES.get(place, _UNIT), entries))
        else:
            single += _size(held)
    if single:
        note = (
            "left out, but for those that become ours below" if name in _TRANSLATED else "left out"
        )
        rows.append(Row(f"{name} settings", note, single))
    return rows


_TRANSLATED = frozenset({"staking", "slashing", "mint"})
"""Sections some of whose settings become parameters of ours."""


def _size(document: object) -> int:
    """Return how many single values there are in a part."""
    count = 0
    waiting = [document]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Skipped):
            count += current.values
        elif isinstance(current, dict):
            waiting.extend(current.values())
        elif isinstance(current, list | Spool):
            waiting.extend(current)
        elif current is not None:
            count += 1
    return count


def _plain(name: str) -> str:
    text = name if name.isascii() and name.isprintable() else ascii(name)
    return text if len(text) <= 60 else text[:57] + "..."
