"""Derives our parameters from those of a Cosmos chain."""

from collections.abc import Callable, Sequence

import attrs

from properties.cosmos.clock import Clock
from properties.cosmos.staking import BONDED, Staking, ValidatorEntry
from properties.foreign.fields import ONE, SECOND, Field
from properties.foreign.rows import Findings, ParamRow, Row, counted
from properties.model.settings import PARAMETERS, BadSetting, apply_settings, setting_names
from statemachine import Params, evolve
from statemachine.primitives import BPS

YEAR = 31_557_600 * SECOND
"""365.25 days, over which annual provisions are spread."""


Choice = tuple[int, str]
"""The value of a parameter, and its source."""


@attrs.frozen
class Chosen:
    """Parameters, and the source of each."""

    params: Params
    rows: tuple[ParamRow, ...]


def choose_params(
    root: Field, app_state: Field, staking: Staking, clock: Clock, settings: Sequence[str]
) -> Chosen:
    """Return the parameters for a document.

    Raises Unreadable, OutOfRange, BadSetting.
    """
    if "unbonding_epochs" in setting_names(settings):
        raise BadSetting(
            "unbonding_epochs decides the length of an epoch and with it the remaining times;"
            " give --unbonding-epochs N instead of --set"
        )
    chosen = _from_document(root, app_state, staking, clock)
    theirs_as_ours = evolve(Params(), **{name: number for name, (number, _) in chosen.items()})
    params = apply_settings(theirs_as_ours, settings)
    overridden = setting_names(settings)
    rows = tuple(
        ParamRow(
            name,
            getattr(params, name),
            "--set"
            if name in overridden
            else chosen[name][1]
            if name in chosen
            else _default(name),
        )
        for name in PARAMETERS
    )
    return Chosen(params, rows)


def _from_document(
    root: Field, app_state: Field, staking: Staking, clock: Clock
) -> dict[str, Choice]:
    """Return the parameters that the document decides, by name."""
    slashing = app_state.find("slashing", "params")
    days = f"{clock.unbonding_time / (86_400 * SECOND):g}"
    epoch = f"{clock.unbonding_time / (clock.unbonding_epochs * SECOND):,g}"
    chosen: dict[str, Choice] = {
        "unbonding_epochs": (
            clock.unbonding_epochs,
            f"staking unbonding_time of {days} days; an epoch is {epoch} s",
        ),
        "evidence_window": _evidence_window(root, slashing, clock),
        **_commissions(staking.validators),
        "min_stake": (
            max(1, min(entry.min_self_delegation for entry in staking.validators)),
            "the smallest min_self_delegation, at least 1",
        ),
        "churn_floor": _churn_floor(staking.validators, clock),
    }
    minter = app_state.find("mint", "minter", "annual_provisions")
    if minter is not None:
        chosen["epoch_reward"] = _epoch_reward(minter, clock)
    if slashing is not None:
        chosen |= _from_slashing(slashing, staking.validators, clock)
    return chosen


def _from_slashing(
    slashing: Field, validators: tuple[ValidatorEntry, ...], clock: Clock
) -> dict[str, Choice]:
    chosen: dict[str, Choice] = {}
    for name, theirs in (
        ("double_sign_bps", "slash_fraction_double_sign"),
        ("downtime_bps", "slash_fraction_downtime"),
    ):
        fraction = slashing.child(theirs)
        if fraction is not None:
            chosen[name] = _slash_bps(fraction, theirs)
    if slashing.child("signed_blocks_window") is not None:
        chosen["downtime_threshold"] = _downtime_threshold(slashing, validators)
    jail = slashing.child("downtime_jail_duration")
    if jail is not None:
        epochs = max(1, clock.epochs(jail.duration()))
        chosen["jail_epochs"] = _bounded(jail, epochs, "downtime_jail_duration, in epochs")
    return chosen


_DEFAULTS = {
    "downtime_threshold": "the default here; no signed_blocks_window",
    "churn_bps": "the default here; no such bound there",
    "churn_queue_epochs": "the default here; no such bound there",
    "finality_span": "the default here; a block there is final at once",
    "election_lookahead": "the default here; proposers take turns there",
    "epoch_length": "the default here; blocks are not counted one for one",
    "invalid_block_bps": "the default here; no such offence there",
    "reporter_bps": "the default here; no such share there",
    "epoch_reward": "the default here; no mint section",
    "double_sign_bps": "the default here; no slashing section",
    "downtime_bps": "the default here; no slashing section",
    "jail_epochs": "the default here; no slashing section",
}


def _default(name: str) -> str:
    return _DEFAULTS.get(name, "the default here")


def _evidence_window(root: Field, slashing: Field | None, clock: Clock) -> Choice:
    places: tuple[Callable[[], Field | None], ...] = (
        lambda: root.find("consensus_params", "evidence", "max_age_duration"),
        lambda: root.find("consensus", "params", "evidence", "max_age_duration"),
        lambda: None if slashing is None else slashing.child("max_evidence_age"),
    )
    for place in places:
        age = place()
        if age is not None:
            epochs = max(1, clock.epochs(age.duration()))
            name = age.where.rpartition(".")[2]
            if epochs > clock.unbonding_epochs:
                return clock.unbonding_epochs, f"{name} of {epochs} epochs, cut to unbonding_epochs"
            return epochs, f"{name}, in epochs"
    return clock.unbonding_epochs, "no evidence age there: as long as unbonding"


def _commissions(validators: tuple[ValidatorEntry, ...]) -> dict[str, Choice]:
    commissions = [entry.commission for entry in validators]
    highest = max(max(rates.rate, rates.max_rate) for rates in commissions)
    change = max(rates.max_change for rates in commissions)
    return {
        "max_commission_bps": (_round_up(highest), "the highest max_rate"),
        "max_commission_change_bps": (_round_up(change), "the highest max_change_rate, per epoch"),
    }


def _round_up(fraction: int) -> int:
    return -(-fraction * BPS // ONE)


def _slash_bps(field: Field, theirs: str) -> Choice:
    fraction = field.fraction()
    bps, rest = divmod(fraction * BPS, ONE)
    if fraction and not bps:
        return 1, f"{theirs}, raised to one basis point"
    return bps, f"{theirs}, rounded down" if rest else theirs


def _downtime_threshold(slashing: Field, validators: tuple[ValidatorEntry, ...]) -> Choice:
    """Return how many of its own blocks a validator may miss in a row.

    There every validator signs every block, here one proposes it: of the misses forgiven
    there, a validator's own are those divided by all validators.
    """
    field = slashing.need("signed_blocks_window")
    window, signed = field.integer(), slashing.child("min_signed_per_window")
    forgiven = window - (0 if signed is None else -(-window * signed.fraction() // ONE))
    bonded = sum(1 for entry in validators if entry.status == BONDED and not entry.jailed)
    own = max(1, forgiven // max(1, bonded))
    note = f"of {window:,} blocks {forgiven:,} may go unsigned; so many of them are one's own"
    return _bounded(field, own, note)


LEAVING_TIMES = 10
"""The number of unbonding times within which all bonded stake can leave."""


def _churn_floor(validators: tuple[ValidatorEntry, ...], clock: Clock) -> Choice:
    """Return the stake that may join or leave in an epoch whatever is active.

    There all may leave at once. Here all can within a few unbonding times: with a share of
    what is left, or a floor that no chain has, they would wait for thousands of epochs.
    """
    bonded = sum(entry.tokens for entry in validators if entry.status == BONDED)
    floor = max(1, -(-bonded // (LEAVING_TIMES * clock.unbonding_epochs)))
    return floor, f"no such bound there; all bonded can leave in {LEAVING_TIMES} unbonding times"


def _epoch_reward(provisions: Field, clock: Clock) -> Choice:
    a_year = provisions.decimal()
    reward = a_year * clock.unbonding_time // (clock.unbonding_epochs * YEAR * ONE)
    note = "annual_provisions for an epoch's share of 365.25 days; constant here"
    return _bounded(provisions, reward, note, 2**128 - 1)


def _bounded(field: Field, number: int, note: str, most: int = 2**20) -> Choice:
    if number > most:
        raise field.refuse(f"such that it makes at most {most:,} here; it makes {number:,}")
    return number, note


def service_rows(staking: Staking, params: Params, section: Field) -> Findings:
    """Return the rows on validators that serve only here, or only there."""
    able = [
        entry
        for entry in staking.validators
        if not entry.jailed and staking.self_stakes.get(entry.address, 0) >= params.min_stake
    ]
    joining = [entry for entry in able if entry.status != BONDED]
    losing = [
        entry
        for entry in staking.validators
        if entry.status == BONDED and (entry.jailed or entry not in able)
    ]
    most = section.find("params", "max_validators")
    limit = "" if most is None else f" = {most.integer():,}"
    return Findings(
        missing=(
            Row(
                f"max_validators{limit}",
                "no such bound here; not bonded there, serve here",
                len(joining),
                sum(entry.tokens for entry in joining),
            ),
            *counted(
                (
                    Row(
                        "bonded there, idle here",
                        f"own stake below min_stake = {params.min_stake:,}, or jailed",
                        len(losing),
                        sum(entry.tokens for entry in losing),
                    ),
                )
            ),
        )
    )


def slashing_rows(section: Field | None) -> Findings:
    """Return the rows on signing infos. They are an object in old documents, a list in new."""
    infos = None if section is None else section.child("signing_infos")
    if infos is None:
        return Findings()
    if isinstance(infos.content, dict):
        entries = [Field(f"{infos.where}.{name}", info) for name, info in infos.content.items()]
    else:
        entries = [entry.need("validator_signing_info") for entry in infos.entries()]
    marks = [entry.child("tombstoned") for entry in entries]
    tombstoned = sum(1 for mark in marks if mark is not None and mark.flag())
    jailed = Row("tombstoned validators", "only jailed here: they may ask to return", tombstoned)
    return Findings(
        changed=counted((jailed,)),
        missing=counted((Row("signing infos", "every count of misses begins at 0", len(entries)),)),
    )
