"""A person's own account: signing in and out, the password, the language."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_security.utils import login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from server import audit, custody, users
from server.errors import Forbidden, Invalid
from server.web.database import reading, writing
from server.web.forms import REQUIRED, show_errors
from server.web.language import COOKIE, LANGUAGES
from server.web.limits import LOGIN_BY_ACCOUNT, LOGIN_BY_ADDRESS, account, limiter
from server.web.permission import me, public, signed_in
from server.web.security import STARTED

bp = Blueprint("account", __name__)
A_YEAR_S = 365 * 24 * 3600


class LoginForm(FlaskForm):
    """User name and password."""

    username = StringField(
        _l("Tên đăng nhập"),
        [InputRequired(REQUIRED), Length(max=64)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "autofocus": True},
    )
    password = PasswordField(
        _l("Mật khẩu"), [InputRequired(REQUIRED), Length(max=1024)], render_kw={"autocomplete": "current-password"}
    )


class VerifyForm(FlaskForm):
    """The password once more."""

    password = PasswordField(
        _l("Mật khẩu"),
        [InputRequired(REQUIRED)],
        render_kw={"autocomplete": "current-password", "autofocus": True},
    )


class PasswordForm(FlaskForm):
    """The old password, and the new one twice."""

    password = PasswordField(
        _l("Mật khẩu hiện nay"), [InputRequired(REQUIRED)], render_kw={"autocomplete": "current-password"}
    )
    new = PasswordField(
        _l("Mật khẩu mới"),
        [InputRequired(REQUIRED)],
        description=_l("Ít nhất 12 ký tự. Một câu dài dễ nhớ là tốt nhất."),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("Nhập lại mật khẩu mới"),
        [InputRequired(REQUIRED), EqualTo("new", _l("Hai lần nhập không giống nhau."))],
        render_kw={"autocomplete": "new-password"},
    )


@bp.route("/login", methods=["GET", "POST"])
@public
@limiter.limit(LOGIN_BY_ADDRESS, methods=["POST"])
@limiter.limit(LOGIN_BY_ACCOUNT, key_func=account, methods=["POST"])
def login() -> Any:
    """The page that lets people in. What was wrong is never said more exactly than “one of the two”."""
    if current_user.is_authenticated:
        return redirect(url_for("home.index"))
    form = LoginForm()
    if form.validate_on_submit():
        user = users.authenticate(reading(), form.username.data, form.password.data)
        _remember_attempt(user, users.clean_username(form.username.data))
        if user is not None:
            session.clear()
            _sign_in(user)
            return redirect(_next())
        form.form_errors.append(_("Tên đăng nhập hoặc mật khẩu không đúng."))
    return render_template("account/login.html", form=form), 422 if form.errors else 200


@bp.post("/logout")
@signed_in
def logout() -> AnyResponse:
    """End this session."""
    here = writing()
    audit.record(here, me(), "session.ended", f"user:{me().id}")
    here.commit()
    logout_user()
    session.clear()
    return redirect(url_for("account.login"))


@bp.route("/account/verify", methods=["GET", "POST"])
@signed_in
@limiter.limit(LOGIN_BY_ADDRESS, methods=["POST"])
def verify() -> Any:
    """Ask for the password before something sensitive."""
    form = VerifyForm()
    if form.validate_on_submit():
        if users.verify_password(me(), form.password.data):
            session["fs_paa"] = time.time()
            return redirect(_next())
        form.password.errors = [_("Mật khẩu không đúng.")]
    return render_template("account/verify.html", form=form), 422 if form.errors else 200


@bp.route("/account/password", methods=["GET", "POST"])
@signed_in
@limiter.limit(LOGIN_BY_ADDRESS, methods=["POST"])
def password() -> Any:
    """Change one's own password; approvers' keys are locked anew with it."""
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            here = writing()
            custody.change_password(here, me(), form.password.data, form.new.data)
            here.commit()
        except Forbidden as error:
            show_errors(form, error, field="password")
        except Invalid as error:
            show_errors(form, error, field="new")
        else:
            _sign_in(me())
            flash(
                _("Đã đổi mật khẩu. Những nơi khác đang đăng nhập bằng tài khoản này đều đã bị đăng xuất."), "success"
            )
            return redirect(url_for("home.index"))
    return render_template("account/password.html", form=form), 422 if form.errors else 200


@bp.post("/language")
@public
def language() -> AnyResponse:
    """Keep the language chosen: in the browser, and with the person who is signed in."""
    wanted = request.form.get("language", "")
    if wanted not in LANGUAGES:
        raise Invalid("language", "Ngôn ngữ này chưa có.")
    if current_user.is_authenticated:
        here = writing()
        me().language = wanted
        here.commit()
    response = redirect(_next())
    response.set_cookie(COOKIE, wanted, max_age=A_YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure)
    return response


def _sign_in(user: users.User) -> None:
    login_user(user, authn_via=["password"])
    session[STARTED] = time.time()


def _remember_attempt(user: users.User | None, username: str) -> None:
    here = writing()
    if user is not None:
        audit.record(here, user, "session.begun", f"user:{user.id}", address=request.remote_addr)
    else:
        audit.record(here, None, "session.refused", "session", username=username[:32], address=request.remote_addr)
    here.commit()


def _next() -> str:
    """Where the person wanted to go, if that is a page of ours, else home."""
    wanted = request.values.get("next", "")
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not any(c < " " for c in wanted)
    return wanted if ours else url_for("home.index")
