"""Proving one contract: CrossHair walks every path of it, for all numbers at once.

All laws of a contract are first asked together, since walking the paths is what costs;
where that does not end in a proof, one by one.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

import attrs
from crosshair.condition_parser import POSTCONDITION, ConditionExpr, Conditions
from crosshair.core_and_libs import MessageType, analyze_function, run_checkables
from crosshair.options import AnalysisKind, AnalysisOptionSet

from properties.contracts.registry import Contract
from properties.contracts.subject import SUBJECT

Function = Callable[..., Any]


class Verdict(StrEnum):
    """What is known of a cell."""

    PROVED = "proved"
    """It holds on every path, for all numbers that the contract allows."""
    REFUTED = "refuted"
    """There are numbers for which it does not hold."""
    UNDETERMINED = "undetermined"
    """The budget ended first, or the solver gave up."""


@attrs.frozen
class Finding:
    """What became of one law of one contract."""

    rule: str
    contract: str
    law: str
    verdict: Verdict
    seconds: float = 0.0
    """Of processor time; laws that were proved together share it."""
    paths: int = 0
    accepted: int = 0
    """Paths on which the rule did not refuse."""
    reason: str = ""
    """Why it is undetermined, or how it was refuted."""
    numbers: Mapping[str, Any] | None = None
    """The arguments that refute it."""


@attrs.frozen
class Answer:
    """CrossHair's answer to one question."""

    verdict: Verdict
    seconds: float
    paths: int
    accepted: int
    reason: str = ""
    numbers: Mapping[str, Any] | None = None


def law_names(contract: Contract) -> tuple[str, ...]:
    """Return the names of the laws that a contract promises, as its text gives them."""
    return tuple(_law_name(one.post[0]) for one in _questions(contract.function))


def prove_contract(
    contract: Contract, laws: tuple[str, ...], seconds: float
) -> Iterator[Finding]:
    """Ask for some laws of a contract, with so much processor time for each."""
    questions = [one for one in _questions(contract.function) if _law_name(one.post[0]) in laws]
    if len(questions) > 1:
        together = _ask(_joined(questions), seconds)
        if together.verdict is Verdict.PROVED:
            yield from _findings(contract, questions, together)
            return
    for question in questions:
        yield from _findings(contract, [question], _ask(question, seconds))


def _findings(contract: Contract, asked: list[Conditions], answer: Answer) -> list[Finding]:
    return [
        Finding(
            contract.rule,
            contract.name,
            _law_name(one.post[0]),
            answer.verdict,
            answer.seconds / len(asked),
            answer.paths,
            answer.accepted,
            answer.reason,
            answer.numbers,
        )
        for one in asked
    ]


def _questions(function: Function) -> list[Conditions]:
    """Return a contract's conditions, once for each law."""
    options = AnalysisOptionSet(analysis_kind=[AnalysisKind.PEP316])
    return [one.conditions for one in analyze_function(function, options)]  # type: ignore[attr-defined]


def _law_name(condition: ConditionExpr) -> str:
    return condition.expr_source.partition("(")[0]


def _joined(questions: list[Conditions]) -> Conditions:
    """Return the question whether all laws hold."""
    posts = [one.post[0] for one in questions]

    def all_hold(bindings: Mapping[str, object]) -> bool:
        return all(post.evaluate(bindings) for post in posts if post.evaluate is not None)

    joined = ConditionExpr(
        POSTCONDITION, all_hold, posts[0].filename, posts[0].line, "all", None
    )
    return replace(questions[0], post=[joined])


def _ask(conditions: Conditions, seconds: float) -> Answer:
    """Have CrossHair walk a contract."""
    numbers: dict[str, Any] = {}

    def note(arguments: Any, _returned: object, _reprs: object) -> tuple[str, str]:
        numbers.update(arguments.arguments)
        text = ", ".join(f"{name}={given!r}" for name, given in arguments.arguments.items())
        return f"{conditions.src_fn.__name__}({text})", "None"

    conditions = replace(conditions, counterexample_description_maker=note)
    stats: Counter[str] = Counter()
    options = AnalysisOptionSet(
        analysis_kind=[AnalysisKind.PEP316],
        per_condition_timeout=seconds,
        per_path_timeout=seconds / 2,
        report_all=True,
        stats=stats,
    )
    (checkable, *_) = analyze_function(conditions.src_fn, options)
    checkable.conditions = conditions  # type: ignore[attr-defined]
    SUBJECT.accepted = 0
    began = time.process_time()
    (message, *_) = run_checkables([checkable])
    verdict, reason = _reading(message.state, message.message)
    return Answer(
        verdict,
        time.process_time() - began,
        stats["num_paths"],
        SUBJECT.accepted,
        reason,
        numbers if verdict is Verdict.REFUTED else None,
    )


def _reading(state: MessageType, message: str) -> tuple[Verdict, str]:
    if state is MessageType.CONFIRMED:
        return Verdict.PROVED, ""
    if state in (MessageType.POST_FAIL, MessageType.POST_ERR, MessageType.EXEC_ERR):
        return Verdict.REFUTED, message
    return Verdict.UNDETERMINED, message
