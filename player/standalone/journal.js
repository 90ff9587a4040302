// Every play, on the disk before anyone hears of it, until the server's signed receipt covers it (player/journal.py).
// Numbers never repeat for the life of the device: number and play are stored in one transaction.

import { CLOCK } from "./contract/index.js";
import { change, fact, keepFacts, look } from "./store.js";

export const BATCH_PLAYS = 30;
const FARTHEST = 10 ** 9; // no server of ours can know more than so many plays that this journal does not
const upTo = (n) => IDBKeyRange.upperBound(n);

export class Journal {
  // `last` is the newest number, `receipted` the last one a receipt covers, `chain` the hash of the batch before.
  static async opened() {
    const book = { last: 0, receipted: 0, chain: "", boot: 0, ...(await fact("book")) };
    book.boot += 1;
    await keepFacts({ book });
    return new Journal(book, await look("plays", (store) => store.count()));
  }

  constructor(book, waiting) {
    Object.assign(this, { book, waiting, untimed: 0, queue: Promise.resolve() });
  }

  // One writer at a time.
  turn(work) {
    const done = this.queue.then(work);
    this.queue = done.catch(() => {});
    return done;
  }

  // The play gets its number and is durable; only now may anyone hear of it.
  append(play) {
    return this.turn(async () => {
      const numbered = { ...play, n: this.book.last + 1, boot: this.book.boot };
      const book = { ...this.book, last: numbered.n };
      await change(["facts", "plays"], (store) => {
        store("plays").add(numbered);
        store("facts").put(book, "book");
      });
      this.book = book;
      this.waiting += 1;
      this.untimed += numbered.clock === CLOCK.unknown ? 1 : 0;
      return numbered;
    });
  }

  // The time is known by now: plays of this start without a clock get theirs, `offset` from the monotonic one.
  knowTime(offset) {
    return this.turn(async () => {
      const held = await look("plays", (store) => store.getAll());
      const timeless = held.filter((play) => play.boot === this.book.boot && play.clock === CLOCK.unknown);
      await change(["plays"], (store) => {
        for (const play of timeless) {
          store("plays").put({ ...play, start: play.start_mono_ms + offset, clock: CLOCK.estimated });
        }
      });
      this.untimed = 0;
    });
  }

  // The oldest consecutive plays of one boot, at most `most`; null when none waits.
  async nextBatch(device, screen, most = BATCH_PLAYS) {
    const held = await look("plays", (store) => store.getAll(null, most));
    const end = held.findIndex((play, at) => at && (play.n !== held[at - 1].n + 1 || play.boot !== held[0].boot));
    const plays = end < 0 ? held : held.slice(0, end);
    return plays.length ? { device, screen, boot: plays[0].boot, previous: this.book.chain, plays } : null;
  }

  // Forget what the receipt covers; a gap it names that is still held here is sent again. A receipt beyond our own
  // last number means that this journal was restored from an older copy: numbering goes on behind it.
  settle(receipt) {
    return this.turn(async () => {
      const covered = await this.coveredBy(receipt);
      const count = covered ? await look("plays", (store) => store.count(upTo(covered))) : 0;
      if (receipt.last < this.book.receipted || (count === 0 && receipt.batch === this.book.chain)) return;
      const last = Math.max(this.book.last, receipt.last);
      const book = { ...this.book, last, receipted: receipt.last, chain: receipt.batch };
      await change(["facts", "plays"], (store) => {
        if (count) store("plays").delete(upTo(covered));
        store("facts").put(book, "book");
      });
      this.book = book;
      this.waiting -= count;
    });
  }

  // The last number the receipt covers: up to its own, or to before the first gap that is held here.
  async coveredBy(receipt) {
    for (const [first, last] of [...receipt.gaps].sort(([one], [other]) => one - other)) {
      if (first > receipt.last) break;
      const held = await look("plays", (store) => store.getAllKeys(IDBKeyRange.bound(first, last), 1));
      if (held.length) return held[0] - 1;
    }
    return receipt.last;
  }

  // The server knows numbers up to `last` with other content: number what is held behind them, in a new chain.
  renumber(last) {
    return this.turn(async () => {
      if (!(last >= 0 && last <= this.book.last + FARTHEST)) throw new Error(`the server says it knows ${last} plays`);
      const held = await look("plays", (store) => store.getAll());
      let base = Math.max(last, this.book.receipted);
      if (held.length && base < held[0].n) base = this.book.last; // it says less than it could mean: unused numbers
      const book = { ...this.book, last: Math.max(this.book.last, base + held.length), receipted: base, chain: "" };
      await change(["facts", "plays"], (store) => {
        store("plays").clear();
        held.forEach((play, at) => store("plays").add({ ...play, n: base + 1 + at }));
        store("facts").put(book, "book");
      });
      this.book = book;
    });
  }

  // Keep this play apart and send it no more: the server refused it with `code`, alone.
  setAside(n, code) {
    return this.turn(async () => {
      const play = await look("plays", (store) => store.get(n));
      await change(["plays", "aside"], (store) => {
        store("aside").put({ ...play, code });
        store("plays").delete(n);
      });
      this.waiting -= 1;
    });
  }
}
