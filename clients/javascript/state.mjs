// The first state, and transfers. See specs/protocol/genesis.md, holdings.md and accounts.md.

import { digest, hex, joined, number, unhex } from "./hashing.mjs";
import { Refused, encode, record, tables } from "./records.mjs";

const MAX_AMOUNT = (1n << 128n) - 1n;

export class Rejected extends Error {
  constructor(reason, details = {}) {
    super(reason);
    this.reason = reason;
    this.details = details;
  }
}

export const stateRoot = (state) => digest("stakespec/state", encode(record("State"), state));

const epochKey = (epoch) => hex(number(epoch, 8));

const glued = (...keys) => "0x" + keys.map((key) => key.slice(2)).join("");

const bytesOrder = (one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other));

// --- the genesis is held to its bounds -------------------------------------------------------

function must(holds, message) {
  if (!holds) throw new Refused("malformed", message);
}

function checkParams(params) {
  must(params.unbonding_epochs >= params.evidence_window, "unbonding_epochs");
  must(params.max_slot_gap > params.epoch_length, "max_slot_gap");
  must(params.min_stake > 0n && params.churn_floor > 0n, "at least 1");
}

function checkGenesis(genesis) {
  const { accounts, validators, delegations, params, treasury } = genesis;
  checkParams(params);
  const unique = (list) => new Set(list).size === list.length;
  must(unique(accounts.map((one) => one.address)), "an account twice");
  must(unique(validators.map((one) => one.address)), "a validator twice");
  must(unique(validators.map((one) => one.public_key)), "a key twice");
  must(accounts.every((one) => one.balance > 0n), "a balance of nothing");
  must(validators.every((one) => one.commission_bps <= params.max_commission_bps), "commission");
  const known = new Set(validators.map((one) => one.address));
  must(delegations.every((one) => one.amount > 0n), "a delegation of nothing");
  must(delegations.every((one) => known.has(one.validator)), "a delegation to nobody");
  const sum = [...accounts.map((one) => one.balance), ...delegations.map((one) => one.amount)]
    .reduce((total, amount) => total + amount, treasury);
  must(sum <= MAX_AMOUNT, "the supply");
}

// --- holdings --------------------------------------------------------------------------------

const isActive = (stake, epoch) => stake.start <= epoch && (stake.end === null || epoch < stake.end);

function historyOf(stake, oldest) {
  const { start, end, past } = stake;
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

const pastOrder = (past) => past.map((stay) => [stay.validator, stay.start, stay.end]);

const ended = (stake) => [stake.start, stake.end === null ? 0n : 1n, stake.end ?? 0n];

const lotOrder = (lot) => [...ended(lot), lot.destination ?? "", pastOrder(lot.past)];

const bucketOrder = (bucket) => [...ended(bucket), pastOrder(bucket.past)];

function normal(lots, oldest) {
  const merged = new Map();
  for (const lot of lots) {
    if (lot.amount === 0n) continue;
    const history = historyOf(lot, oldest);
    const key = keyOf(history, lot.destination);
    const same = merged.get(key);
    merged.set(key, { ...lot, ...history, amount: lot.amount + (same?.amount ?? 0n) });
  }
  return [...merged.values()].sort((one, other) => compare(lotOrder(one), lotOrder(other)));
}

/** Put more stake of a genesis behind a validator: nothing has been earned or slashed yet. */
function allocate(state, epoch, given) {
  const oldest = epoch > state.params.evidence_window ? epoch - state.params.evidence_window : 0n;
  const lot = {
    amount: given.amount, start: given.start, end: given.end, destination: null, past: given.past,
  };
  const key = glued(given.validator, given.delegator);
  const before = state.delegations.get(key);
  const lots = normal([...(before?.lots ?? []), lot], oldest);
  state.delegations.set(key, before
    ? { ...before, lots }
    : { lots, slashes_seen: 0n, index: 0n, reward: 0n });
  const validator = state.validators.get(given.validator);
  const history = historyOf(lot, oldest);
  const bucket = validator.buckets.find((one) => keyOf(one) === keyOf(history))
    ?? { ...history, amount: 0n, lots: 0n };
  const others = validator.buckets.filter((one) => one !== bucket);
  const merges = (before?.lots ?? []).length + 1 - lots.length;
  const changed = {
    ...bucket, amount: bucket.amount + lot.amount, lots: bucket.lots + 1n - BigInt(merges),
  };
  validator.buckets = [...others, changed]
    .sort((one, other) => compare(bucketOrder(one), bucketOrder(other)));
  if (given.end === null) state.pots.bonded += lot.amount;
  else {
    state.pots.unbonding += lot.amount;
    state.agenda.set(glued(epochKey(given.end + state.params.unbonding_epochs), key), true);
  }
  for (const stay of given.past) noteDeparture(state, oldest, stay, given.validator);
}

function noteDeparture(state, oldest, stay, destination) {
  if (stay.end <= oldest || stay.validator === destination) return;
  const validator = state.validators.get(stay.validator);
  const ends = new Map(validator.departures.map((one) => [one.destination, one.last_end]));
  const known = ends.get(destination) ?? 0n;
  ends.set(destination, stay.end > known ? stay.end : known);
  validator.departures = [...ends].filter(([, last]) => last > oldest)
    .sort(([one], [other]) => compare(one, other))
    .map(([gone, last_end]) => ({ destination: gone, last_end }));
}

// --- the first state -------------------------------------------------------------------------

function firstHead(genesis) {
  const sorted = { ...genesis };
  for (const [name, kind] of [
    ["accounts", "GenesisAccount"], ["validators", "GenesisValidator"],
    ["delegations", "GenesisDelegation"],
  ]) {
    const bytes = (one) => encode(record(kind), one);
    sorted[name] = [...genesis[name]].sort((one, other) => bytesOrder(bytes(one), bytes(other)));
  }
  return hex(digest("stakespec/genesis-block", encode(record("Genesis"), sorted)));
}

function newValidator(given) {
  const fields = tables.records.Validator;
  const zeros = Object.fromEntries(fields.map(
    (field) => [field.name, field.type.kind === "list" ? [] : 0n],
  ));
  return {
    ...zeros,
    status: given.jailed ? "jailed" : "pending",
    public_key: given.public_key,
    commission_bps: given.commission_bps,
    next_commission_bps: given.commission_bps,
  };
}

function review(state, epoch, address, validator) {
  const own = state.delegations.get(glued(address, address))?.lots ?? [];
  const active = (list) => list.filter((stake) => isActive(stake, epoch))
    .reduce((sum, stake) => sum + stake.amount, 0n);
  if (validator.status === "pending" && active(own) >= state.params.min_stake) {
    validator.status = "active";
  }
  validator.earning = validator.status === "active" ? active(validator.buckets) : 0n;
  if (validator.earning > 0n) state.snapshot.set(address, validator.earning);
}

export function firstState(genesis) {
  checkGenesis(genesis);
  const { epoch, params } = genesis;
  const sum = (list, name) => list.reduce((total, one) => total + one[name], 0n);
  const supply = sum(genesis.accounts, "balance") + sum(genesis.delegations, "amount");
  const mix = hex(digest("stakespec/genesis", unhex(genesis.randomness)));
  const head = firstHead(genesis);
  const state = {
    chain_id: genesis.chain_id,
    params,
    slot: epoch * params.epoch_length,
    supply: { genesis: supply + genesis.treasury, issued: 0n, burned: 0n },
    pots: { bonded: 0n, unbonding: 0n, rewards: 0n, treasury: genesis.treasury },
    accounts: new Map(genesis.accounts.map((one) => [one.address, one.balance])),
    validators: new Map(genesis.validators.map((one) => [one.address, newValidator(one)])),
    delegations: new Map(),
    snapshot: new Map(),
    keys: new Map(genesis.validators.map((one) => [one.public_key, one.address])),
    agenda: new Map(),
    punished: new Map(),
    reward_index: 0n,
    undistributed: 0n,
    joining: [],
    leaving: [],
    mix,
    seed: mix,
    head,
    nonces: new Map(),
  };
  for (const delegation of genesis.delegations) allocate(state, epoch, delegation);
  for (const [address, validator] of state.validators) review(state, epoch, address, validator);
  // The epoch begins: what was due in it is done.
  for (const key of state.agenda.keys()) {
    if (key.startsWith(epochKey(epoch))) state.agenda.delete(key);
  }
  const checkpoint = { epoch, root: head };
  const opened = { root: head, seed: mix, snapshot: new Map(state.snapshot), justified: true };
  state.finality = {
    history: new Map([[epochKey(epoch), opened]]),
    votes: new Map(),
    justified: checkpoint,
    finalised: checkpoint,
  };
  return state;
}

// --- transactions ----------------------------------------------------------------------------

/** Return the state after a transfer, and what it emits; throws Rejected. */
function transfer(state, { sender, recipient, amount }) {
  if (amount === 0n) throw new Rejected("zero_amount");
  const available = state.accounts.get(sender) ?? 0n;
  if (available < amount) {
    throw new Rejected("insufficient_balance", {
      needed: amount.toString(), available: available.toString(),
    });
  }
  const accounts = new Map(state.accounts);
  if (available === amount) accounts.delete(sender);
  else accounts.set(sender, available - amount);
  accounts.set(recipient, (accounts.get(recipient) ?? 0n) + amount);
  const event = { type: "Transferred", sender, recipient, amount: amount.toString() };
  return [{ ...state, accounts }, [event]];
}

export const RULES = { Transfer: transfer };
