// What is on the screen now, and the record of it (player/stage.py). One turn is one showing; it becomes a play when it
// is over, from what the layers reported: no report, no play.

import { outputAt } from "./contract/index.js";
import { isOutcast } from "./beliefs.js";
import { Due, keyOf, whyCut } from "./due.js";
import { reports } from "./surface/reports.js";
import { FAREWELL_MS, again, newTurn, playOf } from "./turn.js";

const LONGEST_WAIT_MS = 250;
const LATEST_NEWS_MS = 5000;

export class Stage {
  // `stored` gives the address of an entry's checked file or null, `record` takes every finished play.
  constructor(surface, clock, { stored, record, device }) {
    Object.assign(this, { surface, clock, stored, record, device });
    Object.assign(this, { turn: null, show: "slate", shownVersion: null, next: null, blanked: false });
    Object.assign(this, { closing: [], early: [], adjusted: null, due: new Due(stored) });
  }

  // Bring the screen to what is due now; milliseconds after which to look again.
  step(state) {
    const at = this.clock.read();
    this.listen(at);
    const showing = this.showingNow(state, at);
    this.turnTo(state, showing, at);
    this.prepare(state, showing, at);
    this.close(at.mono);
    return Math.min(Math.max(showing.end - at.ms, 10), LONGEST_WAIT_MS);
  }

  // Record what is on as far as it came.
  stop(reason = "stopped") {
    const at = this.clock.read();
    this.listen(at);
    this.endTurn(reason, at);
    this.close(at.mono + FAREWELL_MS);
  }

  showingNow(state, at) {
    const nothing = { entry: null, start: at.ms, end: at.ms + 60_000 };
    if (!state?.playlist || isOutcast(state, this.device)) return { ...nothing, show: "slate" };
    if (this.blanked) return { ...nothing, show: "off" };
    return this.due.mayFinish(this.turn, state, at) ? this.turn.showing : this.due.showing(state, at);
  }

  turnTo(state, showing, at) {
    const playlist = state?.playlist;
    if (playlist) this.adjust(at.now.known ? outputAt(playlist, at.ms).output : playlist.output);
    if (this.turn && showing === this.turn.showing) return;
    if (!playlist || showing.entry === null || showing.show === "hold") return this.rest(state, showing, at);
    if (this.turn?.cue.key === keyOf(playlist, showing)) return;
    const withdrawn = this.endTurn(whyCut(this.turn, state, at, this.device), at);
    const cue = this.cue(playlist, showing);
    this.surface.show(cue, withdrawn);
    this.show = showing.show;
    const watched = this.surface.displayed() && at.ms < cue.start + 1000;
    this.turn = newTurn({ state, showing, cue, quality: at.quality, mono: at.mono, watched });
  }

  adjust(output) {
    if (JSON.stringify(output) !== JSON.stringify(this.adjusted)) this.surface.adjust((this.adjusted = output));
  }

  // Nothing is to be played: the picture stays, or gives way to black or the slate.
  rest(state, showing, at) {
    this.endTurn(this.blanked ? "blanked" : whyCut(this.turn, state, at, this.device), at);
    this.show = showing.show;
    if (showing.show === "hold") this.surface.hold();
    else if (showing.show === "off" && (this.blanked || state.playlist.off_hours === "blank")) this.surface.blank();
    else this.surface.slate();
  }

  // The turn that is on, if any, waits for its last report. Whether it must vanish at once.
  endTurn(reason, at) {
    const { turn } = this;
    this.turn = null;
    if (!turn) return false;
    turn.endedMono = at.mono;
    turn.reason ||= reason;
    this.closing.push(turn);
    return reason.startsWith("E-");
  }

  prepare(state, showing, at) {
    const idle = !state?.playlist || this.blanked || isOutcast(state, this.device);
    const following = idle ? null : this.due.following(state, showing, at);
    const cue = following && this.cue(state.playlist, following);
    if (cue?.key !== this.next?.key) this.surface.prepare((this.next = cue));
  }

  cue(playlist, showing) {
    const entry = playlist.entries[showing.entry];
    const { media_type: type, sha256 } = entry.rendition;
    const file = { url: this.stored(entry) ?? "", video: type.startsWith("video/"), sha256 };
    return { key: keyOf(playlist, showing), start: showing.start, end: showing.end, ...file };
  }

  listen(at) {
    for (const event of this.early.splice(0)) this.hear(event, at);
    for (const event of reports()) {
      if (event.type === "failed") this.due.strike(this.cueOf(event.key)?.sha256, at.mono);
      if (event.type === "displayed") this.displayChanged(event.on, at);
      else this.hear(event, at);
    }
  }

  // A display that goes ends what it showed; what is on then begins anew for the next one.
  displayChanged(on, at) {
    const { turn } = this;
    if (!turn) return;
    turn.watched = false;
    if (on || turn.at < 0) return;
    this.endTurn("display-closed", at);
    this.closing.at(-1).finished = true;
    this.turn = again(turn);
  }

  hear(event, at) {
    const turn = this.turns().find((each) => each.cue.key === event.key);
    // The layers may swap a moment before we look: news of the next cue waits for its turn.
    if (!turn) return void (this.cueOf(event.key) && this.early.push(event));
    if (event.type === "presented") return this.presented(turn, event, at);
    if (event.type === "failed") turn.failed = event.reason;
    turn.shownMs = Math.max(turn.shownMs, event.shown_ms ?? 0);
    turn.frames = Math.max(turn.frames, event.frames ?? 0);
    turn.finished ||= event.type === "finished";
  }

  // Those of which the layers may still report, the one that is on first.
  turns = () => [...(this.turn ? [this.turn] : []), ...this.closing.toReversed()];

  cueOf = (key) => [...this.turns().map((turn) => turn.cue), this.next].find((cue) => cue?.key === key);

  presented(turn, event, at) {
    if (turn.at >= 0) return;
    const late = Math.min(Math.max(at.ms - event.at, 0), LATEST_NEWS_MS); // the event took a moment to come here
    Object.assign(turn, { at: event.at, atMono: at.mono - late });
    this.shownVersion = turn.playlist.version;
  }

  // Record the turns whose last report came, or is not to come.
  close(mono) {
    const over = (turn) => turn.finished || (turn.at < 0 && !turn.watched) || mono >= turn.endedMono + FAREWELL_MS;
    const done = this.closing.filter(over);
    this.closing = this.closing.filter((turn) => !done.includes(turn));
    for (const play of done.map(playOf)) if (play) this.record(play);
  }
}
