"""What the web door hands to the writer, and what it gets back; both as values and as frames on the socket.

A frame is a 4-byte big-endian length and that many bytes. A submission is a fixed head, three names, the counted plays
as fixed records, signature, payload and, seldom, the sealed bytes; an answer is JSON.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from server.plays.codec import Parts
from server.plays.counting import Numbers, Place
from server.plays.runs import Run

LENGTH = struct.Struct(">I")
MAX_FRAME_BYTES = 2 * 1024 * 1024
# Lengths of names, records, signature and payload (the rest is the sealed bytes), and the numbers of a submission.
_HEAD = struct.Struct("<HIHI6q")
_RECORD = "qqqqBB"
_ONE_RECORD = struct.Struct(f"<{_RECORD}")


@dataclass(frozen=True, slots=True)
class Sender:
    """The device that speaks: the server's number for it, its key, and where its plays count."""

    device_id: int
    keyid: str
    public: str
    place: Place


@dataclass(frozen=True, slots=True)
class Submission:
    """One verified batch: its plays as the roll-ups count them (numbered from ``first``) and its exact bytes."""

    sender: Sender
    boot: int
    first: int
    received_at: int
    plays: Sequence[Numbers]
    parts: Parts

    @property
    def last(self) -> int:
        return self.first + len(self.plays) - 1


@dataclass(frozen=True, slots=True)
class Ack:
    """Committed: every play of the device up to ``last`` except those in ``gaps``."""

    last: int
    gaps: tuple[Run, ...]


class Busy(Exception):  # noqa: N818  not an error of anybody: come again
    """The writer cannot take the batch now. The device keeps it and sends again after ``retry_after_s``."""

    def __init__(self, retry_after_s: int = 5) -> None:
        super().__init__(f"busy, again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class NotStored(Exception):  # noqa: N818
    """This one batch cannot be stored, whatever is tried; the writer's log has the reason."""


class Forked(Exception):  # noqa: N818
    """A number came again with other content, so nothing of the batch counts; it is kept as evidence.

    Two players hold one key (a cloned card), or one had its journal restored. ``last`` is the highest number known.
    """

    def __init__(self, last: int) -> None:
        super().__init__(f"numbers used twice; the last known is {last}")
        self.last = last


def frame(body: bytes) -> bytes:
    """The bytes that carry ``body`` on the socket."""
    return LENGTH.pack(len(body)) + body


def dump_submission(submission: Submission) -> bytes:
    """The body of a submission's frame."""
    sender, parts = submission.sender, submission.parts
    place = sender.place
    names = f"{sender.keyid}\n{sender.public}\n{place.zone}".encode()
    records = _records(len(submission.plays)).pack(*chain.from_iterable(submission.plays))
    head = _HEAD.pack(
        *map(len, (names, records, parts.signature, parts.payload)),
        *(sender.device_id, place.screen_id, place.unit_id, submission.boot, submission.first, submission.received_at),
    )
    return b"".join((head, names, records, parts.signature, parts.payload, parts.sealed))


@lru_cache(maxsize=256)
def _records(count: int) -> struct.Struct:
    """So many records at once: a call for each would take longer."""
    return struct.Struct("<" + _RECORD * count)


def load_submission(body: bytes) -> Submission:
    """The submission again.

    Raises:
        ValueError: not a submission (struct.error included).
    """
    try:
        *sizes, device_id, screen_id, unit_id, boot, first, received_at = _HEAD.unpack_from(body)
        names, records, signature, payload, sealed = _cut(body, _HEAD.size, *sizes)
        keyid, public, zone = names.decode().split("\n")
        plays: list[Any] = list(_ONE_RECORD.iter_unpack(records))
    except struct.error as error:
        raise ValueError(str(error)) from error
    sender = Sender(device_id, keyid, public, Place(screen_id, unit_id, zone))
    return Submission(sender, boot, first, received_at, plays, Parts(payload, signature, sealed))


def _cut(body: bytes, at: int, *sizes: int) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(body[at : at + size])
        at += size
    return [*pieces, body[at:]]


def dump_answer(answer: Ack | Busy | NotStored | Forked) -> bytes:
    """The body of an answer's frame."""
    if isinstance(answer, Forked):
        return json.dumps({"fork": answer.last}).encode()
    if isinstance(answer, Ack):
        return json.dumps({"last": answer.last, "gaps": answer.gaps}).encode()
    if isinstance(answer, Busy):
        return json.dumps({"busy": answer.retry_after_s}).encode()
    return json.dumps({"refused": str(answer)}).encode()


def load_answer(body: bytes) -> Ack:
    """The acknowledgement in an answer.

    Raises:
        Busy, NotStored, Forked: what the writer said instead.
    """
    data: dict[str, Any] = json.loads(body)
    if "fork" in data:
        raise Forked(data["fork"])
    if "busy" in data:
        raise Busy(data["busy"])
    if "refused" in data:
        raise NotStored(data["refused"])
    return Ack(data["last"], tuple((first, last) for first, last in data["gaps"]))
