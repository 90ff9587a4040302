"""The first page says what waits: to the author what to mend or submit, to the approver what to sign."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server import approvals, custody, library, trust, units, users
from server.clock import now_ms, today
from server.db import Sessions
from server.library import ItemStatus
from server.web.library import REMINDED_MS
from tests.cast import CITY, NOW_MS, PASSWORD, Browser
from tests.stage import Stage

Login = Callable[[str], Browser]


def tasks(browser: Browser) -> str:
    """The part of the first page above the menu."""
    return browser.get("/").text.split("<main", 1)[1].split("tasks-title", 1)[0]


def test_approver_is_sent_to_what_waits_and_the_author_is_not(stage: Stage, sessions: Sessions, login: Login) -> None:
    with sessions.writing() as session:
        number = stage.item(session).id
    assert f'href="/approvals/{number}"' in tasks(login("approver-a"))
    for person in ("uploader-a", "approver-b", "manager-a", "stranger"):
        assert "Không có việc nào đang chờ bạn" in tasks(login(person))
    with sessions.writing() as session:
        stage.item(session, "Giao thông")
    several = tasks(login("approver-a"))
    assert 'href="/approvals/"' in several
    assert ">2<" in several


def test_second_approver_is_asked_for_the_second_signature(stage: Stage, sessions: Sessions, login: Login) -> None:
    with sessions.writing() as session:
        city = units.by_code(session, CITY)
        for name in ("mot", "hai"):
            person = users.add(session, username=name, display_name=name, unit=city, password=PASSWORD, now_ms=NOW_MS)
            custody.appoint(session, person, city, PASSWORD, NOW_MS)
        trust.rebuild(session, stage.keys.root, now_ms())
        first = stage.person(session, "mot")
        row = approvals.approve(
            session,
            stage.files,
            approver=first,
            key=stage.unlock(session, first),
            item=stage.item(session),
            unit=city,
            terms=approvals.Terms("1/QĐ", today("Asia/Ho_Chi_Minh"), NOW_MS, now_ms() + 10**9, (CITY,)),
            now_ms=NOW_MS,
        )
        address = f"/approvals/signatures/{row.id}"
    assert address not in tasks(login("mot"))
    second = login("hai")
    assert f'href="{address}"' in tasks(second)
    assert second.submit(address, {"password": PASSWORD}).status_code == 302
    assert address not in tasks(second)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (ItemStatus.READY, "điền thông tin rồi trình phê duyệt"),
        (ItemStatus.RETURNED, "bị trả lại"),
        (ItemStatus.REFUSED, "không dùng được"),
    ],
)
def test_author_is_told_what_to_do_with_the_own_items(
    stage: Stage, sessions: Sessions, login: Login, status: ItemStatus, sentence: str
) -> None:
    with sessions.writing() as session:
        item = stage.item(session)
        item.status, item.changed = status, now_ms()
        number = item.id
    page = tasks(login("uploader-a"))
    assert sentence in page
    assert f'href="/library/{number}"' in page
    assert "Không có việc nào đang chờ bạn" in tasks(login("manager-a"))


def test_refused_file_is_told_for_a_week(stage: Stage, sessions: Sessions, login: Login) -> None:
    with sessions.writing() as session:
        item = stage.item(session)
        item.status, item.changed = ItemStatus.REFUSED, now_ms() - REMINDED_MS - 60_000
        assert library.of_author(session, item.author, ItemStatus.REFUSED) == [item]
    assert "Không có việc nào đang chờ bạn" in tasks(login("uploader-a"))
