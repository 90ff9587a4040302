"""Administrative areas: a list that everybody shares, kept by the administrators of the topmost unit."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from server import audit, publishing, screens, sites, territories
from server.clock import now_ms
from server.errors import DomainError
from server.territories import Territory
from server.users import Role
from server.web.administration import INDENT
from server.web.database import reading, writing
from server.web.forms import REQUIRED, show_errors, whole_number
from server.web.permission import me, permit
from server.web.signing import keys

bp = Blueprint("territories", __name__, url_prefix="/territories")


class TerritoryForm(FlaskForm):
    """One area. Its code is asked for once."""

    code = StringField(
        _l("Mã địa bàn"),
        [Length(max=12)],
        description=_l("Mã chính thức, giữ cả số 0 ở đầu. Không đổi được về sau."),
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    name = StringField(_l("Tên địa bàn"), [InputRequired(REQUIRED), Length(max=200)])
    parent = SelectField(_l("Thuộc địa bàn"), coerce=whole_number)
    valid_from = DateField(_l("Có từ ngày"), [Optional()])
    valid_to = DateField(_l("Đến hết ngày"), [Optional()])


@bp.get("/")
@permit(Role.ADMIN)
def index() -> str:
    """The tree of areas."""
    session = reading()
    may_change = territories.may_change(session, me())
    return render_template("territories/index.html", tree=territories.tree(session), may_change=may_change)


@bp.route("/new", methods=["GET", "POST"])
@permit(Role.ADMIN)
def create() -> Any:
    """Add an area."""
    return _form_page(None)


@bp.route("/<int:territory_id>", methods=["GET", "POST"])
@permit(Role.ADMIN)
def edit(territory_id: int) -> Any:
    """Change an area; screens that stand in it are planned anew."""
    return _form_page(territory_id)


def _form_page(territory_id: int | None) -> Any:
    form = TerritoryForm()
    session = writing() if form.is_submitted() else reading()
    if not territories.may_change(session, me()):
        abort(403)
    territory = territories.get(session, territory_id) if territory_id is not None else None
    if territory is not None and not form.is_submitted():
        form = TerritoryForm(None, obj=territory, parent=territory.parent_id)
    _offer(session, form)
    if form.validate_on_submit():
        try:
            _keep(session, territory, form)
            session.commit()
        except DomainError as error:
            session.rollback()
            show_errors(form, error)
        else:
            flash(_("Đã lưu."), "success")
            return redirect(url_for(".index"))
    return _drawn(form, territory_id), 422 if form.is_submitted() else 200


def _drawn(form: TerritoryForm, territory_id: int | None) -> str:
    session = reading()
    territory = territories.get(session, territory_id) if territory_id is not None else None
    history = audit.history(session, f"territory:{territory_id}", 20) if territory_id is not None else ()
    return render_template("territories/edit.html", form=form, territory=territory, history=history)


def _keep(session: Session, territory: Territory | None, form: TerritoryForm) -> None:
    terms = territories.Terms(form.name.data or "", form.parent.data, form.valid_from.data, form.valid_to.data)
    if territory is None:
        territories.add(session, me(), (form.code.data or "").strip(), terms)
        return
    territories.change(session, me(), territory, terms)
    below = sites.in_territories(session, territories.subtree_ids(session, territory.id))
    publishing.plan_soon(session, keys(), (screen.id for screen in screens.at_sites(session, below)), now_ms())


def _offer(session: Session, form: TerritoryForm) -> None:
    tree = territories.tree(session)
    form.parent.choices = [("", _("(không)")), *((area.id, INDENT * depth + area.name) for depth, area in tree)]
