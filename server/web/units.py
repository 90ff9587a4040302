"""The tree of units and the state of the trust document, for administrators."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from server import faults, staffing, trust
from server.clock import now_ms
from server.errors import Conflict, Forbidden, Invalid
from server.users import Role
from server.web.administration import act, chosen_unit, offer_units, reach
from server.web.converters import number
from server.web.database import reading, writing
from server.web.forms import REQUIRED, show_errors
from server.web.permission import me, permit

bp = Blueprint("units", __name__, url_prefix="/units")
FROM_ONE_TO_NINE = NumberRange(1, 9, _l("Hãy nhập một số từ 1 đến 9."))


class NewUnitForm(FlaskForm):
    """Where it stands, what it is called, and its code on the wire."""

    parent = SelectField(_l("Trực thuộc"), coerce=int)
    name = StringField(_l("Tên đơn vị"), [InputRequired(REQUIRED), Length(max=200)])
    code = StringField(
        _l("Mã đơn vị"),
        [InputRequired(REQUIRED), Length(max=63)],
        description=_l("Ví dụ: phuong-yen-hoa. Không đổi được về sau: màn hình nhận ra đơn vị bằng mã này."),
        render_kw={"autocomplete": "off", "autocapitalize": "none"},
    )


class UnitForm(FlaskForm):
    """Its name, and how many approvers must agree."""

    name = StringField(_l("Tên đơn vị"), [InputRequired(REQUIRED), Length(max=200)])
    threshold = IntegerField(
        _l("Số người phê duyệt cho màn hình của chính đơn vị"), [InputRequired(REQUIRED), FROM_ONE_TO_NINE]
    )
    wide_threshold = IntegerField(
        _l("Số người phê duyệt cho màn hình của các đơn vị trực thuộc"), [InputRequired(REQUIRED), FROM_ONE_TO_NINE]
    )


@bp.get("/")
@permit(Role.ADMIN)
def index() -> str:
    """The tree, and which version of the trust document the screens are to have."""
    session = reading()
    latest = trust.latest(session)
    document = latest.read() if latest else None
    return render_template(
        "units/index.html",
        tree=reach(session),
        latest=latest,
        document=document,
        waiting=trust.waiting(session),
        expiring=trust.expiring(session, now_ms()),
        faults=faults.standing(session),
    )


@bp.route("/new", methods=["GET", "POST"])
@permit(Role.ADMIN, fresh=True)
def create() -> Any:
    """Add a unit below one of this administrator's."""
    form = NewUnitForm(parent=request.args.get("parent", type=number))
    offer_units(form.parent, reading())
    if form.validate_on_submit():
        here = writing()
        try:
            staffing.add_unit(
                here, act(), code=form.code.data, name=form.name.data, parent=chosen_unit(form.parent, here)
            )
            here.commit()
        except (Invalid, Conflict, Forbidden) as error:
            show_errors(form, error)
        else:
            flash(_("Đã thêm đơn vị."), "success")
            return redirect(url_for(".index"))
    return render_template("units/new.html", form=form), 422 if form.errors else 200


@bp.route("/<int:unit_id>", methods=["GET", "POST"])
@permit(Role.ADMIN, fresh=True)
def edit(unit_id: int) -> Any:
    """Rename a unit, or change how many must agree."""
    unit = staffing.unit(reading(), me(), unit_id)
    form = UnitForm(obj=unit)
    if form.validate_on_submit():
        here = writing()
        try:
            staffing.change_unit(
                here,
                act(),
                unit,
                name=form.name.data,
                threshold=form.threshold.data,
                wide_threshold=form.wide_threshold.data,
            )
            here.commit()
        except (Invalid, Conflict, Forbidden) as error:
            show_errors(form, error)
        else:
            flash(_("Đã lưu."), "success")
            return redirect(url_for(".index"))
    return render_template("units/edit.html", form=form, unit=unit), 422 if form.errors else 200
