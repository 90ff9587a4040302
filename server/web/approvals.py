"""Approving: the item as screens will show it, the decision it rests on, and the signature."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import DateField, PasswordField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from server import approvals, library, signatures, units, users
from server.approvals import Approval, Terms
from server.clock import now_ms, today
from server.errors import DomainError, Forbidden
from server.library import Item, ItemStatus
from server.settings import Settings
from server.units import Unit
from server.users import Role, User
from server.web.database import reading, writing
from server.web.forms import REQUIRED, show_errors, whole_number
from server.web.language import ZONE
from server.web.limits import LOGIN_BY_ADDRESS, limiter
from server.web.permission import me, permit
from server.web.tasks import Task

bp = Blueprint("approvals", __name__, url_prefix="/approvals")

USUAL_VALIDITY = timedelta(days=365)


class SigningForm(FlaskForm):
    """Whatever a signature needs: the password that opens the approver's key."""

    password = PasswordField(
        _l("Mật khẩu của bạn"), [InputRequired(REQUIRED)], render_kw={"autocomplete": "current-password"}
    )


class ApprovalForm(SigningForm):
    """The terms of an approval."""

    unit = SelectField(_l("Ký thay mặt"), coerce=whole_number)
    decision_number = StringField(
        _l("Số quyết định / văn bản"),
        [InputRequired(REQUIRED), Length(max=100)],
        description=_l("Ví dụ: 07/QĐ-UBND"),
    )
    decision_date = DateField(_l("Ngày của quyết định"), [InputRequired(REQUIRED)])
    first_day = DateField(_l("Được chiếu từ ngày"), [InputRequired(REQUIRED)])
    last_day = DateField(_l("Đến hết ngày"), [InputRequired(REQUIRED)], description=_l("Nhiều nhất một năm."))
    scope = SelectMultipleField(
        _l("Được chiếu trên màn hình của"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )


class ReturnForm(FlaskForm):
    """Why an item goes back to its author."""

    reason = TextAreaField(_l("Lý do trả lại"), [InputRequired(REQUIRED), Length(max=1000)], render_kw={"rows": 3})


class WithdrawalForm(SigningForm):
    """Why an approval ends, and the signature that ends it."""

    reason = TextAreaField(_l("Lý do thu hồi"), [InputRequired(REQUIRED), Length(max=500)], render_kw={"rows": 3})


def tasks(session: Session, user: User) -> list[Task]:
    """What waits for this approver's decision, and for a further signature."""
    waiting = approvals.queue(session, users.units_where(session, user, Role.APPROVER), user)
    further = approvals.to_countersign(session, user)
    found = []
    if len(waiting) == 1:
        text = _("“%(title)s” chờ bạn phê duyệt.", title=waiting[0].title)
        found = [Task(text, url_for("approvals.show", item_id=waiting[0].id), "approve", tone="warning")]
    elif waiting:
        text = _("Các sản phẩm chờ bạn phê duyệt.")
        found = [Task(text, url_for("approvals.index"), "approve", len(waiting), "warning")]
    for approval in further:
        text = _("“%(title)s” chờ chữ ký thứ hai của bạn.", title=approval.item.title)
        found.append(Task(text, url_for("approvals.countersign", approval_id=approval.id), "key", tone="warning"))
    return found


@bp.get("/")
@permit(Role.APPROVER, Role.MANAGER)
def index() -> str:
    """What waits for a decision, oldest first, and what waits for a second signature."""
    session = reading()
    reach = users.units_where(session, me(), Role.APPROVER, Role.MANAGER)
    return render_template(
        "approvals/index.html",
        items=approvals.queue(session, reach, me()),
        unfinished=approvals.unfinished(session, reach),
        mine={a.id for a in approvals.to_countersign(session, me())},
    )


@bp.get("/<int:item_id>")
@permit(Role.APPROVER)
def show(item_id: int) -> str:
    """The item and the form to approve or return it."""
    session = reading()
    return _page(session, _item(session, item_id))


@bp.post("/<int:item_id>/approve")
@permit(Role.APPROVER)
@limiter.limit(LOGIN_BY_ADDRESS)
def approve(item_id: int) -> Any:
    """Sign, with the person's own key, just unlocked."""
    session = writing()
    item = _item(session, item_id)
    library.refuse_author(me(), item)
    form = ApprovalForm()
    _offer(session, form, item)
    if form.validate_on_submit():
        try:
            unit = units.get(session, form.unit.data)
            signatures.approve(
                session,
                _settings(),
                approver=me(),
                password=form.password.data,
                item=item,
                unit=unit,
                terms=_terms(form, unit),
                now_ms=now_ms(),
            )
            session.commit()
        except DomainError as error:
            session.rollback()
            show_errors(form, error)
        else:
            flash(_("Đã ký phê duyệt “%(title)s”.", title=item.title), "success")
            return redirect(url_for("approvals.index"))
    session = reading()
    return _page(session, _item(session, item_id), approval_form=form), 422


@bp.post("/<int:item_id>/return")
@permit(Role.APPROVER)
def send_back(item_id: int) -> Any:
    """Return the item to its author."""
    session = writing()
    item = _item(session, item_id)
    form = ReturnForm()
    if form.validate_on_submit():
        try:
            library.send_back(session, me(), item, form.reason.data, now_ms())
            session.commit()
        except Forbidden:
            raise
        except DomainError as error:
            session.rollback()
            show_errors(form, error)
        else:
            flash(_("Đã trả lại “%(title)s” cho người soạn thảo.", title=item.title), "success")
            return redirect(url_for("approvals.index"))
    session = reading()
    return _page(session, _item(session, item_id), return_form=form), 422


@bp.route("/signatures/<approval_id>", methods=["GET", "POST"])
@permit(Role.APPROVER)
@limiter.limit(LOGIN_BY_ADDRESS, methods=["POST"])
def countersign(approval_id: str) -> Any:
    """A second person signs the same approval, for screens of the units below."""
    form = SigningForm()
    session = writing() if form.is_submitted() else reading()
    approval = _approval(session, approval_id)
    if form.validate_on_submit():
        try:
            signatures.countersign(
                session,
                _settings(),
                approver=me(),
                password=form.password.data,
                approval=approval,
                now_ms=now_ms(),
            )
            session.commit()
        except DomainError as error:
            session.rollback()
            show_errors(form, error)
        else:
            flash(_("Đã ký phê duyệt “%(title)s”.", title=approval.item.title), "success")
            return redirect(url_for("approvals.index"))
    answer = render_template("approvals/countersign.html", approval=approval, item=approval.item, form=form)
    return answer, 422 if form.is_submitted() else 200


@bp.route("/<int:item_id>/withdraw", methods=["GET", "POST"])
@permit(Role.APPROVER)
@limiter.limit(LOGIN_BY_ADDRESS, methods=["POST"])
def withdraw(item_id: int) -> Any:
    """Take an approved item off every screen, at once."""
    form = WithdrawalForm()
    session = writing() if form.is_submitted() else reading()
    item = _item(session, item_id)
    approval = signatures.in_force(session, item, now_ms())
    if form.validate_on_submit():
        try:
            signatures.withdraw(
                session,
                _settings(),
                approver=me(),
                password=form.password.data,
                item=item,
                reason=form.reason.data,
                now_ms=now_ms(),
            )
            session.commit()
        except DomainError as error:
            session.rollback()
            show_errors(form, error)
        else:
            flash(_("Đã thu hồi “%(title)s”: các màn hình trực tuyến ngừng chiếu ngay.", title=item.title), "success")
            return redirect(url_for("library.show", item_id=item_id))
    answer = render_template("approvals/withdraw.html", item=item, approval=approval, form=form)
    return answer, 422 if form.is_submitted() else 200


def _page(
    session: Session,
    item: Item,
    *,
    approval_form: ApprovalForm | None = None,
    return_form: ReturnForm | None = None,
) -> str:
    if approval_form is None:
        now = today(ZONE.key)
        approval_form = ApprovalForm(
            None, decision_date=now, first_day=now, last_day=now + USUAL_VALIDITY - timedelta(days=1)
        )
        _offer(session, approval_form, item)
    may_decide = item.status == ItemStatus.SUBMITTED and item.author_id != me().id
    return render_template(
        "approvals/show.html",
        item=item,
        form=approval_form,
        return_form=return_form or ReturnForm(None),
        may_decide=may_decide and bool(approval_form.unit.choices),
    )


def _offer(session: Session, form: ApprovalForm, item: Item) -> None:
    """The units this person may sign for, and those whose screens may show the item."""
    mine = approvals.approving_units(session, me(), item)
    below = units.tree(session, units.subtree_ids(session, *(u.id for u in mine))) if mine else []
    form.unit.choices = [(u.id, u.name) for u in mine]
    form.scope.choices = [(u.code, "\u2003" * depth + u.name) for depth, u in below]
    if not form.is_submitted() and mine:
        form.unit.data, form.scope.data = mine[0].id, [mine[0].code]


def _terms(form: ApprovalForm, unit: Unit) -> Terms:
    return Terms.of_days(
        decision_number=form.decision_number.data,
        decision_date=form.decision_date.data,
        first_day=form.first_day.data,
        last_day=form.last_day.data,
        scope=tuple(form.scope.data or [unit.code]),
        zone=ZONE.key,
    )


def _item(session: Session, item_id: int) -> Item:
    return library.get(session, item_id, users.units_where(session, me(), Role.APPROVER, Role.MANAGER))


def _approval(session: Session, approval_id: str) -> Approval:
    approval = approvals.get(session, approval_id)
    _item(session, approval.item_id)
    return approval


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
