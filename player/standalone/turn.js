// One showing under way, and the play that becomes of it (player/turn.py).

import { EVIDENCE, RESULT } from "./contract/index.js";

const COMPLETE_PERCENT = 95;
const LONGEST_REASON = 100;
export const FAREWELL_MS = 1500; // how long the layers may take to report the end of a turn

export const newTurn = ({ state, showing, cue, quality, mono, watched }) => ({
  ...{ state, playlist: state.playlist, showing, cue, quality, watched, begunMono: mono },
  ...{ at: -1, atMono: 0, shownMs: 0, frames: 0, reason: "", failed: "", finished: false, endedMono: 0 },
});

// The same showing once more, for a display that came back.
export const again = (turn) => ({
  ...turn,
  ...{ at: -1, shownMs: 0, frames: 0, reason: "", failed: "", finished: false },
});

// The record of a turn that is over; null when nobody could have seen it. Durations are monotonic.
export function playOf(turn) {
  if (turn.at < 0 && !turn.watched) return null;
  const seen = turn.at >= 0;
  const planned = turn.showing.end - turn.showing.start;
  const longest = Math.max(turn.endedMono - turn.atMono, 0) + FAREWELL_MS;
  const shown = seen ? Math.min(turn.shownMs, longest) : 0;
  const [result, reason] = outcome(turn, planned, shown);
  return {
    version: turn.playlist.version,
    entry: turn.showing.entry,
    start: seen ? turn.at : turn.showing.start,
    start_mono_ms: seen ? turn.atMono : turn.begunMono,
    planned_ms: planned,
    shown_ms: shown,
    result,
    evidence: turn.frames > 0 ? EVIDENCE.decoded : EVIDENCE.scheduled,
    clock: turn.quality,
    reason: reason.slice(0, LONGEST_REASON),
  };
}

function outcome(turn, planned, shown) {
  if (shown * 100 >= planned * COMPLETE_PERCENT) return [RESULT.complete, ""];
  if (turn.failed) return [RESULT.failed, turn.failed];
  if (turn.at < 0) return [RESULT.skipped, turn.reason || "not-ready"];
  return [RESULT.partial, turn.reason || whyShort(turn, planned)];
}

// Why a turn that began and ended by itself was not complete.
function whyShort(turn, planned) {
  if ((turn.at - turn.showing.start) * 100 < planned * (100 - COMPLETE_PERCENT)) return "stalled";
  return turn.watched ? "late" : "joined";
}
