// What time it is on a television, whose clock may be anything (player/clock.py has the reasons for each rule).

import { CLOCK } from "./contract/index.js";

const BUILD_MS = 1735689600000; // 2025-01-01: no signed document of ours is older than the program
const DAY_MS = 24 * 3600 * 1000;
const BEHIND_MS = 10 * 60 * 1000;
const HEAD_AGE_MS = 90 * 60 * 1000;
const VOUCHED_MS = 2 * 3600 * 1000;
const WRONG_MS = 2000; // a browser's clock that far from the server's is corrected by the difference
const FRESH_MS = 30 * 60 * 1000; // how long a comparison with the server proves that this clock is kept right

// Timeline instant, decision time and quality; both floors are already advanced by monotonic time.
export function judge(floorMs, provenMs, wallMs, synchronised, vouched) {
  const plausible = floorMs - BEHIND_MS <= wallMs && wallMs <= provenMs + DAY_MS;
  if (!plausible && !(vouched && wallMs < floorMs)) {
    return { ms: floorMs, now: { ms: floorMs, known: false }, quality: CLOCK.unknown };
  }
  const quality = synchronised ? CLOCK.synchronised : CLOCK.estimated;
  return { ms: wallMs, now: { ms: Math.max(floorMs, wallMs), known: true }, quality };
}

// A time that had passed at an instant of the monotonic clock, and so has passed ever since.
const anchor = (ms, monoMs) => ({ ms, at: (laterMs) => ms + laterMs - monoMs });

export class Clock {
  constructor(seenMs, wall = () => Date.now(), mono = () => Math.round(performance.now())) {
    Object.assign(this, { wall, mono });
    this.start = anchor(Math.max(seenMs ?? 0, BUILD_MS), mono());
    this.wallSeen = this.start;
    this.signed = anchor(0, mono());
    this.vouched = null;
    this.offset = 0;
    this.comparedMono = -Infinity;
    this.comparedWall = 0;
  }

  // The time now: `ms` for the timeline, `now` for decisions on validity, `mono` for durations, `quality`.
  read() {
    const mono = this.mono();
    const wallMs = this.corrected();
    const { proven, floor } = this.floors(mono);
    const found = judge(floor, proven, wallMs, this.compared(mono), this.isVouched(wallMs, mono));
    if (found.now.known && wallMs > this.wallSeen.at(mono)) this.wallSeen = anchor(wallMs, mono);
    return { ...found, mono };
  }

  corrected() {
    return this.wall() + this.offset;
  }

  compared(mono) {
    return mono - this.comparedMono < FRESH_MS && !this.wasSet();
  }

  // Whether somebody set the browser's clock since it was compared with the server's.
  wasSet() {
    return Math.abs(this.wall() - this.comparedWall - (this.mono() - this.comparedMono)) > WRONG_MS;
  }

  floors(mono) {
    const proven = Math.max(this.start.at(mono), this.signed.at(mono));
    return { proven, floor: Math.max(proven, Math.min(this.wallSeen.at(mono), proven + DAY_MS)) };
  }

  // The server said `serverMs` between two readings of the monotonic clock. A small difference is the way's.
  compare(serverMs, sentMono, receivedMono) {
    const trip = receivedMono - sentMono;
    const difference = Math.round(serverMs + trip / 2 - this.wall());
    this.offset = Math.abs(difference) > WRONG_MS + trip ? difference : 0;
    Object.assign(this, { comparedMono: receivedMono, comparedWall: this.wall() });
  }

  // What to store for the next start: the latest time this player saw, without what is only signed.
  seenMs() {
    const mono = this.mono();
    return Math.max(this.start.at(mono), Math.min(this.wallSeen.at(mono), this.floors(mono).proven + DAY_MS));
  }

  // What the documents in force prove.
  believe(floorMs) {
    if (floorMs !== this.signed.ms) this.signed = anchor(floorMs, this.mono());
  }

  // A head signed at this instant has just arrived: a clock that fits it is believed for two hours, until it jumps.
  vouch(issuedMs) {
    const wallMs = this.corrected();
    const fits = issuedMs - BEHIND_MS <= wallMs && wallMs <= issuedMs + HEAD_AGE_MS;
    if (fits) this.vouched = { ...anchor(wallMs, this.mono()), until: this.mono() + VOUCHED_MS };
  }

  isVouched(wallMs, mono) {
    return this.vouched !== null && mono < this.vouched.until && Math.abs(wallMs - this.vouched.at(mono)) <= BEHIND_MS;
  }
}
