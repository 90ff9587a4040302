// What several documents are made of (playlists/model/basics.py).

import { matching, part, row, whole, word } from "./fields.js";

const MOST_PIXELS = 16384;

export const sha256 = matching(/^[0-9a-f]{64}$/);
/** Of a screen or a unit. */
export const name = matching(/^[a-z0-9][a-z0-9-]{0,62}$/);
export const version = row({ epoch: "number", number: "number" });
export const reference = part({ sha256, size_bytes: whole(1) });

export const rendition = part({
  sha256,
  size_bytes: whole(1),
  media_type: word("image/png", "image/jpeg", "video/mp4"),
  width: whole(1, MOST_PIXELS),
  height: whole(1, MOST_PIXELS),
  duration_ms: whole(1),
});
