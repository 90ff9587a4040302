"""What a right server would say: files of one colour, and every document signed as it should be.

A test spoils one thing; the clock of all of it is ``now_ms``.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
import time
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from playlists import model
from playlists.schemas import seal
from tests.world import key

DAY_MS = 86_400_000
SCREEN, UNIT = "s-bcdfghjk", "ward-a"


# --- Files -----------------------------------------------------------------------------------------------------------


def png(colour: tuple[int, int, int], width: int = 640, height: int = 360) -> bytes:
    """A picture of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    row = b"\0" + bytes(colour) * width
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(row * height))
        + chunk(b"IEND", b"")
    )


def ffmpeg() -> str | None:
    """A program that makes H.264, if this machine has one."""
    try:
        import imageio_ffmpeg  # noqa: PLC0415  only the media extra brings it

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except ImportError:
        return shutil.which("ffmpeg")


def mp4(folder: Path, colour: str, duration_ms: int, size: str = "640x360", rate: int = 25) -> bytes:
    """A clip of one colour."""
    path = folder / f"{colour}-{duration_ms}-{size}-{rate}.mp4"
    source = f"color=c={colour}:s={size}:r={rate}:d={duration_ms / 1000}"
    made = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-movflags", "+faststart", str(path)]
    command = [ffmpeg() or "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, *made]
    subprocess.run(command, check=True, timeout=60)
    return path.read_bytes()


def reference(data: bytes) -> model.Reference:
    return model.Reference(hashlib.sha256(data).hexdigest(), len(data))


@dataclass(frozen=True)
class Item:
    """A file and how long it is shown."""

    title: str
    data: bytes
    media_type: model.MediaType = model.MediaType.PNG
    duration_ms: int = 1000
    number: int = 1

    @property
    def rendition(self) -> model.Rendition:
        named = reference(self.data)
        return model.Rendition(named.sha256, named.size_bytes, self.media_type, 640, 360, self.duration_ms)


# --- Documents -------------------------------------------------------------------------------------------------------


@dataclass
class Orders:
    """What a right server says, from the clock ``now_ms``; a test changes fields and asks for the sealed documents."""

    now_ms: int
    trust_version: int = 1
    epoch: int = 1
    number: int = 0
    items: tuple[Item, ...] = ()
    withdrawn: tuple[model.RevocationEntry, ...] = ()
    revocation_version: int = 0
    issued: int = 0
    previous: str = ""
    made_under: int = 0
    made_trust: int = 1
    approvers: tuple[str, ...] = ("approver",)
    changes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.issued = self.now_ms

    def trust(self) -> bytes:
        others = {"city": ("city-1", "city-2"), "ward-b": ("b-1",)}
        names = ["root", "director", "log", *self.approvers, *(n for group in others.values() for n in group)]
        life = (self.now_ms - 30 * DAY_MS, self.now_ms + 365 * DAY_MS)
        keys = {key(n).keyid: model.KeyInfo(key(n).public, n, *life) for n in names}
        roles = {n: model.Role((key(n).keyid,), 1) for n in names[:3]}
        units = {
            code: model.TrustedUnit(
                code, "" if code == "city" else "city", "Đơn vị", tuple(key(n).keyid for n in group), 1, 2
            )
            for code, group in {**others, UNIT: self.approvers}.items()
        }
        trust = model.Trust(self.trust_version, self.epoch, self.now_ms - DAY_MS, life[1], keys, roles, units)
        return seal(trust, key("root"))

    def approval_of(self, item: Item) -> model.Approval:
        """What the ward's approver says of an item."""
        return model.Approval(
            id=hashlib.sha256(item.title.encode()).hexdigest()[:32],
            item=item.number,
            title=item.title,
            unit=UNIT,
            author="author",
            decision=model.Decision("01/QĐ", "2026-01-01"),
            renditions=(item.rendition,),
            scope=(UNIT,),
            not_before=self.now_ms - DAY_MS,
            not_after=self.now_ms + 90 * DAY_MS,
            issued=self.now_ms - DAY_MS,
        )

    def approval(self, item: Item) -> bytes:
        return seal(self.approval_of(item), key("approver"))

    def publish(self, *items: Item, **changes: Any) -> None:
        """The next playlist: ``items`` in a loop, all day, yesterday to tomorrow."""
        self.previous = hashlib.sha256(self.playlist()).hexdigest() if self.number else ""
        self.items, self.number, self.made_under = items, self.number + 1, self.revocation_version
        self.made_trust = self.trust_version
        self.issued = max(self.issued + 1, self.now_ms)
        self.changes = changes

    def playlist(self) -> bytes:
        entries, slots, at = [], [], 0
        for item in self.items:
            entries.append(model.Entry(item.number, 7, item.title, item.rendition, reference(self.approval(item))))
            slots.append(model.Slot(at, len(slots), item.duration_ms))
            at += item.duration_ms
        first = self.now_ms - self.now_ms % DAY_MS - DAY_MS
        days = [time.strftime("%Y-%m-%d", time.gmtime((first + n * DAY_MS) / 1000)) for n in range(3)]
        plan = model.Plan(
            (model.Loop(max(at, 1), tuple(slots)),),
            ((model.Block(0, DAY_MS, 0),),),
            tuple(model.Day(day, first + n * DAY_MS, 0) for n, day in enumerate(days)),
        )
        playlist = model.Playlist(
            screen=SCREEN,
            unit=UNIT,
            version=model.Version(self.epoch, self.number),
            issued=self.now_ms,
            expires=self.now_ms + 7 * DAY_MS,
            zone="UTC",
            trust=self.made_trust,
            revocation=self.made_under,
            previous=self.previous,
            entries=tuple(entries),
            plan=plan,
            fallback=tuple(range(len(entries))),
            off_hours=model.OffHours.SLATE,
            output=model.Output(volume=0),
        )
        return seal(replace(playlist, **self.changes), key("director"))

    def head(self) -> bytes:
        head = model.Head(
            screen=SCREEN,
            version=model.Version(self.epoch, self.number),
            playlist=reference(self.playlist()),
            trust=self.trust_version,
            revocation=self.revocation_version,
            emergency=0,
            issued=self.issued,
            expires=self.issued + DAY_MS,
        )
        return seal(head, key("director"))

    def withdraw(self, item: Item) -> None:
        """Take an approved item back."""
        entry = model.RevocationEntry(
            model.Revoked.APPROVAL, hashlib.sha256(item.title.encode()).hexdigest()[:32], UNIT, self.now_ms, "sai"
        )
        self.withdrawn, self.revocation_version = (*self.withdrawn, entry), self.revocation_version + 1
        self.issued += 1

    def revocation(self, signer: str = "approver") -> bytes | None:
        if not self.revocation_version:
            return None
        return seal(model.Revocation(self.revocation_version, self.now_ms, self.withdrawn), key(signer))
