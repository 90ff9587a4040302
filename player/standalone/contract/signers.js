// Counting signatures: keys come from the held trust, and what counts is distinct persons (playlists/signers.py).

import { enough, signersAmong, verify } from "./envelope.js";
import { Refusal } from "./refusal.js";
import { revoked } from "./state.js";
import { isAlive, personsOf, publicsOf, signingUnits } from "./trust.js";

/** The trust held; without one no signature counts. @throws {Refusal} E-SIG. */
export function trusted(state) {
  if (state.trust === null) throw new Refusal("E-SIG", "there is no trust yet, so no signature counts");
  return state.trust;
}

/**
 * Those of the signing keys that are not revoked and live at `now`; without a known clock only revocation ends a life.
 * @throws {Refusal} E-SIG when nobody signed, E-KEY when only dead keys did.
 */
export function inForce(state, keys, signers, now) {
  enough(signers, 1);
  const ended = revoked(state, "key");
  const lives = (id) => !ended.has(id) && (!now.known || isAlive(keys.get(id), now.ms));
  const alive = new Set([...signers].filter(lives));
  if (alive.size === 0) throw new Refusal("E-KEY", "the key that signed is revoked or not in force");
  return alive;
}

/**
 * The keys of a role that signed and are in force, at least its threshold of persons. Dead keys are put aside before
 * anybody is counted: a revoked key must not help to a threshold.
 * @throws {Refusal} E-SIG, E-KEY or E-THRESH.
 */
export async function roleSigners(state, name, envelope, now) {
  const trust = trusted(state);
  const role = trust.roles.get(name);
  const signers = await signersAmong(envelope, publicsOf(trust, role.keys));
  const alive = inForce(state, trust.keys, signers, now);
  enough(personsOf(trust.keys, alive), role.threshold);
  return alive;
}

/** The root and approver keys that signed a revocation: at least one. @throws {Refusal} E-SIG. */
export async function withdrawingSigners(trust, envelope) {
  return verify(envelope, publicsOf(trust, [...trust.roles.get("root").keys, ...signingUnits(trust).keys()]), 1);
}
