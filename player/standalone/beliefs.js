// The state in force: saved first, then believed. It is replaced whole, so a reader needs no lock.

import { Refusal, blankState, floorMs, restore } from "./contract/index.js";
import { fact, keepFacts } from "./store.js";

export class Beliefs {
  static async opened({ screen, unit, root }, clock) {
    const saved = await fact(`state-${screen}`);
    return new Beliefs(await restored(screen, unit, root, saved), clock);
  }

  constructor(state, clock) {
    Object.assign(this, { state, clock, last: Promise.resolve(), changed: () => {} });
    clock.believe(floorMs(state));
  }

  // The state after `accept`(state, now): saved, then in force. Two updates never overtake each other.
  // Throws a Refusal from `accept`, or what the browser's storage throws; nothing changed then.
  update(accept) {
    const turn = this.last.then(() => this.take(accept));
    this.last = turn.catch(() => {});
    return turn;
  }

  async take(accept) {
    const state = await accept(this.state, this.clock.read().now);
    if (state === this.state) return state;
    await keepFacts({ [`state-${state.screen}`]: { sealed: state.sealed, floors: state.floors } });
    this.state = state;
    this.clock.believe(floorMs(state));
    this.changed();
    return state;
  }
}

async function restored(screen, unit, root, saved) {
  try {
    if (saved) return await restore(screen, unit, root, saved.sealed, saved.floors);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.warn(`what was saved cannot be used: ${error.message}`); // the server has all of it
  }
  return blankState(screen, unit, root);
}

// Whether this very device was withdrawn: then it shows nothing any more.
export const isOutcast = (state, device) =>
  state.revocation.entries.some((entry) => entry.kind === "device" && entry.value === device);
