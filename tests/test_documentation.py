"""What the documents say happens, happens; and the helper that checks this can tell."""

import sysconfig
from pathlib import Path

import pytest

from tests import documentation
from tests.documentation import (
    Block,
    MalformedDocument,
    differences,
    parse_blocks,
    parse_commands,
    run_block,
    session,
)

REPOSITORY = Path(__file__).resolve().parent.parent
README = REPOSITORY / "README.md"
DOCUMENTS = [README, *sorted(REPOSITORY.glob("specs/**/*.md"))]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[path.relative_to(REPOSITORY).as_posix() for path in DOCUMENTS]
)
def test_examples_of(document: Path, tmp_path: Path, subtests: pytest.Subtests) -> None:
    blocks = parse_blocks(document.read_text(encoding="utf-8"))
    with session(document, tmp_path) as opened:
        for block in blocks:
            place = f"{document.relative_to(REPOSITORY).as_posix()}:{block.line}"
            with subtests.test(place):
                if block.no_run_reason is not None:
                    pytest.skip(f"{place}: {block.no_run_reason}")
                complaint = run_block(block, opened)
                if complaint:
                    pytest.fail(complaint, pytrace=False)


def run_document(text: str, folder: Path) -> str:
    """What is wrong with a document whose file is called page.md."""
    with session(Path("page.md"), folder) as opened:
        return "\n".join(filter(None, (run_block(block, opened) for block in parse_blocks(text))))


def console(text: str) -> str:
    return f"```console\n{text}\n```\n"


MATCHING = {
    "nothing": ("", ""),
    "the same lines": ("a\nb", "a\nb"),
    "any number of lines, none": ("...", ""),
    "any number of lines, several": ("a\n...\nd", "a\nb\nc\nd"),
    "any lines between lines that occur twice": ("...\nb\nc", "b\nd\nb\nc"),
    "any lines, twice": ("...\nb\n...", "a\nb\nc"),
    "any text within a line": ("took [..] s", "took 1.5 s"),
    "any text, twice": ("[..] of [..]", "3 of 4"),
    "any text, none": ("a[..]b", "ab"),
    "signs that mean something to regular expressions": ("(a+b)* [c]", "(a+b)* [c]"),
}


@pytest.mark.parametrize(("expected", "printed"), MATCHING.values(), ids=MATCHING)
def test_output_matches(expected: str, printed: str) -> None:
    assert differences(expected.splitlines(), printed.splitlines()) == []


DIFFERING = {
    "a line changed": ("a\nb\nc", "a\nx\nc", [" a", "-b", "+x", " c"]),
    "a line missing": ("a\nb", "a", [" a", "-b"]),
    "a line too many": ("a", "a\nb", [" a", "+b"]),
    "nothing printed": ("a", "", ["-a"]),
    "nothing expected": ("", "a", ["+a"]),
    "order": ("a\nb", "b\na", ["-a", " b", "+a"]),
    "any lines, but not the one after": ("a\n...\nd", "a\nb\nc", [" a", " b", " c", "-d"]),
    "any text, but not around it": ("took [..] s", "took 2 ms", ["-took [..] s", "+took 2 ms"]),
    "any text stays within its line": ("a[..]d", "ab\ncd", ["-a[..]d", "+ab", "+cd"]),
    "dots within a line": ("a ...", "a b", ["-a ...", "+a b"]),
    "signs that mean something to regular expressions": ("a.c", "abc", ["-a.c", "+abc"]),
}


@pytest.mark.parametrize(("expected", "printed", "diff"), DIFFERING.values(), ids=DIFFERING)
def test_output_differs(expected: str, printed: str, diff: list[str]) -> None:
    assert differences(expected.splitlines(), printed.splitlines()) == diff


@pytest.mark.parametrize(
    "text",
    [
        "$ echo a; echo b\na\nb",
        "$ echo a >&2\na",
        "$ echo a\na\n$ echo b\nb",
        "$ echo a\n...",
        "$ true",
        "$ false\n[exit 1]",
        "$ echo a; exit 3\na\n[exit 3]",
        "$ kill -9 $$\n[exit 137]",
        "$ echo a \\\n  b\na b",
        "$ echo 'a  '; echo; echo\na",
        "$ echo; echo a\n\na",
        "$ echo $COLUMNS $NO_COLOR $TERM\n80 1 dumb",
        "$ cat",
        "$ mkdir deep && cd deep && touch x\n$ ls deep\nx",
        "$ command -v python\n[..]/bin/python",
    ],
)
def test_commands_that_do_as_documented_pass(text: str, tmp_path: Path) -> None:
    assert run_document(console(text), tmp_path) == ""


def test_commands_find_the_programs_of_this_environment_first(tmp_path: Path) -> None:
    text = console("$ command -v pytest")
    complaint = run_document(text, tmp_path)
    assert complaint.endswith(f"+{sysconfig.get_path('scripts')}/pytest")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("$ echo b\na", "page.md:2: $ echo b\n--- expected\n+++ printed\n-a\n+b"),
        ("$ true\n[exit 1]", "page.md:2: $ true\n--- expected\n+++ printed\n-[exit 1]\n+[exit 0]"),
        (
            "$ echo a; exit 4\n...",
            "page.md:2: $ echo a; exit 4\n--- expected\n+++ printed\n-[exit 0]\n+[exit 4]",
        ),
        (
            "$ true\n$ echo a",
            "page.md:3: $ echo a\n--- expected\n+++ printed\n+a",
        ),
    ],
)
def test_commands_that_do_otherwise_are_shown_with_a_diff(
    text: str, complaint: str, tmp_path: Path
) -> None:
    assert run_document(console(text), tmp_path) == complaint


def test_a_command_that_does_not_end_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documentation, "COMMAND_TIMEOUT_SECONDS", 0.2)
    assert run_document(console("$ echo a; sleep 60 & wait"), tmp_path) == (
        "page.md:2: $ echo a; sleep 60 & wait\nstill running after 0.2 s, having printed:\na\n"
    )


def test_the_colors_and_profiles_of_the_caller_do_not_reach_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("HYPOTHESIS_PROFILE", "explore")
    text = "$ echo ${FORCE_COLOR-none} ${HYPOTHESIS_PROFILE-none} ${PYTEST_CURRENT_TEST-none}"
    assert run_document(console(f"{text}\nnone none none"), tmp_path) == ""


def test_blocks_of_a_document_share_a_folder_and_a_namespace(tmp_path: Path) -> None:
    assert (
        run_document(
            """
```python fork.py
NAME = "fork"
```
```json deep/state.json
{"slot": 1}
```
```python
import json
from pathlib import Path
from fork import NAME
slot = json.loads(Path("deep/state.json").read_text())["slot"]
```
- in a list
  ```python
  if NAME == "fork":
      Path("seen").write_text(str(slot))
  ```
```console
$ cat seen
1
$ python -c 'import fork; print(fork.NAME)'
fork
```
""",
            tmp_path,
        )
        == ""
    )


def test_modules_of_one_document_are_gone_in_the_next(tmp_path: Path) -> None:
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        text = f'```python page.py\nNAME = "{name}"\n```\n```python\nimport page\n'
        assert run_document(f'{text}assert page.NAME == "{name}"\n```\n', folder) == ""


def test_python_that_raises_fails_at_the_line_of_the_document(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run_document("# Title\n\n```python\nx = 0\n1 // x\n```\n", tmp_path)
    last = caught.traceback[-1]
    assert (str(last.path), last.lineno + 1) == ("page.md", 5)


@pytest.mark.parametrize(
    ("language", "well_formed", "malformed"),
    [("json", '{"a": [1]}', "{a: 1}"), ("jsonl", "{}\n[1]", "{}\n{"), ("toml", "a = 1", "a = ")],
)
def test_blocks_without_a_name_must_parse(
    language: str, well_formed: str, malformed: str, tmp_path: Path
) -> None:
    folders = [tmp_path / "well", tmp_path / "mal"]
    for folder in folders:
        folder.mkdir()
    assert run_document(f"```{language}\n{well_formed}\n```\n", folders[0]) == ""
    complaint = run_document(f"```{language}\n{malformed}\n```\n", folders[1])
    assert complaint.startswith(f"page.md:2: not {language}: ")


def test_what_is_not_run_says_why() -> None:
    [block] = parse_blocks("```console no-run takes a night\n$ rm -r x\n```\n")
    assert block.no_run_reason == "takes a night"


def test_what_is_not_run_is_not_run(tmp_path: Path) -> None:
    assert run_document("```console no-run takes a night\n$ touch x\n```\n", tmp_path) == ""
    assert not (tmp_path / "x").exists()


def test_blocks_hold_what_stands_between_their_fences() -> None:
    assert parse_blocks("a\n\n~~~~text\n```\n~~~\n~~~~\n  ```json x.json\n  {\n    1\n  ```\n") == [
        Block("text", "", "```\n~~~\n", 4),
        Block("json", "x.json", "{\n  1\n", 8),
    ]


def test_commands_hold_what_stands_below_them() -> None:
    block = Block("console", "", "$ a \\\n  b\nc\n\nd\n[exit 2]\n$ e\n", 10)
    assert parse_commands(block) == [
        documentation.Command("a \\\n  b", ["c", "", "d"], 2, 10),
        documentation.Command("e", [], 0, 16),
    ]


MALFORMED = {
    "```console\n$ true\n": "line 1: this block is never closed",
    "\n```sh\ntrue\n```": (
        "line 2: a block is console, python, json, jsonl, toml, yaml, bash or text, not sh"
    ),
    "```bash\ntrue\n```": "line 1: after bash comes the name of a file",
    "```\ntrue\n```": (
        "line 1: a block is console, python, json, jsonl, toml, yaml, bash or text,"
        " not without a language"
    ),
    "```console\n```": "line 2: a console block starts with '$ ' and a command",
    "```console\na\n$ true\n```": "line 2: a console block starts with '$ ' and a command",
    "```console no-run\n$ true\n```": "line 1: after console comes nothing, or no-run and a reason",
    "```console slow\n$ true\n```": "line 1: after console comes nothing, or no-run and a reason",
    "```console\n$ cd x\n$ ls\n```": (
        "line 2: 'cd x' does nothing to the commands after it; join them with &&"
    ),
    "```python ../x\n```": "line 1: '../x' is not the name of a file in the document's folder",
    "```python no-run why\n```": (
        "line 1: 'no-run why' is not the name of a file in the document's folder"
    ),
    "> ```console\n> $ true\n> ```": "line 1: a fence stands on a line of its own",
}


@pytest.mark.parametrize(("text", "complaint"), MALFORMED.items(), ids=MALFORMED.values())
def test_malformed_documents_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(MalformedDocument) as refused:
        parse_blocks(text)
    assert str(refused.value) == complaint


def test_there_is_a_readme() -> None:
    assert README.is_file()
