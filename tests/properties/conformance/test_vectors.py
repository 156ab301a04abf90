"""The vectors that are published, and their schemas: fresh, sound, and deadly to planted bugs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from cddl_verifier import Validator
from jsonschema import Draft202012Validator

from properties.conformance.asks import OK, REJECTED
from properties.conformance.cddl import cddl
from properties.conformance.filling import filled
from properties.conformance.kills import UNSTEADY, least_set
from properties.conformance.matrix import readme, surviving
from properties.conformance.rejections import DETAILS
from properties.conformance.running import vectors_in
from properties.conformance.schemas import texts_of_schemas
from properties.conformance.types import RECORDS
from properties.conformance.vectors import Vectors
from statemachine.annotations import Malformed
from statemachine.codec import canonical_bytes, from_jsonable
from tests.properties.cli.commands import FOLDER, refusal, stakespec, widest
from tests.properties.conformance.clients import serving

VECTORS = FOLDER / "specs" / "vectors"
SCHEMAS = FOLDER / "specs" / "schemas"


@pytest.fixture(scope="module")
def published() -> dict[str, Vectors]:
    return {path.stem: family for path, family in vectors_in(VECTORS)}


@pytest.mark.timeout(900)
def test_a_fresh_filling_is_what_is_published() -> None:
    made = filled("small")
    for name, family in made.items():
        assert family.to_text() == (VECTORS / f"{name}.json").read_text(), (
            f"{name} has changed; type: stakespec vectors fill -o specs/vectors"
        )
    assert readme(made, "small") == (VECTORS / "README.md").read_text()
    assert {path.stem for path in VECTORS.glob("*.json")} == set(made)


def test_the_schemas_that_are_published_are_fresh() -> None:
    for name, text in texts_of_schemas().items():
        assert (SCHEMAS / name).read_text() == text, (
            f"{name} has changed; type: stakespec vectors schemas -o specs/schemas"
        )


def test_our_own_machine_passes_them(tmp_path: Path) -> None:
    # That it passes all is what a fresh filling shows; here they are read, and run, as files.
    for name in ("02-arithmetic", "06-proofs", "07-genesis", "12-rounding", "20-Redelegate"):
        (tmp_path / f"{name}.json").write_bytes((VECTORS / f"{name}.json").read_bytes())
    outcome = stakespec("vectors", "run", tmp_path, "--json")
    assert outcome.exit_code == 0, outcome.output
    report = json.loads(outcome.stdout)
    assert report["vectors"]["failed"] == []
    assert report["vectors"]["skipped"] == 0
    assert report["vectors"]["passed"] > 80


MOST_SURVIVING = 6
"""Planted bugs that may survive for a while after the protocol has changed."""


def test_planted_bugs_are_killed(published: dict[str, Vectors]) -> None:
    left = surviving(published.values())
    assert len(left) <= MOST_SURVIVING, (
        f"{left} survive; type: stakespec vectors hunt -o properties/conformance/hunted.json"
    )


def test_few_cases_kill_all_of_them(published: dict[str, Vectors]) -> None:
    cases = [case for family in published.values() for case in family.cases]
    few = least_set(cases)
    assert len(few) < 40
    assert {bug for case in few for bug in case.kills} == {
        bug for case in cases for bug in case.kills
    }


@pytest.mark.parametrize("bug", ["S9", "S8", "N13"])
def test_a_planted_bug_fails_the_cases_that_name_it(
    tmp_path: Path, published: dict[str, Vectors], bug: str
) -> None:
    path = f"properties.mutants:{bug}"
    cases = [case for family in published.values() for case in family.cases if bug in case.kills][
        :5
    ]
    assert cases
    file = tmp_path / "cases.json"
    file.write_text(Vectors("some", "that name it", path, tuple(cases)).to_text())
    outcome = stakespec("vectors", "run", file, "--protocol", path, "--json")
    assert outcome.exit_code == 5
    failed = {failure["case"] for failure in json.loads(outcome.stdout)["vectors"]["failed"]}
    assert failed == {case.id for case in cases}


def test_case_ids_are_unique_and_negatives_are_many(published: dict[str, Vectors]) -> None:
    cases = [case for family in published.values() for case in family.cases]
    assert len({case.id for case in cases}) == len(cases)
    negative = [case for case in cases if OK not in case.steps[-1].reply]
    assert len(negative) > len(cases) * 2 // 5


def test_rejections_have_the_values_that_the_table_says(published: dict[str, Vectors]) -> None:
    for step in _steps(published):
        if REJECTED in step.reply:
            rejection = step.reply[REJECTED]
            names = set(rejection["details"]) - {"position"}
            expected = set(DETAILS[rejection["reason"]])
            assert names == expected or rejection["reason"] in {"bad_signature", "stale_checkpoint"}


def _steps(published: dict[str, Vectors]) -> Iterator[Any]:
    return (step for family in published.values() for case in family.cases for step in case.steps)


# --- schemas -----------------------------------------------------------------------------


def test_every_file_fits_its_schema() -> None:
    schema = json.loads((SCHEMAS / "vectors.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for path in VECTORS.glob("*.json"):
        document = json.loads(path.read_text())
        # Long files repeat themselves: a few cases of each kind are enough.
        document["cases"] = document["cases"][:2]
        for case in document["cases"]:
            case["steps"] = case["steps"][:12]
        assert list(validator.iter_errors(document)) == []
    for path in SCHEMAS.glob("*.schema.json"):
        Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_a_schema_refuses_what_no_file_may_hold() -> None:
    validator = Draft202012Validator(json.loads((SCHEMAS / "transaction.schema.json").read_text()))
    good = {"type": "Transfer", "sender": "0x" + "01" * 20, "recipient": "0x" + "02" * 20}
    assert validator.is_valid({**good, "amount": "5"})
    for amount in (5, "05", "-5", "5.0", ""):
        assert not validator.is_valid({**good, "amount": amount})
    assert not validator.is_valid({**good, "amount": "5", "memo": ""})
    assert not validator.is_valid({**good, "amount": "5", "sender": "0x" + "AB" * 20})


MOST_OF_A_TYPE = 6


def test_canonical_bytes_fit_the_cddl(published: dict[str, Vectors]) -> None:
    validator = Validator(cddl())
    seen: dict[str, int] = {}
    for step in _steps(published):
        for name, record in _records(step):
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > MOST_OF_A_TYPE:
                continue
            encoded = canonical_bytes(from_jsonable(record, RECORDS[name]))
            outcome = validator.validate(encoded, root_type=name, require_deterministic=True)
            assert outcome.valid, (
                name,
                [str(diagnostic) for diagnostic in outcome.diagnostics][:3],
            )
    assert len(seen) > 40


def _records(step: Any) -> Iterator[tuple[str, Any]]:
    """Go through the records of a step, with their types."""
    ask = step.ask
    match ask["do"]:
        case "apply":
            yield from _tagged(ask["transaction"])
        case "encode" if OK in step.reply:
            yield ask["type"], ask["record"]
        case "genesis" if OK in step.reply:
            yield "Genesis", ask["genesis"]
        case "block":
            yield "Block", ask["block"]
        case "chain":
            yield "ProvenGenesis", ask["genesis"]
    for event in step.reply.get(OK, {}).get("events", []):
        yield from _tagged(event)


def _tagged(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield record["type"], {name: content for name, content in record.items() if name != "type"}


@pytest.mark.parametrize(
    "changed", [[b"a" * 20, b"b" * 20], [b"a" * 19, b"b" * 20, 5], [b"a" * 20, b"b" * 20, 2**128]]
)
def test_the_cddl_refuses_what_is_no_transfer(changed: list[Any]) -> None:
    import cbor2

    assert not Validator(cddl()).validate(cbor2.dumps(changed), root_type="Transfer").valid


# --- files and commands ------------------------------------------------------------------


def test_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    text = (VECTORS / "02-arithmetic.json").read_text()
    changed = tmp_path / "changed.json"
    changed.write_text(text.replace('"taken": "500"', '"taken": "501"'))
    complaint = refusal(stakespec("vectors", "run", changed))
    assert ".contents: is not the hash of the cases" in complaint


def test_a_file_is_read_back_as_it_was_written(published: dict[str, Vectors]) -> None:
    family = published["05-maps"]
    assert Vectors.from_text(family.to_text()) == family
    with pytest.raises(Malformed, match="format"):
        Vectors.from_text("{}")


def test_a_client_is_held_to_vectors() -> None:
    path = VECTORS / "01-hashing.json"
    outcome = stakespec("vectors", "run", path, "--json", "--", *serving())
    assert outcome.exit_code == 0, outcome.output
    assert json.loads(outcome.stdout)["vectors"]["passed"] == 15


def test_a_client_is_told_where_its_state_is_wrong(published: dict[str, Vectors]) -> None:
    client = serving("--protocol", "properties.mutants:S9")
    path = VECTORS / "20-Delegate.json"
    outcome = stakespec("vectors", "run", path, "--json", "--", *client)
    assert outcome.exit_code == 5
    failed = json.loads(outcome.stdout)["vectors"]["failed"]
    another_root = next(failure for failure in failed if failure["kind"] == "another root")
    places = [place["place"] for place in another_root["places"]]
    assert places[0] == "root"
    assert places[1].startswith("accounts[0x")


def test_a_case_is_explained() -> None:
    path = VECTORS / "20-Transfer.json"
    outcome = stakespec("vectors", "explain", path, "--case", "insufficient_balance")
    assert outcome.exit_code == 0
    assert "rejected: insufficient_balance" in outcome.stdout
    assert "BUT" not in outcome.stdout
    assert widest(outcome.stdout) <= 200


def test_another_reason_is_another_failure(tmp_path: Path, published: dict[str, Vectors]) -> None:
    family = published["20-Transfer"]
    case = next(case for case in family.cases if "zero_amount" in case.id)
    *rest, last = case.steps
    wrong = {"rejected": {"reason": "unknown_validator", "details": {}}}
    changed = attrs.evolve(case, steps=(*rest, attrs.evolve(last, reply=wrong)))
    path = tmp_path / "wrong.json"
    path.write_text(attrs.evolve(family, cases=(changed,)).to_text())
    outcome = stakespec("vectors", "run", path, "--json")
    assert outcome.exit_code == 5
    (failure,) = json.loads(outcome.stdout)["vectors"]["failed"]
    assert failure["kind"] == "refused for another reason"


def test_what_depends_on_the_hash_seed_is_not_counted(published: dict[str, Vectors]) -> None:
    counted = {bug for family in published.values() for case in family.cases for bug in case.kills}
    assert not counted & set(UNSTEADY)
