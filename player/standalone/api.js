// The questions a player asks its server, each signed with the device's key and each with a ceiling (player/api.py).

import { LIMITS, payloadTypeOf, sha256 } from "./contract/index.js";
import { Declined, Unpaired, Unreachable } from "./errors.js";
import { signed } from "./keys.js";
import { opened, readUpTo } from "./fetch.js";

const SMALL_BYTES = 16 * 1024;
const GZIP_ABOVE_BYTES = 1024;
const PATIENCE_MS = 60000;
const REFUSAL_CODE = /^E-[A-Z]{2,12}$/;
const utf8 = new TextEncoder();

const packed = async (bytes) =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer());

export class Api {
  constructor(key, clock) {
    Object.assign(this, { key, clock, offset: 0 });
  }

  // The sealed head; null while nothing was ever published for this screen.
  head() {
    return this.perhaps("/device/v1/head", "head");
  }

  async playlist() {
    return good(await this.ask("GET", "/device/v1/playlist", LIMITS.playlist)).body;
  }

  trust(version) {
    return this.perhaps(`/device/v1/trust/${version}`, "trust");
  }

  revocation(version = 0) {
    return this.perhaps(`/device/v1/revocation${version ? `/${version}` : ""}`, "revocation");
  }

  // The sealed receipt for a sealed batch.
  async plays(sealed) {
    const headers = { "content-type": payloadTypeOf("plays") };
    const long = sealed.length > GZIP_ABOVE_BYTES;
    if (long) headers["content-encoding"] = "gzip";
    const answer = await this.ask("POST", "/device/v1/plays", SMALL_BYTES, long ? await packed(sealed) : sealed, headers);
    const declined = [400, 409, 422].includes(answer.status) ? declinedBy(answer) : null;
    if (declined) throw declined;
    return good(answer).body;
  }

  // What the server says about a pairing code: waiting, gone, or paired with the screen's data.
  async enrol(code, name) {
    const said = { public: this.key.public, code, name, origin: location.origin };
    const headers = { "content-type": "application/json" };
    const answer = await this.ask("POST", "/device/v1/enrol", SMALL_BYTES, utf8.encode(JSON.stringify(said)), headers);
    if (answer.status === 409) return { status: "gone" };
    if (![200, 202].includes(answer.status)) throw new Unreachable(`${answer.status} to the code`, answer.retryAfterS);
    return objectIn(answer);
  }

  async screenshot(image, command) {
    const path = `/device/v1/screenshots?command=${encodeURIComponent(command)}`;
    const body = new Uint8Array(await image.arrayBuffer());
    good(await this.ask("POST", path, SMALL_BYTES, body, { "content-type": image.type }));
  }

  // Have the clock compared with the server's.
  async time() {
    const nonce = crypto.randomUUID();
    const sent = performance.now();
    const answer = good(await this.plain("GET", `/device/v1/time?nonce=${nonce}`, SMALL_BYTES));
    const said = objectIn(answer);
    if (said.nonce !== nonce || !Number.isSafeInteger(said.time)) throw new Unreachable("no time in the answer");
    this.clock.compare(said.time, sent, performance.now());
  }

  // The root as the server knows it, for whoever has none yet.
  async root() {
    const said = objectIn(good(await this.plain("GET", "/tv/root.json", SMALL_BYTES)));
    const fine = Array.isArray(said.keys) && said.keys.length && said.keys.every((key) => /^[0-9a-f]{64}$/.test(key));
    if (!fine || !(said.threshold >= 1 && said.threshold <= said.keys.length)) throw new Unreachable("no root there");
    return { keys: said.keys, threshold: said.threshold };
  }

  async perhaps(path, kind) {
    const answer = await this.ask("GET", path, LIMITS[kind]);
    return answer.status === 404 ? null : good(answer).body;
  }

  async ask(method, path, limit, body = null, headers = {}) {
    let answer = await this.sign(method, path, limit, body, headers);
    if (answer.status === 401 && this.learned(answer)) answer = await this.sign(method, path, limit, body, headers);
    if ([401, 403].includes(answer.status)) throw new Unpaired("the server does not accept this device's key");
    return answer;
  }

  async sign(method, path, limit, body, headers) {
    const at = this.clock.corrected() + this.offset;
    const text = `${method}\n${path}\n${at}\n${await sha256(body ?? new Uint8Array())}`;
    const authorization = `CauThang keyid="${this.key.id}", time="${at}", sig="${await signed(this.key, text)}"`;
    return this.plain(method, path, limit, body, { ...headers, authorization });
  }

  async plain(method, path, limit, body = null, headers = {}) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await opened(path, { method, headers, body, signal, redirect: "error" });
    const asked = response.headers.get("retry-after") ?? "";
    const retryAfterS = /^\d+$/.test(asked) ? Number(asked) : null;
    return { status: response.status, body: await readUpTo(response, limit), retryAfterS };
  }

  // A wrong clock is told the time; it dates requests and decides nothing else.
  learned(answer) {
    const said = objectOr(answer.body, {});
    if (said.code !== "clock" || !Number.isSafeInteger(said.time)) return false;
    this.offset = said.time - this.clock.corrected();
    return true;
  }
}

function good(answer) {
  if (answer.status !== 200) throw new Unreachable(`the server answered ${answer.status}`, answer.retryAfterS);
  return answer;
}

function declinedBy(answer) {
  const { code, last } = objectOr(answer.body, {});
  return typeof code === "string" && REFUSAL_CODE.test(code)
    ? new Declined(code, Number.isSafeInteger(last) ? last : null)
    : null;
}

export function objectOr(bytes, otherwise) {
  try {
    const found = JSON.parse(new TextDecoder().decode(bytes));
    return found !== null && typeof found === "object" && !Array.isArray(found) ? found : otherwise;
  } catch {
    return otherwise;
  }
}

function objectIn(answer) {
  const found = objectOr(answer.body, null);
  if (!found) throw new Unreachable("the answer is not as agreed: a login page of the network?");
  return found;
}
