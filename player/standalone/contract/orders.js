// Accepting what is to be shown: head, approvals, playlist (the second part of playlists/accept.py).

import { sha256 } from "./bytes.js";
import { compareVersions, epochAgrees, notFromTheFuture, raised, sameOrFork, withOne } from "./checks.js";
import { read } from "./documents.js";
import { LIMITS, openEnvelope, verify } from "./envelope.js";
import { Refusal } from "./refusal.js";
import { roleSigners, trusted } from "./signers.js";
import { revoked } from "./state.js";
import { isAlive, publicsOf, signingUnits, stillSigned } from "./trust.js";

/**
 * The state under a newer pointer. Its expiry is a state, not a refusal.
 * @throws {Refusal} E-SIZE, E-PARSE, E-TYPE, E-SIG, E-SCHEMA, E-KEY, E-TARGET, E-ROLLBACK, E-FORK, E-MIX, E-FUTURE.
 *   E-MIX says: fetch the trust or revocation it names first.
 */
export async function acceptHead(state, bytes, now) {
  const trust = trusted(state);
  const envelope = openEnvelope("head", bytes);
  const signers = await roleSigners(state, "director", envelope, now);
  const head = read("head", envelope.payload);
  if (head.screen !== state.screen) throw new Refusal("E-TARGET", `this head is for ${head.screen}`);
  const age = state.head === null ? 1 : compareHeads(head, state.head);
  if (age < 0) throw new Refusal("E-ROLLBACK", "this head is older than the one held");
  if (age === 0) return sameOrFork(state, envelope);
  if (state.head !== null && isOtherPlaylist(head, state.head)) {
    throw new Refusal("E-FORK", "two playlists carry one version");
  }
  epochAgrees(head.version.epoch, trust);
  goesWith("trust", head.trust, trust.version);
  goesWith("revocation", head.revocation, state.revocation.version);
  notFromTheFuture(head.issued, now);
  const floors = raised(state.floors, signers, head.issued, trust);
  return { ...state, head, floors, sealed: withOne(state.sealed, "head", bytes) };
}

const compareHeads = (one, other) => compareVersions(one.version, other.version) || one.issued - other.issued;

const isSameFile = (one, other) => one.sha256 === other.sha256 && one.size_bytes === other.size_bytes;

const isOtherPlaylist = (head, held) =>
  compareVersions(head.version, held.version) === 0 && !isSameFile(head.playlist, held.playlist);

function goesWith(what, named, held) {
  if (named !== held) throw new Refusal("E-MIX", `the head goes with ${what} ${named}, held is ${held}`);
}

/**
 * The state that also holds this approval, the file `reference` names.
 * @throws {Refusal} E-SIZE, E-HASH, E-PARSE, E-TYPE, E-SIG, E-SCHEMA, E-KEY, E-APPROVAL, E-THRESH.
 */
export async function acceptApproval(state, bytes, reference, _now) {
  const trust = trusted(state);
  if (bytes.length > LIMITS.approval) throw new Refusal("E-SIZE", "the approval is too long");
  if (bytes.length !== reference.size_bytes || (await sha256(bytes)) !== reference.sha256) {
    throw new Refusal("E-HASH", "the approval is not the file the playlist names");
  }
  const envelope = openEnvelope("approval", bytes);
  const signed = await verify(envelope, publicsOf(trust, signingUnits(trust).keys()), 1);
  const approval = read("approval", envelope.payload);
  // An approval outlives its approver's key: what counts is that the key was alive when it signed.
  const signers = new Set([...signed].filter((id) => isAlive(trust.keys.get(id), approval.issued)));
  if (signers.size === 0) throw new Refusal("E-KEY", "the approver's key was not in force when it signed");
  const ended = revoked(state, "key");
  const left = new Set([...signers].filter((id) => !ended.has(id)));
  if (left.size === 0) throw new Refusal("E-KEY", "the approver's key is revoked");
  stillSigned(trust, approval, left, state.unit);
  const held = withOne(state.held, reference.sha256, { approval, signers });
  return { ...state, held, sealed: withOne(state.sealed, reference.sha256, bytes) };
}

/**
 * The playlist in `bytes`, believed in everything but its items: it says which files to fetch first.
 * @throws {Refusal} E-SIZE, E-PARSE, E-TYPE, E-SIG, E-SCHEMA, E-KEY, E-TARGET, E-ROLLBACK, E-FORK, E-MIX, E-FUTURE.
 */
export const checkPlaylist = async (state, bytes, now) => (await checked(state, bytes, now)).playlist;

async function checked(state, bytes, now) {
  const trust = trusted(state);
  const envelope = openEnvelope("playlist", bytes);
  const signers = await roleSigners(state, "director", envelope, now);
  const playlist = read("playlist", envelope.payload);
  if (playlist.screen !== state.screen || playlist.unit !== state.unit) {
    throw new Refusal("E-TARGET", `this playlist is for ${playlist.screen} of ${playlist.unit}`);
  }
  if (state.playlist !== null) succeeds(playlist, state, envelope);
  epochAgrees(playlist.version.epoch, trust);
  if (state.head === null || compareVersions(state.head.version, playlist.version) !== 0) {
    throw new Refusal("E-MIX", "the head does not name this playlist");
  }
  const hash = await sha256(bytes);
  if (state.head.playlist.sha256 !== hash) throw new Refusal("E-MIX", "these are not the bytes the head names");
  if (playlist.trust > trust.version || playlist.revocation > state.revocation.version) {
    throw new Refusal("E-MIX", "the playlist was made under a newer trust or revocation than the one held");
  }
  notFromTheFuture(playlist.issued, now);
  return { playlist, signers, hash };
}

// A jump in the numbers is no fault: the player was away, or two changes came at once.
function succeeds(playlist, state, envelope) {
  const held = state.playlist.version;
  const order = compareVersions(playlist.version, held);
  if (order < 0) throw new Refusal("E-ROLLBACK", "this playlist is older than the one held");
  if (order === 0) sameOrFork(state, envelope);
  const next = { epoch: held.epoch, number: held.number + 1 };
  if (compareVersions(playlist.version, next) === 0 && playlist.previous !== state.playlistSha256) {
    throw new Refusal("E-FORK", "this playlist follows another one than the one held");
  }
}

/**
 * The state that plays this playlist. Every item must be a file that an approval held here covers.
 * @throws {Refusal} as `checkPlaylist`, and E-APPROVAL or E-ITEM for the first item nobody approved.
 */
export async function acceptPlaylist(state, bytes, now) {
  const { playlist, signers, hash } = await checked(state, bytes, now);
  for (const entry of playlist.entries) covers(state.held.get(entry.approval.sha256)?.approval, entry);
  const named = new Set(playlist.entries.map((entry) => entry.approval.sha256));
  const sealed = new Map([...state.sealed].filter(([name]) => named.has(name) || !state.held.has(name)));
  return {
    ...state,
    playlist,
    playlistSha256: hash,
    held: new Map([...state.held].filter(([name]) => named.has(name))),
    floors: raised(state.floors, signers, playlist.issued, trusted(state)),
    sealed: sealed.set("playlist", bytes),
  };
}

function covers(approval, entry) {
  if (approval?.item !== entry.item) throw new Refusal("E-APPROVAL", `“${entry.title}” has no approval`);
  const { rendition } = entry;
  if (!approval.renditions.some((one) => isSameFile(one, rendition) && one.media_type === rendition.media_type)) {
    throw new Refusal("E-ITEM", `“${entry.title}” is not a file that its approval covers`);
  }
}
