"""Who may call a view. Every view declares it with one decorator, under the route::

    @bp.post("/items")
    @permit(Role.UPLOADER)
    def create() -> ...

A view without a declaration is refused by a test that walks ``app.url_map``. The decorator asks only whether the
person holds the role *somewhere*; whether it reaches the object at hand is asked of the noun (``users.may``), and what
is out of reach answers 404, as if it were not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import abort, redirect, request, url_for
from flask_login import current_user
from flask_security.utils import check_and_update_authn_fresh
from werkzeug.wrappers import Response

from server.users import Role, User
from server.web.problems import wants_json

View = TypeVar("View", bound=Callable[..., Any])
FRESH = timedelta(minutes=15)


@dataclass(frozen=True)
class Permission:
    """What a view declared. ``roles`` empty: everybody signed in. ``kind`` is public, person or device."""

    kind: str
    roles: tuple[Role, ...] = ()
    fresh: bool = False


def me() -> User:
    """The person of this request. Only in views that declared :func:`permit` or :func:`signed_in`."""
    user: User = current_user._get_current_object()
    return user


def permit(*roles: Role, fresh: bool = False) -> Callable[[View], View]:
    """For persons who hold one of the roles; with ``fresh``, who typed their password in the last 15 minutes."""
    return _guard(Permission("person", roles, fresh))


def signed_in(view: View) -> View:
    """For everybody who is signed in."""
    return _guard(Permission("person"))(view)


def public(view: View) -> View:
    """For anybody. The view must show nothing that is not public by nature."""
    view.permission = Permission("public")  # type: ignore[attr-defined]
    return view


def device(view: View) -> View:
    """For requests signed by a device; the device API's own check runs inside."""
    view.permission = Permission("device")  # type: ignore[attr-defined]
    return view


def _guard(permission: Permission) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            return _refusal(permission) or view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def _refusal(permission: Permission) -> Response | None:
    if not current_user.is_authenticated:
        if wants_json():
            abort(401)
        return redirect(url_for("account.login", next=_here()))
    if me().must_change_password and request.endpoint not in ("account.password", "account.logout", "account.language"):
        if wants_json():
            abort(403)
        return redirect(url_for("account.password"))
    if permission.roles and not me().holds(*permission.roles):
        abort(403)
    if permission.fresh and not check_and_update_authn_fresh(FRESH, FRESH):
        return redirect(url_for("account.verify", next=_here()))
    return None


def _here() -> str:
    """Where to come back to after signing in: the page itself, or the home page when a form was being sent."""
    return request.full_path.rstrip("?") if request.method == "GET" else url_for("home.index")
