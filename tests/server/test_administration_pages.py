"""Units and people through the pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from server import trust, units, users
from server.db import Sessions
from server.users import Role
from tests.cast import PASSWORD, WARD_A, WARD_B, Browser

Login = Callable[[str], Browser]
NEW_PASSWORD = "một câu dài khác hẳn"


def ids(sessions: Sessions, username: str, code: str = WARD_A) -> tuple[int, int]:
    """The ids of a person and of a unit."""
    with sessions.reading() as session:
        user = users.by_username(session, username)
        assert user is not None
        return user.id, units.by_code(session, code).id


def shown_password(page: str) -> str:
    found = re.search(r'id="password">([^<]+)<', page)
    assert found, page
    return found.group(1)


@pytest.mark.both_databases
def test_new_person_gets_a_password_once_and_must_change_it(login: Login, client: Browser, sessions: Sessions) -> None:
    _, ward = ids(sessions, "admin-a")
    page = login("admin-a").submit("/users/new", {"username": "moi", "display_name": "Người Mới", "unit": ward})
    first = shown_password(page.text)
    assert client.sign_in("moi", first).status_code == 302
    assert client.get("/").location == "/account/password"
    changed = client.submit("/account/password", {"password": first, "new": NEW_PASSWORD, "again": NEW_PASSWORD})
    assert changed.location == "/"
    assert client.get("/").status_code == 200


def test_approver_role_comes_with_a_key_and_a_new_trust_version(login: Login, sessions: Sessions) -> None:
    person, ward = ids(sessions, "stranger")
    page = login("admin-a").submit(f"/users/{person}/roles", {"new-role": "approver", "new-unit": ward})
    assert shown_password(page.text)
    with sessions.reading() as session:
        latest = trust.latest(session)
        assert latest is not None
        assert len(latest.read().units[WARD_A].approvers) == 2


@pytest.mark.parametrize("wanted", [("admin", WARD_B), ("admin", "thanh-pho"), ("emperor", WARD_A)])
def test_role_beyond_reach_is_refused(login: Login, sessions: Sessions, wanted: tuple[str, str]) -> None:
    person, unit = ids(sessions, "stranger", wanted[1])
    answer = login("admin-a").submit(f"/users/{person}/roles", {"new-role": wanted[0], "new-unit": unit})
    assert answer.status_code == 422
    with sessions.reading() as session:
        assert users.get(session, person).grants == []


def test_other_units_person_looks_like_nobody(login: Login, sessions: Sessions) -> None:
    person, _ = ids(sessions, "uploader-b")
    browser = login("admin-a")
    other, nobody = browser.get(f"/users/{person}"), browser.get("/users/987654")
    assert other.status_code == nobody.status_code == 404
    assert other.text.replace(f"/users/{person}", "") == nobody.text.replace("/users/987654", "")
    for act in ("password", "active", "roles", "roles/1/take"):
        assert browser.submit(f"/users/{person}/{act}").status_code in (404, 422)
    assert "uploader-b" not in browser.get("/users/").text


def test_locked_person_is_out_and_may_come_back(login: Login, sessions: Sessions) -> None:
    person, _ = ids(sessions, "uploader-a")
    admin, uploader = login("admin-a"), login("uploader-a")
    admin.submit(f"/users/{person}/active", {"active": "0"})
    assert uploader.get("/").location.startswith("/login")
    admin.submit(f"/users/{person}/active", {"active": "1"})
    assert uploader.sign_in("uploader-a").status_code == 302


def test_role_taken_on_the_page_is_gone(login: Login, sessions: Sessions) -> None:
    person, _ = ids(sessions, "uploader-a")
    with sessions.reading() as session:
        grant = users.get(session, person).grants[0].id
    assert login("admin-a").submit(f"/users/{person}/roles/{grant}/take").status_code == 302
    with sessions.reading() as session:
        assert not users.get(session, person).holds(Role.UPLOADER)


def test_new_unit_reaches_the_trust_document(login: Login, sessions: Sessions) -> None:
    _, ward = ids(sessions, "admin-a")
    browser = login("admin-a")
    answer = browser.submit("/units/new", {"parent": ward, "name": "Tổ dân phố 1", "code": "to-1"})
    assert answer.status_code == 302
    with sessions.reading() as session:
        latest = trust.latest(session)
        assert latest is not None
        assert latest.read().units["to-1"].parent == WARD_A
    assert "Tổ dân phố 1" in browser.get("/units/").text


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [("code", WARD_B, "đã được dùng"), ("code", "Phường", "chữ thường không dấu"), ("name", "", "Hãy điền mục này")],
)
def test_unit_form_says_what_is_wrong(login: Login, sessions: Sessions, field: str, value: str, sentence: str) -> None:
    _, ward = ids(sessions, "admin-a")
    answer = login("admin-a").submit("/units/new", {"parent": ward, "name": "Tên", "code": "ma", field: value})
    assert answer.status_code == 422
    assert sentence in answer.text


def test_sensitive_page_asks_for_the_password_again_after_a_while(login: Login) -> None:
    browser = login("admin-a")
    with browser.session_transaction() as session:
        session["fs_paa"] -= 16 * 60
        session.pop("fs_gexp", None)
    asked = browser.get("/users/new")
    assert asked.location == "/account/verify?next=/users/new"
    assert browser.submit(asked.location, {"password": "sai"}).status_code == 422
    assert browser.submit(asked.location, {"password": PASSWORD}).location == "/users/new"
    assert browser.get("/users/new").status_code == 200


def test_changed_password_ends_the_other_sessions_and_keeps_this_one(login: Login) -> None:
    here, there = login("approver-a"), login("approver-a")
    form = {"password": PASSWORD, "new": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert here.submit("/account/password", form).status_code == 302
    assert here.get("/").status_code == 200
    assert there.get("/").location.startswith("/login")


def test_language_is_kept_with_the_person_and_in_the_browser(login: Login) -> None:
    browser = login("uploader-a")
    browser.submit("/language", {"language": "en"})
    assert "My work" in browser.get("/").text
    assert "My work" in login("uploader-a").get("/").text
    browser.submit("/logout")
    assert "Sign in" in browser.get("/login").text
    assert browser.submit("/language", {"language": "xx"}).status_code == 422
