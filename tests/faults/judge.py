"""Who decides whether a fault was survived: from the display's record, the journal on the disk and the server's ledger.

Of each round: how long until it played again, how long it was dark, and whether a play that was told as durable is
gone, one is there twice, one is there that was never shown, or something was on the screen that nobody approved.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

from player.records import play_data, records_in
from player.store import Slots, read_state
from playlists.model import Revoked
from playlists.state import Pinned, State
from tests.fake_orders import SCREEN, UNIT
from tests.faults.screen import REST, Screen, mono_ms
from tests.world import key

GIVE_UP_S = 120
SETTLE_S = 400  # a player that was cut off again and again rests up to 300 s between two tries
Identity = tuple[Any, ...]


@dataclass(frozen=True)
class Verdict:
    """What one round did to the screen. ``recovery_ms`` is None when it never played again."""

    recovery_ms: int | None
    dark_ms: int = 0
    told: int = 0
    lost: int = 0
    doubled: int = 0
    invented: int = 0
    unapproved: int = 0
    why: str = ""

    @property
    def harmless(self) -> bool:
        """Whether nothing was lost, doubled, made up, dark or shown without approval."""
        return not (self.dark_ms or self.lost or self.doubled or self.invented or self.unapproved or self.why)


class Judge:
    """Judges one screen, round after round."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._version = (0, 0)
        self._withdrawn: dict[str, int] = {}

    def verdict(self, begun_ms: int, healed_ms: int, plays_on: bool) -> Verdict:
        """Of the round that began then and whose fault was over at ``healed_ms``. Waits until it plays again.

        ``plays_on``: the fault is none that may stop the pictures, so the longest time without a new one counts.
        """
        again_ms = self._screen.plays_again(healed_ms, GIVE_UP_S)
        if again_ms is not None and plays_on:
            again_ms = self._screen.longest_gap_ms(begun_ms)
        return self._account(begun_ms, again_ms)

    def settled(self) -> Verdict:
        """After all rounds: the next orders reach the screen, and every play told so far is handed in."""
        self._screen.publish(Random(0))  # news: what failed before rests by full jitter, up to 300 s
        wanted = (self._screen.server.orders.epoch, self._screen.server.orders.number)
        told, deadline = self._told(), time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            told = told or self._told()
            missing = told - self._ledger().keys()
            on = named(self._screen.pictures(0)[-1])[:2]
            if on == wanted and told and not missing:
                return self._account(mono_ms(), 0)
            time.sleep(0.1)
        return Verdict(None, told=len(told), why=f"{len(missing)} plays not handed in, {on} is on, not {wanted}")

    def _account(self, since_ms: int, recovery_ms: int | None) -> Verdict:
        told = self._told()
        written = self._journal()  # before the ledger: what leaves the journal is there by then
        ledger = self._ledger()
        numbers: dict[Identity, set[int]] = {}
        for found in (written, ledger):
            for identity, number in found.items():
                numbers.setdefault(identity, set()).add(number)
        return Verdict(
            recovery_ms,
            self._dark_ms(since_ms),
            len(told),
            len(told - written.keys() - ledger.keys()),
            sum(len(n) - 1 for n in numbers.values()) + len(self._screen.server.altered),
            sum((Counter(play[:3] for play in ledger if play[3]) - self._shown()).values()),
            self._unapproved(since_ms),
            self._state_lost(),
        )

    # --- Plays ---

    def _told(self) -> set[Identity]:
        return {identity(said["ack"]) for said in list(self._screen.said) if "ack" in said}

    def _journal(self) -> dict[Identity, int]:
        folder = self._screen.state / "journal"
        files = [path for path in (*folder.glob("plays.0*"), folder / "plays", folder / "aside") if path.exists()]
        records = [record.data for path in files for record in records_in(path.read_bytes())]
        return {identity(data): data["n"] for data in records if "n" in data}

    def _ledger(self) -> dict[Identity, int]:
        plays = list(self._screen.server.plays.values())
        return {identity(play_data(play, 0)): play.n for play in plays}

    def _shown(self) -> Counter[Identity]:
        """How often each entry of each playlist came on."""
        return Counter(named(seen) for seen in self._screen.pictures(0))

    # --- The glass ---

    def _dark_ms(self, since_ms: int) -> int:
        """The longest time since then without a picture, in the life of one process after its first one."""
        lit, dark_since, longest = False, None, 0
        for said in [*list(self._screen.said), {"t": mono_ms(), "see": ""}]:
            if "begin" in said:
                lit, dark_since = False, None
            elif "see" in said and said["see"] in REST:
                dark_since = (dark_since or said["t"]) if lit else None
            elif "see" in said:
                if dark_since and said["t"] >= since_ms:
                    longest = max(longest, said["t"] - max(dark_since, since_ms))
                lit, dark_since = True, None
        return longest

    def _unapproved(self, since_ms: int) -> int:
        """Pictures nobody approved, or whose withdrawal the player had saved before they came on."""
        return sum(
            seen["see"] not in self._screen.approvals or self._withdrawn.get(seen["see"], seen["t"]) < seen["t"]
            for seen in self._screen.pictures(since_ms)
        )

    def _state_lost(self) -> str:
        """Read what the player has saved: it must never fall behind what was read here before."""
        nobody = State(SCREEN, UNIT, Pinned((key("root").public,), 1))
        slots = Slots(self._screen.state, f"state-{SCREEN}")
        state = slots.load(lambda body: read_state(body, nobody), set_aside=False) or nobody
        version = (state.playlist.version.epoch, state.playlist.version.number) if state.playlist else (0, 0)
        if version < self._version:
            return f"playlist {self._version} was saved, now it is {version}"
        self._version = version
        gone = state.revocation.values(Revoked.APPROVAL)
        for sha256, approval in self._screen.approvals.items():
            if approval in gone:
                self._withdrawn.setdefault(sha256, mono_ms())
        return ""


def identity(data: dict[str, Any]) -> Identity:
    """What makes a play this one, whatever its number: playlist, entry, whether it was seen, monotonic start.

    Not its start: that is put right when the time becomes known.
    """
    _, start_mono_ms, _, shown_ms = data["t"]
    return (*data["v"], data["e"], shown_ms > 0, start_mono_ms)


def named(seen: dict[str, Any]) -> tuple[int, int, int]:
    """Epoch, number and entry of a picture: its cue is named ``epoch.number/entry@start``."""
    version, _, rest = str(seen["key"]).partition("/")
    epoch, _, number = version.partition(".")
    return int(epoch), int(number), int(rest.partition("@")[0])
