"""The campaign: deterministic from its seed, and it sees what it is there to see."""

from random import Random

import pytest

from properties.cli.attacks import ATTACKS
from properties.selftest import kinds
from properties.selftest.campaign import KINDS, MOST_FAULTS, Report, kind_of, selftest
from properties.selftest.samples import samples
from statemachine import Protocol, State
from statemachine.errors import Rejected, RejectionReason
from statemachine.merkle_proof import proven_total
from statemachine.signed.block import Included
from statemachine.signed.envelope import Envelope
from statemachine.signed.proofs import SignedVotes


def report_of(seed: int, first: int, inputs: int) -> Report:
    return selftest(seed, first, inputs, attacks={**KINDS, **ATTACKS})


def test_every_kind_is_among_the_first_hundred_inputs() -> None:
    every_kind = {*KINDS, *ATTACKS}
    assert {kind_of(number, every_kind) for number in range(100)} == every_kind
    assert {kind_of(number, KINDS) for number in range(100)} == set(KINDS)


def test_a_short_campaign_has_no_fault_and_is_the_same_again() -> None:
    report = report_of(3, 100, 600)
    assert report.faults == []
    assert (report.exit_code, report.inputs) == (0, 600)
    assert {
        "bytes",
        "json",
        "messages",
        "proofs",
        "signed",
        "blocks",
        "geneses",
        "commands",
    } == set(report.kinds)
    assert report_of(3, 100, 600) == report
    assert report_of(4, 100, 600).outcomes != report.outcomes


def test_a_campaign_is_the_sum_of_its_shards() -> None:
    whole = report_of(5, 101, 90)
    shards = [report_of(5, 101, 40), report_of(5, 141, 50)]
    assert sum((shard.kinds for shard in shards), start=type(whole.kinds)()) == whole.kinds


def test_the_samples_hold_every_kind_of_proof_that_a_network_makes() -> None:
    held = {type(record).__name__ for record in samples().records}
    assert {"State", "Block", "Envelope", "SignedVotes", "ProvenGenesis", "ReportVotes"} <= held
    enclosed = {
        type(included.transaction).__name__
        for _, included in samples().included
        if isinstance(included, Envelope)
    }
    assert {"VotesEvidence", "BlocksEvidence", "Delegate", "Undelegate"} <= enclosed
    assert any(isinstance(included, SignedVotes) for _, included in samples().included)


def test_time_that_ends_before_the_inputs_is_undetermined() -> None:
    report = selftest(1, first=101, inputs=10**6, seconds=0.0)
    assert (report.exit_code, report.cut_short) == (4, True)


# --- planted faults ----------------------------------------------------------------------


def faults_in(kind: str, inputs: int = 400) -> list[str]:
    """Hand in inputs of one kind alone; return the faults, or what else was raised."""
    faults = []
    for number in range(inputs):
        try:
            KINDS[kind](Random(f"planted/{number}"))
        except Exception as error:
            faults.append(f"{type(error).__name__}: {error}")
    return faults


def test_a_boundary_that_takes_any_signature_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults_in("signed") == []

    def trusting(protocol: Protocol, _backend: object, state: State, included: Included) -> object:
        return protocol.transition(state, _bare(included))

    monkeypatch.setattr(kinds, "accept", trusting)
    assert any("a forgery is taken" in fault for fault in faults_in("signed"))


def _bare(included: Envelope | SignedVotes) -> object:
    if isinstance(included, SignedVotes):
        return included.transaction
    return getattr(included.transaction, "transaction", included.transaction)


def test_a_proof_that_is_not_checked_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(*_claimed: object) -> object:
        accounts = samples().steps[0].before.accounts
        key, entry = next(iter(accounts.items()))
        return proven_total(accounts.layout, accounts.root(), key, entry, accounts.prove(key))

    assert faults_in("proofs") == []
    monkeypatch.setattr(kinds, "proven_total", careless)
    assert any("a forged proof shows" in fault for fault in faults_in("proofs"))


def test_a_second_encoding_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    record = samples().records[2]
    monkeypatch.setattr(kinds, "from_canonical_bytes", lambda _encoded, _cls: record)
    assert any("two encodings" in fault for fault in faults_in("bytes", 20))


def test_an_exception_and_an_endless_message_are_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(_rng: Random) -> str:
        raise Rejected(RejectionReason.ZERO_AMOUNT)

    monkeypatch.setitem(KINDS, "bytes", raising)
    report = selftest(1, first=101, inputs=1_000)
    assert (report.exit_code, len(report.faults)) == (1, MOST_FAULTS)
    assert {fault.kind for fault in report.faults} == {"bytes"}
    assert report.faults[0].message.startswith("Rejected at raising: zero_amount")
    with pytest.raises(kinds.Fault, match="a message of 3,000 characters"):
        kinds._refusal(ValueError("x" * 3_000))
