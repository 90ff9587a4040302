// The whole life of a player on one page (player/agent.py): start in named steps, then a few loops that meet in alarms
// and in state that is replaced whole.

import { Api } from "./api.js";
import { Beliefs, isOutcast } from "./beliefs.js";
import { Cache } from "./cache.js";
import { Clock } from "./clock.js";
import { Commands } from "./commands.js";
import { askAgain, loadPaired, pair } from "./enrol.js";
import { Faults } from "./faults.js";
import { Journal } from "./journal.js";
import { deviceKey } from "./keys.js";
import { Link } from "./link.js";
import { Lists } from "./lists.js";
import { Offers } from "./offers.js";
import { Orders } from "./orders.js";
import { Alarm, around } from "./pace.js";
import { Pen } from "./pen.js";
import { Reporter } from "./report.js";
import { Stage } from "./stage.js";
import { StateReport } from "./state_report.js";
import { fact, keepFacts } from "./store.js";
import { follow } from "./surface/clock.js";
import { onReport } from "./surface/reports.js";
import { Surface } from "./surface.js";
import { Sync } from "./sync.js";
import { to } from "./topics.js";
import { missing } from "./words.js";

const SEEN_EVERY_MS = 3600 * 1000;
const COMPARE_S = 600; // how often the clock is compared with the server's
const OUTCAST_EVERY_MS = 60_000;

// Live until the page goes. `guard`(name, promise) hears of a loop that broke.
export async function live(guard) {
  const clock = new Clock(await fact("seen"));
  follow(clock);
  const surface = new Surface();
  const key = await deviceKey();
  const api = new Api(key, clock);
  const paired = (await loadPaired()) ?? (await pair(api, key, surface));
  surface.slate();
  const faults = new Faults(clock.mono);
  const [journal, beliefs, cache] = [await Journal.opened(), await Beliefs.opened(paired, clock), await Cache.opened()];
  const offers = new Offers(beliefs, faults, clock);
  const parts = { paired, key, api, clock, surface, faults, journal, beliefs, cache, offers };
  start(parts, guard);
}

function start(parts, guard) {
  const { paired, key, api, clock, surface, faults, journal, beliefs, cache } = parts;
  const alarm = new Alarm();
  const sync = new Sync(parts, new Lists(parts));
  const orders = new Orders(sync, parts);
  const reporter = new Reporter(parts);
  const pen = new Pen(journal, faults, () => reporter.alarm.wake());
  const stored = (entry) => cache.ready(entry.rendition);
  const stage = new Stage(surface, clock, { stored, record: pen.put, device: key.id });
  const link = new Link(paired, journal.book.boot, () => clock.read().ms, heard);
  const leave = async () => {
    stage.stop();
    await Promise.all([pen.write(), link.farewell()]);
    location.reload();
  };
  const commands = new Commands({ ...parts, stage, restart: () => setTimeout(leave, 500) }, (said) => link.sayResult(said));
  const command = to(paired.screen, "command");

  function heard(topic, payload) {
    if (topic === command) commands.put(payload);
    else if (topic) orders.hear(topic, payload);
    alarm.wake();
  }

  link.moved = (known) => askAgain(api, known);
  beliefs.changed = sync.told = cache.foundWhole = () => alarm.wake();
  cache.foundRotten = (error) => {
    orders.note(error);
    orders.alarm.wake();
  };
  onReport(() => alarm.wake());
  addEventListener("pagehide", () => {
    stage.stop();
    pen.write();
  });
  const loops = { pen, reporter, orders, link };
  for (const [name, each] of Object.entries(loops)) guard(name, each.follow());
  guard("clock", keepTime(api, clock));
  guard("stage", perform(alarm, stage, { ...parts, sync, link }));
}

// The stage's loop: what is due, what is missing, what is to be said.
async function perform(alarm, stage, parts) {
  const { clock, surface, faults, beliefs, key, cache, link } = parts;
  const report = new StateReport({ ...parts, stage });
  for (let outcastAgain = 0; ; ) {
    const waitMs = stage.step(beliefs.state);
    if (stage.show === "slate") {
      const { now } = clock.read();
      surface.say(missing({ state: beliefs.state, now, device: key.id, cache, faults }));
    }
    if (isOutcast(beliefs.state, key.id) && clock.mono() >= outcastAgain) {
      faults.add("OUTCAST", "the key of this device was withdrawn");
      outcastAgain = clock.mono() + OUTCAST_EVERY_MS;
    }
    const said = report.due();
    if (said) link.sayState(said);
    await alarm.wait(waitMs / 1000);
  }
}

// The clock: compared with the server's now and then, and remembered for a start without one.
async function keepTime(api, clock) {
  for (let saved = -SEEN_EVERY_MS; ; ) {
    await api.time().catch(() => {}); // no answer, no comparison
    if (clock.mono() - saved >= SEEN_EVERY_MS) {
      await keepFacts({ seen: clock.seenMs() }).catch(() => {}); // the next start knows an older time
      saved = clock.mono();
    }
    const due = clock.mono() + around(COMPARE_S) * 1000;
    while (clock.mono() < due && !clock.wasSet()) await new Promise((done) => setTimeout(done, 5000));
  }
}
