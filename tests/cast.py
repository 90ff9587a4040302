"""The people of the server's tests: the same in every test, so that a test of permissions is three lines.

The city has two wards. In each ward sit an uploader, an approver, a scheduler, an operator, a manager and an
administrator; in the city an administrator; the stranger belongs to ward A and holds no role.
"""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from playlists.keys import SigningKey
from server import custody, screens, trust, units, users
from server.users import Role

NOW_MS = 1_790_000_000_000  # 21 September 2026, a Monday
PASSWORD = "một câu dài dễ nhớ"
CITY, WARD_A, WARD_B = "thanh-pho", "phuong-a", "phuong-b"
ROLES = tuple(Role)


def populate(session: Session, keys: dict[str, SigningKey]) -> None:
    """Units, people and trust as described above; ``keys`` are those of root, director and log."""
    city = units.add(session, code=CITY, name="Thành phố")
    screens.seed_classes(session)
    add_person(session, "admin-city", city, Role.ADMIN)
    for letter, code in (("a", WARD_A), ("b", WARD_B)):
        ward = units.add(session, code=code, name=f"Phường {letter.upper()}", parent=city)
        for role in ROLES:
            add_person(session, f"{role}-{letter}", ward, role)
    add_person(session, "stranger", units.by_code(session, WARD_A))
    trust.begin(session, keys, NOW_MS)


def add_person(session: Session, username: str, unit: units.Unit, *roles: Role) -> users.User:
    """One more person, with the password of everybody."""
    name = username.replace("-", " ").title()
    user = users.add(session, username=username, display_name=name, unit=unit, password=PASSWORD, now_ms=NOW_MS)
    for role in roles:
        if role is Role.APPROVER:
            custody.appoint(session, user, unit, PASSWORD, NOW_MS)
        else:
            users.give(session, user, role, unit)
    return user


class Browser(FlaskClient):
    """A client that sends forms as a browser does: with the token of a page it has seen."""

    def token(self) -> str:
        """The CSRF token of this session, taken from a page."""
        page = self.get("/", follow_redirects=True).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found, page
        return found.group(1)

    def submit(self, url: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form to this address, CSRF token included."""
        return self.post(url, data={"csrf_token": self.token(), **(data or {})}, **more)

    def sign_in(self, username: str, password: str = PASSWORD) -> TestResponse:
        """Log in as this person."""
        return self.submit("/login", {"username": username, "password": password})
