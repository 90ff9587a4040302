"""What has to be done because time passes or something else changed: the bridge calls this again and again.

Each call does a bounded piece of work in the caller's transaction, so a kill at any point loses at most one piece,
which is found again by the same question.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from playlists import topics
from playlists.envelope import pack
from server import campaigns, faults, material, trust
from server.errors import DomainError
from server.publishing import bulletins
from server.publishing.plans import today_of
from server.publishing.tables import Head, PlaylistVersion
from server.publishing.versions import Press, heads
from server.screens import Screen
from server.signing import Keys

log = logging.getLogger(__name__)

REFRESH_AFTER_MS = 3600 * 1000  # a head lives 24 h; hourly signing leaves a day for repairs
HEADS_AT_ONCE = 200
PLANS_AT_ONCE = 50


def catch_up(session: Session, keys: Keys, now_ms: int) -> bool:
    """Do the most urgent piece of what is due. Returns whether there may be more: call again.

    A trust document near its end is renewed; new trust or revocations are announced; screens without a playlist, and
    screens for which a new day has come into the horizon, are planned; heads that name older documents, or are an hour
    old, are signed anew.
    """
    return (
        trust.renew(session, keys.root, now_ms)
        or bulletins.announce(session, now_ms)
        or (_may_sign(session, keys, now_ms) and _sign_what_is_due(session, keys, now_ms))
        or campaigns.end_those_over(session, now_ms)
    )


def _may_sign(session: Session, keys: Keys, now_ms: int) -> bool:
    """Whether screens obey our director's key; if not, nothing is signed and administrators are told."""
    if keys.director.public == trust.director(session):
        faults.clear(session, faults.DIRECTOR_KEY)
        return True
    faults.note(session, faults.DIRECTOR_KEY, keys.director.keyid[:16], now_ms)
    return False


def _sign_what_is_due(session: Session, keys: Keys, now_ms: int) -> bool:
    return (
        _plan(session, keys, _never_planned(session), now_ms)
        or _plan(session, keys, _of_another_epoch(session), now_ms)
        or _sign_old_heads(session, keys, now_ms)
        or _plan(session, keys, _behind_today(session, now_ms), now_ms)
    )


def _plan(session: Session, keys: Keys, wanted: Sequence[Screen], now_ms: int) -> bool:
    if not wanted:
        return False
    press = Press(session, keys, now_ms)
    done = [_plan_one(session, press, screen, now_ms) for screen in wanted]
    return any(done)


def _plan_one(session: Session, press: Press, screen: Screen, now_ms: int) -> bool:
    """Plan one screen; a screen that cannot be planned is reported, keeps what it has, and stops nobody else."""
    try:
        with session.begin_nested():
            press.replan(screen)
    except IntegrityError:
        log.info("screen %s was planned by another process at the same moment", screen.public_id)
        return False
    except DomainError as error:
        log.error("screen %s cannot be planned: %s", screen.public_id, error)
        head = session.get(Head, screen.id)
        if head is not None:
            head.planned_from = today_of(screen, now_ms)
            session.flush()
        return False
    return True


def _never_planned(session: Session) -> Sequence[Screen]:
    query = select(Screen).outerjoin(Head, Head.screen_id == Screen.id).where(Screen.active, Head.screen_id.is_(None))
    return session.scalars(query.order_by(Screen.id).limit(PLANS_AT_ONCE)).all()


def _of_another_epoch(session: Session) -> Sequence[Screen]:
    """Screens whose playlist a former director signed: players of the new trust refuse it."""
    epoch = material.belief(session).trust.epoch
    query = (
        select(Screen)
        .join(Head, Head.screen_id == Screen.id)
        .join(PlaylistVersion, PlaylistVersion.id == Head.playlist_id)
        .where(Screen.active, PlaylistVersion.epoch != epoch)
    )
    return session.scalars(query.order_by(Screen.id).limit(PLANS_AT_ONCE)).all()


def _behind_today(session: Session, now_ms: int) -> Sequence[Screen]:
    found: list[Screen] = []
    for zone in session.scalars(select(Screen.zone).where(Screen.active).distinct()).all():
        today = today_of(Screen(zone=zone), now_ms)
        query = select(Screen).join(Head, Head.screen_id == Screen.id)
        late = query.where(Screen.active, Screen.zone == zone, Head.planned_from < today)
        found += session.scalars(late.order_by(Screen.id).limit(PLANS_AT_ONCE)).all()
    return found[:PLANS_AT_ONCE]


def _sign_old_heads(session: Session, keys: Keys, now_ms: int) -> bool:
    belief = material.belief(session)
    old = or_(
        Head.trust != belief.trust.version,
        Head.revocation != belief.revocation.version,
        Head.issued_ms <= now_ms - REFRESH_AFTER_MS,
    )
    found = heads(session, old, HEADS_AT_ONCE)
    if found:
        press = Press(session, keys, now_ms)
        for head, public_id, playlist in found:
            press.point(public_id, head, playlist)
    return bool(found)


def retained(session: Session, after_screen_id: int, limit: int) -> tuple[list[tuple[str, bytes]], int | None]:
    """What the broker should hold, in pieces: messages (topic, payload), and the screen id to go on after, or None.

    The documents for all screens come first, with ``after_screen_id`` 0.
    """
    messages = [] if after_screen_id else _for_all(session)
    query = (
        select(Screen.id, Screen.public_id, Head.sealed, PlaylistVersion.packed)
        .join(Head, Head.screen_id == Screen.id)
        .join(PlaylistVersion, PlaylistVersion.id == Head.playlist_id)
        .where(Screen.active, Screen.id > after_screen_id)
        .order_by(Screen.id)
        .limit(limit)
    )
    rows = session.execute(query).all()
    for _, public_id, head, packed in rows:
        messages += [(topics.to_playlist(public_id), packed), (topics.to_head(public_id), head)]
    return messages, rows[-1][0] if len(rows) == limit else None


def _for_all(session: Session) -> list[tuple[str, bytes]]:
    return [(topic, pack(sealed)) for topic, _, sealed in bulletins.newest(session)]
