// The documents a player reads, field by field (playlists/schemas.py and playlists/model).

import { dictionary, insist, list, matching, pair, part, row, text, whole, wholeDocument, word } from "./fields.js";
import { parse } from "./json.js";
import { plan } from "./plan.js";
import { isZone } from "./zones.js";
import { isDate } from "./dates.js";

const PAYLOAD_DEPTH = 10;
const MOST_PIXELS = 16384;

const sha256 = matching(/^[0-9a-f]{64}$/);
const name = matching(/^[a-z0-9][a-z0-9-]{0,62}$/); // of a screen or a unit
const anyInteger = whole(-Number.MAX_SAFE_INTEGER);
const version = row({ epoch: "number", number: "number" });
const reference = part({ sha256, size_bytes: whole(1) });
const life = (made) => insist(made.not_before < made.not_after, "it ends after it begins");

const rendition = part({
  sha256,
  size_bytes: whole(1),
  media_type: word("image/png", "image/jpeg", "video/mp4"),
  width: whole(1, MOST_PIXELS),
  height: whole(1, MOST_PIXELS),
  duration_ms: whole(1),
});

const decision = part({ number: text(100), date: text(10) }, (made) => insist(isDate(made.date), "a date is a date"));

const approval = wholeDocument(
  {
    id: text(64),
    item: whole(1),
    title: text(300),
    unit: name,
    author: text(64),
    decision,
    renditions: list(rendition, 100),
    scope: list(name, 1000),
    not_before: whole(),
    not_after: whole(),
    issued: whole(),
  },
  (made) => {
    insist(made.renditions.length > 0, "an approval covers at least one rendition");
    insist(made.scope.length > 0, "an approval names at least one unit that may show the item");
    life(made);
  },
);

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

const playlist = wholeDocument(
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
  },
  (made) => {
    const known = (index) => index < made.entries.length;
    const slots = made.plan.loops.flatMap((loop) => loop.slots);
    insist(slots.every((slot) => known(slot.entry)), "a slot names an entry of its playlist");
    insist(made.fallback.every(known), "the fallback names entries of its playlist");
    insist(isZone(made.zone), `“${made.zone}” is no time zone of the IANA database`);
  },
);

const head = wholeDocument({
  screen: name,
  version,
  playlist: reference,
  trust: whole(1),
  revocation: whole(),
  emergency: whole(),
  issued: whole(),
  expires: whole(),
});

const trust = wholeDocument({
  version: whole(1),
  epoch: whole(),
  issued: whole(),
  expires: whole(),
  keys: dictionary(sha256, part({ public: sha256, person: text(64), not_before: whole(), not_after: whole() }, life)),
  roles: dictionary(text(32), part({ keys: list(sha256, 100), threshold: anyInteger })),
  units: dictionary(
    name,
    part({
      id: name,
      parent: text(63, 0),
      name: text(200),
      approvers: list(sha256, 1000),
      threshold: anyInteger,
      wide_threshold: anyInteger,
    }),
  ),
});

const withdrawn = part({
  kind: word("hash", "approval", "key", "device"),
  value: text(64),
  unit: text(63, 0),
  at: whole(),
  reason: text(500, 0),
});
const revocation = wholeDocument({ version: whole(1), issued: whole(), entries: list(withdrawn) });

const receipt = wholeDocument({
  device: sha256,
  last: whole(),
  batch: sha256,
  issued: whole(),
  gaps: list(pair(whole(1)), 1000),
});

const READERS = { trust, approval, playlist, head, revocation, receipt };

/**
 * The document in a payload whose signatures were checked.
 * @param {string} kind
 * @param {Uint8Array} payload
 * @throws {Refusal} E-PARSE when it is not plain JSON, E-SCHEMA when it is not this kind of document.
 */
export const read = (kind, payload) => READERS[kind](parse(payload, { depth: PAYLOAD_DEPTH }));
