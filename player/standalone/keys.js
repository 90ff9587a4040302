// The device's own key, made here at the first start; no script can read its private half, this one neither.

import { keyId, publicHex } from "./contract/index.js";
import { fact, keepFacts } from "./store.js";

const signer = new TextEncoder();

export async function deviceKey() {
  const kept = await fact("key");
  if (kept) return kept;
  const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const key = { pair, public: await publicHex(pair), id: await keyId(raw) };
  await keepFacts({ key });
  return key;
}

// A signature over a text, in base64.
export async function signed(key, text) {
  const bytes = new Uint8Array(await crypto.subtle.sign("Ed25519", key.pair.privateKey, signer.encode(text)));
  return btoa(String.fromCharCode(...bytes));
}

// The id of a public key in hexadecimal digits.
export const idOf = (publicKey) => keyId(Uint8Array.from(publicKey.match(/../g), (pair) => parseInt(pair, 16)));
