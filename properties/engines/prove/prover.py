"""Proving one contract: CrossHair walks every path of it, for all numbers at once.

All laws of a contract are first asked together, since walking the paths is what costs;
where that does not end in a proof, one by one.
"""

import inspect
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import attrs
from crosshair.condition_parser import (
    _CALLTREE_PARSER,
    POSTCONDITION,
    PRECONDITION,
    CompositeConditionParser,
    ConditionExpr,
    ConditionExprType,
    Conditions,
)
from crosshair.core import ConditionCheckable
from crosshair.core_and_libs import MessageType, analyze_function, run_checkables
from crosshair.fnutil import FunctionInfo
from crosshair.options import DEFAULT_OPTIONS, AnalysisKind, AnalysisOptionSet
from crosshair.util import CrossHairInternal

from properties.engines.engine import Verdict
from properties.engines.prove.contract import LEMMA, Contract
from properties.engines.prove.findings import Finding
from properties.engines.prove.laws import keeps
from properties.engines.prove.refutation import counterexample_of, holds_after_all, like_the_example
from properties.engines.prove.subject import SUBJECT
from properties.laws.patience import PATIENCE
from properties.model.protocols import DEFAULT_PATH
from statemachine.errors import Rejected

OPTIONS = AnalysisOptionSet(analysis_kind=[AnalysisKind.PEP316])

TOGETHER = (20, 20, 20, 5)
"""How often all laws are asked about at once: three times for a twentieth of the time for one
law, then once for a fifth.

How long the solver takes for one path is a matter of luck, with a long tail: what ends at all
mostly ends soon, and to begin again is better than to wait.
"""


@attrs.frozen
class Answer:
    """CrossHair's answer to one question."""

    verdict: Verdict
    seconds: float
    paths: int
    accepted: int
    reason: str = ""
    numbers: Mapping[str, Any] | None = None


def prove_contract(
    contract: Contract, laws: tuple[str, ...], seconds: float, path: str = DEFAULT_PATH
) -> Iterator[Finding]:
    """Ask for some laws of a contract, with so much processor time for each.

    The path is that of the protocol, for counterexamples to name.
    """
    if not _is_accepted(contract):
        for law in laws:
            reason = "the rule refuses the contract's own example, or none is drawn"
            yield Finding(contract.rule, contract.name, law, Verdict.UNDETERMINED, reason=reason)
        return
    questions = [question for question in _questions(contract) if _promise(question) in laws]
    spent = 0.0
    if len(questions) > 1:
        together = _asked_together(questions, seconds)
        settled_together = _known(contract, questions, together, path)
        yield from settled_together
        settled = {finding.law for finding in settled_together}
        spent = together.seconds / len(questions)
        questions = [question for question in questions if _promise(question) not in settled]
    for question in questions:
        answer = _ask(question, seconds)
        answer = attrs.evolve(answer, seconds=answer.seconds + spent)
        yield from _findings(contract, [question], answer, path)


def _asked_together(questions: list[Conditions], seconds: float) -> Answer:
    """Return the answer to all questions at once; the solver is given more than one chance."""
    first, *others = TOGETHER
    answer = _ask(_joined(questions), seconds / first)
    for part in others:
        if answer.verdict is not Verdict.UNDETERMINED:
            break
        again = _ask(_joined(questions), seconds / part)
        answer = attrs.evolve(again, seconds=answer.seconds + again.seconds)
    return answer


def refute_contract(contract: Contract, seconds: float, path: str = DEFAULT_PATH) -> list[Finding]:
    """Ask once for all laws of a contract; return those that are refuted by what is found.

    With so much processor time. Numbers that refute one law end the walk: others may break too.
    """
    questions = _questions(contract)
    answer = _ask(_joined(questions), seconds)
    if answer.verdict is not Verdict.REFUTED:
        return []
    return _known(contract, questions, answer, path)


def _known(
    contract: Contract, asked: list[Conditions], together: Answer, path: str
) -> list[Finding]:
    """Return what is known of each law once all were asked together."""
    if together.verdict is Verdict.UNDETERMINED:
        return []
    findings = _findings(contract, asked, together, path)
    # Numbers that refute all of them together refute at least one of them, and spare others.
    return [finding for finding in findings if finding.verdict is together.verdict]


def _is_accepted(contract: Contract) -> bool:
    """Say whether a contract's own example is accepted, so that it promises something."""
    try:
        outcome = contract.function()
    except Exception:
        # A lemma calls functions as they are: that one raises is for the proof to tell.
        return True
    return outcome is not None and not isinstance(outcome, Rejected)


def _findings(
    contract: Contract, asked: list[Conditions], answer: Answer, path: str
) -> list[Finding]:
    return [_finding(contract, question, answer, len(asked), path) for question in asked]


def _finding(
    contract: Contract, asked: Conditions, answer: Answer, share: int, path: str
) -> Finding:
    law = _promise(asked)
    verdict, reason = answer.verdict, answer.reason
    counterexample = None
    if verdict is Verdict.REFUTED:
        numbers = answer.numbers or {}
        if holds_after_all(contract.function, numbers, law):
            verdict, reason = Verdict.UNDETERMINED, f"not so without symbols: {reason}"
        elif contract.rule != LEMMA:
            counterexample = counterexample_of(contract.function, numbers, law, path)
            if counterexample is None:
                alike = like_the_example(contract.function, numbers, law, _lawful(asked))
                counterexample = counterexample_of(contract.function, alike, law, path)
    elif verdict is Verdict.PROVED and not answer.accepted and contract.rule != LEMMA:
        verdict, reason = Verdict.UNDETERMINED, "every path is refused"
    return Finding(
        contract.rule,
        contract.name,
        law,
        verdict,
        answer.seconds / share,
        answer.paths,
        answer.accepted,
        reason,
        counterexample,
    )


def _lawful(asked: Conditions) -> Callable[[Mapping[str, Any]], bool]:
    """Return what says whether a contract speaks of some numbers."""
    conditions = [condition.evaluate for condition in asked.pre if condition.evaluate is not None]
    return lambda numbers: all(condition(numbers) for condition in conditions)


def _questions(contract: Contract) -> list[Conditions]:
    """Return a contract's conditions, once for each of its promises."""
    conditions = _conditions(contract)
    function = contract.function
    return [
        replace(
            conditions,
            post=[_condition(function, POSTCONDITION, promise, partial(_kept, promise))],
        )
        for promise in contract.promises
    ]


def _conditions(contract: Contract) -> Conditions:
    """Return what CrossHair is asked of a contract, by its text or by what it says itself."""
    function, is_meant = contract.function, contract.is_meant
    if is_meant is None:
        (first, *_) = analyze_function(function, OPTIONS)
        return first.conditions  # type: ignore[attr-defined, no-any-return]
    meant = _condition(function, PRECONDITION, "is_meant", is_meant)
    signature = inspect.signature(function)
    return Conditions(function, function, [meant], [], frozenset(), signature, None, [])


def _condition(
    function: Callable[..., Any],
    kind: ConditionExprType,
    name: str,
    evaluate: Callable[[Mapping[str, object]], bool],
) -> ConditionExpr:
    code = function.__code__
    return ConditionExpr(kind, evaluate, code.co_filename, code.co_firstlineno, name, None)


def _kept(promise: str, bindings: Mapping[str, Any]) -> bool:
    return keeps(bindings["__return__"], promise)


def _promise(asked: Conditions) -> str:
    """Return the promise that is asked about."""
    return asked.post[0].expr_source


def _joined(questions: list[Conditions]) -> Conditions:
    """Return the question whether all laws hold."""
    posts = [question.post[0] for question in questions]

    def all_hold(bindings: Mapping[str, object]) -> bool:
        return all(post.evaluate(bindings) for post in posts if post.evaluate is not None)

    joined = _condition(questions[0].src_fn, POSTCONDITION, "all", all_hold)
    return replace(questions[0], post=[joined])


def _ask(conditions: Conditions, seconds: float) -> Answer:
    """Have CrossHair walk a contract."""
    numbers: dict[str, Any] = {}

    def note(arguments: Any, _returned: object, _reprs: object) -> tuple[str, str]:
        numbers.update(arguments.arguments)
        text = ", ".join(f"{name}={number!r}" for name, number in arguments.arguments.items())
        return f"{conditions.src_fn.__name__}({text})", "None"

    conditions = replace(conditions, counterexample_description_maker=note)
    stats: Counter[str] = Counter()
    limits = AnalysisOptionSet(
        per_condition_timeout=seconds,
        per_path_timeout=seconds / 2,
        report_all=True,
        stats=stats,
    )
    options = DEFAULT_OPTIONS.overlay(OPTIONS).overlay(limits)
    function = FunctionInfo.from_fn(conditions.src_fn)
    SUBJECT.accepted = 0
    PATIENCE.suspended = True
    began = time.process_time()
    # No function below a contract has one of its own; to look would take three times as long.
    try:
        with _CALLTREE_PARSER.open(CompositeConditionParser()):
            (message, *_) = run_checkables([ConditionCheckable(function, options, conditions)])
        verdict, reason = _reading(message.state, message.message)
    except CrossHairInternal as error:
        verdict, reason = Verdict.UNDETERMINED, f"CrossHair gave up: {error}"
    finally:
        PATIENCE.suspended = False
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
