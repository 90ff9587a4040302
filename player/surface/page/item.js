// One item in one layer: decoded ahead, counted while it is on. Reports only what really happened.

import { now } from "./clock.js";
import { report } from "./reports.js";
import { keepPace, loadVideo, play } from "./video.js";

const GAP_MS = 1000; // frames further apart than this were not shown in between
const FROZEN_MS = 5000;

const nextFrame = () => new Promise((done) => requestAnimationFrame(done));

export class Item {
  constructor(cue, volume) {
    this.cue = cue;
    this.volume = volume;
    this.frames = 0;
    this.shown = 0;
    this.last = 0; // performance.now() of the last moment known to be shown
    this.on = false;
    this.over = false;
    this.failed = false;
    this.element = document.createElement(cue.video ? "video" : "img");
    this.ready = (cue.video ? this.loadVideo() : this.loadImage()).then(
      () => true,
      (error) => this.fail(String(error?.message ?? error ?? "cannot be read")),
    );
  }

  async loadImage() {
    this.element.src = this.cue.url;
    await this.element.decode();
  }

  async loadVideo() {
    await loadVideo(this.element, this.cue, this.volume);
    this.element.addEventListener("error", () => this.fail(this.element.error?.message || "cannot be decoded"));
  }

  fail(reason) {
    if (!this.failed) report({ type: "failed", key: this.cue.key, reason });
    this.failed = true;
    return false;
  }

  // Draw it for real, unseen: decoding alone leaves the first frame a moment away from the glass.
  async warm() {
    this.warmed = true;
    this.element.classList.add("warm");
    await this.drawn();
  }

  // The next frame of it is drawn; a paused video may have no new one, so two animation frames and a while do as well.
  async drawn() {
    await nextFrame();
    if (this.cue.video) {
      const frame = new Promise((done) => this.element.requestVideoFrameCallback(done));
      await Promise.race([frame, new Promise((done) => setTimeout(done, 200))]);
    }
    await nextFrame();
  }

  // Called in the animation frame in which it comes on; done when it is certainly seen and what lies beneath may go.
  async begin() {
    this.on = true;
    this.last = performance.now();
    this.element.classList.add("on");
    if (this.cue.video) {
      this.countFrames();
      play(this.element);
    }
    await nextFrame();
    if (!this.cue.video) this.frames = 1;
    report({ type: "presented", key: this.cue.key, at: Math.round(now()) });
    await this.drawn();
  }

  countFrames() {
    const count = (at, frame) => {
      this.frames = frame.presentedFrames;
      this.pass();
      if (!this.over) this.element.requestVideoFrameCallback(count);
    };
    this.element.requestVideoFrameCallback(count);
  }

  // Time up to now was shown: since the last frame of a video, since the last tick for a picture.
  pass() {
    const at = performance.now();
    if (document.visibilityState === "visible") this.shown += Math.min(at - this.last, GAP_MS);
    this.last = at;
  }

  // Called several times a second while it is on.
  tick() {
    if (!this.on || this.over) return;
    if (now() >= this.cue.end) this.finish();
    else if (!this.cue.video || this.element.ended) this.pass();
    else {
      keepPace(this.element, now() - this.cue.start);
      if (performance.now() - this.last > FROZEN_MS && document.visibilityState === "visible") this.fail("frozen");
    }
  }

  progress() {
    if (this.on && !this.over) report({ type: "progress", key: this.cue.key, ...this.counted() });
  }

  counted() {
    return { shown_ms: Math.round(this.shown), frames: this.frames };
  }

  // Its time is over or it is cut; the picture stays until the layer is taken away.
  finish() {
    if (!this.on || this.over) return;
    this.pass();
    this.over = true;
    report({ type: "finished", key: this.cue.key, ...this.counted() });
  }

  remove() {
    this.finish();
    this.over = true;
    this.element.remove();
    if (this.cue.video) {
      this.element.pause();
      this.element.removeAttribute("src");
      this.element.load(); // gives the decoder back at once, not at the next garbage collection
    }
  }
}
