// What a player says about itself: the reported state, published when it changes and at least every minute.

import { CLOCK, freshness } from "./contract/index.js";

const SOFTWARE = "0.1.0 browser";
const AT_LEAST_EVERY_MS = 60_000;
const CALM_MS = 5_000; // what only changes with the item on screen is not said more often than this
const CALM_FIELDS = ["showing", "journal", "at"];
const CLOCKS = Object.fromEntries(Object.entries(CLOCK).map(([word, number]) => [number, word]));

export class StateReport {
  constructor({ key, beliefs, journal, faults, clock, stage, surface, sync }) {
    Object.assign(this, { key, beliefs, journal, faults, clock, stage, surface, sync });
    Object.assign(this, { said: {}, saidMono: -AT_LEAST_EVERY_MS, health: {} });
  }

  // The state to publish now, if there is news or a minute has passed; else null.
  due() {
    const mono = this.clock.mono();
    const age = mono - this.saidMono;
    const state = this.now();
    const urgent = without(state) !== without(this.said);
    const calm = age >= CALM_MS && JSON.stringify(state.showing) !== JSON.stringify(this.said.showing);
    if (!urgent && !calm && age < AT_LEAST_EVERY_MS) return null;
    Object.assign(this, { said: state, saidMono: mono });
    health().then((found) => (this.health = found)); // the stage waits for no disk: it is said the next time
    return { ...state, health: this.health };
  }

  now() {
    const { state } = this.beliefs;
    const at = this.clock.read();
    const held = state.playlist?.version ?? null;
    return {
      format: 1,
      screen: state.screen,
      device: this.key.id,
      boot: this.journal.book.boot,
      at: at.ms,
      playlist: held && versionOf(held),
      phase: held && (same(this.stage.shownVersion, held) ? "shown" : "armed"),
      pending: this.pending(held),
      showing: this.showing(),
      display: this.surface.displayed(),
      freshness: freshness(state, at.now),
      clock: CLOCKS[at.quality],
      faults: this.faults.listed(),
      journal: { last: this.journal.book.last, receipted: this.journal.book.receipted },
      software: SOFTWARE,
    };
  }

  pending(held) {
    const { pending } = this.sync;
    return !pending || same(pending.version, held) ? null : { ...versionOf(pending.version), phase: pending.phase };
  }

  showing() {
    const { turn } = this.stage;
    if (!turn || turn.at < 0 || !this.surface.displayed()) return null;
    const { item, title } = turn.playlist.entries[turn.showing.entry];
    return { entry: turn.showing.entry, item, title, since: turn.at };
  }
}

const versionOf = ({ epoch, number }) => ({ epoch, version: number });
const same = (one, other) => one?.epoch === other?.epoch && one?.number === other?.number;
const without = (state) =>
  JSON.stringify(Object.entries(state).filter(([name]) => !CALM_FIELDS.includes(name)));

async function health() {
  const { usage = 0, quota = 0 } = await navigator.storage.estimate();
  return { disk_free_bytes: Math.max(quota - usage, 0) };
}
