"""People and their roles, for administrators."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from server import custody, staffing, users
from server.errors import Conflict, Forbidden, Invalid
from server.users import ROLE_NAMES, Role
from server.web.administration import act, chosen_unit, offer_units
from server.web.database import reading, writing
from server.web.forms import REQUIRED, show_errors
from server.web.permission import me, permit

bp = Blueprint("users", __name__, url_prefix="/users")


class PersonForm(FlaskForm):
    """A person's name and unit."""

    display_name = StringField(_l("Họ và tên"), [InputRequired(REQUIRED), Length(max=200)])
    unit = SelectField(_l("Đơn vị"), coerce=int)


class NewPersonForm(PersonForm):
    """The same, with the user name that never changes."""

    username = StringField(
        _l("Tên đăng nhập"),
        [InputRequired(REQUIRED), Length(max=32)],
        description=_l(
            "Chữ thường không dấu, chữ số, dấu chấm, gạch. Không đổi được về sau: các văn bản ký ghi tên này."
        ),
        render_kw={"autocomplete": "off", "autocapitalize": "none"},
    )


class RoleForm(FlaskForm):
    """One role in one unit."""

    role = SelectField(_l("Vai trò"))
    unit = SelectField(_l("Tại đơn vị"), coerce=int)


@bp.get("/")
@permit(Role.ADMIN)
def index() -> str:
    """Everybody in the units of this administrator."""
    session = reading()
    people = users.in_units(session, users.units_where(session, me(), Role.ADMIN))
    return render_template("users/index.html", people=people)


@bp.route("/new", methods=["GET", "POST"])
@permit(Role.ADMIN, fresh=True)
def create() -> Any:
    """Make an account; its first password is shown once."""
    form = NewPersonForm()
    offer_units(form.unit, reading())
    if form.validate_on_submit():
        here = writing()
        try:
            user, password = staffing.hire(
                here,
                act(),
                username=form.username.data,
                display_name=form.display_name.data,
                unit=chosen_unit(form.unit, here),
            )
            here.commit()
        except (Invalid, Conflict, Forbidden) as error:
            show_errors(form, error)
        else:
            return render_template("users/password.html", user=user, password=password, is_new=True)
    return render_template("users/new.html", form=form), 422 if form.errors else 200


@bp.route("/<int:user_id>", methods=["GET", "POST"])
@permit(Role.ADMIN, fresh=True)
def edit(user_id: int) -> Any:
    """One person: name, unit, roles, password, locked or not."""
    user = staffing.person(reading(), me(), user_id)
    form = PersonForm(display_name=user.display_name, unit=user.unit_id)
    offer_units(form.unit, reading())
    if form.validate_on_submit():
        here = writing()
        try:
            staffing.describe(here, act(), user, form.display_name.data, chosen_unit(form.unit, here))
            here.commit()
        except (Invalid, Conflict, Forbidden) as error:
            show_errors(form, error)
        else:
            flash(_("Đã lưu."), "success")
            return redirect(url_for(".edit", user_id=user.id))
    return _page(user, form), 422 if form.errors else 200


@bp.post("/<int:user_id>/roles")
@permit(Role.ADMIN, fresh=True)
def give(user_id: int) -> Any:
    """Give a role; for approvers this sets a new password, which is shown once."""
    user = staffing.person(reading(), me(), user_id)
    form = _role_form()
    if not form.validate():
        raise Invalid("role", "Hãy chọn một vai trò và một đơn vị trong danh sách.")
    here = writing()
    password = staffing.give(here, act(), user, Role(form.role.data), chosen_unit(form.unit, here))
    here.commit()
    if password is not None:
        return render_template("users/password.html", user=user, password=password, is_new=False)
    flash(_("Đã cấp vai trò."), "success")
    return redirect(url_for(".edit", user_id=user.id))


@bp.post("/<int:user_id>/roles/<int:grant_id>/take")
@permit(Role.ADMIN, fresh=True)
def take(user_id: int, grant_id: int) -> Response:
    """Withdraw a role."""
    user = staffing.person(reading(), me(), user_id)
    here = writing()
    staffing.take(here, act(), user, grant_id)
    here.commit()
    flash(_("Đã bỏ vai trò."), "success")
    return redirect(url_for(".edit", user_id=user_id))


@bp.post("/<int:user_id>/password")
@permit(Role.ADMIN, fresh=True)
def reset(user_id: int) -> str:
    """Give a new password, shown once."""
    user = staffing.person(reading(), me(), user_id)
    here = writing()
    password = staffing.reset_password(here, act(), user)
    here.commit()
    return render_template("users/password.html", user=user, password=password, is_new=False)


@bp.post("/<int:user_id>/keys/<int:key_id>/drop")
@permit(Role.ADMIN, fresh=True)
def drop_key(user_id: int, key_id: int) -> Response:
    """No longer trust a signing key that may be in wrong hands."""
    user = staffing.person(reading(), me(), user_id)
    here = writing()
    staffing.drop_key(here, act(), user, key_id)
    here.commit()
    flash(_("Đã hủy tin cậy khóa này. Muốn người này phê duyệt tiếp, hãy cấp lại mật khẩu để có khóa mới."), "success")
    return redirect(url_for(".edit", user_id=user_id))


@bp.post("/<int:user_id>/active")
@permit(Role.ADMIN, fresh=True)
def set_active(user_id: int) -> Response:
    """Lock the account, or open it again."""
    user = staffing.person(reading(), me(), user_id)
    here = writing()
    active = request.form.get("active") == "1"
    staffing.set_active(here, act(), user, active)
    here.commit()
    flash(_("Đã mở khóa tài khoản.") if active else _("Đã khóa tài khoản; mọi phiên đăng nhập đã bị ngắt."), "success")
    return redirect(url_for(".edit", user_id=user_id))


def _role_form() -> RoleForm:
    form = RoleForm(prefix="new")
    form.role.choices = [(role.value, _(name)) for role, name in ROLE_NAMES.items()]
    offer_units(form.unit, reading())
    return form


def _page(user: users.User, form: PersonForm) -> str:
    session = reading()
    return render_template(
        "users/edit.html",
        user=user,
        form=form,
        roles=_role_form(),
        governed=users.governs(session, me(), user),
        keys=custody.of_person(session, user),
    )
