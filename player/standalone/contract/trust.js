// What makes a trust document whole, and whose approval counts for which screen (playlists/trust.py, approvals.py).

import { fromHex } from "./bytes.js";
import { keyId } from "./keys.js";
import { Refusal } from "./refusal.js";

const ROLES = ["root", "director", "log"];

function insist(condition, sentence) {
  if (!condition) throw new Refusal("E-TRUST", sentence);
}

/**
 * Refuse a trust document that would switch a check off, whoever signed it.
 * @throws {Refusal} E-TRUST for a missing role, an unknown or misnamed key, a key with two jobs, or a threshold that is
 *   zero, negative or more than there are persons.
 */
export async function checkTrust(trust) {
  for (const [id, key] of trust.keys) {
    insist(id === (await keyId(fromHex(key.public))), "a key is filed under another key's id");
  }
  for (const role of ROLES) insist(trust.roles.has(role), `the role ${role} is missing`);
  const jobs = [...trust.roles.values()].flatMap((role) => role.keys);
  jobs.push(...[...trust.units.values()].flatMap((unit) => unit.approvers));
  insist(jobs.length === new Set(jobs).size, "a key has two jobs");
  insist(jobs.every((id) => trust.keys.has(id)), "a role names a key that is not listed");
  for (const [name, role] of trust.roles) {
    const most = personsOf(trust.keys, role.keys).size;
    insist(1 <= role.threshold && role.threshold <= most, `the threshold of ${name} is not between 1 and its persons`);
  }
  for (const [code, unit] of trust.units) checkUnit(trust, code, unit);
}

function checkUnit(trust, code, unit) {
  insist(unit.id === code, "a unit is filed under another unit's name");
  insist(unit.parent === "" || trust.units.has(unit.parent), `the unit above ${code} is not listed`);
  insist(unit.threshold >= 1 && unit.wide_threshold >= 1, `the threshold of unit ${code} is below one`);
}

/** Who stands behind these key ids. */
export const personsOf = (keys, ids) => new Set(Array.from(ids, (id) => keys.get(id).person));

/** The public keys of these key ids. */
export const publicsOf = (trust, ids) => new Map(Array.from(ids, (id) => [id, trust.keys.get(id).public]));

/** Whether a key lives at an instant. */
export const isAlive = (key, ms) => key.not_before <= ms && ms < key.not_after;

/** The approving unit of each approver key. */
export function signingUnits(trust) {
  const units = new Map();
  for (const unit of trust.units.values()) for (const id of unit.approvers) units.set(id, unit.id);
  return units;
}

/** The unit itself and the units above it, nearest first; none for an unknown unit. */
export function ancestors(trust, unit) {
  const path = [];
  for (let at = unit; trust.units.has(at) && !path.includes(at); at = trust.units.get(at).parent) path.push(at);
  return path;
}

/**
 * Refuse an approval that does not hold for a screen of `screenUnit`: the approving unit must be the screen's unit or
 * stand above it, the scope must reach the screen, and enough distinct persons of that unit, none of them the author,
 * must have signed.
 * @throws {Refusal} E-APPROVAL or E-THRESH.
 */
export function stillSigned(trust, approval, signers, screenUnit) {
  const above = ancestors(trust, screenUnit);
  if (!above.includes(approval.unit)) {
    throw new Refusal("E-APPROVAL", `unit ${approval.unit} does not approve for screens of ${screenUnit}`);
  }
  if (!approval.scope.some((unit) => above.includes(unit))) {
    throw new Refusal("E-APPROVAL", `the approval does not reach screens of ${screenUnit}`);
  }
  const approving = trust.units.get(approval.unit);
  const own = approving.approvers.filter((id) => signers.has(id));
  if (own.length === 0) throw new Refusal("E-APPROVAL", `nobody who approves for ${approval.unit} signed`);
  const persons = personsOf(trust.keys, own);
  persons.delete(approval.author);
  const needed = approval.unit === screenUnit ? approving.threshold : approving.wide_threshold;
  if (persons.size < needed) throw new Refusal("E-THRESH", `${persons.size} of ${needed} persons approved`);
}
