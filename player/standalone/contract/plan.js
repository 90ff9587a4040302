// The plan inside a playlist: loops of slots, blocks of the day, days (playlists/model/playlist.py).

import { isDate } from "./dates.js";
import { insist, list, part, row, whole } from "./fields.js";

const LAST_DATE = "9999-12-31"; // no day of a plan: the calendar has no day after it, on which it would end

const slot = row({ at_ms: "number", entry: "number", duration_ms: "number" });

const loop = part({ period_ms: whole(1), slots: list(slot) }, (made) => {
  let end = 0;
  for (const each of made.slots) {
    insist(each.duration_ms > 0, "a slot lasts at least a millisecond");
    insist(each.at_ms >= end, "slots are in order and do not overlap");
    end = each.at_ms + each.duration_ms;
  }
  insist(end <= made.period_ms, "a slot ends inside its loop");
});

const block = row({ from_ms: "number", to_ms: "number", loop: "number" }, (made) =>
  insist(made.from_ms < made.to_ms, "a block ends after it begins"),
);

const day = row({ date: "string", start: "number", programme: "number" }, (made) =>
  insist(isDate(made.date) && made.date !== LAST_DATE, "a day is written YYYY-MM-DD"),
);

export const plan = part({ loops: list(loop), programmes: list(list(block)), days: list(day) }, (made) => {
  made.programmes.forEach((programme) => checkProgramme(programme, made.loops.length));
  made.days.forEach((each, at) => {
    insist(at === 0 || made.days[at - 1].start < each.start, "days are in order");
    insist(each.programme < made.programmes.length, "a day names a programme of its plan");
  });
});

function checkProgramme(programme, loops) {
  let end = 0;
  for (const each of programme) {
    insist(each.from_ms >= end, "blocks are in order and do not overlap");
    insist(each.loop < loops, "a block names a loop of its plan");
    end = each.to_ms;
  }
}
