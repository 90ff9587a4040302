// What can go wrong besides a Refusal: nobody must act, try again later.

export class Unreachable extends Error {
  constructor(sentence, retryAfterS = null) {
    super(sentence);
    this.retryAfterS = retryAfterS;
  }
}

// The server refuses this device's key: it was withdrawn or never paired.
export class Unpaired extends Unreachable {}

// Something more urgent came; what arrived so far is kept.
export class Overtaken extends Unreachable {}

// The server understood the plays and does not take them as they are; `last` is the highest number it knows.
export class Declined extends Error {
  constructor(code, last = null) {
    super(`the server declined the plays: ${code}`);
    Object.assign(this, { code, last });
  }
}
