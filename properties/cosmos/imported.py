"""The result of reading a Cosmos document."""

import attrs

from properties.foreign.rows import BalanceSheet, Findings, ParamRow
from statemachine import Genesis


@attrs.frozen
class CosmosImport:
    """A genesis made from a Cosmos document, and the report on how."""

    genesis: Genesis
    chain_id: str
    genesis_time: str
    now: str
    """The time from which remaining times are counted (RFC 3339)."""
    now_source: str
    """Where it comes from."""
    denom: str
    """The denomination that is staked, whose amounts these are."""
    layout: str
    """Which of the known layouts the document has."""
    findings: Findings
    params: tuple[ParamRow, ...]
    balance: BalanceSheet
