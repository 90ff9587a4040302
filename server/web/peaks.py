"""Peak campaigns: which campaigns play more often, from when to when, and which hours are theirs alone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import DateField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from playlists.peaks import MOST_PERCENT, USUAL_PERCENT
from server import audit, peaks, publishing, units, users, windows
from server.clock import now_ms
from server.errors import Invalid
from server.peaks import STATUS_NAMES, Peak, Status
from server.publishing import Verdict
from server.users import Role
from server.web.campaigns import READERS
from server.web.converters import number
from server.web.database import reading, writing
from server.web.forms import REQUIRED, show_errors, whole_number
from server.web.permission import me, permit
from server.web.problems import sentence
from server.web.signing import keys
from server.web.window_fields import BlankWindowForm, rows_of, window_list, windows_of
from server.web.window_fields import words as window_words

bp = Blueprint("peaks", __name__, url_prefix="/peaks")
TONES = {Status.DRAFT: "quiet", Status.PUBLISHED: "success", Status.CLOSED: "quiet"}
USUAL_BOOST = 200


class PeakForm(FlaskForm):
    """A peak changes campaigns that are there already; it ends by itself."""

    name = StringField(
        _l("Tên đợt cao điểm"),
        [InputRequired(REQUIRED), Length(max=200)],
        description=_l("Ví dụ: Ngày Pháp luật 2026"),
    )
    unit = SelectField(_l("Đơn vị"), coerce=whole_number)
    requester = StringField(_l("Cơ quan đề nghị"), [Length(max=200)])
    directive_number = StringField(_l("Số văn bản"), [Length(max=100)])
    first_day = DateField(_l("Từ ngày"), [InputRequired(REQUIRED)])
    last_day = DateField(_l("Đến hết ngày"), [InputRequired(REQUIRED)])
    campaigns = SelectMultipleField(_l("Tăng cường những đợt nào"), coerce=int)
    boost_percent = IntegerField(
        _l("Tần suất so với thường ngày (%)"),
        [InputRequired(REQUIRED)],
        default=USUAL_BOOST,
        description=_l("100 là như thường, 200 là gấp đôi."),
        render_kw={"min": USUAL_PERCENT, "max": MOST_PERCENT},
    )
    reserved = window_list(BlankWindowForm, label=_l("Dành riêng khung giờ"))


@bp.get("/")
@permit(*READERS)
def index() -> str:
    """Every peak within reach, newest first."""
    session = reading()
    found = peaks.in_units(session, users.units_where(session, me(), *READERS))
    return render_template("peaks/index.html", peaks=found, may_add=me().holds(Role.SCHEDULER))


@bp.route("/new", methods=["GET", "POST"])
@permit(Role.SCHEDULER)
def create() -> Any:
    """A draft, or with the second button published at once."""
    return _form_page(None)


@bp.route("/<int:peak_id>/edit", methods=["GET", "POST"])
@permit(Role.SCHEDULER)
def edit(peak_id: int) -> Any:
    """Change it; what is published is published again."""
    return _form_page(peak_id)


@bp.get("/<int:peak_id>")
@permit(*READERS)
def show(peak_id: int) -> str:
    """One peak: what it changes, and what was done to it."""
    session = reading()
    peak = peaks.visible(session, me(), peak_id)
    return render_template(
        "peaks/show.html",
        peak=peak,
        windows=[window_words(window) for window in windows.loaded(peak.reserved)],
        history=audit.history(session, f"peak:{peak.id}", 20),
        may_change=peak.status != Status.CLOSED and users.may(session, me(), Role.SCHEDULER, peak.unit_id),
    )


@bp.post("/<int:peak_id>/publish")
@permit(Role.SCHEDULER)
def publish(peak_id: int) -> Any:
    """Bring it to its screens."""
    session = writing()
    peak = peaks.visible(session, me(), peak_id)
    try:
        publishing.peaks.publish(session, me(), peak, keys(), now_ms(), _accepted())
        session.commit()
    except Invalid as error:
        session.rollback()
        flash(sentence(error), "danger")
        return redirect(url_for("peaks.edit", peak_id=peak_id))
    flash(_("Đã phát hành đợt cao điểm. Nó bắt đầu và kết thúc đúng ngày, không cần làm gì thêm."), "success")
    return redirect(url_for("peaks.show", peak_id=peak_id))


@bp.post("/<int:peak_id>/close")
@permit(Role.SCHEDULER)
def close(peak_id: int) -> Any:
    """End it before its last day."""
    session = writing()
    publishing.peaks.close(session, me(), peaks.visible(session, me(), peak_id), keys(), now_ms())
    session.commit()
    flash(_("Đã đóng đợt cao điểm: các đợt trở lại như thường."), "success")
    return redirect(url_for("peaks.show", peak_id=peak_id))


@bp.app_context_processor
def words() -> dict[str, Any]:
    """What templates say about peaks."""
    return {
        "peak_status": lambda peak: _(STATUS_NAMES[Status(peak.status)]),
        "peak_tone": lambda peak: TONES[Status(peak.status)],
    }


def _form_page(peak_id: int | None) -> Any:
    form, verdict = PeakForm(), None
    session = writing() if form.is_submitted() else reading()
    peak = peaks.visible(session, me(), peak_id) if peak_id is not None else None
    if peak is not None and not form.is_submitted():
        form = _filled(peak)
    _offer(session, form)
    if "more" in request.form:
        form.reserved.append_entry()
    elif form.validate_on_submit():
        try:
            peak = _keep(session, peak, form)
            if {"publish", "reduce"} & request.form.keys():
                publishing.peaks.publish(session, me(), peak, keys(), now_ms(), _accepted())
            session.commit()
        except Invalid as error:
            verdict = publishing.peaks.judge(session, peak, now_ms()) if peak and error.code == "infeasible" else None
            session.rollback()
            show_errors(form, error)
        else:
            flash(_("Đã lưu."), "success")
            return redirect(url_for("peaks.show", peak_id=peak.id))
    status = 422 if form.is_submitted() and "more" not in request.form else 200
    return _drawn(form, peak_id, verdict), status


def _drawn(form: PeakForm, peak_id: int | None, verdict: Verdict | None) -> str:
    session = reading()
    peak = peaks.visible(session, me(), peak_id) if peak_id is not None else None
    offered = _offer(session, form)
    return render_template("peaks/form.html", form=form, peak=peak, offered=offered, verdict=verdict)


def _keep(session: Session, peak: Peak | None, form: PeakForm) -> Peak:
    terms = peaks.Terms(
        name=form.name.data or "",
        unit_id=form.unit.data or 0,
        first_day=form.first_day.data,
        last_day=form.last_day.data,
        campaign_ids=frozenset(form.campaigns.data or ()),
        boost_percent=form.boost_percent.data,
        reserved=windows_of(form.reserved),
        requester=form.requester.data or "",
        directive_number=form.directive_number.data or "",
    )
    if peak is None:
        return peaks.add(session, me(), terms, now_ms())
    publishing.peaks.change(session, me(), peak, terms, keys(), now_ms(), _accepted())
    return peak


def _filled(peak: Peak) -> PeakForm:
    terms = peaks.terms_of(peak)
    return PeakForm(
        None,
        name=terms.name,
        unit=terms.unit_id,
        requester=terms.requester,
        directive_number=terms.directive_number,
        first_day=terms.first_day,
        last_day=terms.last_day,
        campaigns=sorted(terms.campaign_ids),
        boost_percent=terms.boost_percent,
        reserved=rows_of(terms.reserved),
    )


def _offer(session: Session, form: PeakForm) -> Any:
    reach = users.units_where(session, me(), Role.SCHEDULER)
    offered = peaks.choosable(session, reach)
    form.unit.choices = [(unit.id, "\u2003" * depth + unit.name) for depth, unit in units.tree(session, reach)]
    form.campaigns.choices = [(campaign.id, campaign.name) for campaign in offered]
    return offered


def _accepted() -> int:
    """How many seconds of promised airtime the person agreed to lose, with the button that named them."""
    return request.form.get("reduce", 0, type=number)
