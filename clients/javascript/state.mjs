// The first state. See specs/protocol/genesis.md and holdings.md.

import { digest, hex, unhex } from "./hashing.mjs";
import { activeOf, epochKey, glued, load, noteDeparture, save, schedule, sum } from "./holdings.mjs";
import { Refused, encode, record, tables } from "./records.mjs";

const MAX_AMOUNT = (1n << 128n) - 1n;

export const stateRoot = (state) => digest("stakespec/state", encode(record("State"), state));

const bytesOrder = (one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other));

// --- the genesis is held to its bounds -------------------------------------------------------

function must(holds, message) {
  if (!holds) throw new Refused("malformed", message);
}

function checkParams(params) {
  must(params.unbonding_epochs >= params.evidence_window, "unbonding_epochs");
  must(params.election_lookahead <= params.evidence_window, "election_lookahead");
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

export function newValidator(given) {
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

/** Put stake of a genesis behind a validator. */
function allocate(draft, { validator, delegator, amount, start, end, past }) {
  const loaded = load(draft, validator, delegator);
  const lot = { amount, start, end, destination: null, past };
  save(draft, loaded, [...loaded.lots, lot]);
  if (end !== null) schedule(draft, end + draft.params.unbonding_epochs, validator, delegator);
  for (const stay of past) noteDeparture(draft, stay, validator);
}

function review(draft, epoch, address) {
  const validator = { ...draft.validators.get(address) };
  const own = draft.delegations.get(glued(address, address))?.lots ?? [];
  if (validator.status === "pending" && activeOf(own, epoch) >= draft.params.min_stake) {
    validator.status = "active";
  }
  validator.earning = validator.status === "active" ? activeOf(validator.buckets, epoch) : 0n;
  draft.validators.set(address, validator);
  if (validator.earning > 0n) draft.snapshot.set(address, validator.earning);
}

export function firstState(genesis) {
  checkGenesis(genesis);
  const { epoch, params } = genesis;
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
  for (const delegation of genesis.delegations) allocate(state, delegation);
  for (const address of state.validators.keys()) review(state, epoch, address);
  // The epoch begins: what was due in it is done.
  for (const key of state.agenda.keys()) {
    if (key.startsWith(epochKey(epoch))) state.agenda.delete(key);
  }
  const checkpoint = { epoch, root: head };
  const set = () => new Map(state.snapshot);
  const opened = { root: head, seed: mix, snapshot: set(), electors: set(), justified: true };
  state.finality = {
    history: new Map([[epochKey(epoch), opened]]),
    votes: new Map(),
    justified: checkpoint,
    finalised: checkpoint,
  };
  return state;
}
