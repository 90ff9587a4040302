// The SHA-256 of a file piece by piece: WebCrypto wants all of it in memory, which a television has not.

import { sha256 } from "./vendor/@noble/hashes/sha2.js";

const PIECE_BYTES = 128 * 1024; // some milliseconds on a slow processor: shorter than a frame
const breath = () => new Promise((done) => setTimeout(done));

/** @param {Blob} blob @returns {Promise<string>} 64 hexadecimal digits */
export async function digestOf(blob) {
  const hash = sha256.create();
  for (let at = 0; at < blob.size; at += PIECE_BYTES) {
    hash.update(new Uint8Array(await blob.slice(at, at + PIECE_BYTES).arrayBuffer()));
    await breath();
  }
  return Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
