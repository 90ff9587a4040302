// What the page tells the agent: in order, nothing twice, kept while the agent is away.

import { learn } from "./clock.js";

const KEPT = 200;
let page = "";
let waiting = [];
let sending = false;

// A new name for every connection: the agent forgets the old one when its stream ends.
export function newPage() {
  page = Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
  return page;
}

export function report(event) {
  waiting = [...waiting.slice(-KEPT + 1), event];
  send();
}

export async function send() {
  if (sending || !waiting.length) return;
  sending = true;
  const events = waiting;
  const sent = performance.now();
  try {
    const body = JSON.stringify({ page, events });
    const answer = await fetch("/events", { method: "POST", headers: { "content-type": "application/json" }, body });
    if (!answer.ok) throw new Error(String(answer.status));
    const { now } = await answer.json();
    learn(now, sent, performance.now());
    waiting = waiting.slice(events.length);
  } catch {
    setTimeout(send, 1000);
    return;
  } finally {
    sending = false;
  }
  send();
}

export async function sendPicture(number, blob) {
  await fetch(`/picture?capture=${number}`, { method: "POST", body: blob });
}
