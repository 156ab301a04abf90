"""Clients with one mistake each, as they are made at the border: the vectors name the rung.

The planted bugs are forks of the protocol; these are mistakes that no fork can make. Each is our
own machine in which one function is replaced, in a process of its own.
"""

import json
import sys
from pathlib import Path

import attrs
import pytest

from tests.properties.cli.commands import FOLDER, stakespec

VECTORS = FOLDER / "specs" / "vectors"

SERVE = """
import sys
sys.path.insert(0, {folder!r})

def replace(module, name, wrong):
    if name not in vars(module):
        raise SystemExit(f"{{module.__name__}} has no {{name}}: this mistake changes nothing")
    setattr(module, name, wrong)

{mistake}
from properties.cli import main
sys.argv = ["stakespec", "serve"]
main()
"""


@attrs.frozen
class Mistake:
    """A mistake, the file of vectors that shows it first, and the kind of difference."""

    what: str
    family: str
    kind: str
    code: str


MISTAKES = (
    Mistake(
        "digests leave the lengths of their domains out",
        "01-hashing",
        "another digest",
        "from statemachine import hashing\nreplace(hashing, '_domain_prefix', str.encode)",
    ),
    Mistake(
        "the churn limit is rounded up",
        "12-rounding",
        "another root",
        "from statemachine import params\n"
        "replace(params, 'share', lambda amount, bps: -(-amount * bps // 10_000))",
    ),
    Mistake(
        "bytes of another encoding are taken",
        "04-bytes-refused",
        "accepted what is malformed",
        "from statemachine import canonical\n"
        "real = canonical.from_canonical_bytes\n"
        "def lenient(encoded, cls):\n"
        "    try:\n"
        "        return real(encoded, cls)\n"
        "    except canonical.Malformed as error:\n"
        "        if 'the encoding is not canonical' not in str(error):\n"
        "            raise\n"
        "    return canonical._TO_BYTES.structure(canonical.cbor2.loads(encoded), cls)\n"
        "import statemachine.codec\n"
        "replace(canonical, 'from_canonical_bytes', lenient)\n"
        "replace(statemachine.codec, 'from_canonical_bytes', lenient)",
    ),
    Mistake(
        "points outside of the subgroup are taken for keys",
        "09-keys",
        "accepted what must be refused",
        "import attrs\n"
        "from statemachine.crypto import py_ecc_backend as module\n"
        "lax = attrs.evolve(module.PY_ECC, key_in_subgroup=lambda point: True)\n"
        "replace(module, 'PY_ECC', lax)",
    ),
    Mistake(
        "of two reasons the wrong one is named",
        "30-two-reasons",
        "refused for another reason",
        "from statemachine.rules import finality\n"
        "real = finality.require_link\n"
        "def root_first(state, vote):\n"
        "    record = state.finality.history.get(finality.epoch_key(vote.target.epoch))\n"
        "    if record is not None and record.root != vote.target.root:\n"
        "        raise finality.Rejected(\n"
        "            finality.RejectionReason.CHECKPOINT_NOT_ON_CHAIN,\n"
        "            expected=record.root, given=vote.target.root,\n"
        "        )\n"
        "    return real(state, vote)\n"
        "replace(finality, 'require_link', root_first)",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_a_mistake_is_met_on_its_rung(tmp_path: Path, mistake: Mistake) -> None:
    client = tmp_path / "client.py"
    client.write_text(SERVE.format(folder=str(FOLDER), mistake=mistake.code))
    family = VECTORS / f"{mistake.family}.json"
    outcome = stakespec("vectors", "run", family, "--json", "--", sys.executable, client)
    assert outcome.exit_code == 5, outcome.output
    failed = json.loads(outcome.stdout)["vectors"]["failed"]
    assert mistake.kind in {case["kind"] for case in failed}
    for case in failed:
        assert case["kind"].startswith(mistake.kind.split()[0]), case
