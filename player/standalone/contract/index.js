// The contract in JavaScript: what a browser that is a whole player must check and decide, as playlists/ does it in
// Python. Same words, same codes, same order; tests/player/standalone hold the two against each other.
//
// Documents keep the field names of the wire (`not_before`, `duration_ms`); what travels as a row is an object here
// (`version.epoch`, `slot.at_ms`); what has names of somebody's choosing as keys is a Map. States are never changed:
// each accept… answers a new one, or the very same when nothing is new.

/**
 * @typedef {object} Envelope A sealed document taken apart, none of it checked yet.
 * @property {string} kind
 * @property {Uint8Array} payload
 * @property {string} payloadType
 * @property {Map<string, Uint8Array>} signatures by the key id they claim
 * @property {Uint8Array} signed what the signatures are over
 *
 * @typedef {{ms: number, known: boolean}} Now The instant of a decision (UTC ms); whether its clock is known to be right.
 * @typedef {{keys: string[], threshold: number}} Pinned The root public keys (hexadecimal digits) given at enrolment.
 * @typedef {{sha256: string, size_bytes: number}} Reference A file named by its content.
 *
 * @typedef {object} State Everything a player believes.
 * @property {string} screen
 * @property {string} unit
 * @property {Pinned} pinned
 * @property {object|null} trust
 * @property {{version: number, issued: number, entries: object[]}} revocation
 * @property {object|null} head
 * @property {object|null} playlist
 * @property {string} playlistSha256 Of the sealed playlist; "" without one.
 * @property {Map<string, {approval: object, signers: Set<string>}>} held Approvals by the SHA-256 of their sealed bytes.
 * @property {Map<string, Uint8Array>} sealed The exact bytes of each accepted document, to be stored: "trust",
 *   "revocation", "head", "playlist", and each approval under its SHA-256.
 * @property {Map<string, number>} floors The newest `issued` seen per signing key, to be stored as well.
 */

// Refusal(code, sentence): thrown by everything below; what was held before stays in force.
export { Refusal } from "./refusal.js";

// sha256(bytes) → Promise of 64 hexadecimal digits.
export { sha256 } from "./bytes.js";

// hasEd25519() → Promise<boolean>; keyId(publicRaw) → Promise<string>, which is also the device's name in its plays;
// publicHex(pair) → Promise<string>, what enrolment sends.
export { hasEd25519, keyId, publicHex } from "./keys.js";

// openEnvelope(kind, bytes) → Envelope; verify(envelope, keys, threshold) → Promise<Set of key ids>, `keys` a Map from
// key id to public key; seal(payloadType, payloadBytes, ...keyPairs) → Promise<Uint8Array>; LIMITS[kind] in bytes.
export { LIMITS, openEnvelope, payloadTypeOf, seal, verify } from "./envelope.js";

// unpack(bytes, kind) → Promise<Uint8Array>: an MQTT payload as sealed bytes.
export { unpack } from "./packing.js";

// All async, all (state, bytes, now) → a new State or a Refusal: acceptTrust, acceptRevocation, acceptHead,
// acceptPlaylist, and acceptApproval(state, bytes, reference, now). checkPlaylist(state, bytes, now) answers the
// playlist, believed in all but its items: it says which approvals and files to fetch.
export {
  acceptApproval,
  acceptHead,
  acceptPlaylist,
  acceptRevocation,
  acceptTrust,
  checkPlaylist,
} from "./accept.js";

// blankState(screen, unit, pinned) → State; whyNot(state, entry, now) → code or null; isAllowed(state, entry, now) →
// boolean; freshness(state, now) → "fresh" | "stale" | "offline" | "fallback"; floorMs(state) → the earliest instant
// that it can be.
export { blankState, floorMs, freshness, isAllowed, whyNot } from "./state.js";

// restore(screen, unit, pinned, sealed, floors) → Promise<State> after a reload, or a Refusal: then begin from
// blankState.
export { restore } from "./restore.js";

// showingAt(playlist, instant, allowed) → {show, entry, start, end}; `allowed` takes the index of an entry.
// outputAt(playlist, instant) → {output, until}: the output with its volume and brightness of that moment.
export { outputAt, showingAt } from "./timeline.js";

// midnight("2026-09-21", "Asia/Ho_Chi_Minh") → UTC ms.
export { midnight } from "./zones.js";

// dumpPlays(batch) → the plays document as an object; sealPlays(batch, keyPair) → Promise<Uint8Array>, to be posted
// gzipped; RESULT, EVIDENCE and CLOCK name the words of a play; shares(whole, number, spanMs) → the plays that one merged
// play stands for, which a batch carries whole.
export { CLOCK, dumpPlays, EVIDENCE, MAX_PLAYS, RESULT, sealPlays, shares } from "./plays.js";

// openReceipt(state, bytes) → Promise<{device, last, batch, issued, gaps}>: plays up to `last` are committed, save
// the gaps. Whose receipt it is, the caller sees by `device`.
export { openReceipt } from "./proofs.js";
