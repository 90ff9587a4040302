// The way to newer trust and withdrawals: from an offer, else step by step from the server (player/sync.py).

import { Refusal, acceptHead, acceptRevocation, acceptTrust } from "./contract/index.js";
import { INCOMPLETE, UNKNOWN_SIGNER } from "./offers.js";

const TRUST_STEPS = 64; // per update, as TUF's clients: a server that never ends is not followed for ever
const MEND_BY_WALKING = ["E-SIG", "E-THRESH", "E-KEY", "E-MIX", "E-ROLLBACK"];

export class Lists {
  constructor({ api, beliefs, offers, clock, faults }) {
    Object.assign(this, { api, beliefs, offers, clock, faults });
  }

  accept = (rule, sealed) => this.beliefs.update((state, now) => rule(state, sealed, now));

  // What could not take effect on its arrival: lists between are missing, or the disk refused.
  async takeOffered() {
    if ((await this.tryOffer("trust", acceptTrust)) === "E-ROOT" || this.beliefs.state.trust === null) {
      await this.walkTrust();
      await this.tryOffer("trust", acceptTrust, true);
    }
    if ((await this.tryOffer("revocation", acceptRevocation)) === "E-APPROVAL") {
      await this.walkRevocation();
      await this.tryOffer("revocation", acceptRevocation, true);
    }
  }

  // Accept the offer of this kind if there is one; the code with which it was refused, or null.
  async tryOffer(kind, rule, lastTry = false) {
    const sealed = this.offers.find(kind);
    if (!sealed) return null;
    try {
      await this.accept(rule, sealed);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (lastTry || refusal.code !== INCOMPLETE[kind]) {
        if (!(lastTry && refusal.code === "E-ROLLBACK")) this.faults.refused(refusal);
        if (![...UNKNOWN_SIGNER, "E-MIX"].includes(refusal.code)) this.offers.drop(kind, sealed);
      }
      return refusal.code;
    }
    this.offers.drop(kind, sealed);
    return null;
  }

  // One version after the other, each saved: a failed step never loses the steps before it.
  async walkTrust() {
    for (let step = 0; step < TRUST_STEPS; step += 1) {
      const sealed = await this.api.trust((this.beliefs.state.trust?.version ?? 0) + 1);
      if (sealed === null) return;
      await this.accept(acceptTrust, sealed);
    }
  }

  // The newest list; if it holds more than its signer may add, one version after the other.
  async walkRevocation() {
    const newest = await this.api.revocation();
    try {
      if (newest !== null) await this.accept(acceptRevocation, newest);
    } catch (refusal) {
      if (refusal.code !== "E-APPROVAL") throw refusal;
      for (let step = 0; step < TRUST_STEPS; step += 1) {
        const sealed = await this.api.revocation(this.beliefs.state.revocation.version + 1);
        if (sealed === null) return;
        await this.accept(acceptRevocation, sealed);
      }
    }
  }

  async takeHead(poll) {
    if (this.beliefs.state.trust === null) return;
    const offered = this.offers.find("head") !== null;
    if (offered && (await this.tryOffer("head", this.headRule)) === null && !poll) return;
    try {
      await this.acceptHead(await this.api.head());
    } catch (refusal) {
      if (!MEND_BY_WALKING.includes(refusal.code)) throw refusal;
      // It may be signed by a newer director, or name a newer list: learn those first, then ask again.
      await this.walkTrust();
      await this.walkRevocation();
      await this.acceptHead(await this.api.head());
    }
  }

  // A new screen has none, before anything is published for it.
  async acceptHead(sealed) {
    if (sealed !== null) await this.accept(this.headRule, sealed);
  }

  headRule = async (state, sealed, now) => {
    const next = await acceptHead(state, sealed, now);
    if (next.head) this.clock.vouch(next.head.issued);
    return next;
  };
}
