// What MQTT brought: tried on arrival, and kept for the sync only when its signers may be good (player/offers.py has
// the reasons). A broker is believed no more than any other messenger.

import { Refusal, acceptHead, acceptRevocation, acceptTrust, checkPlaylist } from "./contract/index.js";

export const UNKNOWN_SIGNER = ["E-SIG", "E-THRESH", "E-KEY"]; // perhaps good under a trust that is not here yet
export const INCOMPLETE = {
  trust: "E-ROOT", // authentic, but versions between are missing
  revocation: "E-APPROVAL", // its signer is known, but it holds more than the signer may add
  head: "E-MIX", // authentic, and goes with a trust or a list that is not here yet
};

export class Offers {
  constructor(beliefs, faults, clock) {
    Object.assign(this, { beliefs, faults, clock, kept: new Map() });
  }

  find = (kind) => this.kept.get(kind) ?? null;

  // It was used, or is of no use; one that came meanwhile stays.
  drop(kind, sealed) {
    if (this.kept.get(kind) === sealed) this.kept.delete(kind);
  }

  // Look at an offer. Trust and withdrawals take effect at once. Whether the sync has something to do now.
  async take(kind, sealed) {
    let news = true;
    try {
      news = await this.tried(kind, sealed);
    } catch (error) {
      if (error instanceof Refusal) return this.decline(kind, sealed, error);
      this.faults.add("DISK", `an offer could not be saved: ${error.message}`);
    }
    if (news) this.kept.set(kind, sealed);
    return news;
  }

  // Kept all the same when its signer is unknown: for the sync to try, and to report; a playlist only with its head.
  decline(kind, sealed, refusal) {
    const unknown = UNKNOWN_SIGNER.includes(refusal.code);
    if (unknown) this.kept.set(kind, sealed);
    if (!unknown || (kind === "playlist" && this.beliefs.state.trust !== null)) this.faults.refused(refusal);
    return false;
  }

  async tried(kind, sealed) {
    try {
      if (kind === "trust") return await this.trusted(sealed);
      if (kind === "revocation") return await this.withdrawn(sealed);
      return await this.isNews(kind, sealed);
    } catch (error) {
      if (error instanceof Refusal && error.code === INCOMPLETE[kind]) return true;
      if (kind !== "playlist" || error.code !== "E-MIX") throw error;
      this.kept.set(kind, sealed); // its head may be on the way
      return false;
    }
  }

  // A new trust may make good what was kept before it.
  async trusted(sealed) {
    if (!(await this.update(acceptTrust, sealed))) return false;
    const withdrawal = this.find("revocation");
    this.kept.delete("revocation");
    if (withdrawal) await this.take("revocation", withdrawal);
    return true;
  }

  // In force from here on; there is more to do only when a head waited for it.
  withdrawn = async (sealed) => (await this.update(acceptRevocation, sealed)) && this.kept.has("head");

  async update(rule, sealed) {
    const before = this.beliefs.state;
    return (await this.beliefs.update((state, now) => rule(state, sealed, now))) !== before;
  }

  // Whether a head or a playlist is good and not the one in force.
  async isNews(kind, sealed) {
    const { state } = this.beliefs;
    const { now } = this.clock.read();
    if (kind === "head") return (await acceptHead(state, sealed, now)) !== state;
    const found = await checkPlaylist(state, sealed, now);
    const held = state.playlist?.version;
    return found.version.epoch !== held?.epoch || found.version.number !== held.number;
  }
}
