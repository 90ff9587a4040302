// One player in this browser: whoever holds the lock lives, every other tab waits for its end.

import { live } from "./agent.js";

const AGAIN_MS = 10000;
const UPDATE_EVERY_MS = 3600 * 1000;

const say = (text) => {
  document.getElementById("missing").textContent = text;
};

// A loop that broke is a fault of the program: begin anew from what is stored, which is everything.
function guard(name, promise) {
  promise.catch((error) => {
    console.error(`${name} broke`, error);
    setTimeout(() => location.reload(), AGAIN_MS);
  });
}

// The page kept for a reload without a network; a newer one takes over whole.
async function keepPage() {
  let keptBefore = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (keptBefore) location.reload();
    keptBefore = true;
  });
  const kept = await navigator.serviceWorker.register("/tv/worker.js", { scope: "/tv", updateViaCache: "none" });
  setInterval(() => kept.update().catch(() => {}), UPDATE_EVERY_MS * (0.8 + Math.random() * 0.4));
}

// Most televisions dim or sleep when nobody presses a button.
async function stayAwake() {
  const ask = () => navigator.wakeLock?.request("screen").catch(() => {});
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && ask());
  await ask();
}

keepPage().catch((error) => console.warn(`the page is not kept: ${error.message}`));
guard("wake lock", stayAwake());
navigator.storage.persist().catch(() => {});
const waiting = setTimeout(() => say("Một thẻ khác của trình duyệt này đang phát: hãy đóng bớt thẻ."), 1000);
navigator.locks.request("cauthang-player", async () => {
  clearTimeout(waiting);
  say("");
  guard("start", live(guard));
  await new Promise(() => {}); // held until the page goes
});
