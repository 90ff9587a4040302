// Files named by their content, in the Cache API. Each is hashed when it comes and once after every start: until then
// it counts as not there (player/cache.py, player/inspector.py).

import { Refusal } from "./contract/index.js";
import { download, forget } from "./fetch.js";
import { digestOf } from "./hash.js";

const NAME = "cauthang-files";
const SPARE_SHARE = 0.1; // of what the browser grants: journal and state need room too
const SIZE = "x-size";
const address = (sha256) => `/files/${sha256}`;

export class Cache {
  static async opened() {
    const cache = new Cache(await caches.open(NAME));
    for (const request of await cache.files.keys()) {
      const sha256 = new URL(request.url).pathname.split("/").pop();
      cache.sizes.set(sha256, Number((await cache.files.match(request)).headers.get(SIZE)));
    }
    return cache;
  }

  constructor(files) {
    this.files = files;
    this.sizes = new Map(); // of what is here, in the order in which it came
    this.urls = new Map(); // of what was hashed since the start
    this.asked = new Map();
    this.looking = null;
    this.foundWhole = () => {};
    this.foundRotten = () => {};
  }

  holds = (wanted) => this.sizes.get(wanted.sha256) === wanted.size_bytes;

  // Where a picture or video is shown from, if it is here and was found whole; else it is looked at soon.
  ready(wanted) {
    const url = this.urls.get(wanted.sha256);
    if (!url && this.holds(wanted)) {
      this.asked.set(wanted.sha256, wanted);
      this.looking ??= this.inspect().finally(() => (this.looking = null));
    }
    return url ?? null;
  }

  async inspect() {
    while (this.asked.size) {
      const [[sha256, wanted]] = this.asked;
      try {
        await this.checked(wanted);
        this.foundWhole();
      } catch (error) {
        this.foundRotten(error);
      }
      this.asked.delete(sha256);
    }
  }

  // The file as a Blob, its bytes hashed once since the start. Throws Refusal E-ROT when they changed.
  async checked(wanted) {
    const response = await this.files.match(address(wanted.sha256));
    const file = response && (await response.blob());
    if (file && this.urls.has(wanted.sha256)) return file;
    if (!file || file.size !== wanted.size_bytes || (await digestOf(file)) !== wanted.sha256) {
      await this.remove([wanted.sha256]);
      throw new Refusal("E-ROT", "a stored file changed on its own and is fetched again");
    }
    this.see(wanted.sha256, file);
    return file;
  }

  see(sha256, file) {
    if (!this.urls.has(sha256)) this.urls.set(sha256, URL.createObjectURL(file));
  }

  // The file here or else from the server. Throws Overtaken, Unreachable, Refusal, or what the browser's storage throws.
  async fetch(wanted, mediaType, urgent) {
    if (this.holds(wanted)) {
      try {
        return await this.checked(wanted);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error; // a rotten one is gone now, and comes again
      }
    }
    const file = await download(address(wanted.sha256), wanted, urgent);
    const headers = { "content-type": mediaType, [SIZE]: String(file.size) };
    await this.files.put(address(wanted.sha256), new Response(file, { headers }));
    this.sizes.set(wanted.sha256, wanted.size_bytes);
    await forget(wanted.sha256);
    const stored = await (await this.files.match(address(wanted.sha256))).blob();
    this.see(wanted.sha256, stored);
    return stored;
  }

  // These are wanted no more, whole or begun.
  async remove(names) {
    for (const sha256 of names) {
      await this.files.delete(address(sha256));
      await forget(sha256);
      URL.revokeObjectURL(this.urls.get(sha256));
      this.urls.delete(sha256);
      this.sizes.delete(sha256);
    }
  }

  // Make room: what came longest ago and is named by nobody goes first.
  async evict(kept, roomBytes = 0) {
    const { usage = 0, quota = Infinity } = await navigator.storage.estimate();
    let over = usage + roomBytes - quota * (1 - SPARE_SHARE);
    for (const [sha256, size] of [...this.sizes]) {
      if (over <= 0) return;
      if (kept.has(sha256)) continue;
      await this.remove([sha256]);
      over -= size;
    }
  }
}
