"""What people do with the screens: publish and end campaigns, withdraw items, retire screens, send commands.

Each is one transaction of the caller: the change, the signed documents that follow from it, and the outbox rows.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from playlists import topics
from playlists.accept import accept_revocation
from playlists.errors import Refusal
from playlists.keys import SigningKey
from playlists.model import RevocationEntry, Revoked
from playlists.state import Now, Pinned, State
from server import campaigns, material, revocations, screens, trust, users
from server.approvals import Approval
from server.audit import record
from server.campaigns import Campaign, Status
from server.errors import Conflict, Invalid, msgid
from server.publishing import bulletins, outbox
from server.publishing.feasibility import Short, Verdict, judge, refusal_of
from server.publishing.tables import Head, PlaylistUse
from server.publishing.versions import PLANS_AT_ONCE, replan, screens_using
from server.screens import Screen
from server.signing import Keys
from server.text import clean
from server.users import Role, User

COMMAND_LIFE_MS = 60_000


class Command(StrEnum):
    """What a screen may be told to do: a closed list."""

    IDENTIFY = "identify"
    SCREENSHOT = "screenshot"
    RELOAD = "reload"
    BLANK = "blank"
    UNBLANK = "unblank"
    RESTART = "restart"


COMMAND_NAMES = {
    Command.IDENTIFY: msgid("Hiện tên màn hình"),
    Command.SCREENSHOT: msgid("Chụp màn hình"),
    Command.RELOAD: msgid("Tải lại nội dung"),
    Command.BLANK: msgid("Tắt hình"),
    Command.UNBLANK: msgid("Bật hình"),
    Command.RESTART: msgid("Khởi động lại"),
}


def publish(  # noqa: PLR0913, PLR0917  (what, by whom, when, and at what loss)
    session: Session, actor: User, campaign: Campaign, keys: Keys, now_ms: int, accepted_s: int = 0
) -> list[int]:
    """Bring the campaign, as it is now, to its screens. Returns the screens that got another playlist.

    Idempotent. A published campaign that was changed is published again the same way; screens it no longer names
    lose it. ``accepted_s``: so many seconds of promised airtime may be lost; what is lost is written down in the
    campaign and in the history of everything that loses.

    Raises:
        Invalid: it cannot be kept; the first reason in a sentence. Forbidden: no scheduler of its unit.
        Conflict: it has ended.
    """
    users.require(session, actor, Role.SCHEDULER, campaign.unit_id)
    if campaign.status in (Status.ENDED, Status.WITHDRAWN):
        raise Conflict("campaign-closed", "Đợt tuyên truyền này đã kết thúc: hãy lập đợt mới.")
    verdict = judge(session, campaigns.terms_of(campaign), campaign.id, now_ms)
    agreed = campaign.reduction["missing_s"] if campaign.reduction else 0
    refusal = refusal_of(verdict, max(accepted_s, agreed))
    if refusal is not None:
        raise refusal
    _write_down_what_is_lost(session, actor, campaign, verdict, now_ms)
    before = screens_using(session, campaign_id=campaign.id)
    if campaign.status != Status.PUBLISHED:
        campaign.status, campaign.published_ms = Status.PUBLISHED, now_ms
    session.flush()
    changed = plan_soon(session, keys, before | {s.id for s in campaigns.targets(session, campaign)}, now_ms)
    if changed:
        record(session, actor, "campaign.published", f"campaign:{campaign.id}", screens=len(changed))
    return changed


def _write_down_what_is_lost(session: Session, actor: User, campaign: Campaign, verdict: Verdict, now_ms: int) -> None:
    """Keep what was knowingly given up: on the campaign's page, and in the history of every campaign that loses."""
    if not verdict.shorts:
        campaign.reduction = None
        return
    losses = [lost(short) for short in verdict.shorts]
    before = (campaign.reduction or {}).get("lost")
    campaign.reduction = {"at_ms": now_ms, "by": actor.display_name, "missing_s": verdict.missing_s, "lost": losses}
    if losses == before:
        return
    for number in {short.campaign_id for short in verdict.shorts} | {campaign.id}:
        own = [one for one in losses if number in (one["campaign_id"], campaign.id)]
        record(session, actor, "campaign.reduced", f"campaign:{number}", by=campaign.name, lost=own)


def lost(short: Short) -> dict[str, Any]:
    """A broken promise as it is kept, in the campaign and in the history."""
    return {
        "campaign_id": short.campaign_id,
        "campaign": short.campaign,
        "screen": short.screen.name,
        "screens": len(short.screens),
        "lack": short.lack.value,
        "hours": short.hours,
        "hour": short.hour.isoformat(),
        "promised": short.promised,
        "planned": short.planned,
        "missing_s": -(-short.missing_ms // 1000),
    }


def close(  # noqa: PLR0913  (every part is named at the call)
    session: Session, actor: User, campaign: Campaign, *, status: Status, keys: Keys, now_ms: int
) -> list[int]:
    """End or withdraw a campaign and take it off its screens. Raises Forbidden or Conflict."""
    using = screens_using(session, campaign_id=campaign.id)
    campaigns.close(session, actor, campaign, status)
    return plan_soon(session, keys, using, now_ms)


def withdraw(  # noqa: PLR0913  (every part is named at the call)
    session: Session, keys: Keys, *, signer: SigningKey, approval: Approval, reason: str, now_ms: int
) -> None:
    """Take an approved item off every screen for ever: on-line screens cut it at once, others when they hear of it.

    ``signer`` is the approver's own key, just unlocked. Only the revocation has to be quick: screens obey it as soon
    as it arrives. A few of the screens that show the item get their new playlist in the same transaction; the others,
    and the heads of all screens, which name the new list, are left to :func:`server.publishing.upkeep.catch_up`.

    Raises:
        Conflict: no screen would believe this signer (its key is not in the trust document yet, or its unit is not at
            or above the one that approved).
    """
    entry = RevocationEntry(Revoked.APPROVAL, approval.id, approval.unit.code, now_ms, clean(reason)[:500])
    trust.one_at_a_time(session)
    belief = material.belief(session)
    held = revocations.latest(session)
    signers = [signer, keys.root] if keys.root is not None else [signer]
    row = revocations.add(session, [entry], signers, now_ms)
    if row is None:
        return
    player = State(
        "",
        approval.unit.code,
        Pinned((), 1),
        trust=belief.trust,
        revocation=belief.revocation,
        sealed={"revocation": held.sealed} if held is not None else {},
    )
    try:
        accept_revocation(player, row.sealed, Now(now_ms))
    except Refusal as refusal:
        raise Conflict(
            "key-not-trusted",
            "Các màn hình chưa tin khóa ký này: hãy đợi tài liệu tin cậy mới được ký rồi thử lại (%(code)s).",
            code=str(refusal.code),
        ) from refusal
    bulletins.announce(session, now_ms)
    plan_soon(session, keys, screens_using(session, item_id=approval.item_id), now_ms)


def plan_soon(session: Session, keys: Keys, wanted: Iterable[int], now_ms: int) -> list[int]:
    """Plan a few screens now and leave the others to :func:`server.publishing.upkeep.catch_up`, seconds later.

    One transaction must not keep everybody else waiting. Returns the screens that got, or may get, another playlist.
    """
    order = sorted(wanted)
    now, later = order[:PLANS_AT_ONCE], order[PLANS_AT_ONCE:]
    if later:
        bulletins.plan_again(session, Head.screen_id.in_(later))
    return replan(session, keys, now, now_ms) + later


def retire(session: Session, actor: User, screen: Screen, now_ms: int) -> None:
    """Take a screen out of service and clear its topics. Raises Forbidden."""
    screens.retire(session, actor, screen, now_ms)
    session.execute(delete(PlaylistUse).where(PlaylistUse.screen_id == screen.id))
    session.execute(delete(Head).where(Head.screen_id == screen.id))
    for topic in (topics.to_playlist(screen.public_id), topics.to_head(screen.public_id)):
        outbox.put(session, topic, b"", now_ms=now_ms)


def command(session: Session, actor: User, screen: Screen, verb: Command, now_ms: int) -> str:
    """Tell a screen to do something within a minute, or never. Returns the command's id, which its result names.

    Raises Forbidden or Invalid (the screen is out of service).
    """
    users.require(session, actor, Role.OPERATOR, screen.unit_id)
    if not screen.active:
        raise Invalid("screen-retired", "Màn hình này đã ngừng dùng.")
    number = secrets.token_hex(8)
    expires = now_ms + COMMAND_LIFE_MS
    payload = json.dumps({"format": 1, "id": number, "command": verb.value, "at": now_ms, "until": expires}).encode()
    topic = topics.to_command(screen.public_id)
    outbox.put(session, topic, payload, now_ms=now_ms, retain=False, expires_ms=expires)
    record(session, actor, "screen.command", f"screen:{screen.id}", command=verb.value, id=number)
    return number
