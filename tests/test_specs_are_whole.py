"""A client can be written from specs/ alone: no rule stands in a Python module only."""

import re
from collections.abc import Iterator

import pytest

from properties.conformance.reference import DOMAINS
from properties.conformance.types import EVENTS, TRANSACTIONS
from statemachine.errors import RejectionReason
from statemachine.params import Params
from statemachine.records import fields_of
from tests.test_references import CODE, REPOSITORY, prose_of

SPECS = REPOSITORY / "specs"
PAGES = sorted(
    [
        *SPECS.glob("protocol/*.md"),
        SPECS / "formats.md",
        SPECS / "conformance.md",
        SPECS / "implementing.md",
        SPECS / "schemas" / "README.md",
    ]
)
"""What a client is written from."""

MODULE = re.compile(r"(statemachine|properties|tests)[/.][\w/.]*")

TOLD_ELSEWHERE = {
    ("protocol/authentication.md", "statemachine/crypto/"): "authentication.md",
    ("protocol/authentication.md", "statemachine/signed/"): "authentication.md and chain.md",
    ("protocol/authentication.md", "statemachine/hashing.py"): "formats.md, Hashes",
    ("protocol/authentication.md", "statemachine/crypto/bls_many.py"): "no rule: nothing uses it",
    ("protocol/authentication.md", "statemachine/crypto/bls.py"): "the table above it",
    ("protocol/chain.md", "statemachine/signed/block.py"): "chain.md, Blocks",
    ("protocol/chain.md", "statemachine/signed/chain.py"): "chain.md",
    ("protocol/duties.md", "statemachine/duties.py"): "the list below it",
    ("protocol/duties.md", "tests/statemachine/rules/test_late_votes.py"): "no rule: a measurement",
    ("protocol/duties.md", "properties/engines/branches/"): "no rule: how it is checked",
    ("protocol/duties.md", "properties/engines/branches/safety.py"): "no rule: how it is checked",
    (
        "protocol/finality.md",
        "tests/statemachine/rules/test_late_votes.py",
    ): "no rule: a measurement",
    ("formats.md", "statemachine/cbor.py"): "the sentence after it",
    ("conformance.md", "tests/benchmarks/test_conform_benchmark.py"): "no rule: a measurement",
}
"""Every module that such a page names, and where a reader without Python finds the rule."""

EVASIONS = ("exact bytes", "the source code", "in which its class", "see the code", "docstring")
"""What a page says when it leaves a rule to code."""


def modules_named() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for code in CODE.finditer(prose_of(page)):
            if MODULE.fullmatch(code["text"]):
                yield str(page.relative_to(SPECS)), code["text"]


def test_a_module_is_named_only_where_the_rule_is_told_as_well() -> None:
    new = sorted(set(modules_named()) - set(TOLD_ELSEWHERE))
    assert not new, f"{new}: tell the rule on the page, and say here where it stands"


def test_no_page_leaves_a_rule_to_code() -> None:
    evasions = [
        (page.name, words) for page in PAGES for words in EVASIONS if words in prose_of(page)
    ]
    assert evasions == []


def _pages() -> str:
    return "\n".join(page.read_text() for page in SPECS.glob("protocol/*.md"))


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("reason", {f"`{reason.value}`" for reason in RejectionReason}),
        ("transaction", {kind.__name__ for kind in TRANSACTIONS}),
        ("event", {kind.__name__ for kind in EVENTS}),
        ("parameter", {f"`{field.name}`" for field in fields_of(Params)}),
    ],
)
def test_everything_with_a_name_is_told(what: str, names: set[str]) -> None:
    text = _pages()
    if what == "parameter":
        # In formulas they stand among others.
        names = {name.strip("`") for name in names}
    assert sorted(name for name in names if name not in text) == []


def test_every_domain_in_the_code_is_in_the_tables() -> None:
    literal = re.compile(r'"(stakespec/[\w/{}.-]+)"')
    used = {
        domain
        for path in (REPOSITORY / "statemachine").rglob("*.py")
        for domain in literal.findall(path.read_text())
    }
    told = {domain for domain, _, _ in DOMAINS}
    named = {re.sub(r"\{[^}]*\}", "NAME", domain) for domain in used}
    # Docstrings name the beginning of some.
    assert sorted(named - told - {"stakespec/merkle-map/", "stakespec/merkle-map/leaf"}) == []
