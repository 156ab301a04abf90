// Maps: the shape of a radix-16 trie, and its hashes. See specs/formats.md.

import { digest, hex, joined, number, unhex } from "./hashing.mjs";
import { encode } from "./records.mjs";

const ITSELF = new Set(["accounts", "snapshot", "votes"]);

function weightOf(name, entry) {
  if (ITSELF.has(name)) return entry;
  return name === "validators" ? entry.earning : 0n;
}

/** How many digits two keys share at the front. */
function shared(one, other) {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

const commitment = (node) => joined(node.digest, number(node.count, 8), number(node.weight, 32));

/** The node of some entries in key order, each [digits of the key, entry]; at least one. */
function node(type, entries) {
  const domain = `stakespec/merkle-map/${type.name}`;
  const [first, entry] = entries[0];
  if (entries.length === 1) {
    const leaf = digest(`${domain}/leaf`, unhex("0x" + first), encode(type.entry, entry));
    return { prefix: first, digest: leaf, count: 1n, weight: weightOf(type.name, entry), children: [] };
  }
  const depth = shared(first, entries.at(-1)[0]);
  const prefix = first.slice(0, depth);
  const children = [];
  for (const digit of "0123456789abcdef") {
    const below = entries.filter(([key]) => key[depth] === digit);
    if (below.length) children.push(node(type, below));
  }
  const hashed = children.map(
    (child) => joined(number(parseInt(child.prefix[depth], 16), 1), commitment(child)),
  );
  return {
    prefix,
    digest: digest(
      `${domain}/branch`,
      number(depth, 2),
      unhex("0x" + prefix + (depth % 2 ? "0" : "")),
      joined(...hashed),
    ),
    count: children.reduce((sum, child) => sum + child.count, 0n),
    weight: children.reduce((sum, child) => sum + child.weight, 0n),
    children,
  };
}

/** The top node of a map; null where it is empty. */
function top(type, map) {
  const entries = [...map].map(([key, entry]) => [key.slice(2), entry]);
  entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length ? node(type, entries) : null;
}

export function totalsOf(type, map) {
  const first = top(type, map);
  const root = digest(
    `stakespec/merkle-map/${type.name}/root`, first ? commitment(first) : new Uint8Array(),
  );
  return { root, count: first?.count ?? 0n, weight: first?.weight ?? 0n };
}

export const rootOf = (type, map) => totalsOf(type, map).root;

/** The largest subtrees whose keys share more than a prefix. */
export function childrenOf(type, map, prefix) {
  let here = top(type, map);
  while (here && here.prefix.length < prefix.length) {
    here = here.children.find((child) => child.prefix[here.prefix.length] === prefix[here.prefix.length]);
  }
  if (!here || !here.prefix.startsWith(prefix)) return [];
  const below = here.prefix === prefix && here.children.length ? here.children : [here];
  return below.map((one) => ({
    prefix: one.prefix, digest: hex(one.digest), count: Number(one.count), weight: one.weight.toString(),
  }));
}
