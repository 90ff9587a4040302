// How a browser becomes a screen: it makes its own key, shows a code, and staff enter it (player/enrol.py). The root is
// believed on first use, which is why its fingerprint is shown beside the code; `#root=` in the address names it
// beforehand (docs/adr/0010).

import { Refusal } from "./contract/index.js";
import { Unreachable } from "./errors.js";
import { idOf } from "./keys.js";
import { fact, keepFacts } from "./store.js";

const ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"; // no vowels: no words, and nothing that looks like a digit
const CODE_LETTERS = 8;
const CODE_LIFE_MS = 10 * 60 * 1000;
const FIELDS = ["screen", "unit", "name", "broker_url", "username", "password"];
const NAME = "Trình duyệt";
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

// 230 is the largest multiple of 20 below 256 and a bit: letters beyond it would make some likelier than others.
function newCode() {
  const even = (byte) => byte < 256 - (256 % ALPHABET.length);
  const letters = [...crypto.getRandomValues(new Uint8Array(64))].filter(even).slice(0, CODE_LETTERS);
  return letters.map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

// The checked answer of the server. Throws Unreachable for anything else.
function pairedOf(said) {
  const paired = Object.fromEntries(FIELDS.map((field) => [field, String(said[field] ?? "")]));
  if (!/^[a-z0-9-]{1,64}$/.test(paired.screen) || !paired.unit) throw new Unreachable("the answer names no screen");
  return paired;
}

export const loadPaired = () => fact("paired");

// The paired screen with its root, once staff entered the code.
export async function pair(api, key, surface) {
  for (let code = "", madeAt = 0; ; ) {
    try {
      if (!code || performance.now() - madeAt >= CODE_LIFE_MS) [code, madeAt] = [newCode(), performance.now()];
      const root = await rootOf(api, wantedRoot());
      surface.pair(code, key.id, root.ids);
      const said = await api.enrol(code, NAME);
      if (said.status === "paired") return await keep(pairedOf(said), root);
      if (said.status === "gone") code = ""; // expired, or another player shows the same one
      await pause(said.status === "gone" ? 1 : Math.min(Math.max(Number(said.retry_after_s) || 3, 1), 60));
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refusal)) throw error;
      surface.slate();
      surface.say(error.said ?? "Chưa liên lạc được với máy chủ để ghép nối; đang thử lại.");
      await pause(error.retryAfterS ?? 5);
    }
  }
}

// What people compared is what is pinned: root and pairing are stored as one.
async function keep(said, { keys, threshold }) {
  const paired = { ...said, root: { keys, threshold } };
  await keepFacts({ paired });
  return paired;
}

// The ids of the root keys named in the address (`#root=id` or `#root=id,id`); null when none are.
function wantedRoot() {
  const named = new URLSearchParams(location.hash.slice(1)).get("root");
  return named ? named.toLowerCase().split(",").sort() : null;
}

async function rootOf(api, wanted) {
  const root = await api.root();
  const ids = (await Promise.all(root.keys.map(idOf))).sort();
  if (wanted && wanted.join() !== ids.join()) {
    const said = "Khóa gốc của máy chủ không phải khóa ghi trong địa chỉ (#root=…): có thể đây là máy chủ giả.";
    throw Object.assign(new Unreachable("another root than the one in the address"), { said });
  }
  return { ...root, ids };
}

// What the server says about this device now: the broker may have moved. Screen, unit and root stay as paired.
export async function askAgain(api, known) {
  try {
    const said = pairedOf(await api.enrol(newCode(), NAME));
    if (said.screen !== known.screen || said.unit !== known.unit) return known;
    const paired = { ...said, root: known.root };
    if (JSON.stringify(paired) !== JSON.stringify(known)) await keepFacts({ paired });
    return paired;
  } catch (error) {
    if (!(error instanceof Unreachable || error instanceof Refusal || error instanceof DOMException)) throw error;
    return known;
  }
}
