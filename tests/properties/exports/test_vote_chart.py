"""The tree of checkpoints of two chains: every link, who is final, and who signed twice."""

from random import Random

from properties.designs import three_sf_mini
from properties.engines.branches.look import Found, Notes, look
from properties.exports.inevitable import _comes_about, _contradictions, inevitable
from properties.exports.retelling import Retelling, retell
from properties.exports.vote_chart import vote_chart
from properties.laws.describe import short
from properties.model.worlds import draw_genesis
from properties.mutants import mutant_by_id
from properties.trace.counterexample import Counterexample
from statemachine import PROTOCOL
from statemachine.protocol import Protocol
from statemachine.transactions import CastVotes


def first_found(protocol: Protocol) -> Found:
    for number in range(400):
        found = look(protocol, Random(f"1/branches/{number}"), Notes())
        if found is not None and found.violation.law == "SAF-1":
            return found
    raise AssertionError("nothing was found")


def told(protocol: Protocol) -> Retelling:
    found = first_found(protocol)
    package = Counterexample(
        "x:Y", "SAF-1", "m", "branches", found.start, found.transactions, found.other
    )
    return retell(protocol, package, [found.violation])


def test_every_link_is_an_arc_and_every_signer_is_named() -> None:
    retelling = told(three_sf_mini.DESIGN)
    chart = vote_chart(retelling)
    assert chart is not None
    links = 0
    for branch in retelling.branches:
        counted = {
            (moment.transaction.vote.source.epoch, moment.transaction.vote.target.epoch)
            for moment in branch.moments
            if isinstance(moment.transaction, CastVotes) and moment.refusal is None
        }
        links += len(counted)
        for moment in branch.moments:
            if isinstance(moment.transaction, CastVotes) and moment.refusal is None:
                assert all(short(one) in chart for one in moment.transaction.signers)
        final = branch.states[-1].finality.finalised
        assert f"epoch {final.epoch} ({short(final.root)})" in chart
    assert chart.count('class="arc"') == links
    assert chart.count('class="checkpoint final"') == 2
    assert "asks for a third" in chart


def test_who_signed_twice_is_weighed() -> None:
    # With a quorum of a half hardly anybody contradicts itself, and with ours a third does.
    chart = vote_chart(told(mutant_by_id("S18").protocol))
    assert chart is not None and "<meter" in chart


def test_one_chain_has_no_tree() -> None:
    package = Counterexample("x:Y", "ACC-1", "m", "walk", draw_genesis(Random(1)), ())
    assert vote_chart(retell(PROTOCOL, package, [])) is None


def test_a_conflict_of_the_blameless_was_inevitable_from_the_start() -> None:
    # F1 counts votes for a target whatever their source: nobody need contradict itself.
    retelling = told(mutant_by_id("F1").protocol)
    assert inevitable(retelling) is None
    assert "from the start: votes that contradict nothing" in str(vote_chart(retelling))


def test_the_step_from_which_a_conflict_was_inevitable_is_the_last_that_was_needed() -> None:
    retelling = told(mutant_by_id("S18").protocol)
    place = inevitable(retelling)
    against = list(_contradictions(retelling))
    assert place in against
    assert f"by step {place[1]} on chain {place[0]}" in str(vote_chart(retelling))
    for earlier in (None, *against):
        if earlier == place:
            break
        assert not _comes_about(retelling, earlier)
    assert _comes_about(retelling, place)
