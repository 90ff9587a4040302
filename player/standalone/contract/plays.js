// Plays as they travel: rows of small differences (playlists/play_rows.py).

import { compareVersions } from "./checks.js";
import { payloadTypeOf, seal } from "./envelope.js";
import { FORMAT } from "./fields.js";
import { canonical } from "./json.js";

const MERGED_FORMAT = 2; // of a batch in which old plays were merged (docs/adr/0009-merged-plays.md)

/** How a play ended; complete means at least 95 % of the planned time was presented. */
export const RESULT = Object.freeze({ complete: 0, partial: 1, skipped: 2, failed: 3 });
/** What the record rests on, weakest first. */
export const EVIDENCE = Object.freeze({ scheduled: 0, decoded: 1, output: 2, sampled: 3 });
/** How far the wall-clock start can be believed. */
export const CLOCK = Object.freeze({ unknown: 0, estimated: 1, synchronised: 2 });
/** The most plays that one batch may carry. */
export const MAX_PLAYS = 200;

/**
 * @typedef {object} Play `n` numbers the device's plays without a hole and never resets.
 * @property {number} n
 * @property {{epoch: number, number: number}} version of the playlist
 * @property {number} entry of the playlist
 * @property {number} start wall time, UTC ms
 * @property {number} start_mono_ms monotonic time of this boot
 * @property {number} planned_ms
 * @property {number} shown_ms
 * @property {number} result
 * @property {number} evidence
 * @property {number} clock
 * @property {string} [reason] at most 200 characters
 * @property {number} [merged] above 1: of that many plays of one entry only the sums were kept, and this is one share
 *
 * @typedef {{device: string, screen: string, boot: number, previous: string, plays: Play[]}} PlayBatch Consecutive
 *   plays of one boot, chained to the batch before by the SHA-256 of its sealed bytes ("" for the first).
 */

/** The plays document of a batch. @param {PlayBatch} batch */
export function dumpPlays(batch) {
  const [first] = batch.plays;
  const versions = distinct(batch.plays.map((play) => play.version));
  const merged = batch.plays.some((play) => play.merged > 1);
  const rows = merged ? summed(batch.plays) : batch.plays;
  return {
    format: merged ? MERGED_FORMAT : FORMAT,
    device: batch.device,
    screen: batch.screen,
    boot: batch.boot,
    first: first.n,
    previous: batch.previous,
    versions: versions.map(({ epoch, number }) => [epoch, number]),
    start: [first.start, first.start_mono_ms],
    plays: rows.map((play, at) => [...row(play, rows[at - 1] ?? first, versions), ...rest(play, merged)]),
  };
}

const same = (version) => (other) => compareVersions(version, other) === 0;

const distinct = (versions) =>
  versions.filter((version, at) => versions.findIndex(same(version)) === at).sort(compareVersions);

// Differences to the play before: of the wall clock, and of the monotonic clock from that.
function row(play, before, versions) {
  const step = play.start - before.start;
  const skew = play.start_mono_ms - before.start_mono_ms - step;
  const { entry, planned_ms: planned, shown_ms: shown, result, evidence, clock } = play;
  return [step, skew, versions.findIndex(same(play.version)), entry, planned, shown, result, evidence, clock];
}

function rest(play, merged) {
  if (merged) return [play.reason ?? "", play.merged, play.span_ms];
  return play.reason ? [play.reason] : [];
}

/**
 * The `number` plays that `whole` sums up: numbered from its `n`, spread evenly over `spanMs`.
 * @param {Play} whole
 * @param {number} number
 * @param {number} spanMs from the start of the first to the start of the last
 * @returns {Play[]}
 */
export function shares(whole, number, spanMs) {
  const share = (sum, at) => Math.floor(sum / number) + (at < sum % number ? 1 : 0);
  return Array.from({ length: number }, (_, at) => {
    const after = number > 1 ? Math.floor((spanMs * at) / (number - 1)) : 0;
    return {
      ...whole,
      n: whole.n + at,
      start: whole.start + after,
      start_mono_ms: whole.start_mono_ms + after,
      planned_ms: share(whole.planned_ms, at),
      shown_ms: share(whole.shown_ms, at),
      merged: number,
    };
  });
}

// Each merged stretch as one again: its sums, how many it stands for, its span.
function summed(plays) {
  const found = [];
  for (let at = 0; at < plays.length; at += found.at(-1).merged) {
    const part = plays.slice(at, at + (plays[at].merged ?? 1));
    const sum = (name) => part.reduce((total, play) => total + play[name], 0);
    found.push({
      ...part[0],
      planned_ms: sum("planned_ms"),
      shown_ms: sum("shown_ms"),
      merged: part.length,
      span_ms: part.at(-1).start - part[0].start,
    });
  }
  return found;
}

/**
 * A batch as the server takes it, signed by the device.
 * @param {PlayBatch} batch
 * @param {CryptoKeyPair} pair
 * @returns {Promise<Uint8Array>}
 */
export const sealPlays = (batch, pair) => seal(payloadTypeOf("plays"), canonical(dumpPlays(batch)), pair);
