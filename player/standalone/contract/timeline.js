// What a screen shows at an instant: from a playlist and the instant alone (playlists/timeline.py).

import { dayAfter } from "./dates.js";
import { midnight } from "./zones.js";

const FAR_MS = Number.MAX_SAFE_INTEGER;
const MINUTE_MS = 60_000;

/**
 * @typedef {{show: "slot"|"hold"|"fallback"|"off"|"slate", entry: number|null, start: number, end: number}} Showing
 *   One state of the screen from `start` until `end` (UTC ms), the next instant at which anything can change. `entry`
 *   indexes the playlist's entries; null for off and slate. Only a slot counts as a play of its campaign.
 */

const showing = (show, entry, start, end) => ({ show, entry, start, end });

/**
 * What the screen shows at `instant` (UTC ms).
 * @param {object} playlist
 * @param {number} instant
 * @param {(entry: number) => boolean} allowed which entries it may show and has stored
 * @returns {Showing}
 */
export function showingAt(playlist, instant, allowed) {
  const planned = plannedAt(playlist, instant);
  if (planned.show === "off" || (planned.entry !== null && allowed(planned.entry))) return planned;
  return fallback(playlist, instant, allowed, planned);
}

/**
 * How the picture is put out at `instant` (UTC ms), and when that changes next: mute or dim where it is quiet.
 * @param {object} playlist
 * @param {number} instant
 * @returns {{output: object, until: number}}
 */
export function outputAt(playlist, instant) {
  const { output, quiet } = playlist;
  const at = lastBefore(quiet, instant, (span) => span.start);
  const until = quiet[at + 1]?.start ?? FAR_MS;
  const rule = quiet[at];
  if (!rule || rule.end <= instant) return { output, until };
  const part = (value, percent) => Math.floor((value * percent) / 100);
  const [volume, brightness] = [part(output.volume, rule.volume), part(output.brightness, rule.brightness)];
  return { output: { ...output, volume, brightness }, until: Math.min(rule.end, until) };
}

// The index of the last item that does not lie behind `at`; -1 for none.
function lastBefore(items, at, place) {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at < place(items[middle])) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}

// What the plan alone asks for; the fallback without an entry where it asks for nothing.
function plannedAt(playlist, instant) {
  const { days } = playlist.plan;
  const known = lastBefore(days, instant, (day) => day.start);
  const following = days[known + 1]?.start ?? FAR_MS;
  if (known < 0) return showing("fallback", null, -FAR_MS, following);
  const end = endOf(playlist, known);
  if (instant >= end) return showing("fallback", null, end, following);
  return inDay(playlist, days[known], end, instant);
}

// When a day of the plan ends. The next day's start, as signed, beats this browser's own time zone database.
function endOf(playlist, known) {
  const tomorrow = dayAfter(playlist.plan.days[known].date);
  const following = playlist.plan.days[known + 1];
  if (following?.date === tomorrow) return following.start;
  return Math.min(midnight(tomorrow, playlist.zone), following?.start ?? FAR_MS);
}

function inDay(playlist, day, end, instant) {
  const blocks = playlist.plan.programmes[day.programme];
  const index = lastBefore(blocks, instant - day.start, (block) => block.from_ms);
  const block = blocks[index];
  if (block && instant - day.start < block.to_ms) {
    return inBlock(block, playlist.plan.loops[block.loop], day.start, instant, end);
  }
  const next = blocks[index + 1];
  return showing("off", null, day.start + (block?.to_ms ?? 0), Math.min(next ? day.start + next.from_ms : end, end));
}

const slotEnd = (slot) => slot.at_ms + slot.duration_ms;

// Inside a block: the slot at this instant, else the pause up to the next slot that is started.
function inBlock(block, loop, midnightAt, instant, dayEnd) {
  const from = midnightAt + block.from_ms;
  const to = Math.min(midnightAt + block.to_ms, dayEnd);
  const { slots, period_ms: period } = loop;
  if (!slots.length) return showing("fallback", null, from, to);
  const offset = (instant - from) % period;
  let base = instant - offset;
  let before = lastBefore(slots, offset, (slot) => slot.at_ms);
  const back = () => ([before, base] = [slots.length - 1, base - period]);
  if (before < 0) back(); // before the first slot of this turn the last one of the turn before holds
  // A slot that would run past the block was never started, nor those after it: go back to one that was.
  while (before >= 0 && base + slotEnd(slots[before]) > to) before -= 1;
  if (before < 0 && base > from) back();
  if (before < 0 || base < from) return showing("fallback", null, from, nextStart(loop, from, 0, to));
  const slot = slots[before];
  const end = base + slotEnd(slot);
  if (instant < end) return showing("slot", slot.entry, base + slot.at_ms, end);
  return showing("hold", slot.entry, end, nextStart(loop, base, before + 1, to));
}

// When the slot `index` of the turn at `base` starts; the block's end if it would run past it.
function nextStart(loop, base, index, to) {
  if (index === loop.slots.length) [base, index] = [base + loop.period_ms, 0];
  const slot = loop.slots[index];
  return base + slotEnd(slot) <= to ? base + slot.at_ms : to;
}

const modulo = (value, by) => ((value % by) + by) % by;

// The fallback items in turn, counted from the epoch so that screens agree; without any, the slate.
function fallback(playlist, instant, allowed, planned) {
  const usable = playlist.fallback.filter((entry) => allowed(entry));
  if (!usable.length) {
    // What is allowed changes with time as well; a slate is looked at again every minute.
    const minute = instant - modulo(instant, MINUTE_MS);
    return within(planned, "slate", null, minute, minute + MINUTE_MS);
  }
  const lengths = usable.map((entry) => playlist.entries[entry].rendition.duration_ms);
  let at = instant - modulo(instant, lengths.reduce((sum, length) => sum + length));
  const turn = lengths.findIndex((length) => instant < (at += length));
  return within(planned, "fallback", usable[turn], at - lengths[turn], at);
}

const within = (planned, show, entry, start, end) =>
  showing(show, entry, Math.max(start, planned.start), Math.min(end, planned.end));
