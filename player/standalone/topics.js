// MQTT topics (playlists/topics.py).

const ROOT = "cauthang/v1";

export const ALL_TRUST = `${ROOT}/all/trust`;
export const ALL_REVOCATION = `${ROOT}/all/revocation`;
export const to = (screen, what) => `${ROOT}/to/${screen}/${what}`;
export const from = (screen, what) => `${ROOT}/from/${screen}/${what}`;
