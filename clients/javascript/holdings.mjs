// Stake: lots, buckets, and how a delegation is loaded and saved. See specs/protocol/holdings.md.
//
// Functions here change the draft of a state that they are given (see `draftOf`), never a record.

import { hex, number } from "./hashing.mjs";
import { record, write } from "./records.mjs";

const UNIT = (1n << 96n) * 10000n;

export class Rejected extends Error {
  constructor(reason, details = {}) {
    super(reason);
    this.reason = reason;
    this.details = details;
  }
}

export const event = (type, fields) => ({ type, ...write(record(type), fields) });

export const epochOf = (state) => state.slot / state.params.epoch_length;

export const epochKey = (epoch) => hex(number(epoch, 8));

export const glued = (...keys) => "0x" + keys.map((key) => key.slice(2)).join("");

export const sum = (list, name = "amount") => list.reduce((total, one) => total + one[name], 0n);

/** A copy whose maps can be changed; the records in them are never changed, but replaced. */
export function draftOf(state) {
  const draft = { ...state, pots: { ...state.pots } };
  for (const name of ["accounts", "validators", "delegations", "keys", "agenda"]) {
    draft[name] = new Map(state[name]);
  }
  return draft;
}

// --- active, liable, normal ------------------------------------------------------------------

const isActive = (stake, epoch) => stake.start <= epoch && (stake.end === null || epoch < stake.end);

export const activeOf = (stakes, epoch) => sum(stakes.filter((stake) => isActive(stake, epoch)));

function isLiable(holder, lot, slash) {
  if (holder === slash.offender && isActive(lot, slash.epoch)) return true;
  return lot.past.some((stay) => stay.validator === slash.offender && isActive(stay, slash.epoch));
}

export function oldestOf(state) {
  const epoch = epochOf(state);
  return epoch > state.params.evidence_window ? epoch - state.params.evidence_window : 0n;
}

function historyOf({ start, end, past }, oldest) {
  return start <= oldest ? { start: 0n, end, past: [] } : { start, end, past };
}

const keyOf = (history, destination = null) => JSON.stringify(
  [history.start, history.end, destination, history.past],
  (_, value) => (typeof value === "bigint" ? value.toString() : value),
);

/** Compare lists of numbers, texts and lists. */
function compare(one, other) {
  if (!Array.isArray(one)) return one < other ? -1 : one > other ? 1 : 0;
  for (let place = 0; place < Math.min(one.length, other.length); place += 1) {
    const order = compare(one[place], other[place]);
    if (order) return order;
  }
  return one.length - other.length;
}

const inOrder = ({ start, end, destination, past }) => [
  start, end === null ? 0n : 1n, end ?? 0n, destination ?? "",
  past.map((stay) => [stay.validator, stay.start, stay.end]),
];

const sorted = (stakes) => [...stakes].sort((one, other) => compare(inOrder(one), inOrder(other)));

/** Lots as they are stored, or buckets: those of one history are one. */
function merged(stakes, oldest, add) {
  const byKey = new Map();
  for (const stake of stakes) {
    const history = historyOf(stake, oldest);
    const key = keyOf(history, stake.destination);
    byKey.set(key, add({ ...stake, ...history }, byKey.get(key)));
  }
  return sorted(byKey.values());
}

const normal = (lots, oldest) => merged(
  lots.filter((lot) => lot.amount > 0n), oldest,
  (lot, same) => ({ ...lot, amount: lot.amount + (same?.amount ?? 0n) }),
);

const mergedBuckets = (buckets, oldest) => merged(
  buckets, oldest,
  (bucket, same) => ({
    ...bucket,
    amount: bucket.amount + (same?.amount ?? 0n),
    lots: bucket.lots + (same?.lots ?? 0n),
  }),
);

// --- loading and saving ----------------------------------------------------------------------

function settled(validator, rewardIndex) {
  const growth = rewardIndex - validator.settled;
  if (validator.earning === 0n) return { ...validator, settled: rewardIndex };
  const net = growth * (10000n - validator.commission_bps);
  return {
    ...validator,
    settled: rewardIndex,
    index: validator.index + net,
    commission: validator.commission + validator.earning * growth * validator.commission_bps,
    owed: validator.owed + validator.earning * net,
  };
}

/** A delegation that has caught up, with its validator; nothing is stored by this. */
export function load(state, holder, delegator) {
  const validator = settled(state.validators.get(holder), state.reward_index);
  const stored = state.delegations.get(glued(holder, delegator));
  const seen = BigInt(validator.slashes.length);
  let { lots, slashes_seen: from, index, reward } = stored
    ?? { lots: [], slashes_seen: seen, index: validator.index, reward: 0n };
  const before = reward;
  const earned = () => activeOf(lots, epochOf(state) - 1n);
  for (const slash of validator.slashes.slice(Number(from))) {
    reward += earned() * (slash.index - index);
    index = slash.index;
    lots = lots.map((lot) => (isLiable(holder, lot, slash)
      ? { ...lot, amount: (lot.amount * (10000n - slash.fraction_bps)) / 10000n }
      : lot));
  }
  reward += earned() * (validator.index - index);
  validator.owed -= reward - before;
  return { holder, delegator, validator, lots, slashes_seen: seen, reward };
}

/** Store a delegation with other lots; totals move along. Returns what is emitted. */
export function save(draft, loaded, lots, reward = loaded.reward) {
  const { holder, delegator } = loaded;
  const oldest = oldestOf(draft);
  const after = normal(lots, oldest);
  const validator = { ...loaded.validator };
  const dust = exchange(draft, validator, loaded.lots, after, oldest);
  if (validator.earning > 0n) validator.earning = activeOf(validator.buckets, epochOf(draft));
  if (validator.buckets.length === 0) {
    draft.undistributed += validator.owed;
    validator.owed = 0n;
  }
  const key = glued(holder, delegator);
  if (after.length || reward >= UNIT) {
    const { slashes_seen } = loaded;
    draft.delegations.set(key, { lots: after, slashes_seen, index: validator.index, reward });
  } else {
    draft.undistributed += reward;
    draft.delegations.delete(key);
  }
  draft.validators.set(holder, validator);
  if (dust.bonded + dust.unbonding === 0n) return [];
  scheduleReview(draft, holder);
  return [event("DustSwept", { validator: holder, ...dust })];
}

/** Move a validator's buckets, and the pots, from some lots to others; return the dust. */
function exchange(draft, validator, before, after, oldest) {
  const buckets = new Map(
    mergedBuckets(validator.buckets, oldest).map((bucket) => [keyOf(bucket), bucket]),
  );
  const moves = [...before.map((lot) => [lot, -1n]), ...after.map((lot) => [lot, 1n])];
  const pot = (stake) => (stake.end === null ? "bonded" : "unbonding");
  const touched = new Set();
  for (const [lot, sign] of moves) {
    const history = historyOf(lot, oldest);
    const key = keyOf(history);
    const bucket = buckets.get(key) ?? { ...history, amount: 0n, lots: 0n };
    buckets.set(key, {
      ...bucket, amount: bucket.amount + sign * lot.amount, lots: bucket.lots + sign,
    });
    draft.pots[pot(lot)] += sign * lot.amount;
    touched.add(key);
  }
  const dust = { bonded: 0n, unbonding: 0n };
  for (const key of touched) {
    const bucket = buckets.get(key);
    if (bucket.lots > 0n) continue;
    buckets.delete(key);
    dust[pot(bucket)] += bucket.amount;
    draft.pots[pot(bucket)] -= bucket.amount;
    draft.pots.treasury += bucket.amount;
  }
  validator.buckets = sorted(buckets.values());
  return dust;
}

// --- the agenda ------------------------------------------------------------------------------

export const schedule = (draft, epoch, validator, delegator) => {
  draft.agenda.set(glued(epochKey(epoch), validator, delegator), true);
};

export const scheduleReview = (draft, validator) => {
  schedule(draft, epochOf(draft) + 1n, validator, validator);
};

/** Note at the validator of a stay where the stake that is liable for it went. */
export function noteDeparture(draft, stay, destination) {
  const oldest = oldestOf(draft);
  if (stay.end <= oldest || stay.validator === destination) return;
  const validator = draft.validators.get(stay.validator);
  const ends = new Map(validator.departures.map((one) => [one.destination, one.last_end]));
  const known = ends.get(destination) ?? 0n;
  ends.set(destination, stay.end > known ? stay.end : known);
  const departures = [...ends].filter(([, last]) => last > oldest)
    .sort(([one], [other]) => compare(one, other))
    .map(([gone, last_end]) => ({ destination: gone, last_end }));
  draft.validators.set(stay.validator, { ...validator, departures });
}
