"""Laws of randomness: every reveal is mixed in, and an epoch's seed is the mix at its boundary."""

from collections.abc import Iterator

from properties.laws import occasions
from properties.laws.law import Law, OnChance, OnStep
from properties.laws.views import Step
from statemachine.hashing import digest
from statemachine.map_keys import epoch_key
from statemachine.protocol import Protocol
from statemachine.transactions import ProduceBlock


def reveals_mixed(_protocol: Protocol, step: Step) -> Iterator[str]:
    """Complain of a mix that is not the one before with a block's reveal folded in."""
    mix, block = step.before.mix, step.transaction
    if step.after.mix is mix and not isinstance(block, ProduceBlock):
        return
    if isinstance(block, ProduceBlock):
        mix = digest("stakespec/mix", mix, block.reveal)
    if step.after.mix != mix:
        yield f"the mix is 0x{step.after.mix.hex()[:8]}, the reveals make 0x{mix.hex()[:8]}"


def seeds_from_mix(_protocol: Protocol, step: Step) -> Iterator[str]:
    """Complain of a seed that is not the mix of all reveals through its epoch's boundary.

    A block's own reveal is mixed in when its slot has come, after every boundary on the way.
    """
    if not step.crossed_epoch:
        return
    seed = step.before.mix
    if step.after.seed != seed:
        yield _wrong_seed(step.after.epoch, step.after.seed, seed)
    for epoch in range(step.before.epoch + 1, step.after.epoch):
        record = step.after.finality.history.get(epoch_key(epoch))
        if record is not None and record.seed != seed:
            yield _wrong_seed(epoch, record.seed, seed)


def _wrong_seed(epoch: int, seed: bytes, mix: bytes) -> str:
    return (
        f"the seed of epoch {epoch} is 0x{seed.hex()[:8]}, the mix at its boundary was"
        f" 0x{mix.hex()[:8]}"
    )


LAWS = (
    Law(
        id="RND-1",
        name="every reveal is mixed in",
        statement="A block folds its reveal into the mix, and nothing else changes the mix.",
        source="specs/protocol/blocks.md",
        check=OnStep(reveals_mixed),
        when=occasions.BLOCK,
    ),
    Law(
        id="RND-2",
        name="the seed is the mix",
        statement="An epoch's seed is the mix of all reveals of the blocks before its boundary.",
        source="specs/protocol/blocks.md",
        check=OnStep(seeds_from_mix),
        when=occasions.BOUNDARY,
    ),
    Law(
        id="RND-3",
        name="elections follow the seed",
        statement="Every slot elects by its number and by all of its epoch's seed, and by nothing"
        " that a block of the epoch can change; the test is wrong about a right election once in"
        " a thousand million times.",
        source="specs/protocol/blocks.md; B28",
        check=OnChance(),
    ),
)
