"""Campaigns as pages: the list, one campaign and how far each of its screens is with it, publishing, ending."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from playlists.model import Priority
from server import audit, campaigns, material, publishing, users
from server.campaigns import KIND_NAMES, PRIORITY_NAMES, STATUS_NAMES, Campaign, Status
from server.clock import now_ms
from server.errors import Invalid
from server.screens import Phase
from server.sites import VENUES
from server.users import Role, User
from server.web.campaigns.words import limits, often
from server.web.database import reading, writing
from server.web.deeds import deed_words
from server.web.permission import me, permit
from server.web.problems import sentence
from server.web.signing import keys
from server.web.tasks import Task
from server.web.window_fields import exception_words
from server.web.window_fields import words as window_words

bp = Blueprint("campaigns", __name__, url_prefix="/campaigns")

READERS = (Role.SCHEDULER, Role.MANAGER, Role.APPROVER, Role.OPERATOR)
STATUS_TONES = {Status.DRAFT: "quiet", Status.PUBLISHED: "success", Status.ENDED: "quiet", Status.WITHDRAWN: "danger"}


def tasks(session: Session, user: User) -> list[Task]:
    """Drafts of this scheduler that have not gone out."""
    drafts = [
        c for c in campaigns.in_units(session, users.units_where(session, user, Role.SCHEDULER)) if _mine(c, user)
    ]
    if len(drafts) > 1:
        return [Task(_("Các đợt tuyên truyền chưa phát hành."), url_for("campaigns.index"), "campaign", len(drafts))]
    text = _("Đợt “%(name)s” chưa phát hành.", name=drafts[0].name) if drafts else ""
    return [Task(text, url_for("campaigns.show", campaign_id=draft.id), "campaign") for draft in drafts]


def _mine(campaign: Campaign, user: User) -> bool:
    return campaign.status == Status.DRAFT and campaign.author_id == user.id


@bp.get("/")
@permit(*READERS)
def index() -> str:
    """Every campaign within reach, newest first."""
    session = reading()
    found = campaigns.in_units(session, users.units_where(session, me(), *READERS))
    return render_template("campaigns/index.html", campaigns=found, may_add=me().holds(Role.SCHEDULER))


@bp.get("/<int:campaign_id>")
@permit(*READERS)
def show(campaign_id: int) -> str:
    """One campaign, and how far each of its screens is."""
    session = reading()
    campaign = the_campaign(session, campaign_id)
    return render_template(
        "campaigns/show.html",
        items=material.items_of(session, campaign.item_ids),
        windows=[window_words(window) for window in campaign.open_windows()],
        exceptions=[exception_words(exception) for exception in campaign.day_exceptions()],
        targets=_target_words(session, campaign),
        history=audit.history(session, f"campaign:{campaign.id}", 20),
        may_change=_is_open(campaign) and users.may(session, me(), Role.SCHEDULER, campaign.unit_id),
        **_progress(session, campaign),
    )


@bp.get("/<int:campaign_id>/live")
@permit(*READERS)
def live(campaign_id: int) -> str:
    """The table of screens alone, asked for again and again while somebody looks."""
    session = reading()
    return render_template("campaigns/_screens.html", **_progress(session, the_campaign(session, campaign_id)))


@bp.post("/<int:campaign_id>/publish")
@permit(Role.SCHEDULER)
def publish(campaign_id: int) -> Any:
    """Bring it to its screens."""
    session = writing()
    campaign = the_campaign(session, campaign_id)
    try:
        publishing.publish(session, me(), campaign, keys(), now_ms())
        session.commit()
    except Invalid as error:
        session.rollback()
        flash(sentence(error), "danger")
        return redirect(url_for("campaigns.edit", campaign_id=campaign_id))
    flash(_("Đã phát hành. Bảng dưới cho biết từng màn hình đã nhận tới đâu."), "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))


@bp.post("/<int:campaign_id>/end")
@permit(Role.SCHEDULER)
def end(campaign_id: int) -> Any:
    """Take it off its screens before its last day."""
    session = writing()
    campaign = the_campaign(session, campaign_id)
    status = Status.WITHDRAWN if campaign.status == Status.DRAFT else Status.ENDED
    publishing.close(session, me(), campaign, status=status, keys=keys(), now_ms=now_ms())
    session.commit()
    flash(_("Đợt tuyên truyền đã dừng."), "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))


@bp.app_context_processor
def words() -> dict[str, Any]:
    """What templates say about campaigns."""
    return {
        "deed_words": deed_words,
        "campaign_status": lambda campaign: _(STATUS_NAMES[Status(campaign.status)]),
        "campaign_tone": lambda campaign: STATUS_TONES[Status(campaign.status)],
        "frequency_words": lambda campaign: often(campaign.frequency()),
        "frequency_limits": lambda campaign: list(limits(campaign.frequency())),
        "priority_words": lambda campaign: _(PRIORITY_NAMES[Priority(campaign.priority)]),
    }


def _progress(session: Session, campaign: Campaign) -> dict[str, Any]:
    found = publishing.standings(session, campaigns.targets(session, campaign), now_ms())
    return {
        "campaign": campaign,
        "standings": found,
        "tally": publishing.by_phase(found),
        "shown": sum(standing.phase is Phase.SHOWN for standing in found),
        "now_ms": now_ms(),
    }


def _target_words(session: Session, campaign: Campaign) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """What the campaign includes and excludes: kinds and names, as people call them."""
    targets = campaign.target_groups()
    if targets is None:
        return []
    sides = (("include", targets.include), ("exclude", targets.exclude))
    return [(side, [_kind_words(*pair) for pair in campaigns.described(session, group)]) for side, group in sides]


def _kind_words(kind: str, names: list[str]) -> tuple[str, list[str]]:
    shown = [_(VENUES.get(name, name)) for name in names] if kind == "venues" else names
    return KIND_NAMES[kind], shown


def _is_open(campaign: Campaign) -> bool:
    return campaign.status in (Status.DRAFT, Status.PUBLISHED)


def the_campaign(session: Session, campaign_id: int) -> Campaign:
    """The campaign, if it is within reach of the person who asks."""
    return campaigns.visible(session, me(), campaign_id)
