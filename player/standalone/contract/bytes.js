// Bytes as text and back, and their hash.

const writer = new TextEncoder();
const reader = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }); // a byte order mark is no part of JSON

/** @param {string} text */
export const utf8 = (text) => writer.encode(text);

/** The text of UTF-8 bytes. Throws a TypeError for anything else. @param {Uint8Array} bytes */
export const textOf = (bytes) => reader.decode(bytes);

/** @param {Uint8Array} bytes */
export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} hex */
export const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 4096) binary += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(binary);
}

/**
 * The bytes of standard base64, written in the one way that an encoder writes it.
 * @param {string} text
 * @throws {Error} for spaces, missing padding, stray bits or another alphabet.
 */
export function fromBase64(text) {
  const binary = atob(text);
  if (btoa(binary) !== text) throw new Error("not canonical base64");
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** @param {Uint8Array} one @param {Uint8Array} other */
export const sameBytes = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

/** The SHA-256 of bytes as 64 hexadecimal digits. @param {Uint8Array} bytes @returns {Promise<string>} */
export const sha256 = async (bytes) => toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
