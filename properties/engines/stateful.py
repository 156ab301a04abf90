"""Hypothesis over any protocol: one rule draws the next transaction for the state.

Hypothesis tests with random subsets of a machine's rules, so that runs in which every
kind of transaction occurs are rare when there is a rule for each; here there is one rule,
and the generator of `properties.generate.transactions` draws from Hypothesis's randomness, which it
can shrink.
"""

from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from properties.generate.transactions import (
    draw_profile,
    kinds_of,
    next_transaction,
    transaction_of_kind,
)
from properties.laws import Law, Violation
from properties.laws.coverage import Coverage
from properties.model.draw_context import Actors
from properties.model.worlds import draw_genesis
from properties.trace.run import Run
from properties.trace.shrink import Trial
from statemachine.description import Genesis
from statemachine.hashing import digest
from statemachine.protocol import Protocol


class LawBroken(Exception):
    """A law was broken; carries how, and the transactions that led there."""

    def __init__(self, violation: Violation, trial: Trial) -> None:
        super().__init__(f"{violation.law}: {violation.message}")
        self.violation = violation
        self.trial = trial


def machine_for(
    protocol: Protocol,
    coverage: Coverage | None = None,
    laws: tuple[Law, ...] | None = None,
    *,
    rule_per_kind: bool = False,
) -> type[RuleBasedStateMachine]:
    """Return a state machine class over a protocol; its `TestCase` runs under pytest.

    With `rule_per_kind` there is a rule for each kind of transaction, so that Hypothesis's
    own printout and statistics name them; it is slower, and most runs lack some kind.
    """
    counted = coverage if coverage is not None else Coverage()

    class ProtocolMachine(RuleBasedStateMachine):
        """A small world, and one transaction after another."""

        description: Genesis
        run: Run
        profile: Any

        @initialize(rng=st.randoms(use_true_random=False))
        def begin(self, rng: Any) -> None:
            self.description = draw_genesis(rng, protocol)
            self.run = Run.start(protocol, self.description, counted, laws)
            self.profile = draw_profile(protocol, rng, self.run.state)
            self._complain()

        def submit(self, transaction: object) -> None:
            """Submit a transaction, and raise LawBroken where it breaks a law."""
            self.run.submit(transaction)
            self._complain()

        def _complain(self) -> None:
            if self.run.violations:
                trial = Trial(self.description, tuple(self.run.submitted))
                raise LawBroken(self.run.violations[0], trial)

    if rule_per_kind:
        for _, _, draw in kinds_of(protocol):
            name = draw.__name__.strip("_")
            setattr(ProtocolMachine, name, _rule_of_kind(name))
    else:
        ProtocolMachine.transact = _any_rule()
    return ProtocolMachine


def _any_rule() -> Any:
    @rule(rng=st.randoms(use_true_random=False))
    def transact(self: Any, rng: Any) -> None:
        state = self.run.state
        self.submit(next_transaction(self.run.protocol, state, rng, self.profile, Actors.of(state)))

    return transact


def _rule_of_kind(kind: str) -> Any:
    def transact(self: Any, rng: Any) -> None:
        state = self.run.state
        self.submit(
            transaction_of_kind(kind, self.run.protocol, state, rng, self.profile, Actors.of(state))
        )

    transact.__name__ = kind
    return rule(rng=st.randoms(use_true_random=False))(transact)


def hypothesis_finds(
    protocol: Protocol,
    coverage: Coverage,
    laws: tuple[Law, ...] | None,
    run_seed: str,
    examples: int = 20,
    steps: int = 40,
) -> tuple[Violation, Trial] | None:
    """Run the state machine for some examples; return a violation and how it came about.

    Hypothesis only generates here: shrinking is ours, which knows what a transaction is.
    """
    machine = seed(int.from_bytes(digest("stakespec/seed", run_seed.encode())[:8], "big"))(
        machine_for(protocol, coverage, laws)
    )
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    with TemporaryDirectory() as home:
        # Hypothesis keeps notes in a folder of its own, even without a database.
        set_hypothesis_home_dir(home)
        try:
            run_state_machine_as_test(machine, settings=chosen)
        except LawBroken as broken:
            return broken.violation, broken.trial
        finally:
            set_hypothesis_home_dir(None)
    return None
