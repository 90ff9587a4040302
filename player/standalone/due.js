// What is due on the screen at an instant: the contract's answer, less what failed and what is not here
// (player/stage.py).

import { freshness, isAllowed, showingAt, whyNot } from "./contract/index.js";
import { isOutcast } from "./beliefs.js";

const PATIENCE_MS = 60_000; // a new playlist waits this long at most for the end of the slot that is on
const STRIKES = 2;
const QUARANTINE_MS = 24 * 3600 * 1000;
const NO_PLAN = { loops: [], programmes: [], days: [] };

export class Due {
  constructor(stored) {
    Object.assign(this, { stored, strikes: new Map(), without: null });
  }

  showing(state, at) {
    return this.at(state, at.ms, at.now, at.mono);
  }

  at(state, instant, now, mono) {
    return showingAt(this.inForce(state, now), instant, (entry) => this.allowed(state, entry, now, mono));
  }

  // The playlist as it may be played: without a known time, or long without news, only its fallback.
  inForce(state, now) {
    if (now.known && freshness(state, now) !== "fallback") return state.playlist;
    if (this.without?.of !== state.playlist) {
      this.without = { of: state.playlist, playlist: { ...state.playlist, plan: NO_PLAN } };
    }
    return this.without.playlist;
  }

  allowed(state, index, now, mono) {
    const entry = state.playlist.entries[index];
    return isAllowed(state, entry, now) && !this.quarantined(entry.rendition.sha256, mono) && this.stored(entry) !== null;
  }

  // Whether the slot that is on may run to its end under the playlist it came from.
  mayFinish(turn, state, at) {
    if (!turn || turn.playlist === state.playlist || turn.showing.show !== "slot" || !at.now.known) return false;
    const { start, end } = turn.showing;
    if (!(start <= at.ms && at.ms < end) || end > at.ms + PATIENCE_MS) return false;
    return whyNot(bothStates(turn, state), turn.playlist.entries[turn.showing.entry], at.now) === null;
  }

  // What is shown after `showing`; a pause, or a moment of slate, may lie between.
  following(state, showing, at) {
    for (let next = showing, tries = 0; tries < 3; tries += 1) {
      const later = { ms: Math.max(at.now.ms, next.end), known: at.now.known };
      next = this.at(state, next.end, later, at.mono);
      if (["slot", "fallback"].includes(next.show) && next.entry !== null) return next;
    }
    return null;
  }

  // A file that failed twice rests for a day.
  strike(sha256, mono) {
    if (sha256) this.strikes.set(sha256, { count: (this.strikes.get(sha256)?.count ?? 0) + 1, mono });
  }

  quarantined(sha256, mono) {
    const { count = 0, mono: since = 0 } = this.strikes.get(sha256) ?? {};
    return count >= STRIKES && mono < since + QUARANTINE_MS;
  }
}

// A new playlist may no longer hold the approval of what is on; it counts on unless it was withdrawn.
const bothStates = (turn, state) => ({ ...state, held: new Map([...turn.state.held, ...state.held]) });

// Why the turn that is on ends before its time; a refusal code means that nobody may see it any more.
export function whyCut(turn, state, at, device) {
  if (!turn || !state || at.ms >= turn.showing.end) return "";
  if (isOutcast(state, device)) return "E-REVOKED";
  return whyNot(bothStates(turn, state), turn.playlist.entries[turn.showing.entry], at.now) ?? "cut";
}

// The name of one showing among all.
export const keyOf = ({ version }, showing) =>
  `${version.epoch}.${version.number}/${showing.entry}@${showing.start}`;
