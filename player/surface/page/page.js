// The page of a screen: hears the whole scene from the agent, shows it, tells what really happened.

import { ask, now } from "./clock.js";
import { Layers } from "./layers.js";
import { newPage, report, sendPicture } from "./reports.js";

const LOST_MS = 30000; // without the agent for this long past the end of the last item, the slate is shown
const LARGEST = 1920; // pixels of a screenshot on its longer side
const part = (id) => document.getElementById(id);
const layers = new Layers(part("layers"));
let scene = null;
let heardAt = performance.now();
let stream = null;
let captured = 0;
let loaded = null;

function connect() {
  stream?.close();
  stream = new EventSource(`/stream?page=${newPage()}`);
  stream.onopen = sayVisible;
  stream.onmessage = (message) => hear(JSON.parse(message.data));
  stream.onerror = () => {
    stream.close();
    setTimeout(connect, 1000);
  };
}

function sayVisible() {
  heardAt = performance.now();
  report({ type: "display", visible: document.visibilityState === "visible" });
}

function hear(heard) {
  heardAt = performance.now();
  scene = heard;
  if (mustReload(scene.reload)) return location.reload();
  if (Math.abs(scene.now - now()) > 1000) ask().then(apply, apply);
  else apply();
  if (scene.capture && scene.capture !== captured) capture(scene.capture);
}

// "version count": a new version of the page, or a higher count. A restarted agent counts from 0 and changes nothing.
function mustReload(said) {
  const [version, count] = said.split(" ");
  const before = loaded;
  loaded = { version, count: Number(count) };
  return before && (before.version !== version || before.count < loaded.count);
}

function apply() {
  place(scene.output);
  layers.volume = scene.output.volume;
  part("pair").hidden = scene.mode !== "pair";
  part("code").textContent = scene.code;
  part("black").hidden = scene.mode !== "blank";
  if (scene.mode === "play") layers.want(scene.current, scene.next, scene.cut);
  else if (scene.mode === "pair") layers.empty();
  else {
    layers.clear();
    layers.want(null, scene.next, false);
  }
  showNote();
}

// Where the picture goes in the window: an LED sender reads a corner of it, a hung screen is turned.
function place(output) {
  const frame = part("frame").style;
  const width = output.width || innerWidth;
  const height = output.height || innerHeight;
  const turned = output.rotation % 180 !== 0;
  frame.width = `${turned ? height : width}px`;
  frame.height = `${turned ? width : height}px`;
  frame.left = `${output.x + ([90, 180].includes(output.rotation) ? width : 0)}px`;
  frame.top = `${output.y + ([180, 270].includes(output.rotation) ? height : 0)}px`;
  frame.transform = `rotate(${output.rotation}deg)`;
  part("dim").hidden = output.brightness >= 100;
  part("dim").style.opacity = 1 - output.brightness / 100;
}

function showNote() {
  part("note").hidden = !scene.note || now() >= scene.note_until;
  part("note").firstElementChild.textContent = scene.note;
}

async function capture(number) {
  captured = number;
  const { clientWidth: width, clientHeight: height } = part("frame");
  const scale = Math.min(1, LARGEST / Math.max(width, height));
  const picture = await layers.draw(Math.round(width * scale), Math.round(height * scale));
  sendPicture(number, picture).catch(() => {});
}

function lost() {
  const silent = performance.now() - heardAt > LOST_MS && stream.readyState !== EventSource.OPEN;
  if (silent && layers.on && now() > layers.on.cue.end + LOST_MS) layers.empty();
}

document.addEventListener("visibilitychange", sayVisible);
addEventListener("resize", () => scene && place(scene.output));
setInterval(() => layers.tick(), 100);
setInterval(() => {
  layers.progress();
  if (scene) showNote();
  lost();
}, 1000);
setInterval(() => ask().catch(() => {}), 10000);
ask().catch(() => {}).then(connect);
