// What is particular to video: loading up to its place, sound, and keeping pace with the wall clock.

import { now } from "./clock.js";

const LATE_MS = 300; // joining later than this seeks into the video
let silent = false; // this browser plays sound only after a touch: better silent than still

// Loaded far enough to play through, and standing where it should be by now.
export async function loadVideo(video, cue, volume) {
  Object.assign(video, { muted: volume === 0 || silent, volume: volume / 100, playsInline: true, preload: "auto" });
  const enough = new Promise((done, failed) => {
    video.addEventListener("canplaythrough", done, { once: true });
    video.addEventListener("error", () => failed(video.error?.message || "cannot be decoded"), { once: true });
  });
  video.src = cue.url;
  await enough;
  const late = now() - cue.start;
  if (late > LATE_MS && late / 1000 < video.duration) {
    const sought = new Promise((done) => video.addEventListener("seeked", done, { once: true }));
    video.currentTime = late / 1000;
    await sought;
  }
}

export async function play(video) {
  try {
    await video.play();
  } catch (error) {
    if (error.name !== "NotAllowedError") return;
    silent = true;
    video.muted = true;
    video.play().catch(() => {});
  }
}

// A video follows the wall clock by small changes of speed, never by a jump that could be seen.
export function keepPace(video, since_ms) {
  const behind = since_ms / 1000 - video.currentTime;
  const speed = Math.abs(behind) < 0.03 ? 1 : 1 + Math.max(-0.05, Math.min(0.05, behind / 4));
  if (video.playbackRate !== speed) video.playbackRate = speed;
}
