// Two layers: the item that is on, and the next one above it, decoded and unseen. What is on goes only when the next
// is really drawn.

import { now } from "./clock.js";
import { Item } from "./item.js";

const EARLY_MS = 32; // two frames: what is changed in an animation frame is on the glass that much later (measured)
const WARM_MS = 400;

export class Layers {
  constructor(root) {
    this.root = root;
    this.on = null;
    this.next = null;
    this.following = null;
    this.failed = ""; // the key of the last one that could not be decoded
    this.volume = 100;
  }

  // The whole wish of the agent: what is on, what comes next. The page swaps by itself, so a wish can be a moment old:
  // what is over by now is not loaded again, and what is about to come on is not pushed aside by what follows it.
  want(current, following, cut) {
    this.following = following;
    if (this.next && ![current?.key, following?.key].includes(this.next.cue.key)) this.forget();
    const due = current && current.end > now() && this.failed !== current.key && this.on?.cue.key !== current.key;
    if (due && cut) this.clear();
    if (due && this.next?.cue.key !== current.key) this.load(current);
    if (!due) this.offer();
  }

  load(cue) {
    this.next?.remove();
    const item = new Item(cue, this.volume);
    this.next = item;
    this.root.append(item.element);
    item.ready.then((fine) => {
      if (this.next !== item) return;
      if (fine) this.await(item);
      else this.drop(item);
    });
  }

  drop(item) {
    this.failed = item.cue.key;
    item.remove();
    this.next = null;
    this.offer();
  }

  // Timers first, then animation frames for the last steps: the swap falls on the frame of its instant.
  await(item) {
    if (this.next !== item) return;
    const left = item.cue.start - now();
    if (left > WARM_MS + 60) setTimeout(() => this.await(item), Math.min(left - WARM_MS - 50, 1000));
    else if (!item.warmed) item.warm().then(() => this.await(item));
    else if (left > 60) setTimeout(() => this.await(item), left - 50);
    else if (left > EARLY_MS) requestAnimationFrame(() => this.await(item));
    else requestAnimationFrame(() => this.next === item && this.swap(item));
  }

  swap(item) {
    const old = this.on;
    old?.finish();
    this.on = item;
    this.next = null;
    item.begin().then(() => old?.remove());
    this.offer();
  }

  forget() {
    this.next.remove();
    this.next = null;
  }

  // Load what follows, unless it is loaded, on, or failed already.
  offer() {
    const cue = this.following;
    const known = [this.on?.cue.key, this.next?.cue.key, this.failed];
    if (cue && cue.end > now() && !known.includes(cue.key)) this.load(cue);
  }

  clear() {
    this.on?.remove();
    this.on = null;
  }

  empty() {
    this.clear();
    this.next?.remove();
    this.next = null;
    this.following = null;
  }

  tick() {
    this.on?.tick();
  }

  progress() {
    this.on?.progress();
  }

  // What is on, drawn as it is seen.
  draw(width, height) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const pen = canvas.getContext("2d");
    pen.fillRect(0, 0, width, height);
    const element = this.on?.element;
    if (element) {
      const [w, h] = [element.videoWidth ?? element.naturalWidth, element.videoHeight ?? element.naturalHeight];
      const scale = Math.min(width / w, height / h);
      pen.drawImage(element, (width - w * scale) / 2, (height - h * scale) / 2, w * scale, h * scale);
    }
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  }
}
