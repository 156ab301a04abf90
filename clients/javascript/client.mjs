// An example client of stakespec: rungs 1 to 5 and 7 of specs/implementing.md.
// It speaks the conformance protocol on standard input and output: specs/conformance.md.

import { createInterface } from "node:readline";
import { addressOf, digest, hex, signingRoot, unhex } from "./hashing.mjs";
import { childrenOf, rootOf, totalsOf } from "./maps.mjs";
import { Refused, encode, read, record, tables, write } from "./records.mjs";
import { Rejected } from "./holdings.mjs";
import { firstState, stateRoot } from "./state.mjs";
import { RULES } from "./transactions.mjs";

let state = null;
const kept = new Map();

const enter = (next) => {
  state = next;
  return { root: hex(stateRoot(state)) };
};

const mapAt = (place) => place.split(".").reduce((part, name) => part[name], state);

/** All that is in a record beside maps, by its place. */
function fieldsOf(name, value, where = "") {
  const places = {};
  for (const field of tables.records[name]) {
    const place = where + field.name;
    if (field.type.kind === "record") {
      Object.assign(places, fieldsOf(field.type.name, value[field.name], place + "."));
    } else if (field.type.kind !== "map") {
      places[place] = write(field.type, value[field.name]);
    }
  }
  return places;
}

function changed(ask) {
  const type = tables.maps[ask.map];
  const map = new Map();
  for (const change of ask.changes) {
    if ("entry" in change) map.set(change.key, read(type.entry, change.entry));
    else map.delete(change.key);
  }
  return [type, map];
}

const ASKS = {
  hello: () => ({
    version: 1,
    name: "stakespec example client in JavaScript",
    asks: Object.keys(ASKS),
    tells: ["events", "details"],
    transactions: Object.keys(RULES),
  }),
  digest: (ask) => ({ digest: hex(digest(ask.domain, ...ask.parts.map(unhex))) }),
  address: (ask) => ({ address: hex(addressOf(unhex(ask.public_key))) }),
  signing_root: (ask) => ({
    root: hex(signingRoot(ask.chain_id, ask.kind, unhex(ask.content))),
  }),
  share: ({ amount, bps }) => ({
    taken: ((BigInt(amount) * BigInt(bps)) / 10000n).toString(),
    left: ((BigInt(amount) * BigInt(10000 - bps)) / 10000n).toString(),
  }),
  quorum: ({ signed, total }) => ({
    decides: BigInt(total) > 0n && 3n * BigInt(signed) > 2n * BigInt(total),
  }),
  reduce: ({ drawn, bits, total }) => {
    const span = 1n << BigInt(bits);
    const all = BigInt(total);
    if (BigInt(drawn) >= span - (span % all)) return { number: null };
    return { number: (BigInt(drawn) % all).toString() };
  },
  encode: (ask) => ({
    bytes: hex(encode(record(ask.type), read(record(ask.type), ask.record))),
  }),
  map: (ask) => {
    const { root, count, weight } = totalsOf(...changed(ask));
    return { root: hex(root), count: Number(count), weight: weight.toString() };
  },
  genesis: (ask) => enter(firstState(read(record("Genesis"), ask.genesis))),
  apply: (ask) => {
    const { type, ...fields } = ask.transaction;
    const [next, events] = RULES[type](state, read(record(type), fields));
    if (ask.root !== false) return { ...enter(next), events };
    state = next;
    return { events };
  },
  parts: () => ({
    maps: Object.fromEntries(
      Object.entries(tables.maps).map(([place, type]) => [place, hex(rootOf(type, mapAt(place)))]),
    ),
    fields: fieldsOf("State", state),
  }),
  children: (ask) => ({
    children: childrenOf(tables.maps[ask.map], mapAt(ask.map), ask.prefix),
  }),
  entry: (ask) => {
    const entry = mapAt(ask.map).get(ask.key);
    return { entry: entry === undefined ? null : write(tables.maps[ask.map].entry, entry) };
  },
  keep: (ask) => { kept.set(ask.name, state); return {}; },
  go: (ask) => enter(kept.get(ask.name)),
  drop: (ask) => { kept.delete(ask.name); return {}; },
  bye: () => ({}),
};

function reply(ask) {
  const answer = ASKS[ask.do];
  if (!answer) return { unsupported: `no ask ${ask.do}` };
  try {
    return { ok: answer(ask) };
  } catch (error) {
    if (error instanceof Rejected) {
      return { rejected: { reason: error.reason, details: error.details } };
    }
    if (error instanceof Refused) {
      return { malformed: { fault: error.fault, message: error.message } };
    }
    return { failed: String(error.stack) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line);
  process.stdout.write(JSON.stringify({ id: ask.id, ...reply(ask) }) + "\n");
  if (ask.do === "bye") break;
}
process.exit(0);
