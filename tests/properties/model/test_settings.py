import pytest

from properties.model.settings import BadSetting, apply_settings
from statemachine import Params, evolve


def refusal(*settings: str) -> str:
    with pytest.raises(BadSetting) as refused:
        apply_settings(Params(), settings)
    return str(refused.value)


def test_settings_replace_the_parameters_they_name_and_no_others() -> None:
    changed = apply_settings(Params(), ("min_stake=1_000_000", " epoch_length = 8 "))
    assert changed == evolve(Params(), min_stake=1_000_000, epoch_length=8)
    assert apply_settings(Params(), ()) == Params()


def test_settings_are_applied_together() -> None:
    changed = apply_settings(Params(), ("unbonding_epochs=5", "evidence_window=5"))
    assert (changed.unbonding_epochs, changed.evidence_window) == (5, 5)


def test_an_unknown_parameter_is_refused_with_the_known_ones() -> None:
    message = refusal("min_steak=1")
    assert message.startswith("there is no parameter 'min_steak'; there are epoch_length, ")
    assert message.endswith("finality_span, election_lookahead")


def test_a_setting_that_sets_nothing_is_refused_with_how_to_write_one() -> None:
    assert refusal("min_stake") == (
        "'min_stake' sets nothing; write NAME=VALUE, as in min_stake=1_000"
    )


@pytest.mark.parametrize("written", ["", "1.5", "ten", "0x10", "1e6", "٣", "_", "--1", "9" * 101])
def test_what_is_no_whole_number_is_refused(written: str) -> None:
    assert "must be a whole number in decimal digits" in refusal(f"min_stake={written}")


@pytest.mark.parametrize(
    ("setting", "bound"),
    [
        ("epoch_length=0", "Params.epoch_length = 0: must be a whole number from 1 to 1048576"),
        ("min_stake=-1", "Params.min_stake = -1: must be a whole number from 0 to "),
        ("double_sign_bps=10_001", "= 10001: must be a whole number from 0 to 10000"),
        ("unbonding_epochs=5", "must be at least evidence_window = 21"),
    ],
)
def test_a_number_out_of_range_is_refused_with_the_bound(setting: str, bound: str) -> None:
    message = refusal(setting)
    assert bound in message
    assert "the settings were " in message


def test_a_parameter_that_is_set_twice_is_refused() -> None:
    assert refusal("min_stake=1", "min_stake=2") == "min_stake is set twice; leave one"
