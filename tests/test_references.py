"""Whatever a document points to exists: links, files, folders, and names in the code."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import attrs
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("specs/**/*.md")])
TODAY = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]
"""Documents about what there is; a changelog also names what is gone."""
GLOSSARY = REPOSITORY / "specs" / "glossary.md"

FENCED = re.compile(r"^ *(`{3,}|~{3,}).*?^ *\1`*$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"`(?P<text>[^`\n]+)`")
FILE = re.compile(r"[\w./*-]+\.(py|md|json|toml|yaml)|[\w./-]+/")
DOTTED = re.compile(r"(statemachine|properties)(\.\w+)+")

ROOTS = ("", "specs", "statemachine", "properties", "tests", "tests/statemachine")
"""Where a path in a document may begin; the last is how pages name the tests of rules."""

MADE_BY_READERS = frozenset(
    {
        "counterexamples/",
        "counterexamples/LAW-BY.json",
        "LAW-BY-2.json",
        "campaign.json",
        "rounds/NAME.json",
        "corpus/NAME.json",
        "shards/NAME.json",
        "efforts/NAME.json",
        "absorbed.json",
        "failures/LAW-NAME.json",
        "set-aside/NAME.json",
        "mended/",
        ".stakespec/",
        "mended/LAW-NAME.json",
    }
)
"""Paths that a command of ours writes where it is called."""


def prose_of(document: Path) -> str:
    """A document without its examples, which are run elsewhere."""
    return FENCED.sub("", document.read_text(encoding="utf-8"))


def missing_links(document: Path) -> Iterator[str]:
    """Links of a document to files or headings that are not there."""
    for link in LINK.finditer(prose_of(document)):
        path, _, heading = link["target"].partition("#")
        if ":" in path:
            continue
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (heading and heading not in headings_of(target)):
            yield link["target"]


def headings_of(document: Path) -> set[str]:
    """The anchors of a document's headings, as they are made from their text."""
    titles = re.findall(r"^#+ (.+)$", prose_of(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def missing_files(document: Path) -> Iterator[str]:
    """Files and folders that a document names and that are not there."""
    for code in CODE.finditer(prose_of(document)):
        text = code["text"]
        if FILE.fullmatch(text) and text not in MADE_BY_READERS and not exists(text):
            yield text


def exists(path: str) -> bool:
    """Whether a path, or a bare file name, or a pattern, leads to anything."""
    if any(any(REPOSITORY.glob(f"{root}/{path}".strip("/"))) for root in ROOTS):
        return True
    name_alone = "/" not in path
    return name_alone and any(
        any((REPOSITORY / root).rglob(path)) for root in ("statemachine", "properties", "tests")
    )


def missing_names(document: Path) -> Iterator[str]:
    """Names in the code that a document gives in full and that are not there."""
    for code in CODE.finditer(prose_of(document)):
        name = code["text"].split(":")[0]
        if DOTTED.fullmatch(name) and not is_defined(name):
            yield name


def is_defined(name: str) -> bool:
    """Whether a dotted name leads to a module, class, function, constant or field."""
    module, rest = _longest_module(name.split("."))
    target: object = module
    for member in rest:
        fields = attrs.fields_dict(target) if isinstance(target, type) and attrs.has(target) else {}
        if not hasattr(target, member) and member not in fields:
            return False
        target = getattr(target, member, None)
    return module is not None


def _longest_module(names: list[str]) -> tuple[ModuleType | None, list[str]]:
    for length in range(len(names), 0, -1):
        try:
            return importlib.import_module(".".join(names[:length])), names[length:]
        except ModuleNotFoundError:
            continue
    return None, names


def relative(document: Path) -> str:
    """What a test calls a document."""
    return document.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_links_lead_somewhere(document: Path) -> None:
    assert list(missing_links(document)) == []


@pytest.mark.parametrize("document", TODAY, ids=relative)
def test_files_that_are_named_exist(document: Path) -> None:
    assert list(missing_files(document)) == []


@pytest.mark.parametrize("document", TODAY, ids=relative)
def test_names_in_the_code_exist(document: Path) -> None:
    assert list(missing_names(document)) == []


def test_the_index_of_specs_lists_every_page() -> None:
    specs = REPOSITORY / "specs"
    index = (specs / "README.md").read_text(encoding="utf-8")
    pages = {
        path.relative_to(specs).as_posix()
        for path in (*specs.glob("*.md"), *specs.glob("protocol/*.md"))
    }
    assert {link["target"] for link in LINK.finditer(index)} >= pages - {"README.md"}


def glossary_rows() -> list[list[str]]:
    """The rows of the glossary's tables, as lists of cells."""
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return [row for row in rows if row[0] != "term"]


def test_the_glossary_defines_each_term_once_and_by_a_name_in_the_code() -> None:
    rows = glossary_rows()
    terms = [term for row in rows for term in row[0].split(", ")]
    assert len(terms) > 50
    assert sorted(terms) == sorted(set(terms))
    for row in rows:
        name = row[1].strip("`")
        assert is_defined(name), f"{row[0]}: there is no {name}"


def test_what_is_missing_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A title\n[a](page.md#a-title) [b](page.md#no-title) [c](gone.md)\n"
        "`statemachine/state.py` `statemachine/gone.py` `rules/blocks.py` `rules/gone.py`\n"
        "`statemachine.state.Lot.start` `statemachine.state.Lot.gone` `properties.gone`\n"
        "```text\n`statemachine/example.py` [d](example.md)\n```\n"
    )
    assert list(missing_links(page)) == ["page.md#no-title", "gone.md"]
    assert list(missing_files(page)) == ["statemachine/gone.py", "rules/gone.py"]
    assert list(missing_names(page)) == ["statemachine.state.Lot.gone", "properties.gone"]
