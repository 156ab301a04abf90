// What the transactions of accounts and operators do, and are refused for. See accounts.md,
// delegation.md, rewards.md and validators.md in specs/protocol.
//
// Each rule takes the draft of a state, changes it and returns what it emits; or throws Rejected.

import {
  Rejected, draftOf, epochOf, event, glued, load, save, schedule, scheduleReview, sum,
} from "./holdings.mjs";
import { newValidator } from "./state.mjs";

const UNIT = (1n << 96n) * 10000n;
const LAST_SLOT = (1n << 62n) - 1n;
const IN_SERVICE = new Set(["pending", "active", "jailed"]);

const least = (one, other) => (one < other ? one : other);

// --- accounts --------------------------------------------------------------------------------

function credit(draft, account, amount) {
  if (amount > 0n) draft.accounts.set(account, (draft.accounts.get(account) ?? 0n) + amount);
}

function debit(draft, account, amount) {
  if (amount === 0n) throw new Rejected("zero_amount");
  const available = draft.accounts.get(account) ?? 0n;
  if (available < amount) {
    throw new Rejected("insufficient_balance", {
      needed: amount.toString(), available: available.toString(),
    });
  }
  if (available === amount) draft.accounts.delete(account);
  else draft.accounts.set(account, available - amount);
}

function transfer(draft, { sender, recipient, amount }) {
  debit(draft, sender, amount);
  credit(draft, recipient, amount);
  return [event("Transferred", { sender, recipient, amount })];
}

// --- delegation ------------------------------------------------------------------------------

function validatorAt(draft, address) {
  const validator = draft.validators.get(address);
  if (!validator) throw new Rejected("unknown_validator", { validator: address });
  return validator;
}

function mustAccept(draft, address) {
  const { status } = validatorAt(draft, address);
  if (!IN_SERVICE.has(status)) {
    throw new Rejected("validator_not_accepting", { validator: address, status });
  }
}

/** Find a turn in a queue for an amount; return its pieces, each with an epoch. */
function book(draft, queue, amount) {
  const { churn_floor, churn_bps, churn_queue_epochs, epoch_length } = draft.params;
  const share = ([...draft.snapshot.values()].reduce((a, b) => a + b, 0n) * churn_bps) / 10000n;
  const limit = share > churn_floor ? share : churn_floor;
  let [epoch, taken] = [epochOf(draft) + 1n, 0n];
  const last = draft[queue].at(-1);
  if (last && last.epoch >= epoch) [epoch, taken] = [last.epoch, last.amount];
  const pieces = [];
  let left = amount;
  for (let looked = 0n; looked < churn_queue_epochs; looked += 1n) {
    const piece = limit > taken ? least(left, limit - taken) : 0n;
    if (piece > 0n) pieces.push({ epoch, amount: piece });
    taken += piece;
    left -= piece;
    if (left === 0n) break;
    [epoch, taken] = [epoch + 1n, 0n];
  }
  if (left > 0n) {
    const full = (left - 1n) / limit;
    [epoch, taken] = [epoch + full, left - full * limit];
    pieces.push({ epoch, amount: left });
  }
  if (epoch > LAST_SLOT / epoch_length) {
    throw new Rejected("churn_queue_full", {
      needed: amount.toString(), last: Number(LAST_SLOT / epoch_length),
    });
  }
  draft[queue] = [{ epoch, amount: taken }];
  return pieces;
}

function addStake(draft, validator, delegator, amount) {
  debit(draft, delegator, amount);
  const pieces = book(draft, "joining", amount);
  const loaded = load(draft, validator, delegator);
  const lots = pieces.map((piece) => ({
    amount: piece.amount, start: piece.epoch, end: null, destination: null, past: [],
  }));
  const events = save(draft, loaded, [...loaded.lots, ...lots]);
  for (const { epoch } of pieces) schedule(draft, epoch, validator, delegator);
  return [...events, ...pieces.map((piece) => event("Delegated", {
    delegator, validator, amount: piece.amount, start: piece.epoch,
  }))];
}

function delegate(draft, { delegator, validator, amount }) {
  mustAccept(draft, validator);
  return addStake(draft, validator, delegator, amount);
}

function bookLeaving(draft, validator, amount, destination) {
  if (draft.snapshot.has(validator)) return book(draft, "leaving", amount);
  if (destination !== null) return book(draft, "joining", amount);
  return [{ epoch: epochOf(draft) + 1n, amount }];
}

/** Cut lots, the newest first, by the pieces of a booking: what stays, and what leaves when. */
function cut(lots, pieces, destination) {
  const staying = [];
  const gone = [];
  const waiting = pieces.map((piece) => ({ ...piece }));
  const newest = [...lots].sort((one, other) => (one.start < other.start ? 1 : one.start > other.start ? -1 : 0));
  for (const lot of newest) {
    let left = lot.amount;
    while (left > 0n && waiting.length) {
      const amount = least(left, waiting[0].amount);
      const end = waiting[0].epoch > lot.start ? waiting[0].epoch : lot.start;
      gone.push({ ...lot, amount, end, destination });
      left -= amount;
      waiting[0].amount -= amount;
      if (waiting[0].amount === 0n) waiting.shift();
    }
    if (left > 0n) staying.push({ ...lot, amount: left });
  }
  return [staying, gone];
}

function removeStake(draft, validator, delegator, amount, destination = null) {
  if (amount === 0n) throw new Rejected("zero_amount");
  if (!draft.delegations.has(glued(validator, delegator))) {
    throw new Rejected("no_delegation", { validator, delegator });
  }
  const loaded = load(draft, validator, delegator);
  const bonded = loaded.lots.filter((lot) => lot.end === null);
  const available = sum(bonded);
  if (available < amount) {
    throw new Rejected("insufficient_stake", {
      needed: amount.toString(), available: available.toString(),
    });
  }
  const pieces = bookLeaving(draft, validator, amount, destination);
  const [staying, gone] = cut(bonded, pieces, destination);
  const others = loaded.lots.filter((lot) => lot.end !== null);
  const events = save(draft, loaded, [...others, ...staying, ...gone]);
  for (const lot of gone) events.push(leave(draft, validator, delegator, lot));
  return events;
}

function leave(draft, validator, delegator, { amount, end, destination }) {
  schedule(draft, end, validator, delegator);
  if (destination !== null) {
    schedule(draft, end, destination, delegator);
    return event("Redelegated", { delegator, source: validator, destination, amount, end });
  }
  const release = end + draft.params.unbonding_epochs;
  schedule(draft, release, validator, delegator);
  return event("Undelegated", { delegator, validator, amount, end, release });
}

function undelegate(draft, { delegator, validator, amount }) {
  validatorAt(draft, validator);
  return removeStake(draft, validator, delegator, amount);
}

function redelegate(draft, { delegator, source, destination, amount }) {
  if (source === destination) throw new Rejected("same_validator", { validator: source });
  validatorAt(draft, source);
  mustAccept(draft, destination);
  return removeStake(draft, source, delegator, amount, destination);
}

// --- rewards ---------------------------------------------------------------------------------

/** The whole tokens of some earnings, and what is left of them. */
function takeWhole(draft, earned, stake) {
  const [whole, fraction] = [earned / UNIT, earned % UNIT];
  const lacking = UNIT - fraction;
  if (fraction === 0n || lacking > draft.undistributed || lacking > stake * 10000n) {
    return [whole, fraction];
  }
  draft.undistributed -= lacking;
  return [whole + 1n, 0n];
}

function claimRewards(draft, { delegator, validator: holder }) {
  validatorAt(draft, holder);
  const key = glued(holder, delegator);
  const had = draft.delegations.has(key);
  if (!had && delegator !== holder) throw new Rejected("no_delegation", { validator: holder, delegator });
  const loaded = load(draft, holder, delegator);
  const [reward, fraction] = takeWhole(draft, loaded.reward, sum(loaded.lots));
  const events = save(draft, loaded, loaded.lots, fraction);
  let commission = 0n;
  if (delegator === holder) {
    const validator = draft.validators.get(holder);
    const [whole, rest] = takeWhole(draft, validator.commission, validator.earning);
    commission = whole;
    draft.validators.set(holder, { ...validator, commission: rest });
  }
  if (reward + commission === 0n && !(had && !draft.delegations.has(key))) {
    throw new Rejected("nothing_to_claim");
  }
  draft.pots.rewards -= reward + commission;
  credit(draft, delegator, reward + commission);
  if (reward > 0n) events.unshift(event("RewardPaid", { delegator, validator: holder, amount: reward }));
  if (commission > 0n) {
    const paid = event("CommissionPaid", { validator: holder, amount: commission });
    events.splice(reward > 0n ? 1 : 0, 0, paid);
  }
  return events;
}

// --- operators -------------------------------------------------------------------------------

function mustBeLow(draft, commission) {
  const highest = draft.params.max_commission_bps;
  if (commission > highest) {
    throw new Rejected("commission_too_high", { given: Number(commission), highest: Number(highest) });
  }
}

function inService(draft, operator) {
  const validator = validatorAt(draft, operator);
  if (!IN_SERVICE.has(validator.status)) {
    throw new Rejected("validator_not_in_service", { validator: operator, status: validator.status });
  }
  return validator;
}

const ownBonded = (draft, operator) => sum(
  load(draft, operator, operator).lots.filter((lot) => lot.end === null),
);

function mustHave(draft, given) {
  const needed = draft.params.min_stake;
  if (given < needed) {
    throw new Rejected("insufficient_self_stake", { needed: needed.toString(), given: given.toString() });
  }
}

function registerValidator(draft, { operator, public_key, commission_bps, self_stake }) {
  if (draft.validators.has(operator)) throw new Rejected("account_is_validator", { operator });
  if (draft.keys.has(public_key)) throw new Rejected("key_in_use", { public_key });
  mustBeLow(draft, commission_bps);
  mustHave(draft, self_stake);
  const validator = newValidator({ public_key, commission_bps, jailed: false });
  draft.validators.set(operator, { ...validator, settled: draft.reward_index });
  draft.keys.set(public_key, operator);
  const staked = addStake(draft, operator, operator, self_stake);
  return [event("ValidatorRegistered", { validator: operator, commission_bps }), ...staked];
}

function changeCommission(draft, { operator, commission_bps }) {
  const validator = inService(draft, operator);
  mustBeLow(draft, commission_bps);
  const difference = commission_bps - validator.commission_bps;
  const change = difference < 0n ? -difference : difference;
  const largest = draft.params.max_commission_change_bps;
  if (change > largest) {
    throw new Rejected("commission_change_too_large", { change: Number(change), largest: Number(largest) });
  }
  draft.validators.set(operator, { ...validator, next_commission_bps: commission_bps });
  scheduleReview(draft, operator);
  return [event("CommissionSet", { validator: operator, commission_bps })];
}

function exit(draft, { operator }) {
  const validator = inService(draft, operator);
  const after = validator.status === "jailed" ? "exited" : "exiting";
  draft.validators.set(operator, { ...validator, status: after });
  scheduleReview(draft, operator);
  const changed = event("StatusChanged", { validator: operator, before: validator.status, after });
  const own = ownBonded(draft, operator);
  return own === 0n ? [changed] : [changed, ...removeStake(draft, operator, operator, own)];
}

function unjail(draft, { operator }) {
  const validator = validatorAt(draft, operator);
  if (validator.status !== "jailed") throw new Rejected("not_jailed", { status: validator.status });
  if (epochOf(draft) < validator.jailed_until) {
    throw new Rejected("still_jailed", {
      until: Number(validator.jailed_until), epoch: Number(epochOf(draft)),
    });
  }
  mustHave(draft, ownBonded(draft, operator));
  draft.validators.set(operator, { ...validator, status: "pending" });
  scheduleReview(draft, operator);
  return [event("StatusChanged", { validator: operator, before: "jailed", after: "pending" })];
}

const CHANGES = {
  Transfer: transfer,
  Delegate: delegate,
  Undelegate: undelegate,
  Redelegate: redelegate,
  ClaimRewards: claimRewards,
  RegisterValidator: registerValidator,
  ChangeCommission: changeCommission,
  Exit: exit,
  Unjail: unjail,
};

/** For each type of transaction, what returns the next state and what is emitted. */
export const RULES = Object.fromEntries(Object.entries(CHANGES).map(([type, change]) => [
  type,
  (state, transaction) => {
    const draft = draftOf(state);
    const events = change(draft, transaction);
    return [draft, events];
  },
]));
