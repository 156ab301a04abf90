// Digests: blake3 under a domain, and bytes as hex. See specs/formats.md.

import { blake3 } from "@noble/hashes/blake3.js";

export const hex = (bytes) => "0x" + Buffer.from(bytes).toString("hex");

export const unhex = (text) => Uint8Array.from(Buffer.from(text.slice(2), "hex"));

export const ascii = (text) => Uint8Array.from(Buffer.from(text, "ascii"));

export const joined = (...parts) => Uint8Array.from(Buffer.concat(parts));

/** A number as so many bytes, big-endian. */
export function number(value, width) {
  return unhex("0x" + BigInt(value).toString(16).padStart(2 * width, "0"));
}

export function digest(domain, ...parts) {
  const name = ascii(domain);
  const pieces = [number(name.length, 8), name];
  for (const part of parts) pieces.push(number(part.length, 8), part);
  return blake3(joined(...pieces));
}

export function signingRoot(chainId, kind, content) {
  return digest("stakespec/signed", ascii(chainId), ascii(kind), content);
}

export function addressOf(publicKey) {
  return digest("stakespec/address", publicKey).slice(0, 20);
}
