// Records: JSON in and out, and canonical bytes, by the tables in specs/schemas/records.json.
// Whole numbers are BigInt, bytes are 0x-hex, a map is a Map from hex keys to entries.

import { readFileSync } from "node:fs";
import { ascii, hex, joined, number, unhex } from "./hashing.mjs";
import { rootOf } from "./maps.mjs";

const path = new URL("../../specs/schemas/records.json", import.meta.url);
export const tables = JSON.parse(readFileSync(path, "utf8"));

export class Refused extends Error {
  constructor(fault, message) {
    super(message);
    this.fault = fault;
  }
}

const malformed = (message) => new Refused("malformed", message);

export const record = (name) => ({ kind: "record", name });

// --- JSON ------------------------------------------------------------------------------------

/** Read JSON as a type; throws Refused. */
export function read(type, given) {
  switch (type.kind) {
    case "integer": return readInteger(type, given);
    case "bytes": return readBytes(type, given);
    case "text":
      if (typeof given !== "string") throw malformed("text");
      if (!/^[ -~]+$/.test(given) || given.length > type.longest) throw malformed("ASCII");
      return given;
    case "flag":
      if (typeof given !== "boolean") throw malformed("true or false");
      return given;
    case "choice":
      if (!type.words.includes(given)) throw malformed(`one of ${type.words}`);
      return given;
    case "optional": return given === null ? null : read(type.item, given);
    case "list":
      if (!Array.isArray(given)) throw malformed("a list");
      return given.map((item) => read(type.item, item));
    case "record": return readRecord(type.name, given);
    default: throw new Error(`no JSON of ${type.kind}`);
  }
}

function readInteger(type, given) {
  let value;
  if (type.decimal) {
    if (typeof given !== "string" || !/^(0|[1-9][0-9]*)$/.test(given)) throw malformed("decimal");
    value = BigInt(given);
  } else {
    if (!Number.isInteger(given)) throw malformed("a whole number");
    value = BigInt(given);
  }
  if (value < BigInt(type.low) || value > BigInt(type.high)) throw malformed("beyond its range");
  return value;
}

function readBytes(type, given) {
  const right = typeof given === "string" && /^0x[0-9a-f]*$/.test(given);
  if (!right || given.length !== 2 + 2 * type.length) throw malformed(`0x, ${type.length} bytes`);
  return given;
}

function readRecord(name, given) {
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw malformed("object");
  const fields = tables.records[name];
  for (const key of Object.keys(given)) {
    if (!fields.some((field) => field.name === key)) throw malformed(`${name} has no ${key}`);
  }
  return Object.fromEntries(fields.map((field) => {
    if (!(field.name in given) && !("default" in field)) throw malformed(`${field.name} missing`);
    const content = field.name in given ? given[field.name] : field.default;
    return [field.name, read(field.type, content)];
  }));
}

/** Write a value as JSON; a map in it is its root. */
export function write(type, value) {
  switch (type.kind) {
    case "integer": return type.decimal ? value.toString() : Number(value);
    case "list": return value.map((item) => write(type.item, item));
    case "optional": return value === null ? null : write(type.item, value);
    case "map": return hex(rootOf(type, value));
    case "record":
      return Object.fromEntries(tables.records[type.name].map(
        (field) => [field.name, write(field.type, value[field.name])],
      ));
    default: return value;
  }
}

// --- canonical bytes -------------------------------------------------------------------------

function head(major, value) {
  const tag = major << 5;
  if (value < 24n) return Uint8Array.of(tag | Number(value));
  for (const [code, width] of [[24, 1], [25, 2], [26, 4], [27, 8]]) {
    if (value < 1n << BigInt(8 * width)) return joined(Uint8Array.of(tag | code), number(value, width));
  }
  throw new Error("a number beyond 64 bits has no head");
}

function encodeInteger(value) {
  if (value < 1n << 64n) return head(0, value);
  const digits = value.toString(16);
  const bytes = unhex("0x" + (digits.length % 2 ? "0" : "") + digits);
  return joined(Uint8Array.of(0xc2), head(2, BigInt(bytes.length)), bytes);
}

const encodeBytes = (bytes) => joined(head(2, BigInt(bytes.length)), bytes);

const encodeText = (text) => joined(head(3, BigInt(text.length)), ascii(text));

const encodeList = (items) => joined(head(4, BigInt(items.length)), ...items);

/** The canonical bytes of a value, in which each map is its root. */
export function encode(type, value) {
  switch (type.kind) {
    case "integer": return encodeInteger(value);
    case "bytes": return encodeBytes(unhex(value));
    case "text": case "choice": return encodeText(value);
    case "flag": return Uint8Array.of(value ? 0xf5 : 0xf4);
    case "optional": return value === null ? Uint8Array.of(0xf6) : encode(type.item, value);
    case "list": return encodeList(value.map((item) => encode(type.item, item)));
    case "map": return encodeBytes(rootOf(type, value));
    case "record":
      return encodeList(tables.records[type.name].map(
        (field) => encode(field.type, value[field.name]),
      ));
    default: throw new Error(`no bytes of ${type.kind}`);
  }
}
