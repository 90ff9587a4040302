"""New versions of playlists and heads. Everything here happens in the caller's transaction, outbox rows included."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from playlists import model, topics
from playlists.envelope import Kind, open_envelope, pack, unpack
from playlists.model import OffHours, Reference, Version
from playlists.schemas import load, seal
from server import faults, screens
from server.errors import Conflict
from server.material import Shelf
from server.publishing import outbox
from server.publishing.plans import Content, Planner, digest_of, today_of
from server.publishing.tables import Head, PlaylistUse, PlaylistVersion
from server.screens import Screen
from server.signing import Keys

# Lives of the documents: reference, reliability A3.
HEAD_LIFE_MS = 24 * 3600 * 1000
SOFT_EXPIRY_MS = 7 * 24 * 3600 * 1000
PLANS_AT_ONCE = 20  # screens planned in a transaction that others wait for


class Press:
    """Makes and stores new versions for any number of screens, in one transaction and at one instant."""

    def __init__(self, session: Session, keys: Keys, now_ms: int) -> None:
        """Raises Conflict when there is no trust yet, or it names another director: screens would refuse all of it."""
        self._session, self._keys, self._now_ms = session, keys, now_ms
        self._shelf = Shelf(session, now_ms)
        if keys.director.keyid not in self._shelf.belief.trust.roles["director"].keys:
            raise Conflict(faults.DIRECTOR_KEY, faults.SENTENCES[faults.DIRECTOR_KEY])
        self._planner = Planner(session, self._shelf)

    def replan(self, screen: Screen) -> bool:
        """Plan a screen anew and publish the playlist if it says anything else than the last one did."""
        today = today_of(screen, self._now_ms)
        one = select(Screen.id).where(Screen.id == screen.id)
        self._session.execute(one.with_for_update(key_share=True))  # two first plans at once would both be number 1
        head = self._session.get(Head, screen.id, with_for_update=True)
        before = latest(self._session, screen.id)
        content = self._planner.content(screen, today)
        document = self._document(screen, content, before)
        digest = digest_of(document, content)
        if head is not None and before is not None and before.digest == digest:
            head.planned_from = today
            return False
        row = self._store(screen, document, digest)
        if head is None:
            unsigned = {"sealed": b"", "trust": 0, "revocation": 0, "issued_ms": 0}
            head = Head(screen_id=screen.id, playlist_id=row.id, planned_from=today, **unsigned)
            self._session.add(head)
        head.playlist_id, head.planned_from = row.id, today
        topic = topics.to_playlist(screen.public_id)
        outbox.put(self._session, topic, row.packed, now_ms=self._now_ms, playlist_id=row.id)
        self.point(screen.public_id, head, row)
        return True

    def point(self, public_id: str, head: Head, row: PlaylistVersion) -> None:
        """Point a screen at this playlist, under today's trust and revocations. Two heads never carry one time."""
        belief = self._shelf.belief
        head.issued_ms = max(self._now_ms, head.issued_ms + 1)
        head.trust, head.revocation = belief.trust.version, belief.revocation.version
        document = model.Head(
            screen=public_id,
            version=row.version,
            playlist=Reference(row.sha256, row.size_bytes),
            trust=head.trust,
            revocation=head.revocation,
            emergency=0,
            issued=head.issued_ms,
            expires=head.issued_ms + HEAD_LIFE_MS,
        )
        head.sealed = seal(document, self._keys.director)
        self._session.flush()
        outbox.put(self._session, topics.to_head(public_id), head.sealed, now_ms=self._now_ms)

    def _document(self, screen: Screen, content: Content, before: PlaylistVersion | None) -> model.Playlist:
        belief = self._shelf.belief
        return model.Playlist(
            screen=screen.public_id,
            unit=screen.unit.code,
            version=Version(belief.trust.epoch, before.number + 1 if before else 1),
            issued=self._now_ms,
            expires=self._now_ms + SOFT_EXPIRY_MS,
            zone=screen.zone,
            trust=belief.trust.version,
            revocation=belief.revocation.version,
            previous=before.sha256 if before else "",
            entries=content.entries,
            plan=content.plan,
            fallback=content.fallback,
            off_hours=OffHours(screen.off_hours),
            output=screen.output_model(),
            quiet=content.quiet,
        )

    def _store(self, screen: Screen, document: model.Playlist, digest: str) -> PlaylistVersion:
        sealed = seal(document, self._keys.director)
        if len(sealed) > Kind.PLAYLIST.limit_bytes:
            raise Conflict(
                "playlist-too-large",
                "Kế hoạch của màn hình “%(screen)s” quá lớn để gửi đi: hãy giảm số đợt hoặc số khung giờ.",
                screen=screen.name,
            )
        row = PlaylistVersion(
            screen_id=screen.id,
            epoch=document.version.epoch,
            number=document.version.number,
            packed=pack(sealed),
            sha256=hashlib.sha256(sealed).hexdigest(),
            size_bytes=len(sealed),
            digest=digest,
            issued_ms=document.issued,
            expires_ms=document.expires,
        )
        self._session.add(row)
        self._session.execute(delete(PlaylistUse).where(PlaylistUse.screen_id == screen.id))
        pairs = {(entry.campaign, entry.item) for entry in document.entries}
        self._session.add_all(PlaylistUse(screen_id=screen.id, campaign_id=c, item_id=i) for c, i in sorted(pairs))
        self._session.flush()
        return row


def replan(session: Session, keys: Keys, screen_ids: Iterable[int], now_ms: int) -> list[int]:
    """Plan these screens anew and publish what has changed. Returns the screens that got another playlist.

    Idempotent: an unchanged plan publishes nothing. Screens out of service are left alone.

    Raises Conflict when there is no trust yet, or a plan is too large to be sent.
    """
    press = Press(session, keys, now_ms)
    found = [screens.get(session, screen_id) for screen_id in sorted(set(screen_ids))]
    return [screen.id for screen in found if screen.active and press.replan(screen)]


def latest(session: Session, screen_id: int) -> PlaylistVersion | None:
    """The newest playlist of a screen, or None."""
    query = select(PlaylistVersion).where(PlaylistVersion.screen_id == screen_id)
    return session.scalar(query.order_by(PlaylistVersion.number.desc()).limit(1))


def heads(
    session: Session, which: ColumnElement[bool], limit: int | None = None
) -> Sequence[tuple[Head, str, PlaylistVersion]]:
    """The heads of screens in service for which ``which`` holds: head, the screen's name on the wire, its playlist.

    Locked until the end of the transaction: without it a head signed for a playlist read a moment ago could be
    committed over the head of the playlist that another process published in between. PostgreSQL leaves out a head
    that changed while it waited for the lock; whoever asks again finds it.
    """
    query = (
        select(Head, Screen.public_id, PlaylistVersion)
        .join(Screen, Screen.id == Head.screen_id)
        .join(PlaylistVersion, PlaylistVersion.id == Head.playlist_id)
        .where(Screen.active, which)
        .order_by(Head.screen_id)
        .limit(limit)
        .with_for_update(of=Head)
        .execution_options(populate_existing=True)
    )
    return [(head, public_id, playlist) for head, public_id, playlist in session.execute(query)]


def head_of(session: Session, screen_id: int) -> Head | None:
    """The current head of a screen, or None before its first playlist."""
    return session.get(Head, screen_id)


def sealed_playlist(row: PlaylistVersion) -> bytes:
    """The playlist's sealed bytes, exactly as signed."""
    return unpack(row.packed, Kind.PLAYLIST)


def read_playlist(row: PlaylistVersion) -> model.Playlist:
    """What this playlist says."""
    document: model.Playlist = load(Kind.PLAYLIST, open_envelope(Kind.PLAYLIST, sealed_playlist(row)).payload)
    return document


def entries_of(session: Session, screen_id: int, version: Version) -> list[tuple[int, int, str, str, int]]:
    """What the entries of a published playlist are: (item, campaign, title, rendition SHA-256, duration in ms) each.

    Empty for a playlist this server never made.
    """
    query = select(PlaylistVersion).where(
        PlaylistVersion.screen_id == screen_id,
        PlaylistVersion.epoch == version.epoch,
        PlaylistVersion.number == version.number,
    )
    row = session.scalar(query)
    if row is None:
        return []
    return [
        (entry.item, entry.campaign, entry.title, entry.rendition.sha256, entry.rendition.duration_ms)
        for entry in read_playlist(row).entries
    ]


def screens_using(session: Session, *, campaign_id: int | None = None, item_id: int | None = None) -> set[int]:
    """The screens whose current playlist holds this campaign, or this item."""
    query = select(PlaylistUse.screen_id)
    if campaign_id is not None:
        query = query.where(PlaylistUse.campaign_id == campaign_id)
    if item_id is not None:
        query = query.where(PlaylistUse.item_id == item_id)
    return set(session.scalars(query))
