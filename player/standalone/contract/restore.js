// A player's state after a reload, from the sealed bytes it stored (playlists/restore.py).

import { sha256 } from "./bytes.js";
import { read } from "./documents.js";
import { openEnvelope, signersAmong } from "./envelope.js";
import { blankState } from "./state.js";
import { checkTrust, isAlive, publicsOf, signingUnits } from "./trust.js";

const KINDS = ["trust", "revocation", "head", "playlist"];

/**
 * The state that an earlier run accepted and stored. Each document was accepted under the trust of its day, which may
 * be gone by now, so nothing is judged again; what may be shown is asked of today's trust at every showing.
 * @param {string} screen
 * @param {string} unit
 * @param {import("./index.js").Pinned} pinned
 * @param {Map<string, Uint8Array>} sealed
 * @param {Map<string, number>} floors
 * @returns {Promise<import("./index.js").State>}
 * @throws {Refusal} a stored document cannot be read; start from nothing instead.
 */
export async function restore(screen, unit, pinned, sealed, floors) {
  const state = { ...blankState(screen, unit, pinned), floors: new Map(floors) };
  for (const kind of KINDS.filter((each) => sealed.has(each))) {
    state[kind] = read(kind, openEnvelope(kind, sealed.get(kind)).payload);
    state.sealed.set(kind, sealed.get(kind));
  }
  if (state.trust !== null) await checkTrust(state.trust);
  if (state.playlist === null) return state;
  state.playlistSha256 = await sha256(sealed.get("playlist"));
  const named = state.playlist.entries.map((entry) => entry.approval.sha256).filter((name) => sealed.has(name));
  for (const name of state.trust === null ? [] : named) {
    state.held.set(name, await heldApproval(state.trust, sealed.get(name)));
    state.sealed.set(name, sealed.get(name));
  }
  return state;
}

/** An approval with the keys of today's trust that signed it while they lived. */
export async function heldApproval(trust, bytes) {
  const envelope = openEnvelope("approval", bytes);
  const approval = read("approval", envelope.payload);
  const known = [...signingUnits(trust).keys()].filter((id) => isAlive(trust.keys.get(id), approval.issued));
  return { approval, signers: await signersAmong(envelope, publicsOf(trust, known)) };
}
