// Sealing and opening: a DSSE envelope around one document (playlists/envelope.py). Nothing in it is believed here.

import { fromBase64, fromHex, toBase64, utf8 } from "./bytes.js";
import { canonical, parse } from "./json.js";
import { isSignedBy, keyId, publicHex } from "./keys.js";
import { Refusal } from "./refusal.js";

const KIB = 1024;
const MAX_SIGNATURES = 32;

/** The ceiling in bytes of each kind of document, sealed. */
export const LIMITS = Object.freeze({
  trust: 512 * KIB,
  approval: 64 * KIB,
  playlist: 256 * KIB,
  head: 16 * KIB,
  revocation: 512 * KIB,
  plays: 256 * KIB,
  receipt: 16 * KIB,
});

/** @param {string} kind */
export const payloadTypeOf = (kind) => `application/vnd.cauthang.${kind}.v1+json`;

/** What is signed: DSSE's pre-authentication encoding. @param {string} payloadType @param {Uint8Array} payload */
export function preAuth(payloadType, payload) {
  const type = utf8(payloadType);
  const head = utf8(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `);
  const whole = new Uint8Array(head.length + payload.length);
  whole.set(head);
  whole.set(payload, head.length);
  return whole;
}

/**
 * Take a sealed document apart; its payload is not parsed.
 * @param {string} kind
 * @param {Uint8Array} bytes
 * @returns {import("./index.js").Envelope}
 * @throws {Refusal} E-SIZE, E-PARSE or E-TYPE, in that order.
 */
export function openEnvelope(kind, bytes) {
  if (bytes.length > LIMITS[kind]) throw new Refusal("E-SIZE", `a ${kind} has at most ${LIMITS[kind]} bytes`);
  const data = parse(bytes, { numbers: false });
  const parts = ["payload", "payloadType", "signatures"];
  if (!(data instanceof Map) || data.size !== parts.length || !parts.every((part) => data.has(part))) {
    throw new Refusal("E-PARSE", "the document is not an envelope");
  }
  if (!Array.isArray(data.get("signatures"))) throw new Refusal("E-PARSE", "the envelope has no list of signatures");
  const payloadType = payloadTypeOf(kind);
  if (data.get("payloadType") !== payloadType) throw new Refusal("E-TYPE", `this is not a ${kind}`);
  const payload = unwrapped(data.get("payload"));
  const signatures = signaturesIn(data.get("signatures"));
  return { kind, payload, payloadType, signatures, signed: preAuth(payloadType, payload) };
}

function unwrapped(text) {
  try {
    if (typeof text === "string") return fromBase64(text);
  } catch {
    // told below, with the other ways of being damaged
  }
  throw new Refusal("E-PARSE", "the envelope is damaged");
}

function signaturesIn(list) {
  const found = new Map();
  for (const each of list) {
    const hint = each instanceof Map && each.has("keyid") ? each.get("keyid") : [];
    if (typeof hint !== "string" || found.has(hint)) throw new Refusal("E-PARSE", "the envelope is damaged");
    found.set(hint, unwrapped(each.get("sig")));
  }
  if (found.size > MAX_SIGNATURES) {
    throw new Refusal("E-PARSE", `an envelope has at most ${MAX_SIGNATURES} signatures`);
  }
  return found;
}

/**
 * Those ids of `publics` that really signed. The key id inside the envelope is a hint only: an unknown hint is tried
 * against every key, and one public key under two ids counts once, because the ids are derived from the keys.
 * @param {import("./index.js").Envelope} envelope
 * @param {Map<string, string>} publics key id → public key in hexadecimal digits
 * @returns {Promise<Set<string>>}
 */
export async function signersAmong(envelope, publics) {
  const found = new Set();
  for (const [hint, signature] of envelope.signatures) {
    for (const id of publics.has(hint) ? [hint] : publics.keys()) {
      if (!found.has(id) && (await isSignedBy(publics.get(id), signature, envelope.signed))) found.add(id);
    }
  }
  return found;
}

/** Refuse fewer than `threshold` distinct signers: E-SIG for none at all, E-THRESH for too few. */
export function enough(signers, threshold) {
  const count = new Set(signers).size;
  if (count === 0) throw new Refusal("E-SIG", "no signature by a key trusted for this");
  if (count < threshold) throw new Refusal("E-THRESH", `${count} of ${threshold} persons signed`);
}

/**
 * The ids of the keys that signed, at least `threshold` of them.
 * @throws {Refusal} E-SIG or E-THRESH.
 */
export async function verify(envelope, keys, threshold) {
  const signers = await signersAmong(envelope, keys);
  enough(signers, threshold);
  return signers;
}

/**
 * The sealed bytes of an already serialised document, signed by each key: byte for byte as the server would write it.
 * @param {string} payloadType
 * @param {Uint8Array} payload
 * @param {...CryptoKeyPair} pairs
 * @returns {Promise<Uint8Array>}
 */
export async function seal(payloadType, payload, ...pairs) {
  const signed = preAuth(payloadType, payload);
  const signatures = [];
  for (const pair of pairs) {
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, signed));
    signatures.push({ keyid: await keyId(fromHex(await publicHex(pair))), sig: toBase64(signature) });
  }
  return canonical({ payload: toBase64(payload), payloadType, signatures });
}
