"""Small answers of the Beacon API, of five validators with keys from the tests' own secrets."""

from typing import Any

from properties.ethereum.beacon import FAR_FUTURE

Document = dict[str, Any]

ETH = 10**9
EPOCH = 1_000
"""The epoch in which the documents were made."""


def public_key(number: int) -> bytes:
    return number.to_bytes(48, "big")


def validator(number: int, **changes: Any) -> Document:
    return {
        "pubkey": "0x" + public_key(number).hex(),
        "withdrawal_credentials": "0x01" + "00" * 31,
        "effective_balance": str(32 * ETH),
        "slashed": False,
        "activation_eligibility_epoch": "0",
        "activation_epoch": "0",
        "exit_epoch": str(FAR_FUTURE),
        "withdrawable_epoch": str(FAR_FUTURE),
        **{
            name: content if isinstance(content, bool) else str(content)
            for name, content in changes.items()
        },
    }


VALIDATORS = [
    (validator(1), 32 * ETH + 5),
    (validator(2, effective_balance=31 * ETH, activation_epoch=1_000), 31 * ETH - 7),
    (validator(3, activation_epoch=1_004), 32 * ETH),
    (validator(4, exit_epoch=1_003, withdrawable_epoch=1_259), 32 * ETH),
    (validator(5, slashed=True, exit_epoch=990, withdrawable_epoch=9_000), 31 * ETH),
    (validator(6, exit_epoch=900, withdrawable_epoch=1_156), 32 * ETH),
    (validator(7, exit_epoch=500, withdrawable_epoch=756, effective_balance=0), 0),
    (validator(8, exit_epoch=600, withdrawable_epoch=856), 3),
]
"""Each with its balance: active, active, pending, exiting, slashed, exited, gone, payable."""


def listing() -> Document:
    """Return what `/eth/v1/beacon/states/{id}/validators` answers."""
    return {
        "execution_optimistic": False,
        "finalized": True,
        "data": [
            {
                "index": str(index),
                "balance": str(balance),
                "status": "any",
                "validator": dict(entry),
            }
            for index, (entry, balance) in enumerate(VALIDATORS)
        ],
    }


def whole_state() -> Document:
    """Return what `/eth/v2/debug/beacon/states/{id}` answers."""
    return {
        "version": "electra",
        "data": {
            "genesis_time": "1606824023",
            "genesis_validators_root": "0x" + "4b" * 32,
            "slot": str(EPOCH * 32 + 3),
            "fork": {"epoch": "0"},
            "validators": [dict(entry) for entry, _ in VALIDATORS],
            "balances": [str(balance) for _, balance in VALIDATORS],
            "pending_deposits": [],
            "randao_mixes": ["0x00"],
        },
    }
