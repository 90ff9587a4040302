// The server's word for the plays it keeps (playlists/proofs.py).

import { read } from "./documents.js";
import { openEnvelope } from "./envelope.js";
import { roleSigners } from "./signers.js";

/**
 * The server's signed word on committed plays. Whether it is for this device is for the caller to see.
 * @param {import("./index.js").State} state
 * @param {Uint8Array} bytes
 * @returns {Promise<{device: string, last: number, batch: string, issued: number, gaps: number[][]}>}
 * @throws {Refusal} E-SIZE, E-PARSE, E-TYPE, E-SIG, E-KEY (the log key is revoked), E-THRESH, E-SCHEMA.
 */
export async function openReceipt(state, bytes) {
  const envelope = openEnvelope("receipt", bytes);
  await roleSigners(state, "log", envelope, { ms: 0, known: false });
  return read("receipt", envelope.payload);
}
