"""What the web door hands to the writer, and what it gets back; both as values and as frames on the socket.

A frame is a 4-byte big-endian length and that many bytes. A submission is a JSON head, the counted plays as fixed
records, payload, signature and, seldom, the sealed bytes; an answer is JSON.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server.plays.codec import Parts
from server.plays.counting import Counted, Place
from server.plays.runs import Run

LENGTH = struct.Struct(">I")
MAX_FRAME_BYTES = 2 * 1024 * 1024
_HEAD = struct.Struct(">HIHI")  # lengths of head, records, signature, payload; the rest is the sealed bytes
_RECORD = struct.Struct("<qqqqBB")


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
    plays: Sequence[Counted]
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
    head = json.dumps(
        [
            [sender.device_id, sender.keyid, sender.public],
            [place.screen_id, place.unit_id, place.zone],
            [submission.boot, submission.first, submission.received_at],
        ]
    ).encode()
    records = b"".join(_RECORD.pack(*play) for play in submission.plays)
    lengths = _HEAD.pack(len(head), len(records), len(parts.signature), len(parts.payload))
    return b"".join((lengths, head, records, parts.signature, parts.payload, parts.sealed))


def load_submission(body: bytes) -> Submission:
    """The submission again.

    Raises:
        ValueError: not a submission (struct.error and JSON errors included).
    """
    try:
        head_size, records_size, signature_size, payload_size = _HEAD.unpack_from(body)
        pieces = _cut(body, _HEAD.size, head_size, records_size, signature_size, payload_size)
        head, records, signature, payload, sealed = pieces
        (device_id, keyid, public), place, (boot, first, received_at) = json.loads(head)
        plays = list(map(Counted._make, _RECORD.iter_unpack(records)))
        sender = Sender(device_id, keyid, public, Place(*place))
    except (struct.error, TypeError) as error:
        raise ValueError(str(error)) from error
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
