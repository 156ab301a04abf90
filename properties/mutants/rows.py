"""Bugs of real chains: where each was, its cause, and which mutants stand for it."""

from properties.mutants import MUTANTS

ROWS = {
    "B1": (
        "GHSA-86h5-xcpx-cfqc",
        "redelegate, then undelegate: the first validator's slash escaped",
    ),
    "B2": ("cosmos-sdk#20688", "redelegated and partly unbonded stake slashed twice"),
    "B3": ("cosmos-sdk#3206, #1440", "a delegator who came after the infraction is slashed"),
    "B4": ("cosmos-sdk#16940, #4012", "rewards see fewer slashes than staking"),
    "B5": ("cosmos-sdk#3788, #4094, #4389", "rounding order: claimed stake exceeds actual stake"),
    "B6": ("cosmos-sdk#2914", "a dust delegation truncates others' rewards"),
    "B7": ("cosmos-sdk#24933", "reward history overflows, the chain halts"),
    "B8": ("cosmos-sdk#1287, initia#526", "zero tokens with live shares: division by zero"),
    "B9": ("autonity#819", "a fully slashed unbonding pool keeps shares and dilutes the next"),
    "B10": ("penumbra#3802", "rewards 2,003,279 paid of a budget of 2,000,000"),
    "B11": ("nearcore#1084", "stake returned twice on kick-out"),
    "B12": ("nearcore#1105, substrate#11823", "released too early; window counted from the report"),
    "B13": ("polkadot-sdk#11999", "the epoch of application used for the offence's"),
    "B14": ("polkadot-sdk#8937", "a delegator of two offenders is slashed for one"),
    "B15": ("polkadot-sdk#3639, #4317", "a ledger bonded twice"),
    "B16": ("polkadot-sdk#13147", "the law was wrong: 8 + 15 + 12 = 35 < 36 by floor"),
    "B17": (
        "solana#32606, #6277",
        "redelegated stake withdrawn at once; rewards to the wrong party",
    ),
    "B18": ("zq2#1338, cosmos-sdk#1567", "total stake moves within an epoch; an update lost"),
    "B19": ("namada#2567, lighthouse#1086, tendermint#2561", "one offence punished several times"),
    "B20": ("cometbft#5638", "evidence's key not bound to its address: an innocent is slashed"),
    "B21": (
        "monad-bft#2086, consensus-specs#1486, nethermind#11027, gossamer#2396",
        "duplicate signers counted",
    ),
    "B22": ("tenderdash#1314, wormhole#50, snowbridge#1648, ipc#1402", "≥ for > in a quorum"),
    "B23": ("iotex-core#4853, consensus-specs#2538, autonity#1016", "no proof of possession"),
    "B24": ("consensus-specs#362, #1496, #2515", "an older checkpoint wins; weak slashing rules"),
    "B25": ("lighthouse#9471", "cached justification does not see slashings"),
    "B26": ("consensus-specs#802", "slashing oneself skips the exit queue"),
    "B27": ("consensus-specs#3868", "off by one epoch"),
    "B28": ("tendermint#2960", "one proposer for 200 blocks"),
    "B29": ("cosmos-sdk#2158, interchain-security#505", "map order decides the outcome"),
    "B30": ("cosmos-sdk#4928, #5818, osmosis#785", "export and import differ"),
    "B31": ("namada#1973, solana#30224, fluentbase#480", "commission over 100 %"),
    "B32": ("cardano-ledger#845", "refund not taken from the deposit pot"),
    "B33": ("rusk#1912, Gravity-Bridge#13", "unstake before the slash arrives"),
    "B34": (
        "cosmos-sdk#6004, #2372",
        "who was jailed before serving cannot unjail; the first block's offence is unslashable",
    ),
}
"""By row: the reports, and the mechanism."""

NO_FORK = {
    "B16": "a wrong law is no fork of a protocol; STK-2 states the bound on dust, and the"
    " equivalent forks are there to show a law that is wrong",
    "B23": "keys are checked at the border, which the core does not see:"
    " `test_authentication_of_validators.py`, `crypto/test_bls.py`",
    "B30": "reading and writing a state is no part of a protocol, so no fork can do it otherwise:"
    " `test_codec.py`, and every counterexample is read back before it is believed",
}
"""Rows that no fork can stand for, and what covers them instead."""


def mutants_of(row: str) -> tuple[str, ...]:
    """Return the ids of the mutants that stand for a row."""
    return tuple(mutant.id for mutant in MUTANTS if row in mutant.rows)
