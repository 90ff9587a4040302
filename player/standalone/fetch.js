// The one seam to HTTP: every answer has a ceiling in bytes, a floor in speed and a deadline (player/fetch.py).

import { Refusal } from "./contract/index.js";
import { Overtaken, Unreachable } from "./errors.js";
import { digestOf } from "./hash.js";
import { change, look } from "./store.js";

const KIB = 1024;
const PART_BYTES = 1024 * KIB;
export const LIMITS = { stallS: 60, stallBytesPerS: KIB, deadlineS: 600, deadlineBytesPerS: 64 * KIB };

// An answer whatever its status. Throws Unreachable.
export async function opened(url, options) {
  try {
    return await fetch(url, { cache: "no-store", credentials: "omit", ...options });
  } catch (error) {
    throw new Unreachable(`${url.split("?")[0]}: ${error.message}`);
  }
}

// The bytes of a small answer. Throws Refusal E-SIZE when there are more than `limit`.
export async function readUpTo(response, limit) {
  const found = [];
  let size = 0;
  for await (const chunk of chunksOf(response)) {
    size += chunk.length;
    if (size > limit) throw new Refusal("E-SIZE", `the answer is longer than ${limit} bytes`);
    found.push(chunk);
  }
  return new Uint8Array(await new Blob(found).arrayBuffer());
}

async function* chunksOf(response) {
  if (!response.body) return;
  const reader = response.body.getReader();
  let whole = false;
  try {
    for (let chunk; !(chunk = await reader.read()).done; ) yield chunk.value;
    whole = true;
  } catch (error) {
    throw new Unreachable(`the answer broke off: ${error.message}`);
  } finally {
    if (!whole) reader.cancel().catch(() => {}); // what is left of it is not wanted
  }
}

/**
 * The file named by `wanted` {sha256, size_bytes}, whole and checked. Goes on where it stopped, after a reload too.
 * Throws Overtaken when `urgent` says so; Unreachable to try again later; Refusal E-HASH when it is something else.
 */
export async function download(url, wanted, urgent = () => false) {
  const parts = await partsOf(wanted.sha256);
  if (sizeOf(parts) < wanted.size_bytes) await fill(url, wanted, parts, urgent);
  const file = new Blob(parts);
  if (file.size === wanted.size_bytes && (await digestOf(file)) === wanted.sha256) return file;
  await forget(wanted.sha256);
  throw new Refusal("E-HASH", "the file is not the one that was approved");
}

const sizeOf = (parts) => parts.reduce((sum, part) => sum + part.size, 0);
const range = (sha256) => IDBKeyRange.bound([sha256], [sha256, []]);
const partsOf = (sha256) => look("parts", (store) => store.getAll(range(sha256)));
export const forget = (sha256) => change(["parts"], (store) => store("parts").delete(range(sha256)));

async function fill(url, wanted, parts, urgent) {
  const abort = new AbortController();
  const pace = watched(wanted.size_bytes, abort);
  try {
    await receive(url, wanted, parts, { urgent, pace, signal: abort.signal });
  } catch (error) {
    if (error instanceof Refusal) await forget(wanted.sha256);
    throw error;
  } finally {
    abort.abort();
    clearInterval(pace.timer);
  }
}

async function receive(url, wanted, parts, { urgent, pace, signal }) {
  const have = sizeOf(parts);
  const response = await opened(url, { headers: have ? { range: `bytes=${have}-` } : {}, signal });
  requireFile(response);
  if (have && !(response.headers.get("content-range") ?? "").startsWith(`bytes ${have}-`)) {
    parts.length = 0;
    await forget(wanted.sha256);
  }
  let [held, heldBytes] = [[], 0];
  const keep = async () => {
    const part = new Blob(held);
    [held, heldBytes] = [[], 0];
    if (part.size) await change(["parts"], (store) => store("parts").put(part, [wanted.sha256, parts.push(part)]));
  };
  try {
    for await (const chunk of chunksOf(response)) {
      pace.bytes += chunk.length;
      held.push(chunk);
      heldBytes += chunk.length;
      if (sizeOf(parts) + heldBytes > wanted.size_bytes) throw new Refusal("E-HASH", "the file is longer than declared");
      if (heldBytes >= PART_BYTES) await keep();
      if (urgent()) throw new Overtaken("newer orders came while a file was being fetched");
    }
  } finally {
    await keep(); // what arrived need not come again
  }
  if (sizeOf(parts) < wanted.size_bytes) throw new Unreachable("the answer broke off");
}

function requireFile(response) {
  if ([200, 206].includes(response.status)) return;
  const asked = response.headers.get("retry-after") ?? "";
  throw new Unreachable(`the file server answered ${response.status}`, /^\d+$/.test(asked) ? Number(asked) : null);
}

// Slower than the floor over a whole window, or past the deadline, ends a body.
function watched(sizeBytes, abort) {
  const pace = { bytes: 0 };
  const deadline = performance.now() + 1000 * Math.max(LIMITS.deadlineS, sizeBytes / LIMITS.deadlineBytesPerS);
  pace.timer = setInterval(() => {
    const slow = pace.bytes < LIMITS.stallS * LIMITS.stallBytesPerS;
    pace.bytes = 0;
    if (slow || performance.now() > deadline) abort.abort(new Unreachable("the download is too slow"));
  }, LIMITS.stallS * 1000);
  return pace;
}
