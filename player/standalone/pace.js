// When to try again: full jitter, so that ten thousand screens that lost one server do not come back in one second.

export const POLL_S = 300; // orders are asked for every five minutes besides MQTT

export class Backoff {
  constructor(firstS = 2, longestS = 300) {
    Object.assign(this, { firstS, longestS, failures: 0 });
  }

  success() {
    this.failures = 0;
  }

  // Seconds to wait now; never less than the other side asked for, when that is sensible.
  failure(askedS = null) {
    const bound = Math.min(this.longestS, this.firstS * 2 ** Math.min(this.failures, 16));
    this.failures += 1;
    const waitS = Math.random() * bound;
    return askedS === null ? waitS : Math.min(Math.max(askedS, 0), this.longestS) + waitS;
  }
}

// Give or take a fifth.
export const around = (seconds) => seconds * (0.8 + Math.random() * 0.4);

// A wait that news ends early: `wake` may come before, during or between waits.
export class Alarm {
  constructor() {
    this.set = false;
    this.ring = () => {};
  }

  wake() {
    this.set = true;
    this.ring();
  }

  async wait(seconds) {
    if (!this.set) {
      await new Promise((done) => {
        const timer = setTimeout(done, Math.min(seconds * 1000, 2 ** 31 - 1));
        this.ring = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
    this.set = false;
  }
}
