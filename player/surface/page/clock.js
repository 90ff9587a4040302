// The agent's timeline on this page: performance.now() plus an offset, kept from the quickest of the last answers.

const SAMPLES = 8;
const JUMP_MS = 250; // a larger change is a clock that was set: believed at once
let samples = [];
let offset = Date.now() - performance.now();

export const now = () => performance.now() + offset;

// One answer of the agent: it said `agentNow` somewhere between `sent` and `received` (performance.now()).
export function learn(agentNow, sent, received) {
  const sample = { trip: received - sent, offset: agentNow + 0.5 - (sent + received) / 2 };
  if (Math.abs(sample.offset - offset) > JUMP_MS + sample.trip) samples = [];
  samples = [...samples.slice(-SAMPLES + 1), sample];
  offset = samples.reduce((best, s) => (s.trip < best.trip ? s : best)).offset;
}

export async function ask() {
  const sent = performance.now();
  const answer = await fetch("/clock", { cache: "no-store" });
  const { now: agentNow } = await answer.json();
  learn(agentNow, sent, performance.now());
}
