// The signed document a player obeys (playlists/model/playlist.py).

import { insist, list, optional, part, row, text, whole, wholeDocument, word } from "./fields.js";
import { name, reference, rendition, version } from "./parts.js";
import { plan } from "./plan.js";
import { isZone } from "./zones.js";

const entry = part({ item: whole(1), campaign: whole(), title: text(300), rendition, approval: reference });

const output = part({
  x: whole(),
  y: whole(),
  width: whole(),
  height: whole(),
  rotation: word(0, 90, 180, 270),
  brightness: whole(0, 100),
  volume: whole(0, 100),
});

const quiet = row({ start: "number", end: "number", volume: "number", brightness: "number" }, (made) => {
  insist(made.start < made.end, "a span ends after it begins");
  insist(made.volume <= 100 && made.brightness <= 100, "volume and brightness are percentages");
});

export const playlist = wholeDocument(
  {
    screen: name,
    unit: name,
    version,
    issued: whole(),
    expires: whole(),
    zone: text(64),
    trust: whole(1),
    revocation: whole(),
    previous: text(64, 0),
    entries: list(entry),
    plan,
    fallback: list(whole()),
    off_hours: word("blank", "slate"),
    output,
    quiet: optional(list(quiet), []),
  },
  (made) => {
    const known = (index) => index < made.entries.length;
    const slots = made.plan.loops.flatMap((loop) => loop.slots);
    insist(slots.every((slot) => known(slot.entry)), "a slot names an entry of its playlist");
    insist(made.fallback.every(known), "the fallback names entries of its playlist");
    const inOrder = (span, at) => at === 0 || made.quiet[at - 1].end <= span.start;
    insist(made.quiet.every(inOrder), "quiet spans are in order");
    insist(isZone(made.zone), `“${made.zone}” is no time zone of the IANA database`);
  },
);
