"""The whole way of a batch of plays through the web door: bytes in, signed receipt out, and no Flask.

Size, signature and schema are checked in this order; the receipt is signed only after the writer committed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from playlists.errors import Code, Refusal
from playlists.keys import SigningKey
from playlists.model import Receipt, Version
from playlists.play_rows import Columns
from playlists.proofs import opened_plays, sealed_receipt
from server.plays.client import IngestClient
from server.plays.codec import parts_of
from server.plays.counting import Numbers, all_counted
from server.plays.resolver import Resolved, Resolver, entry_of
from server.plays.submission import Ack, Busy, NotStored, Sender, Submission

RETRY_UNSTORABLE_S = 300


class Submits(Protocol):
    """Whoever brings a batch to the writer."""

    def submit(self, submission: Submission) -> Ack:
        """The acknowledgement after the commit; Busy, NotStored or Forked."""


@dataclass(frozen=True, slots=True)
class Door:
    """What receiving needs besides the batch: the way to the writer, the playlists, and the key of the log."""

    ingest: Submits | IngestClient
    resolver: Resolver
    log_key: SigningKey

    def receive(self, session: Session, sender: Sender, screen: str, sealed: bytes, now_ms: int) -> bytes:
        """The sealed receipt of a sealed batch, after it is committed.

        ``screen`` is the id on the wire of the screen the device belongs to.

        Raises:
            Refusal: E-SIZE, E-PARSE, E-TYPE, E-SIG, E-THRESH, E-SCHEMA, or E-TARGET for plays of another device or
                screen. Sending the same bytes again is of no use.
            Busy: not now; the device keeps its plays and sends again.
            Forked: numbers came again with other content; the batch is kept as evidence and counts for nothing.
        """
        opened, read = opened_plays(sealed, sender.public)
        if read.screen != screen:
            raise Refusal(Code.TARGET, "the plays are of another screen")
        parts = parts_of(sealed, opened.payload, sender.keyid, opened.signatures.get(sender.keyid, b""))
        plays = self._counted(session, sender, read.columns, now_ms)
        submission = Submission(sender, read.boot, read.first, now_ms, plays, parts)
        ack = self._committed(submission)
        receipt = Receipt(sender.keyid, ack.last, hashlib.sha256(sealed).hexdigest(), now_ms, ack.gaps)
        return sealed_receipt(receipt, self.log_key)

    def _committed(self, submission: Submission) -> Ack:
        try:
            return self.ingest.submit(submission)
        except NotStored as error:  # a fault of ours: the device must not throw its plays away
            raise Busy(RETRY_UNSTORABLE_S) from error

    def _counted(self, session: Session, sender: Sender, plays: Columns, now_ms: int) -> list[Numbers]:
        version: Version | None = None
        entries: Sequence[Resolved] = ()
        found = []
        for named, number in zip(plays.versions, plays.entries, strict=True):
            if named is not version:  # a batch seldom spans two playlists
                version = named
                entries = self.resolver.entries(session, sender.place.screen_id, version)
            entry = entry_of(entries, number)
            found.append((entry.item_id, entry.campaign_id))
        return all_counted(plays, found, now_ms)
