// Checks that the acceptance of several kinds shares (the last part of playlists/accept.py).

import { sameBytes } from "./bytes.js";
import { openEnvelope } from "./envelope.js";
import { Refusal } from "./refusal.js";

const FUTURE_TOLERANCE_MS = 10 * 60_000;

/** The state as it is when the document held says the very same. @throws {Refusal} E-FORK. */
export function sameOrFork(state, envelope) {
  const held = state.sealed.get(envelope.kind);
  if (held && sameBytes(openEnvelope(envelope.kind, held).payload, envelope.payload)) return state;
  throw new Refusal("E-FORK", `two different documents carry one version of the ${envelope.kind}`);
}

/** @throws {Refusal} E-ROLLBACK for an epoch that ended, E-MIX for one not begun here. */
export function epochAgrees(epoch, trust) {
  if (epoch < trust.epoch) throw new Refusal("E-ROLLBACK", `epoch ${epoch} has ended`);
  if (epoch > trust.epoch) throw new Refusal("E-MIX", `epoch ${epoch} is not in the trust held`);
}

/** @throws {Refusal} E-FUTURE, when the clock is known. */
export function notFromTheFuture(issued, now) {
  if (now.known && issued > now.ms + FUTURE_TOLERANCE_MS) {
    throw new Refusal("E-FUTURE", "the document was issued in the future");
  }
}

/** The floors after a document of these signers: never past the end of trust, forgotten when the key is rotated. */
export function raised(floors, signers, issued, trust) {
  const capped = Math.min(issued, trust.expires);
  const own = [...signers].filter((id) => trust.keys.has(id));
  return new Map([...floors, ...own.map((id) => [id, Math.max(capped, floors.get(id) ?? 0)])]);
}

/** Versions in order: epoch first. Negative, zero or positive as `one` is before, equal to or after `other`. */
export const compareVersions = (one, other) => one.epoch - other.epoch || one.number - other.number;

/** A Map with one more thing in it. */
export const withOne = (map, name, value) => new Map([...map, [name, value]]);
