// The documents a player reads, field by field (playlists/schemas.py and playlists/model).

import { isDate } from "./dates.js";
import { dictionary, insist, list, pair, part, text, whole, wholeDocument, word } from "./fields.js";
import { parse } from "./json.js";
import { name, reference, rendition, sha256, version } from "./parts.js";
import { playlist } from "./playlist.js";

const PAYLOAD_DEPTH = 10;

const anyInteger = whole(-Number.MAX_SAFE_INTEGER);
const life = (made) => insist(made.not_before < made.not_after, "it ends after it begins");

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
