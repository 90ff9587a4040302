// What travels over MQTT is deflated when that saves a packet (zlib, RFC 1950).

import { LIMITS } from "./envelope.js";
import { Refusal } from "./refusal.js";

const SPOON_BYTES = 256; // deflate grows data up to a thousandfold: a bomb is fed by the spoon

/**
 * The sealed bytes of an MQTT message; never inflates far past the ceiling of `kind`.
 * @param {Uint8Array} bytes
 * @param {string} kind
 * @returns {Promise<Uint8Array>}
 * @throws {Refusal} E-SIZE for a bomb, E-PARSE for damaged data.
 */
export async function unpack(bytes, kind) {
  if (bytes[0] === "{".charCodeAt(0)) return bytes;
  const chunks = spoons(bytes).pipeThrough(new DecompressionStream("deflate")).getReader();
  const found = [];
  let size = 0;
  for (let chunk; (chunk = await next(chunks)); ) {
    found.push(chunk);
    size += chunk.length;
    if (size > LIMITS[kind]) {
      await chunks.cancel();
      throw new Refusal("E-SIZE", `a ${kind} has at most ${LIMITS[kind]} bytes`);
    }
  }
  return new Uint8Array(await new Blob(found).arrayBuffer());
}

async function next(chunks) {
  try {
    return (await chunks.read()).value;
  } catch (error) {
    throw new Refusal("E-PARSE", `the message is neither plain nor deflated: ${error.message}`);
  }
}

function spoons(bytes) {
  let at = 0;
  return new ReadableStream({
    pull(stream) {
      if (at >= bytes.length) return stream.close();
      stream.enqueue(bytes.slice(at, (at += SPOON_BYTES)));
    },
  }, { highWaterMark: 0 });
}
