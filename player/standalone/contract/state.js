// What a player believes, and what follows from it at an instant (playlists/state.py).

import { Refusal } from "./refusal.js";
import { stillSigned } from "./trust.js";

const OFFLINE_GRACE_MS = 30 * 24 * 3_600_000;

/**
 * A player fresh from its enrolment.
 * @param {string} screen
 * @param {string} unit
 * @param {import("./index.js").Pinned} pinned
 * @returns {import("./index.js").State}
 */
export const blankState = (screen, unit, pinned) => ({
  screen,
  unit,
  pinned,
  trust: null,
  revocation: { version: 0, issued: 0, entries: [] },
  head: null,
  playlist: null,
  playlistSha256: "",
  held: new Map(),
  sealed: new Map(),
  floors: new Map(),
});

/** The earliest instant it can be (UTC ms). @param {import("./index.js").State} state */
export const floorMs = (state) => Math.max(0, ...state.floors.values());

/** Everything of one kind ("hash", "approval", "key", "device") that was withdrawn. @returns {Set<string>} */
export const revoked = (state, kind) =>
  new Set(state.revocation.entries.filter((entry) => entry.kind === kind).map((entry) => entry.value));

/**
 * Why this entry may not be shown now: "E-APPROVAL", "E-REVOKED" or "E-EXPIRED"; null when it may.
 * @param {import("./index.js").State} state
 * @param {object} entry of the playlist held
 * @param {import("./index.js").Now} now
 */
export function whyNot(state, entry, now) {
  const held = state.held.get(entry.approval.sha256);
  if (!held || state.trust === null) return "E-APPROVAL";
  if (revoked(state, "approval").has(held.approval.id)) return "E-REVOKED";
  if (revoked(state, "hash").has(entry.rendition.sha256)) return "E-REVOKED";
  if (!isStillSigned(state, held)) return "E-REVOKED";
  return held.approval.not_before <= now.ms && now.ms < held.approval.not_after ? null : "E-EXPIRED";
}

function isStillSigned(state, held) {
  const ended = revoked(state, "key");
  const signers = new Set([...held.signers].filter((id) => !ended.has(id)));
  try {
    stillSigned(state.trust, held.approval, signers, state.unit);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** Whether this entry may be shown now, as far as approvals go; whether its file is here is another question. */
export const isAllowed = (state, entry, now) => whyNot(state, entry, now) === null;

/**
 * How old the orders are: a late head is stale, a late playlist offline, and after 30 days only the fallback is left.
 * @returns {"fresh"|"stale"|"offline"|"fallback"}
 */
export function freshness(state, now) {
  if (state.playlist === null || now.ms >= state.playlist.expires + OFFLINE_GRACE_MS) return "fallback";
  if (now.ms >= state.playlist.expires) return "offline";
  return state.head === null || now.ms >= state.head.expires ? "stale" : "fresh";
}
