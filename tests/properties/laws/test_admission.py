"""What must be accepted, what must be rejected, and for which reason, worked out anew."""

from typing import Any

import pytest

from properties.laws.accusation import Accuse
from properties.laws.admission import objection_to
from statemachine import (
    PROTOCOL,
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    OffenceKind,
    ProduceBlock,
    Protocol,
    Redelegate,
    RegisterValidator,
    Rejected,
    RejectionReason,
    State,
    Transfer,
    Undelegate,
    Unjail,
    evolve,
)
from statemachine.state import Status
from tests.properties.laws.walks import walk
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    FAY,
    NOBODY,
    elected,
    key_of,
    world,
)

STATE = world()
REASON = RejectionReason


def with_status(address: bytes, status: Status) -> State:
    validator = evolve(STATE.validators[address], status=status)
    return evolve(STATE, validators=STATE.validators.set(address, validator))


def reason_against(state: State, transaction: Any) -> RejectionReason | None:
    objection = objection_to(PROTOCOL, state, transaction)
    return objection[0] if objection is not None else None


def balance(account: bytes) -> int:
    return STATE.accounts[account]


def furthest() -> int:
    return STATE.slot + STATE.params.max_slot_gap


LEAST = STATE.params.min_stake

CASES: tuple[tuple[str, State, Any, RejectionReason | None], ...] = (
    ("the whole balance", STATE, Transfer(EMIL, FAY, balance(EMIL)), None),
    ("more than that", STATE, Transfer(EMIL, FAY, balance(EMIL) + 1), REASON.INSUFFICIENT_BALANCE),
    ("to oneself", STATE, Transfer(EMIL, EMIL, balance(EMIL) + 1), REASON.INSUFFICIENT_BALANCE),
    ("nothing", STATE, Transfer(EMIL, FAY, 0), REASON.ZERO_AMOUNT),
    ("the least stake", STATE, RegisterValidator(FAY, key_of(FAY), 0, LEAST), None),
    (
        "less than that",
        STATE,
        RegisterValidator(FAY, key_of(FAY), 0, LEAST - 1),
        REASON.INSUFFICIENT_SELF_STAKE,
    ),
    (
        "a key of somebody else",
        STATE,
        RegisterValidator(FAY, STATE.validators[ANNA].public_key, 0, LEAST),
        REASON.KEY_IN_USE,
    ),
    (
        "a validator again",
        STATE,
        RegisterValidator(ANNA, STATE.validators[ANNA].public_key, 0, 0),
        REASON.ACCOUNT_IS_VALIDATOR,
    ),
    ("behind nobody", STATE, Delegate(EMIL, NOBODY, 0), REASON.UNKNOWN_VALIDATOR),
    *(
        (
            f"behind who is {status.value}",
            with_status(ANNA, status),
            Delegate(EMIL, ANNA, 0),
            REASON.VALIDATOR_NOT_ACCEPTING,
        )
        for status in (Status.EXITING, Status.EXITED, Status.TOMBSTONED)
    ),
    ("behind who is jailed", with_status(ANNA, Status.JAILED), Delegate(EMIL, ANNA, 1), None),
    ("to the same", STATE, Redelegate(DORA, NOBODY, NOBODY, 0), REASON.SAME_VALIDATOR),
    ("what is not there", STATE, Undelegate(FAY, ANNA, 1), REASON.NO_DELEGATION),
    ("nothing to claim", STATE, ClaimRewards(ANNA, ANNA), REASON.NOTHING_TO_CLAIM),
    ("a commission", STATE, ChangeCommission(NOBODY, 0), REASON.UNKNOWN_VALIDATOR),
    ("out of no jail", STATE, Unjail(ANNA), REASON.NOT_JAILED),
    ("out of the tomb", with_status(ANNA, Status.TOMBSTONED), Unjail(ANNA), REASON.NOT_JAILED),
    (
        "leaving twice",
        with_status(ANNA, Status.EXITED),
        Exit(ANNA),
        REASON.VALIDATOR_NOT_IN_SERVICE,
    ),
    ("leaving from jail", with_status(BEN, Status.JAILED), Exit(BEN), None),
    (
        "the slot of now",
        STATE,
        ProduceBlock(STATE.slot, ANNA, bytes(32)),
        REASON.SLOT_NOT_AFTER_LAST,
    ),
    ("too far", STATE, ProduceBlock(furthest() + 1, ANNA, bytes(32)), REASON.SLOT_TOO_FAR),
    (
        "the furthest slot",
        STATE,
        ProduceBlock(furthest(), elected(STATE, furthest()) or NOBODY, bytes(32)),
        None,
    ),
    (
        "out of turn",
        STATE,
        ProduceBlock(STATE.slot + 1, NOBODY, bytes(32)),
        REASON.WRONG_PROPOSER,
    ),
    (
        "of the future",
        STATE,
        Accuse(EMIL, CARA, OffenceKind.INVALID_BLOCK, STATE.epoch + 1, 0),
        REASON.EVIDENCE_FROM_THE_FUTURE,
    ),
)


@pytest.mark.parametrize(
    ("state", "transaction", "reason"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_the_first_reason_to_reject_is(
    state: State, transaction: Any, reason: RejectionReason | None
) -> None:
    assert reason_against(state, transaction) == reason


@pytest.mark.parametrize("status", [Status.JAILED, Status.EXITED, Status.TOMBSTONED])
def test_who_is_put_out_may_not_propose(status: Status) -> None:
    slot = STATE.slot + 1
    proposer = elected(STATE, slot)
    assert proposer is not None
    block = ProduceBlock(slot, proposer, bytes(32))
    assert reason_against(with_status(proposer, status), block) is REASON.PROPOSER_JAILED
    assert reason_against(with_status(proposer, Status.EXITING), block) is None


def test_where_nobody_is_elected_anybody_may_propose() -> None:
    nobody: Protocol = PROTOCOL.fork("nobody", elect=lambda _state, _slot: None)
    block = ProduceBlock(STATE.slot + 1, NOBODY, bytes(32))
    assert objection_to(nobody, STATE, block) is None


def test_every_reason_to_reject_a_transaction_is_met_in_some_walk() -> None:
    reasons = set()
    for number in range(120):
        for outcome, _ in walk(PROTOCOL, (), number, 100):
            if isinstance(outcome, tuple):
                transaction, rejection = outcome
                assert isinstance(rejection, Rejected)
                reasons.add((type(transaction).__name__, rejection.reason))
    assert {
        ("ProduceBlock", REASON.PROPOSER_JAILED),
        ("ProduceBlock", REASON.SLOT_TOO_FAR),
        ("RegisterValidator", REASON.KEY_IN_USE),
        ("CastVotes", REASON.UNSORTED_SIGNERS),
        ("Accuse", REASON.OFFENCE_ALREADY_PUNISHED),
        ("Redelegate", REASON.VALIDATOR_NOT_ACCEPTING),
    } <= reasons
