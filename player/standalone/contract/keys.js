// Ed25519 keys in this browser (WebCrypto, RFC 8032).

import { fromHex, sha256, toHex } from "./bytes.js";

const imported = new Map();

/** Whether this browser checks Ed25519 at all; needs a secure context. @returns {Promise<boolean>} */
export async function hasEd25519() {
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    return true;
  } catch {
    return false;
  }
}

/**
 * The id of a public key (64 hexadecimal digits): SHA-256 of its raw bytes. A hint for finding keys, never a proof.
 * @param {Uint8Array} publicRaw 32 bytes
 */
export const keyId = (publicRaw) => sha256(publicRaw);

/** The raw public key of a pair as 64 hexadecimal digits. @param {CryptoKeyPair} pair */
export const publicHex = async (pair) => toHex(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));

/**
 * Whether `signature` over `data` was made with the private half of `publicKey`.
 * @param {string} publicKey 64 hexadecimal digits
 * @param {Uint8Array} signature
 * @param {Uint8Array} data
 */
export async function isSignedBy(publicKey, signature, data) {
  try {
    return await crypto.subtle.verify("Ed25519", await keyOf(publicKey), signature, data);
  } catch (error) {
    if (error.name === "DataError") return false; // no key at all
    throw error;
  }
}

async function keyOf(publicKey) {
  const known = imported.get(publicKey);
  if (known) return known;
  const made = await crypto.subtle.importKey("raw", fromHex(publicKey), "Ed25519", false, ["verify"]);
  imported.set(publicKey, made);
  return made;
}
