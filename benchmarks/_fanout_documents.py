"""The documents of ``benchmarks.fanout``: a usual playlist per screen, 12 items in a loop of 60 slots, for two days."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from playlists import model
from playlists.accept import accept_trust, check_playlist
from playlists.envelope import Kind, open_envelope, pack, unpack
from playlists.keys import SigningKey
from playlists.schemas import seal
from playlists.signers import role_signers
from playlists.state import Now, Pinned, State

NOW = Now(1_790_000_000_000)
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
ITEMS, SLOTS, DAYS = 12, 60, 2
UNIT = "phuong"
VERSION = model.Version(1, 1)


def key(name: str) -> SigningKey:
    """The key of a name, the same in every process."""
    return SigningKey.from_seed(hashlib.sha256(name.encode()).digest())


DIRECTOR = key("director")


def trusting(screen: str) -> State:
    """A player that holds the trust document and nothing else."""
    names = ("root", "director", "log", "approver")
    keys = {key(n).keyid: model.KeyInfo(key(n).public, n, NOW.ms - DAY_MS, NOW.ms + 365 * DAY_MS) for n in names}
    roles = {n: model.Role((key(n).keyid,), 1) for n in names[:3]}
    unit = model.TrustedUnit(UNIT, "", "Phường", (key("approver").keyid,), 1, 1)
    trust = model.Trust(1, 1, NOW.ms - DAY_MS, NOW.ms + 365 * DAY_MS, keys, roles, {UNIT: unit})
    state = State(screen, UNIT, Pinned((key("root").public,), 1))
    return accept_trust(state, seal(trust, key("root")), NOW)


def packed(whole: model.Playlist) -> bytes:
    """A playlist serialised, sealed and packed: what the server computes for each screen."""
    return pack(seal(whole, DIRECTOR))


def playlist(screen: str) -> model.Playlist:
    """A usual playlist."""
    entries = tuple(_entry(item) for item in range(1, ITEMS + 1))
    loop = model.Loop(HOUR_MS, tuple(model.Slot(60_000 * n, n % ITEMS, 15_000) for n in range(SLOTS)))
    days = tuple(model.Day(f"2026-09-{21 + n}", NOW.ms + n * DAY_MS, 0) for n in range(DAYS))
    return model.Playlist(
        screen=screen,
        unit=UNIT,
        version=VERSION,
        issued=NOW.ms,
        expires=NOW.ms + 7 * DAY_MS,
        zone="Asia/Ho_Chi_Minh",
        trust=1,
        revocation=0,
        previous="",
        entries=entries,
        plan=model.Plan((loop,), ((model.Block(0, DAY_MS, 0),),), days),
        fallback=(0, 1),
        off_hours=model.OffHours.BLANK,
        output=model.Output(),
    )


def _entry(item: int) -> model.Entry:
    digest = hashlib.sha256(str(item).encode()).hexdigest()
    rendition = model.Rendition(digest, 2_000_000 + item, model.MediaType.MP4, 1920, 1080, 15_000)
    approval = model.Reference(hashlib.sha256(digest.encode()).hexdigest(), 1500 + item)
    return model.Entry(item, 7, f"Sử dụng thang máy an toàn, bài {item}", rendition, approval)


def reference(message: bytes) -> model.Reference:
    """What a head says about the playlist in this message."""
    document = unpack(message, Kind.PLAYLIST)
    return model.Reference(hashlib.sha256(document).hexdigest(), len(document))


def expecting(state: State, reference: model.Reference) -> State:
    """The player after the head that names this playlist, so that only the playlist's own check is measured."""
    head = model.Head(state.screen, VERSION, reference, 1, 0, 0, NOW.ms, NOW.ms + DAY_MS)
    return replace(state, head=head)


@dataclass(frozen=True, slots=True)
class Reader:
    """What a player does with the bytes of a message before it counts as arrived."""

    state: State

    def bare(self, message: bytes) -> None:
        """Nothing: the reference."""

    def verified(self, message: bytes) -> None:
        """Inflate, take the envelope apart under its ceilings, find the director's signature. Raises Refusal."""
        opened = open_envelope(Kind.PLAYLIST, unpack(message, Kind.PLAYLIST))
        role_signers(self.state, "director", opened, NOW)

    def checked(self, message: bytes) -> None:
        """Everything :func:`playlists.accept.check_playlist` asks: schema, target, version, head. Raises Refusal."""
        document = unpack(message, Kind.PLAYLIST)
        check_playlist(self.state, document, NOW)
