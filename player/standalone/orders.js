// When to look for new orders, and what MQTT brings: hints that are never believed more than a poll.

import { Refusal, unpack } from "./contract/index.js";
import { Overtaken, Unreachable } from "./errors.js";
import { Alarm, Backoff, POLL_S, around } from "./pace.js";
import { ALL_REVOCATION, ALL_TRUST, to } from "./topics.js";

export class Orders {
  constructor(sync, { beliefs, offers, faults, clock }) {
    Object.assign(this, { sync, offers, faults, clock });
    const { screen } = beliefs.state;
    this.kinds = { [to(screen, "playlist")]: "playlist", [to(screen, "head")]: "head" };
    Object.assign(this.kinds, { [ALL_TRUST]: "trust", [ALL_REVOCATION]: "revocation" });
    this.alarm = new Alarm();
    this.backoff = new Backoff();
    this.pollMono = clock.mono();
    this.last = Promise.resolve();
    sync.urgent = () => this.alarm.set;
  }

  // One message, after those before it. Whatever it is, it throws nothing.
  hear(topic, payload) {
    const kind = this.kinds[topic];
    if (!kind || !payload.length) return;
    this.last = this.last.then(() => this.take(kind, payload)).catch((error) => this.note(error));
  }

  async take(kind, payload) {
    if (await this.offers.take(kind, await unpack(new Uint8Array(payload), kind))) this.alarm.wake();
  }

  // For ever: a step whenever there is news, a poll every five minutes whatever MQTT says.
  async follow() {
    for (;;) {
      const poll = this.clock.mono() >= this.pollMono;
      const due = this.clock.mono() + (await this.step(poll)) * 1000;
      this.pollMono = poll ? due : Math.min(due, this.pollMono);
      await this.alarm.wait(Math.max(this.pollMono - this.clock.mono(), 0) / 1000);
    }
  }

  // One try to be up to date; seconds until the server should be asked.
  async step(poll) {
    try {
      await this.sync.step(poll);
    } catch (error) {
      if (error instanceof Overtaken) return 0;
      this.note(error);
      return this.backoff.failure(error.retryAfterS ?? null);
    }
    this.backoff.success();
    if (poll) this.faults.clear("NETWORK");
    return around(POLL_S);
  }

  note(error) {
    if (error instanceof Refusal) this.faults.refused(error);
    else if (error instanceof Unreachable) this.faults.add("NETWORK", error.message);
    else this.faults.add("DISK", `orders could not be stored: ${error.message}`);
  }
}
