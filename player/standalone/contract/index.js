// The contract in JavaScript: what a browser that is a whole player must check and decide, as playlists/ does it in
// Python. Same words, same codes, same order; tests/player/standalone hold the two against each other.
//
// Documents keep the field names of the wire (`not_before`, `duration_ms`); what travels as a row is an object here
// (`version.epoch`, `slot.at_ms`); what has names of somebody's choosing as keys is a Map. States are never changed:
// each accept… answers a new one, or the very same when nothing is new.

/**
 * @typedef {{kind: string, payload: Uint8Array, payloadType: string, signatures: Map<string, Uint8Array>,
 *   signed: Uint8Array}} Envelope A sealed document taken apart, none of it checked yet.
 * @typedef {{ms: number, known: boolean}} Now The instant of a decision (UTC ms), and whether its clock is known to be
 *   right.
 * @typedef {{keys: string[], threshold: number}} Pinned The root public keys (hexadecimal digits) given at enrolment.
 * @typedef {{sha256: string, size_bytes: number}} Reference A file named by its content.
 * @typedef {{epoch: number, number: number}} Version
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

// What follows is exported from the modules named as soon as they are there; until then this is the agreement.
//
// accept.js, all async, all (state, bytes, now) → new State or Refusal:
//   acceptTrust, acceptRevocation, acceptHead, acceptPlaylist; acceptApproval(state, bytes, reference, now);
//   checkPlaylist(state, bytes, now) → the playlist, believed in all but its items: it says what to fetch.
// state.js: blankState(screen, unit, pinned) → State; whyNot(state, entry, now) → code or null;
//   isAllowed(state, entry, now) → boolean; freshness(state, now) → "fresh" | "stale" | "offline" | "fallback";
//   floorMs(state) → the earliest instant it can be.
// restore.js: restore(screen, unit, pinned, sealed, floors) → Promise<State> after a reload, or Refusal (E-PARSE …):
//   begin from blankState then.
// timeline.js: showingAt(playlist, instant, allowed) → {show, entry, start, end}; `allowed` takes the index of an
//   entry; show is "slot" | "hold" | "fallback" | "off" | "slate"; entry null for off and slate. zones.js: midnight.
// plays.js: dumpPlays(batch) → the plays document as an object; sealPlays(batch, keyPair) → Promise<Uint8Array>;
//   batch {device, screen, boot, previous, plays: [{n, version, entry, start, start_mono_ms, planned_ms, shown_ms,
//   result, evidence, clock, reason}]}; RESULT, EVIDENCE, CLOCK name the words. The body is posted gzipped.
// proofs.js: openReceipt(state, bytes) → Promise<{device, last, batch, issued, gaps: [[from, to]]}>.
