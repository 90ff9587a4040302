// Plays on their way to the disk: in the order in which they came, each exactly once (player/pen.py).

import { Alarm } from "./pace.js";

const AGAIN_S = 5; // a disk that refused is asked again
const UNWRITTEN_PLAYS = 5000;

export class Pen {
  constructor(journal, faults, written) {
    Object.assign(this, { journal, faults, written, unwritten: [], last: Promise.resolve(), alarm: new Alarm() });
  }

  put = (play) => {
    this.unwritten = [...this.unwritten.slice(-UNWRITTEN_PLAYS + 1), play];
    this.alarm.wake();
  };

  async follow() {
    for (;;) {
      const waitS = (await this.write()) ? 3600 : AGAIN_S;
      await this.alarm.wait(waitS);
    }
  }

  // Write everything that waits; false when the disk refused and the rest must wait. One writer, whoever asks.
  write() {
    this.last = this.last.then(() => this.drain());
    return this.last;
  }

  async drain() {
    let fine = true;
    while (fine && this.unwritten.length) fine = await this.append(this.unwritten[0]);
    if (fine) this.faults.clear("JOURNAL");
    return fine;
  }

  async append(play) {
    try {
      await this.journal.append(play);
    } catch (error) {
      this.faults.add("JOURNAL", `a play could not be written: ${error.message}`);
      return false;
    }
    this.unwritten = this.unwritten.filter((each) => each !== play);
    this.written();
    return true;
  }
}
