// JSON as a signed document must be read and written: no duplicate keys, no floats, no depth, no surprises.
// JSON.parse would let the last of two equal keys win and round long numbers, so the text is walked here.

import { textOf, utf8 } from "./bytes.js";
import { Refusal } from "./refusal.js";

const LONGEST_INTEGER = 17; // characters: 2^53 - 1 and its sign
const INTEGER = /-?(?:0|[1-9][0-9]*)/y;
const LITERALS = { t: ["true", true], f: ["false", false], n: ["null", null] };

class Walk {
  constructor(text, depth, numbers) {
    Object.assign(this, { text, depth, numbers, at: 0 });
  }

  whole() {
    const value = this.value(0);
    if (this.at !== this.text.length) throw new Error("text behind the document");
    return value;
  }

  value(level) {
    this.space();
    const found = this.bare(level);
    this.space();
    return found;
  }

  bare(level) {
    const first = this.text[this.at];
    if (first === '"') return this.string();
    if (first === "{") return this.object(level + 1);
    if (first === "[") return this.list(level + 1);
    return first in LITERALS ? this.literal(...LITERALS[first]) : this.integer();
  }

  literal(word, value) {
    this.expect(word);
    return value;
  }

  space() {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at += 1;
  }

  takes(word) {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  expect(mark) {
    if (!this.takes(mark)) throw new Error(`no ${mark} at ${this.at}`);
  }

  enter(mark, level) {
    if (level > this.depth) throw new Error(`nested deeper than ${this.depth} levels`);
    this.expect(mark);
    this.space();
  }

  // One token: JSON.parse knows escapes and control characters as well as anybody.
  string() {
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === "\\" ? 2 : 1;
    const value = JSON.parse(this.text.slice(this.at, end + 1));
    if (!value.isWellFormed()) throw new Error("half a character");
    this.at = end + 1;
    return value;
  }

  object(level) {
    const found = new Map();
    this.enter("{", level);
    if (this.takes("}")) return found;
    do {
      this.space();
      if (this.text[this.at] !== '"') throw new Error("a key is a string");
      const key = this.string();
      if (found.has(key)) throw new Error("duplicate key");
      this.space();
      this.expect(":");
      found.set(key, this.value(level));
    } while (this.takes(","));
    this.expect("}");
    return found;
  }

  list(level) {
    const found = [];
    this.enter("[", level);
    if (this.takes("]")) return found;
    do found.push(this.value(level));
    while (this.takes(","));
    this.expect("]");
    return found;
  }

  integer() {
    INTEGER.lastIndex = this.at;
    const [digits] = INTEGER.exec(this.text) ?? [""];
    if (!this.numbers || !digits || digits.length > LONGEST_INTEGER) throw new Error("not an exact integer");
    this.at += digits.length;
    return Number(digits);
  }
}

/**
 * Plain UTF-8 JSON of strings, exact integers, lists and objects. Objects become Maps: no key is special in a Map.
 * @param {Uint8Array} bytes
 * @param {{depth?: number, numbers?: boolean}} limits `numbers` false refuses every number: an envelope has none.
 * @throws {Refusal} E-PARSE for anything else.
 */
export function parse(bytes, { depth = 8, numbers = true } = {}) {
  try {
    return new Walk(textOf(bytes), depth, numbers).whole();
  } catch (error) {
    throw new Refusal("E-PARSE", `the document is not plain JSON: ${error.message}`);
  }
}

/** Canonical JSON of plain objects: sorted keys, no spaces, UTF-8. Equal documents, equal bytes. */
export const canonical = (value) => utf8(JSON.stringify(value, sorted));

// Our keys are ASCII, so JavaScript's order of strings is the order of code points.
const sorted = (_key, value) =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, value[key]]))
    : value;
