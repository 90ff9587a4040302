"""Campaigns: what, when, how often and where; whether it can be kept; and how far each screen is with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import DateField, IntegerField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional

from playlists.model import Priority
from server import audit, campaigns, material, publishing, screens, units, users
from server.campaigns import PRIORITY_NAMES, STATUS_NAMES, Campaign, Status, Terms
from server.clock import now_ms, today
from server.errors import DomainError, Invalid
from server.screens import Phase, Screen
from server.users import Role, User
from server.web.converters import number
from server.web.database import reading, writing
from server.web.forms import REQUIRED, show_errors, whole_number
from server.web.language import ZONE
from server.web.permission import me, permit
from server.web.problems import sentence
from server.web.signing import keys
from server.web.tasks import Task
from server.web.window_fields import rows_of, window_list, windows_of
from server.web.window_fields import words as window_words

bp = Blueprint("campaigns", __name__, url_prefix="/campaigns")

READERS = (Role.SCHEDULER, Role.MANAGER, Role.APPROVER, Role.OPERATOR)
USUAL_DAYS = timedelta(days=30)
USUAL_PLAYS_PER_HOUR = 4
STATUS_TONES = {Status.DRAFT: "quiet", Status.PUBLISHED: "success", Status.ENDED: "quiet", Status.WITHDRAWN: "danger"}
MOST_SHORTS = 6


class CampaignForm(FlaskForm):
    """Every part has an answer already, except which items and under what name."""

    name = StringField(
        _l("Tên đợt"),
        [InputRequired(REQUIRED), Length(max=200)],
        description=_l("Ví dụ: Phòng cháy mùa khô 2026"),
    )
    unit = SelectField(_l("Đơn vị"), coerce=whole_number)
    items = SelectMultipleField(_l("Chiếu những sản phẩm nào"), coerce=int)
    first_day = DateField(_l("Từ ngày"), [InputRequired(REQUIRED)])
    last_day = DateField(_l("Đến hết ngày"), [InputRequired(REQUIRED)])
    windows = window_list(label=_l("Trong khung giờ"))
    priority = SelectField(_l("Mức ưu tiên"), coerce=int, default=int(Priority.NORMAL))
    plays_per_hour = IntegerField(
        _l("Số lượt mỗi giờ"),
        [InputRequired(REQUIRED)],
        default=USUAL_PLAYS_PER_HOUR,
        description=_l("Tính chung cho cả đợt, trên mỗi màn hình."),
    )
    reach = RadioField(_l("Trên màn hình nào"), default="all")
    screens = SelectMultipleField(_l("Chọn màn hình"), coerce=int)
    directive_number = StringField(_l("Số văn bản chỉ đạo"), [Length(max=100)])
    directive_date = DateField(_l("Ngày văn bản"), [Optional()])


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


@bp.get("/new")
@permit(Role.SCHEDULER)
def new() -> str:
    """An empty form with good answers in it."""
    first = today(ZONE.key)
    form = CampaignForm(None, unit=_home_unit(reading()), first_day=first, last_day=first + USUAL_DAYS)
    return _form_page(reading(), form, None)


@bp.post("/new")
@permit(Role.SCHEDULER)
def add() -> Any:
    """Keep a draft and, with the second button, publish it at once."""
    return _save(None)


@bp.post("/verdict")
@permit(Role.SCHEDULER)
def verdict() -> str:
    """What the form as it is now would run into, in plain words; asked for while somebody fills it in."""
    session, form = reading(), CampaignForm()
    _offer(session, form)
    campaign_id = request.args.get("campaign", 0, type=number)
    try:
        terms = _terms(form)
        campaigns.check(session, me(), terms)
        found = publishing.judge(session, terms, campaign_id, now_ms())
    except DomainError as error:
        return render_template("campaigns/_verdict.html", verdict=None, problems=[sentence(error)])
    problems = [sentence(error) for error in found.objections]
    return render_template(
        "campaigns/_verdict.html", verdict=found, problems=problems, shorts=found.shorts[:MOST_SHORTS]
    )


@bp.get("/<int:campaign_id>")
@permit(*READERS)
def show(campaign_id: int) -> str:
    """One campaign, and how far each of its screens is."""
    session = reading()
    campaign = _campaign(session, campaign_id)
    return render_template(
        "campaigns/show.html",
        items=material.items_of(session, campaign.item_ids),
        windows=[window_words(window) for window in campaign.open_windows()],
        history=audit.history(session, f"campaign:{campaign.id}", 20),
        may_change=_is_open(campaign) and users.may(session, me(), Role.SCHEDULER, campaign.unit_id),
        **_progress(session, campaign),
    )


@bp.get("/<int:campaign_id>/live")
@permit(*READERS)
def live(campaign_id: int) -> str:
    """The table of screens alone, asked for again and again while somebody looks."""
    session = reading()
    return render_template("campaigns/_screens.html", **_progress(session, _campaign(session, campaign_id)))


@bp.get("/<int:campaign_id>/edit")
@permit(Role.SCHEDULER)
def edit(campaign_id: int) -> str:
    """The form, filled in."""
    session = reading()
    campaign = _campaign(session, campaign_id)
    terms = campaigns.terms_of(campaign)
    form = CampaignForm(
        None,
        name=terms.name,
        unit=terms.unit_id,
        items=list(terms.item_ids),
        first_day=terms.first_day,
        last_day=terms.last_day,
        windows=rows_of(terms.windows),
        priority=int(terms.priority),
        plays_per_hour=terms.plays_per_hour,
        reach="all" if terms.screen_ids is None else "some",
        screens=sorted(terms.screen_ids or ()),
        directive_number=terms.directive_number,
        directive_date=terms.directive_date,
    )
    return _form_page(session, form, campaign)


@bp.post("/<int:campaign_id>/edit")
@permit(Role.SCHEDULER)
def change(campaign_id: int) -> Any:
    """Keep what was changed; what is published already is published again."""
    return _save(campaign_id)


@bp.post("/<int:campaign_id>/publish")
@permit(Role.SCHEDULER)
def publish(campaign_id: int) -> Any:
    """Bring it to its screens."""
    session = writing()
    campaign = _campaign(session, campaign_id)
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
    campaign = _campaign(session, campaign_id)
    status = Status.WITHDRAWN if campaign.status == Status.DRAFT else Status.ENDED
    publishing.close(session, me(), campaign, status=status, keys=keys(), now_ms=now_ms())
    session.commit()
    flash(_("Đợt tuyên truyền đã dừng."), "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))


@bp.app_context_processor
def words() -> dict[str, Any]:
    """What templates say about campaigns."""
    return {
        "campaign_status": lambda campaign: _(STATUS_NAMES[Status(campaign.status)]),
        "campaign_tone": lambda campaign: STATUS_TONES[Status(campaign.status)],
        "priority_words": lambda campaign: _(PRIORITY_NAMES[Priority(campaign.priority)]),
    }


def _save(campaign_id: int | None) -> Any:
    session, form = writing(), CampaignForm()
    campaign = _campaign(session, campaign_id) if campaign_id is not None else None
    _offer(session, form)
    if form.validate_on_submit():
        try:
            campaign = _keep(session, campaign, _terms(form))
            goes_out = "publish" in request.form or campaign.status == Status.PUBLISHED
            if goes_out:
                publishing.publish(session, me(), campaign, keys(), now_ms())
            session.commit()
        except Invalid as error:
            session.rollback()
            show_errors(form, error)
        else:
            flash(_("Đã phát hành.") if goes_out else _("Đã lưu bản nháp."), "success")
            return redirect(url_for("campaigns.show", campaign_id=campaign.id))
    session = reading()
    return _form_page(session, form, _campaign(session, campaign_id) if campaign_id is not None else None), 422


def _keep(session: Session, campaign: Campaign | None, terms: Terms) -> Campaign:
    if campaign is None:
        return campaigns.add(session, me(), terms, now_ms())
    campaigns.change(session, me(), campaign, terms)
    return campaign


def _terms(form: CampaignForm) -> Terms:
    """The form as terms. Raises Invalid where an answer is missing."""
    if form.first_day.data is None or form.last_day.data is None:
        raise Invalid("dates", "Hãy chọn ngày đầu và ngày cuối.", field="first_day")
    priority = Priority(form.priority.data or Priority.NORMAL)
    return Terms(
        name=form.name.data or _("Đợt mới"),
        unit_id=form.unit.data or 0,
        first_day=form.first_day.data,
        last_day=form.last_day.data,
        windows=windows_of(form.windows),
        plays_per_hour=0 if priority is Priority.FILLER else form.plays_per_hour.data or 0,
        item_ids=tuple(form.items.data or ()),
        screen_ids=None if form.reach.data == "all" else frozenset(form.screens.data or ()),
        priority=priority,
        directive_number=form.directive_number.data or "",
        directive_date=form.directive_date.data,
    )


def _form_page(session: Session, form: CampaignForm, campaign: Campaign | None) -> str:
    shelf, groups = _offer(session, form)
    return render_template("campaigns/form.html", form=form, campaign=campaign, shelf=shelf, groups=groups)


def _offer(session: Session, form: CampaignForm) -> tuple[Sequence[Any], list[tuple[units.Unit, list[Screen]]]]:
    """Fill in what may be chosen. Returns the items, and the screens by unit, for the page to draw."""
    reach = users.units_where(session, me(), Role.SCHEDULER)
    tree = units.tree(session, reach)
    shelf = material.choosable(session, reach, now_ms())
    found = screens.in_units(session, reach)
    form.unit.choices = [(unit.id, "\u2003" * depth + unit.name) for depth, unit in tree]
    form.items.choices = [(item.id, item.title) for item in shelf]
    form.screens.choices = [(screen.id, screen.name) for screen in found]
    form.priority.choices = [(int(value), _(name)) for value, name in PRIORITY_NAMES.items()]
    form.reach.choices = [
        ("all", _("Mọi màn hình của đơn vị, kể cả màn hình gắn sau này")),
        ("some", _("Chỉ những màn hình tôi chọn")),
    ]
    groups = [(unit, [screen for screen in found if screen.unit_id == unit.id]) for _depth, unit in tree]
    return shelf, [(unit, some) for unit, some in groups if some]


def _progress(session: Session, campaign: Campaign) -> dict[str, Any]:
    found = publishing.standings(session, campaigns.targets(session, campaign), now_ms())
    return {
        "campaign": campaign,
        "standings": found,
        "tally": publishing.by_phase(found),
        "shown": sum(standing.phase is Phase.SHOWN for standing in found),
        "now_ms": now_ms(),
    }


def _is_open(campaign: Campaign) -> bool:
    return campaign.status in (Status.DRAFT, Status.PUBLISHED)


def _home_unit(session: Session) -> int | None:
    """The unit a new campaign is for: the person's own when they schedule for it, else the first one."""
    tree = units.tree(session, users.units_where(session, me(), Role.SCHEDULER))
    mine = [unit.id for _depth, unit in tree if unit.id == me().unit_id]
    return mine[0] if mine else tree[0][1].id if tree else None


def _campaign(session: Session, campaign_id: int) -> Campaign:
    return campaigns.visible(session, me(), campaign_id)
