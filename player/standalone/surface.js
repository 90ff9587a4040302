// The page as a display: what the stage wishes, put into its layers; and what people read on it.

import { Layers } from "./surface/layers.js";
import { report } from "./surface/reports.js";
import { now } from "./surface/clock.js";

const LARGEST = 1920; // pixels of a screenshot on its longer side
const WHOLE = { x: 0, y: 0, width: 0, height: 0, rotation: 0, brightness: 100, volume: 100 };
const part = (id) => document.getElementById(id);
const fours = (text) => (text.match(/.{1,4}/g) ?? []).join(" ");

export class Surface {
  constructor() {
    this.layers = new Layers(part("layers"));
    this.scene = { mode: "slate", current: null, next: null, cut: false };
    this.output = WHOLE;
    this.noteUntil = 0;
    document.addEventListener("visibilitychange", () => report({ type: "displayed", on: this.displayed() }));
    addEventListener("resize", () => this.place());
    setInterval(() => this.layers.tick(), 100);
    setInterval(() => this.every(), 1000);
  }

  displayed = () => document.visibilityState === "visible";

  show(cue, cut = false) {
    this.change({ mode: "play", current: cue, cut });
  }

  prepare(cue) {
    this.change({ next: cue });
  }

  hold() {
    this.change({ mode: "play" });
  }

  slate() {
    this.change({ mode: "slate", current: null, cut: true });
  }

  blank() {
    this.change({ mode: "blank", current: null, cut: true });
  }

  pair(code, device, root) {
    part("code").textContent = `${code.slice(0, 4)}-${code.slice(4)}`;
    part("device-print").textContent = fours(device.slice(0, 8));
    part("root-print").textContent = root.map((id) => fours(id.slice(0, 20))).join(" · ");
    this.change({ mode: "pair", current: null, next: null });
  }

  // On the slate: what is missing, in a sentence for whoever stands before it.
  say(sentence) {
    if (part("missing").textContent !== sentence) part("missing").textContent = sentence;
  }

  identify(text, until) {
    this.noteUntil = until;
    part("note").firstElementChild.textContent = text;
    this.every();
  }

  adjust(output) {
    this.output = output;
    this.layers.volume = output.volume;
    this.place();
  }

  // What is on now, as a JPEG.
  capture() {
    const { clientWidth: width, clientHeight: height } = part("frame");
    const scale = Math.min(1, LARGEST / Math.max(width, height));
    return this.layers.draw(Math.round(width * scale), Math.round(height * scale));
  }

  change(wish) {
    this.scene = { ...this.scene, ...wish };
    const { mode, current, next, cut } = this.scene;
    part("pair").hidden = mode !== "pair";
    part("black").hidden = mode !== "blank";
    if (mode === "play") this.layers.want(current, next, cut);
    else if (mode === "pair") this.layers.empty();
    else {
      this.layers.clear();
      this.layers.want(null, next, false);
    }
  }

  // Where the picture goes in the window: an LED sender reads a corner of it, a hung screen is turned.
  place() {
    const { x, y, rotation, brightness } = this.output;
    const [width, height] = [this.output.width || innerWidth, this.output.height || innerHeight];
    const [wide, high] = rotation % 180 ? [height, width] : [width, height];
    Object.assign(part("frame").style, {
      width: `${wide}px`,
      height: `${high}px`,
      left: `${x + ([90, 180].includes(rotation) ? width : 0)}px`,
      top: `${y + ([180, 270].includes(rotation) ? height : 0)}px`,
      transform: `rotate(${rotation}deg)`,
    });
    part("dim").hidden = brightness >= 100;
    part("dim").style.opacity = 1 - brightness / 100;
  }

  every() {
    part("note").hidden = now() >= this.noteUntil;
    this.layers.progress();
  }
}
