// Readers of one value each, strict in type; whole documents are put together from them (playlists/schemas.py).
// A reader takes what json.js parsed and answers the value or refuses it. Unknown fields are ignored, so that an old
// player survives a newer server; a higher format is refused.

import { Refusal } from "./refusal.js";

export const FORMAT = 1;
const MAX_INTEGER = Number.MAX_SAFE_INTEGER; // 2^53 - 1

/** Refuse with E-SCHEMA unless `condition` holds. */
export function insist(condition, sentence) {
  if (!condition) throw new Refusal("E-SCHEMA", sentence);
}

/** An exact integer; `true` and `"1"` are none. */
export const whole = (lowest = 0, highest = MAX_INTEGER) => (value) => {
  insist(typeof value === "number" && lowest <= value && value <= highest, "an exact integer in its range");
  return value;
};

/** NFC text without control characters; lengths in characters, not in halves of them. */
export const text = (longest = 200, shortest = 1) => (value) => {
  insist(typeof value === "string", "text");
  const length = [...value].length;
  insist(shortest <= length && length <= longest, `text of ${shortest} to ${longest} characters`);
  insist(value.normalize("NFC") === value && !/\p{Cc}/u.test(value), "text is NFC without control characters");
  return value;
};

/** A string that matches a pattern written from ^ to $. */
export const matching = (pattern) => (value) => {
  insist(typeof value === "string" && pattern.test(value), "not of the expected form");
  return value;
};

/** One of some words. */
export const word = (...words) => (value) => {
  insist(words.includes(value), "unknown word");
  return value;
};

/**
 * A list of exactly these columns, as an object; numbers are exact and not negative.
 * @param {Record<string, "number"|"string">} columns
 */
export const row = (columns, check = () => {}) => (values) => {
  const names = Object.keys(columns);
  insist(Array.isArray(values) && values.length === names.length, "a row has exactly its columns");
  const made = Object.fromEntries(names.map((name, at) => [name, values[at]]));
  for (const [name, type] of Object.entries(columns)) {
    insist(typeof made[name] === type, "a row has exactly its columns");
    if (type === "number") whole()(made[name]);
  }
  check(made);
  return made;
};

export const list = (inner, longest = 100_000) => (values) => {
  insist(Array.isArray(values) && values.length <= longest, `a list of at most ${longest}`);
  return values.map((value) => inner(value));
};

/** Two values of a kind. */
export const pair = (inner) => (values) => {
  insist(Array.isArray(values) && values.length === 2, "a pair");
  return values.map((value) => inner(value));
};

/** An object whose keys are of somebody's choosing, as a Map. */
export const dictionary = (key, inner) => (data) => {
  insist(data instanceof Map, "an object");
  return new Map(Array.from(data, ([name, value]) => [key(name), inner(value)]));
};

/** A field that may be missing; it is `instead` then. */
export const optional = (inner, instead) => Object.assign((value) => inner(value), { instead });

/** An object with these fields; `check` refuses what is no whole although each field is right. */
export const part = (fields, check = () => {}) => (data) => {
  insist(data instanceof Map, "an object");
  const made = {};
  for (const [name, read] of Object.entries(fields)) {
    insist(data.has(name) || read.instead !== undefined, `${name} is missing`);
    made[name] = data.has(name) ? read(data.get(name)) : read.instead;
  }
  check(made);
  return made;
};

/** A whole document: a part that also carries its format number. */
export const wholeDocument = (fields, check) => (data) => {
  insist(data instanceof Map && data.get("format") === FORMAT, `only format ${FORMAT} is understood`);
  return part(fields, check)(data);
};
