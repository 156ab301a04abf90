"""The page that follows each claim down to the code: theorem, obligation, axiom, law, function.

    python -m properties.mutants.theorems_page specs

writes specs/theorems.md. Everything on it comes from the theorems, the registry of laws and a
proof; only the table of planted bugs asks each of them.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from properties.engines.engine import Verdict
from properties.engines.prove.laws import LAWS_OF
from properties.laws.registry import LAWS
from properties.mutants import MUTANTS
from properties.mutants.catalogue import Mutant
from properties.mutants.markdown import table
from properties.theorems.inquiry import Inquiry, TieAnswer, counterexamples, inquire
from properties.theorems.judge import Judgement
from properties.theorems.theory import INDUCTION, Axiom, Theorem
from statemachine.rules import PROTOCOL

PAGE = "theorems.md"

OF_FINALITY = ("FIN", "SAF", "LIV", "SLA")
"""A planted bug is one of finality if it breaks a law of one of these groups."""

OF_WHAT_PAYS = ("TIM-3", "STK-1", "STK-2")
"""And one of what pays for finality if it breaks one of these laws."""

UNSEEN = {
    "S23b": "none: no theorem speaks of headers signed twice",
    "S23c": "none: no theorem speaks of who is elected",
    "E3": "none: no theorem speaks of who is elected",
    "N17": "none: a block's root is not opened; that it fixes all before it is an axiom of `tree`",
    "B20": "none: no theorem speaks of who signed a header",
    "N8": "none: no theorem speaks of how fast sets change",
    "S7": "none: no theorem speaks of an offence that is reported again",
    "B19": "none: no theorem speaks of an offence that is reported again",
    "B27": "none: no theorem speaks of an offence that is reported again",
    "B1": "none: the stay is lost when stake is undelegated; ties begin with stake that has it",
    "B17": "none: the tie of releases is of stake that has never moved",
    "B26": "none: the tie of releases is of stake behind somebody who was never slashed",
    "B34": "none: the ties stand in the tenth epoch, and this shows in the first",
    "T5": "none: no theorem speaks of what is announced",
    "T6": "none: no theorem speaks of what is announced",
    "H2": "none: no theorem speaks of who is elected",
    "H4": "none: no theorem speaks of who is elected",
}
"""Why theorems cannot see a planted bug that breaks a law of evidence; laws and the oracle do."""

HEAD = """# Theorems

What is proved for any number of validators, checkpoints, epochs and lots, and what each proof rests
on. `stakespec prove --theorems` proves all of it again in seconds; [proofs.md](proofs.md) says how.
`python -m properties.mutants.theorems_page specs` writes this page, and a test compares it.

Read it downwards. A theorem is proved by its obligations. An obligation follows from its axioms:
some are suppositions of the statement, some are lemmas proved above, and the others are facts about
the machine. Each fact names the laws that every engine checks at every step (*proved by* `prove`
where a contract shows that the rules keep it), and the ties that prove it of the rules themselves.
A tie names the function in `statemachine/`.

The claim of the README, that reverting a final checkpoint costs more than a third of the stake, is
four theorems, one after another:

1. `safety`: two final checkpoints of which neither descends from the other need two links, each
   voted for by a quorum, that nobody may vote for both of.
2. `quorums`: those who voted for both hold more than a third of the stake; where the set has
   changed since the branches parted, a third less twice what may have moved since.
3. `blame`: their votes are taken as evidence, and every one of them is slashed.
4. `evidence`: their stake is still there to be slashed, whatever they did with it, for as long as
   evidence is admissible.

To follow one step down to the code, take `quorums`: its first axiom about the machine is that a
link with a quorum has votes that add up. The tie `votes add up` says so of
`statemachine.rules.finality.cast_votes`, the function that `apply` calls for votes.
"""


def page() -> str:
    """Return the page."""
    return f"{proofs()}\n{_mutants()}"


def proofs() -> str:
    """Return the part of the page that is about the protocol itself."""
    outcome = inquire(PROTOCOL)
    stated = [_theorem(theorem, outcome) for theorem in outcome.theorems]
    return "\n".join((HEAD, _overview(outcome), *stated, _ties(outcome.ties), _laws(outcome)))


def _overview(outcome: Inquiry) -> str:
    """Return the whole chain in a table: each theorem, what it rests on, and which code."""
    places = {tie.name: tie.place for tie in outcome.ties}
    rows = (_overview_row(theorem, outcome, places) for theorem in outcome.theorems)
    head = ("theorem", "state", "lemmas of others", "laws", "functions")
    return "## The whole chain\n\n" + table(head, rows)


def _overview_row(theorem: Theorem, outcome: Inquiry, places: Mapping[str, str]) -> tuple[str, ...]:
    obligations = theorem.obligations
    axioms = [axiom for obligation in obligations for axiom in obligation.axioms]
    tied = [name for axiom in axioms for name in axiom.ties]
    defined = [name for obligation in obligations for name in obligation.definitions]
    lemmas = {axiom.lemma for axiom in axioms} - {"", INDUCTION}
    others = sorted(lemma for lemma in lemmas if not lemma.startswith(f"{theorem.id}/"))
    laws = sorted({law for axiom in axioms for law in axiom.laws})
    code = dict.fromkeys(places[name] for name in (*tied, *defined))
    states = {
        judgement.verdict.value
        for judgement in outcome.judgements
        if judgement.theorem == theorem.id
    }
    return (
        f"[`{theorem.id}`](#{_anchor(theorem)})",
        f"{', '.join(states)}, {len(obligations)} obligations",
        ", ".join(f"`{lemma}`" for lemma in others) or "-",
        ", ".join(laws) or "-",
        ", ".join(_linked(place) for place in code) or "-",
    )


def _anchor(theorem: Theorem) -> str:
    """Return where a theorem's heading is on the page."""
    kept = re.sub(r"[^a-z0-9 -]", "", f"{theorem.title}: {theorem.id}".lower())
    return kept.replace(" ", "-")


def _placed(place: str) -> str:
    """Return a function's whole name with a link to the file that it is in."""
    module, _, _ = place.rpartition(".")
    return f"[`{place}`](../{module.replace('.', '/')}.py)"


def _linked(place: str) -> str:
    """Return a function's name with a link to the file that it is in."""
    module, _, name = place.rpartition(".")
    return f"[`{name}`](../{module.replace('.', '/')}.py)"


def _theorem(theorem: Theorem, outcome: Inquiry) -> str:
    lines = [
        f"## {theorem.title}: `{theorem.id}`\n",
        f"{theorem.statement}\n",
        f"*Proof.* {theorem.argument} For all sizes, this is what the laws"
        f" {', '.join(theorem.laws)} say.\n",
    ]
    for judgement in outcome.judgements:
        if judgement.theorem == theorem.id:
            lines += _obligation(judgement)
    return "\n".join(lines)


def _obligation(judgement: Judgement) -> Iterator[str]:
    obligation = judgement.obligation
    state = judgement.verdict.value
    yield f"**{obligation.name}** ({state}). {obligation.says}\n"
    needs = dict(judgement.needs)
    for axiom in obligation.axioms:
        yield f"- {axiom.name}: {_because(axiom)} [{needs[axiom.name].value}]"
    if obligation.definitions:
        names = ", ".join(f"`{name}`" for name in obligation.definitions)
        yield f"- *definitions, by the ties* {names}"
    yield ""


def _because(axiom: Axiom) -> str:
    is_lemma = axiom.lemma and axiom.lemma != INDUCTION
    reasons = [f"lemma `{axiom.lemma}`" if is_lemma else axiom.why]
    if axiom.laws and not is_lemma:
        reasons.append(f"laws {', '.join(axiom.laws)}")
    if axiom.ties:
        reasons.append("ties " + ", ".join(f"`{name}`" for name in axiom.ties))
    return "; ".join(reasons)


def _ties(answers: Iterable[TieAnswer]) -> str:
    rows = (
        (tie.name, tie.says, _placed(tie.place), f"{tie.verdict.value} {tie.scope}")
        for tie in answers
    )
    return "## The ties\n\n" + table(("tie", "says", "computed by", "state"), rows)


def _laws(outcome: Inquiry) -> str:
    """Return the laws that axioms name, and how each is checked."""
    named = {
        law
        for theorem in outcome.theorems
        for obligation in theorem.obligations
        for axiom in obligation.axioms
        for law in axiom.laws
    }
    proved = {law for laws in LAWS_OF.values() for law in laws}
    rows = (
        (
            law.id,
            f"**{law.name}.** {law.statement}",
            "every engine; proved of each step by `prove`" if law.id in proved else "every engine",
        )
        for law in LAWS
        if law.id in named
    )
    return "## The laws that axioms name\n\n" + table(("law", "statement", "checked by"), rows)


def mutants_of_finality() -> tuple[Mutant, ...]:
    """Return the planted bugs that break a law of finality, or of evidence about votes."""
    first_laws = ((mutant, mutant.laws[0]) for mutant in MUTANTS)
    return tuple(
        mutant
        for mutant, law in first_laws
        if law in OF_WHAT_PAYS or law.partition("-")[0] in OF_FINALITY
    )


def mutant_row(mutant: Mutant) -> tuple[str, ...]:
    """Return what a planted bug breaks."""
    outcome = inquire(mutant.protocol, thorough=False)
    ties = ", ".join(tie.name for tie in outcome.broken_ties)
    broken = ", ".join(_broken(judgement) for judgement in outcome.broken_obligations)
    confirmed = counterexamples(outcome, mutant.protocol, mutant.path)
    laws = ", ".join(dict.fromkeys(package.law for package in confirmed.values()))
    unseen = UNSEEN.get(mutant.id, "-")
    return mutant.id, mutant.mistake, ties or "-", broken or unseen, laws or "-"


def _broken(judgement: Judgement) -> str:
    is_empty = judgement.verdict is Verdict.PROVED
    return f"`{judgement.name}`" + (" (its axioms contradict each other)" if is_empty else "")


def _mutants() -> str:
    head = ("planted bug", "mistake", "ties broken", "obligations broken", "the machine confirms")
    return MUTANTS_HEAD + table(head, (mutant_row(mutant) for mutant in mutants_of_finality()))


MUTANTS_HEAD = """## What the planted bugs break

Each was put to `stakespec prove --theorems --protocol`. The last column has the laws that the real
machine breaks when it replays the models: a state and a vote or a report for a tie, two branches
for accountable safety (SAF-1). Where SAF-1 is missing, no two branches are grown from the model.

"""


def main(folder: str) -> None:
    """Write the page into a folder."""
    Path(folder, PAGE).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
