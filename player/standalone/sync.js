// How new orders come in: head, then trust and revocation, then playlist, approvals, files; then the switch
// (player/sync.py). A refusal keeps what plays; the switch comes when every file is here and checked.

import { LIMITS, Refusal, acceptApproval, acceptPlaylist, checkPlaylist, sha256 } from "./contract/index.js";
import { Overtaken, Unreachable } from "./errors.js";

export class Sync {
  constructor({ api, cache, beliefs, offers, clock }, lists) {
    Object.assign(this, { api, cache, beliefs, offers, clock, lists });
    this.pending = null; // {version, phase}: a playlist on its way in, and how far it came
    this.told = () => {};
    this.urgent = () => false; // newer news came while files were being fetched
  }

  // Bring everything up to date, as far as it goes: one part that fails does not keep the others waiting. Without
  // `poll` the server is asked only for what the offers leave open.
  // Throws Refusal, Overtaken (step again), Unreachable (later), or what the browser's storage throws.
  async step(poll = true) {
    let failed = null;
    const offered = new Map(this.offers.kept);
    const { lists } = this;
    for (const part of [() => lists.takeOffered(), () => lists.takeHead(poll), () => this.takePlaylist()]) {
      try {
        await part();
      } catch (error) {
        if (error instanceof Overtaken || !(error instanceof Refusal || error instanceof Unreachable)) throw error;
        failed ??= error;
      }
    }
    if (failed) throw failed;
    if (poll) await this.forget(offered);
  }

  // The server had the same as these offers, or better; what still goes with nothing is reported.
  async forget(offered) {
    await this.lists.tryOffer("head", this.lists.headRule, true);
    for (const [kind, sealed] of offered) this.offers.drop(kind, sealed);
  }

  async takePlaylist() {
    const { state } = this.beliefs;
    if (state.head === null) return;
    const wanted = state.head.playlist;
    if (wanted.sha256 === state.playlistSha256) {
      await this.fetchFiles(state.playlist);
      this.tell(null);
      return;
    }
    const sealed = await this.sealedPlaylist(wanted);
    const playlist = await checkPlaylist(state, sealed, this.clock.read().now);
    this.tell({ version: playlist.version, phase: "" });
    await this.fetchApprovals(playlist);
    await this.requireApproved(playlist, sealed);
    await this.fetchFiles(playlist);
    this.tell({ version: playlist.version, phase: "fetched" });
    await this.beliefs.update((before, now) => this.withPlaylist(before, playlist, sealed, now));
    this.tell({ version: playlist.version, phase: "armed" });
    await this.cache.evict(namedBy(playlist));
  }

  // The bytes that the head names, from MQTT if they came that way.
  async sealedPlaylist(wanted) {
    const offered = this.offers.find("playlist");
    return offered && (await sha256(offered)) === wanted.sha256 ? offered : this.api.playlist();
  }

  // Refuse before any file is fetched: a stolen director key must not fill the disk either.
  async requireApproved(playlist, sealed) {
    const { state } = this.beliefs;
    try {
      await this.withPlaylist(state, playlist, sealed, this.clock.read().now);
    } catch (refusal) {
      const kept = namedBy(state.playlist);
      await this.cache.remove([...namedBy(playlist)].filter((name) => !kept.has(name)));
      throw refusal;
    }
  }

  async fetchApprovals(playlist) {
    for (const { approval } of new Map(playlist.entries.map((each) => [each.approval.sha256, each])).values()) {
      if (approval.size_bytes > LIMITS.approval) throw new Refusal("E-SIZE", "the approval is too long");
      await this.fetch(approval, "application/json");
    }
  }

  // The state that plays `playlist`, every one of its approvals accepted first.
  async withPlaylist(before, playlist, sealed, now) {
    let state = before;
    for (const { approval } of new Map(playlist.entries.map((each) => [each.approval.sha256, each])).values()) {
      const bytes = new Uint8Array(await (await this.cache.checked(approval)).arrayBuffer());
      state = await acceptApproval(state, bytes, approval, now);
    }
    return acceptPlaylist(state, sealed, now);
  }

  // All renditions; makes room first, by removing what neither this nor the current playlist names.
  async fetchFiles(playlist) {
    const renditions = new Map((playlist?.entries ?? []).map((entry) => [entry.rendition.sha256, entry.rendition]));
    const missing = [...renditions.values()].filter((rendition) => !this.cache.holds(rendition));
    if (!missing.length) return;
    const room = missing.reduce((sum, rendition) => sum + rendition.size_bytes, 0);
    await this.cache.evict(new Set([...namedBy(playlist), ...namedBy(this.beliefs.state.playlist)]), room);
    for (const rendition of missing) await this.fetch(rendition, rendition.media_type);
  }

  async fetch(wanted, mediaType) {
    if (this.urgent()) throw new Overtaken("newer orders came while files were being fetched");
    await this.cache.fetch(wanted, mediaType, this.urgent);
  }

  tell(pending) {
    this.pending = pending;
    this.told();
  }
}

// Every file a playlist needs.
export const namedBy = (playlist) =>
  new Set((playlist?.entries ?? []).flatMap((entry) => [entry.rendition.sha256, entry.approval.sha256]));
