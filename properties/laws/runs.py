"""Laws of whole runs: the oracle agrees, and doing it again gives the same."""

from properties.laws import occasions
from properties.laws.law import Law, OnOracle, OnReplay

ORACLE_LAWS = (
    Law(
        id="ORA-1",
        name="claims agree with the oracle",
        statement="Every stake and reward lies within the stated bound of the eager oracle's"
        " exact fraction.",
        source="M9; B4, B14, S12, S14, S25",
        check=OnOracle(),
    ),
    Law(
        id="ORA-2",
        name="pots agree with the oracle",
        statement="Every balance and pot is that of the oracle, to the unit.",
        source="M9",
        check=OnOracle(),
    ),
    Law(
        id="TIM-9",
        name="misses are counted",
        statement="A validator's count of missed blocks is that of the slots in a row that elected"
        " it in vain, since its last block, its last punishment, or its joining the active set.",
        source="specs/protocol/blocks.md; S23",
        check=OnOracle(),
        when=occasions.MISSED,
    ),
)

REPLAY_LAW = Law(
    id="RUN-2",
    name="determinism",
    statement="The same transactions lead to the same state roots, in every process and"
    " whatever the hash seed.",
    source="B29; S1, S17",
    check=OnReplay(),
)
