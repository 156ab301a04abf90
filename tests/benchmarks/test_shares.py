"""Where an engine's time goes, told in parts."""

from click.testing import CliRunner

from tests.benchmarks.shares import main


def test_the_parts_of_an_engine_are_named() -> None:
    shown = CliRunner().invoke(main, ["walk", "--runs", "2"])
    assert shown.exit_code == 0, shown.output
    for part in ("laws", "drawing", "the oracle", "applying a transaction"):
        assert part in shown.output
    assert CliRunner().invoke(main, ["nothing"]).exit_code == 2
