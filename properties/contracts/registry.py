"""All contracts, by the rule that they are about."""

from collections.abc import Callable
from typing import Any

import attrs

from properties.contracts import accounts, delegation


@attrs.frozen
class Contract:
    """A function whose text says for which numbers it promises which laws."""

    rule: str
    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.function.__name__


CONTRACTS = (
    Contract("Transfer", accounts.transfer),
    Contract("Delegate", delegation.delegate),
    Contract("Undelegate", delegation.undelegate),
    Contract("Redelegate", delegation.redelegate),
)
