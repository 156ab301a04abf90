"""Which parameters of ours follow from those of a Cosmos chain."""

from properties.cosmos import CosmosImport, read_cosmos
from statemachine import PROTOCOL, Status
from statemachine import genesis as first_state
from tests.properties.cosmos.cosmos_documents import (
    DAY,
    figures,
    new_document,
    old_document,
    payload,
)


def param(imported: CosmosImport, name: str) -> tuple[int, str]:
    return next((row.number, row.source) for row in imported.params if row.name == name)


def test_an_epoch_is_as_long_as_the_unbonding_epochs_make_it() -> None:
    imported = read_cosmos(old_document(), unbonding_epochs=7)
    ends = {entry.amount: entry.end for entry in imported.genesis.delegations if entry.end}
    assert ends == {30: 1, 20: 1, 3: 7}
    assert imported.genesis.epoch == 7
    assert param(imported, "unbonding_epochs")[1] == (
        "staking unbonding_time of 21 days; an epoch is 259,200 s"
    )


def test_parameters_follow_the_chain() -> None:
    imported = read_cosmos(old_document())
    assert param(imported, "evidence_window") == (14, "max_evidence_age, in epochs")
    assert param(imported, "jail_epochs") == (2, "downtime_jail_duration, in epochs")
    assert param(imported, "double_sign_bps") == (500, "slash_fraction_double_sign")
    assert param(imported, "downtime_bps") == (
        1,
        "slash_fraction_downtime, raised to one basis point",
    )
    assert param(imported, "epoch_reward")[0] == 10_000
    assert param(imported, "max_commission_bps")[0] == 2_000
    assert param(imported, "max_commission_change_bps")[0] == 100
    assert param(imported, "min_stake")[0] == 1
    newer = read_cosmos(new_document(), unbonding_epochs=10)
    assert param(newer, "evidence_window") == (10, "max_age_duration, in epochs")


def test_evidence_is_never_admissible_for_longer_than_unbonding_takes() -> None:
    document = old_document()
    document["app_state"]["slashing"]["params"]["max_evidence_age"] = str(30 * DAY)
    assert param(read_cosmos(document), "evidence_window") == (
        21,
        "max_evidence_age of 30 epochs, cut to unbonding_epochs",
    )


def test_a_document_without_mint_slashing_or_distribution_takes_our_defaults() -> None:
    document = old_document()
    for name in ("mint", "slashing", "distr", "gov"):
        del document["app_state"][name]
    imported = read_cosmos(document)
    assert param(imported, "epoch_reward") == (1_000_000, "the default here; no mint section")
    assert param(imported, "evidence_window")[0] == 21
    assert figures(imported, "supply as stated") == (None, 45)


def test_settings_have_the_last_word() -> None:
    imported = read_cosmos(old_document(), settings=("min_stake=1_00", "epoch_length=8"))
    assert param(imported, "min_stake") == (100, "--set")
    assert imported.genesis.params.epoch_length == 8
    # Carol's own stake is 7.
    assert param(imported, "epoch_length") == (8, "--set")
    state = first_state(PROTOCOL, imported.genesis)
    assert state.validators[payload("carol")].status is Status.PENDING


def test_a_bonded_validator_without_stake_of_its_own_is_named() -> None:
    imported = read_cosmos(old_document(), settings=("min_stake=500",))
    assert figures(imported, "bonded there, idle here") == (1, 600)


def test_commission_is_rounded_down_to_a_basis_point_and_named() -> None:
    document = old_document()
    rates = document["app_state"]["staking"]["validators"][0]["commission"]
    rates.update(rate="0.051519999999999999", max_rate="0.051519999999999999")
    imported = read_cosmos(document)
    assert imported.genesis.validators[0].commission_bps == 515
    assert figures(imported, "commission rates") == (1, None)


def test_the_misses_that_are_forgiven_are_a_validators_own() -> None:
    document = old_document()
    params = document["app_state"]["slashing"]["params"]
    params.update(signed_blocks_window="1000", min_signed_per_window="0.050000000000000000")
    document["app_state"]["staking"]["validators"][2]["status"] = 2
    assert param(read_cosmos(document), "downtime_threshold") == (
        475,
        "of 1,000 blocks 950 may go unsigned; so many of them are one's own",
    )
    params.update(signed_blocks_window="1", min_signed_per_window="1.000000000000000000")
    assert param(read_cosmos(document), "downtime_threshold")[0] == 1


def test_all_that_is_bonded_can_leave_within_ten_unbonding_times() -> None:
    assert param(read_cosmos(old_document()), "churn_floor") == (
        3,
        "no such bound there; all bonded can leave in 10 unbonding times",
    )
    assert param(read_cosmos(old_document(), unbonding_epochs=600), "churn_floor")[0] == 1
