// Plays on their way to the server: from the journal in batches, each kept until its receipt (player/report.py).

import { Refusal, openReceipt, sealPlays } from "./contract/index.js";
import { Declined, Unreachable } from "./errors.js";
import { BATCH_PLAYS } from "./journal.js";
import { Alarm, Backoff, around } from "./pace.js";

const FULL_PLAYS = 20;
const TRIES_ALONE = 3; // whoever spoils the answers on the way must do it for a while
const ABOUT_THE_DEVICE = ["E-SIG", "E-KEY", "E-TARGET", "E-FORK"]; // no other choice of plays would mend these
const TIMELESS_MS = 10 * 60_000; // so long a start without a clock may learn the time before its plays are handed in
const LATEST_MS = 15000; // the log page lists a play within 30 s of its showing

export class Reporter {
  constructor({ journal, api, key, beliefs, clock, faults }) {
    Object.assign(this, { journal, api, key, beliefs, clock, faults });
    this.alarm = new Alarm();
    this.backoff = new Backoff();
    Object.assign(this, { restingUntil: 0, firstMono: null, most: BATCH_PLAYS, triedAlone: 0 });
    this.begunMono = clock.mono();
  }

  async follow() {
    for (;;) await this.alarm.wait(await this.step());
  }

  // Send one batch if it is time to; seconds to wait before the next step.
  async step() {
    try {
      const waitS = (await this.waitsForTime()) ? LATEST_MS / 1000 : this.dueInS();
      if (waitS > 0) return waitS;
      await this.send();
    } catch (error) {
      return this.failed(error);
    }
    this.backoff.success();
    this.most = Math.min(this.most * 2, BATCH_PLAYS);
    Object.assign(this, { triedAlone: 0, firstMono: null });
    this.faults.clear("PLAYS");
    return this.dueInS();
  }

  // Whether plays of an unknown clock may still get their right time; they get it as soon as it is known.
  async waitsForTime() {
    if (!this.journal.untimed) return false;
    const at = this.clock.read();
    if (!at.now.known) return at.mono < this.begunMono + TIMELESS_MS;
    await this.journal.knowTime(at.ms - at.mono);
    return false;
  }

  // A full batch goes at once, a first play not later than fifteen seconds, nothing waits for nothing.
  dueInS() {
    const mono = this.clock.mono();
    const { waiting } = this.journal;
    if (!waiting) return around(60);
    this.firstMono ??= mono;
    const due = waiting >= Math.min(FULL_PLAYS, this.most) ? mono : this.firstMono + LATEST_MS;
    return Math.max(due - mono, this.restingUntil - mono, 0) / 1000;
  }

  async failed(error) {
    if (error instanceof Declined) return this.makeAmends(error);
    if (error instanceof Refusal) this.faults.refused(error);
    else if (error instanceof Unreachable) this.faults.add("PLAYS", error.message);
    else this.faults.add("JOURNAL", `the journal could not be read or written: ${error.message}`);
    return this.rest(error.retryAfterS ?? null);
  }

  // Nothing is sent for so many seconds, whatever news comes meanwhile.
  rest(askedS = null) {
    const waitS = this.backoff.failure(askedS);
    this.restingUntil = this.clock.mono() + waitS * 1000;
    return waitS;
  }

  // Do about a refusal what keeps the plays behind it coming.
  async makeAmends({ code, last, message }) {
    this.faults.add(code, message);
    try {
      if (code === "E-FORK" && last !== null) await this.journal.renumber(last);
      else if (!ABOUT_THE_DEVICE.includes(code)) await this.narrowDown(code);
    } catch (error) {
      this.faults.add("JOURNAL", `the journal could not be put right: ${error.message}`);
    }
    return this.rest();
  }

  // Send half as many; one that is refused alone, some times in a row, is set aside.
  async narrowDown(code) {
    const batch = await this.batch();
    if (batch === null) return;
    if (batch.plays.length > 1) {
      this.most = batch.plays.length >> 1;
      this.backoff.success(); // the next try is another one
      return;
    }
    this.triedAlone += 1;
    if (this.triedAlone < TRIES_ALONE) return;
    await this.journal.setAside(batch.plays[0].n, code);
    this.triedAlone = 0;
    this.backoff.success();
    this.faults.add("ASIDE", `play ${batch.plays[0].n} was refused: ${code}`);
  }

  batch = () => this.journal.nextBatch(this.key.id, this.beliefs.state.screen, this.most);

  async send() {
    const { state } = this.beliefs;
    if (state.trust === null) throw new Unreachable("no trust yet, so no receipt could be checked");
    const batch = await this.batch();
    if (batch === null) return;
    const before = this.journal.waiting;
    const receipt = await openReceipt(state, await this.api.plays(await sealPlays(batch, this.key.pair)));
    if (receipt.device !== this.key.id) throw new Refusal("E-TARGET", "this receipt is for another device");
    await this.journal.settle(receipt);
    if (receipt.last < batch.plays.at(-1).n && this.journal.waiting >= before) {
      throw new Refusal("E-ROLLBACK", "the receipt covers nothing of what was handed in");
    }
  }
}
