// Asks the interrupt scheduler of @xiboplayer/schedule for one hour: shares of voice beside one ordinary layout.
// Standard input: {"shares": [{"id", "percent", "seconds"}], "normal": seconds, "rounds"}. Answer: the hour and its cost.
import { readFileSync } from "node:fs";
const say = console.log;
console.log = console.info = console.debug = console.warn = () => {}; // it logs every step
const { InterruptScheduler } = await import("@xiboplayer/schedule/interrupts");
const asked = JSON.parse(readFileSync(0, "utf8"));
const interrupts = asked.shares.map(({ id, percent, seconds }) => ({ id, shareOfVoice: percent, duration: seconds }));
const normal = [{ id: 0, duration: asked.normal }];
let loop = [];
const start = process.hrtime.bigint();
for (let round = 0; round < asked.rounds; round += 1) {
  loop = new InterruptScheduler().processInterrupts(normal, interrupts);
}
const took_ms = Number(process.hrtime.bigint() - start) / 1e6 / asked.rounds;
say(JSON.stringify({ took_ms, loop: loop.map(({ id, duration }) => [id, duration]) }));
