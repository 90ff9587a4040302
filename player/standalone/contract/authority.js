// Accepting who may sign and what was withdrawn (the first part of playlists/accept.py).

import { fromHex } from "./bytes.js";
import { notFromTheFuture, raised, sameOrFork, withOne } from "./checks.js";
import { read } from "./documents.js";
import { enough, openEnvelope, signersAmong } from "./envelope.js";
import { keyId } from "./keys.js";
import { Refusal } from "./refusal.js";
import { inForce, trusted, withdrawingSigners } from "./signers.js";
import { revoked } from "./state.js";
import { ancestors, checkTrust, personsOf, publicsOf, signingUnits } from "./trust.js";

/**
 * The state under a new trust document: the first against the pinned root, then exactly one version on.
 * @throws {Refusal} E-SIZE, E-PARSE, E-TYPE, E-SIG, E-THRESH, E-SCHEMA, E-ROLLBACK, E-FORK, E-ROOT, E-TRUST, E-FUTURE.
 */
export async function acceptTrust(state, bytes, now) {
  const envelope = openEnvelope("trust", bytes);
  const signers = await rootSigners(state, envelope);
  const trust = read("trust", envelope.payload);
  if (state.trust !== null && trust.version === state.trust.version) return sameOrFork(state, envelope);
  follows(trust, state.trust);
  await checkTrust(trust);
  const root = trust.roles.get("root");
  const own = await signersAmong(envelope, publicsOf(trust, root.keys));
  if (personsOf(trust.keys, own).size < root.threshold) {
    throw new Refusal("E-ROOT", "the new root does not sign its own document");
  }
  notFromTheFuture(trust.issued, now);
  const kept = new Map([...state.floors].filter(([id]) => trust.keys.has(id)));
  const floors = raised(kept, signers, trust.issued, trust);
  return { ...state, trust, floors, sealed: withOne(state.sealed, "trust", bytes) };
}

function follows(trust, held) {
  if (held === null) return;
  const { version } = trust;
  if (version < held.version) throw new Refusal("E-ROLLBACK", `trust ${version} is older than the one held`);
  if (version !== held.version + 1) throw new Refusal("E-ROOT", `trust ${version} does not follow ${held.version}`);
  if (trust.epoch < held.epoch) throw new Refusal("E-ROLLBACK", "the epoch went back");
}

// The held (at first: pinned) root keys that signed, at least a threshold of persons.
async function rootSigners(state, envelope) {
  const { publics, person, threshold } = state.trust === null ? await pinnedRoot(state.pinned) : heldRoot(state.trust);
  const ended = revoked(state, "key");
  const signers = [...(await signersAmong(envelope, publics))].filter((id) => !ended.has(id));
  enough(signers.map(person), threshold);
  return signers;
}

async function pinnedRoot({ keys, threshold }) {
  const publics = new Map();
  for (const key of keys) publics.set(await keyId(fromHex(key)), key);
  return { publics, person: (id) => id, threshold };
}

function heldRoot(trust) {
  const { keys, threshold } = trust.roles.get("root");
  return { publics: publicsOf(trust, keys), person: (id) => trust.keys.get(id).person, threshold };
}

/**
 * The state with a longer list of withdrawn things; it takes effect at once, through `whyNot`. Root may add anything;
 * an approver only approvals and hashes of units at or below the own unit.
 * @throws {Refusal} E-SIZE, E-PARSE, E-TYPE, E-SIG, E-SCHEMA, E-KEY, E-ROLLBACK, E-FORK, E-APPROVAL, E-FUTURE.
 */
export async function acceptRevocation(state, bytes, now) {
  const trust = trusted(state);
  const envelope = openEnvelope("revocation", bytes);
  const signed = await withdrawingSigners(trust, envelope);
  const revocation = read("revocation", envelope.payload);
  // Like an approval, a list outlives its signer's key: what counts is that the key lived when it signed.
  const signers = inForce(state, trust.keys, signed, { ms: revocation.issued, known: true });
  if (revocation.version === state.revocation.version) return sameOrFork(state, envelope);
  const fresh = added(state.revocation, revocation);
  mayAdd(trust, signers, fresh);
  notFromTheFuture(revocation.issued, now);
  const floors = raised(state.floors, signers, revocation.issued, trust);
  return { ...state, revocation, floors, sealed: withOne(state.sealed, "revocation", bytes) };
}

// What the later list has beyond the earlier one.
function added(earlier, later) {
  const named = (list) => new Map(list.entries.map((entry) => [JSON.stringify(Object.values(entry)), entry]));
  const [before, after] = [named(earlier), named(later)];
  if (later.version < earlier.version || ![...before.keys()].every((name) => after.has(name))) {
    throw new Refusal("E-ROLLBACK", "what was withdrawn stays withdrawn");
  }
  return [...after].filter(([name]) => !before.has(name)).map(([, entry]) => entry);
}

function mayAdd(trust, signers, entries) {
  const root = trust.roles.get("root");
  const roots = root.keys.filter((id) => signers.has(id));
  if (personsOf(trust.keys, roots).size >= root.threshold) return;
  const units = signingUnits(trust);
  const reaching = [...signers].filter((id) => units.has(id)).map((id) => units.get(id));
  if (!entries.every((entry) => mayWithdraw(trust, reaching, entry))) {
    throw new Refusal("E-APPROVAL", "a unit withdraws only what it or a unit below it approved");
  }
}

function mayWithdraw(trust, units, entry) {
  const above = ancestors(trust, entry.unit);
  return ["approval", "hash"].includes(entry.kind) && units.some((unit) => above.includes(unit));
}
