"""Signing in and out, and what a session survives."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from sqlalchemy import select

from server import users
from server.audit import AuditEvent
from server.db import Sessions
from tests.cast import PASSWORD, Browser

Login = Callable[[str], Browser]


@pytest.mark.both_databases
def test_a_person_signs_in_and_out(login: Login) -> None:
    browser = login("uploader-a")
    assert "Uploader A" in browser.get("/").text
    assert browser.submit("/logout").location == "/login"
    assert browser.get("/").location == "/login?next=/"


def test_wrong_password_and_unknown_name_get_the_same_page(client: Browser) -> None:
    wrong = client.sign_in("uploader-a", "không phải mật khẩu")
    unknown = client.sign_in("nobody", "không phải mật khẩu")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace("uploader-a", "nobody") == unknown.text
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in wrong.text


def test_password_typed_in_decomposed_unicode_is_the_same_password(client: Browser) -> None:
    assert client.sign_in("uploader-a", unicodedata.normalize("NFD", PASSWORD)).status_code == 302


def test_locked_account_is_out_at_once_and_cannot_come_back(login: Login, sessions: Sessions) -> None:
    browser = login("uploader-a")
    with sessions.writing() as session:
        user = users.by_username(session, "uploader-a")
        assert user is not None
        users.set_active(session, user, False)
    assert browser.get("/").location == "/login?next=/"
    assert browser.sign_in("uploader-a").status_code == 422


def test_session_ends_twelve_hours_after_it_began(login: Login) -> None:
    browser = login("uploader-a")
    with browser.session_transaction() as session:
        session["started_s"] -= 12 * 3600 + 1
    assert browser.get("/").location == "/login?next=/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_signing_in_never_leads_elsewhere(client: Browser, elsewhere: str) -> None:
    answer = client.submit("/login", {"username": "uploader-a", "password": PASSWORD, "next": elsewhere})
    assert answer.location == "/"


def test_signing_in_leads_to_the_page_that_was_wanted(client: Browser) -> None:
    answer = client.submit("/login", {"username": "uploader-a", "password": PASSWORD, "next": "/account/password"})
    assert answer.location == "/account/password"


def test_attempts_are_recorded(client: Browser, sessions: Sessions) -> None:
    client.sign_in("uploader-a", "không phải mật khẩu")
    client.sign_in("uploader-a")
    with sessions.reading() as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions[-2:] == ["session.refused", "session.begun"]


def test_sixth_attempt_in_a_minute_is_refused_even_with_the_right_password(client: Browser) -> None:
    codes = [client.sign_in("uploader-a", "không phải mật khẩu").status_code for _ in range(5)]
    assert codes == [422] * 5
    refused = client.sign_in("uploader-a")
    assert refused.status_code == 429
    assert "Quá nhiều lần thử" in refused.text
    assert int(refused.headers["Retry-After"]) <= 60


def test_guessing_at_one_account_does_not_lock_out_another(client: Browser) -> None:
    for _ in range(6):
        client.sign_in("uploader-a", "không phải mật khẩu")
    assert client.sign_in("manager-a").status_code == 302


def test_guesser_elsewhere_does_not_lock_the_owner_out(client: Browser) -> None:
    for _ in range(6):
        client.post(
            "/login",
            data={"csrf_token": client.token(), "username": "uploader-a", "password": "không phải"},
            environ_base={"REMOTE_ADDR": "203.0.113.9"},
        )
    assert client.sign_in("uploader-a").status_code == 302
