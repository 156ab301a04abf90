"""Laws of several runs from one genesis, of whoever follows the rules, and of chance."""

from properties.laws.law import Law, OnChance, OnTwoRuns

LAWS = (
    Law(
        id="SAF-1",
        name="accountable safety",
        statement="Where two runs from one genesis make conflicting checkpoints final, each has a"
        " link with a quorum such that nobody may vote for both; and evidence built from votes"
        " alone, put through either run in the evidence window of the link there, slashes"
        " validators with more than a third of the stake, and takes its share of what they voted"
        " with there. Where the links' sets weigh W and W', and M if everybody counts by the"
        " smaller weight, they have more than M - W/3 - W'/3.",
        source="catalogue 4; B24",
        check=OnTwoRuns(),
    ),
    Law(
        id="SAF-3",
        name="no conflict without blame",
        statement="Where two runs from one genesis, whose parameters are those that the protocol"
        " begins with, make conflicting checkpoints final within the evidence window of when they"
        " parted, and nobody was removed on either, somebody has contradicted itself and is"
        " slashed: stake that joins and leaves cannot part two sets so far that their quorums"
        " share nobody.",
        source="specs/protocol/evidence.md",
        check=OnTwoRuns(),
    ),
    Law(
        id="SAF-2",
        name="no framing",
        statement="A validator that follows the signing rule is never slashed for what it signed,"
        " whatever the others sign and report; a certificate of more than 2/3 of the stake is"
        " beyond this promise.",
        source="catalogue 1; B20",
        check=OnTwoRuns(),
    ),
    Law(
        id="PRO-1",
        name="proposers follow stake",
        statement="Over many slots every validator is elected as often as its stake says; the"
        " test is wrong about a right election once in a thousand million times.",
        source="catalogue 1; B28, S3",
        check=OnChance(),
    ),
)
