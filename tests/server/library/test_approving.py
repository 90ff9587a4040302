"""From draft to signature: who may, who may not, and that a player believes what was signed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from playlists.accept import accept_approval, accept_trust
from playlists.errors import Code, Refusal
from playlists.state import Now, Pinned, State
from server import approvals, custody, library, trust, units, users
from server.approvals import Approval
from server.clock import now_ms, today
from server.db import Sessions
from server.errors import Conflict, Forbidden
from server.library import Item, ItemStatus
from server.users import Role
from tests.cast import CITY, NOW_MS, PASSWORD, WARD_A, Browser
from tests.stage import Stage

Login = Callable[[str], Browser]
ZONE = "Asia/Ho_Chi_Minh"


@pytest.fixture
def item_id(stage: Stage, sessions: Sessions) -> int:
    """An item that waits for approval."""
    with sessions.writing() as session:
        return stage.item(session).id


def decision(session_unit: int, **changes: Any) -> dict[str, Any]:
    """What an approver fills in."""
    now = today(ZONE)
    return {
        "unit": session_unit,
        "decision_number": "07/QĐ-UBND",
        "decision_date": now.isoformat(),
        "first_day": now.isoformat(),
        "last_day": (now + timedelta(days=90)).isoformat(),
        "scope": [WARD_A],
        "password": PASSWORD,
        **changes,
    }


def ward(sessions: Sessions, code: str = WARD_A) -> int:
    with sessions.reading() as session:
        return units.by_code(session, code).id


def status_of(sessions: Sessions, item_id: int) -> str:
    with sessions.reading() as session:
        return session.get_one(Item, item_id).status


def player(sessions: Sessions, unit: str) -> State:
    """A player of this unit that accepted the server's own trust."""
    with sessions.reading() as session:
        row = trust.latest(session)
        assert row is not None and row.sealed is not None
        root = row.read().keys[row.read().roles["root"].keys[0]].public
        return accept_trust(State("s-bcdfghjk", unit, Pinned((root,), 1)), row.sealed, Now(now_ms()))


def test_author_fills_in_and_submits(stage: Stage, sessions: Sessions, login: Login) -> None:
    with sessions.writing() as session:
        item = stage.item(session)
        item.status = ItemStatus.READY
        number = item.id
    page = login("uploader-a").submit(
        f"/library/{number}", {"title": "Đi thang máy an toàn", "field_of_law": "43", "dwell_s": "12", "submit": "1"}
    )
    assert page.status_code == 302
    with sessions.reading() as session:
        item = session.get_one(Item, number)
        assert (item.title, item.field_of_law, item.status) == ("Đi thang máy an toàn", 43, ItemStatus.SUBMITTED)
        assert {r.duration_ms for r in item.renditions} == {12_000}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"field_of_law": ""}, "Hãy chọn lĩnh vực pháp luật"),
        ({"title": "   "}, "Tiêu đề cần có"),
        ({"dwell_s": "2"}, "từ 3 đến 60 giây"),
    ],
)
def test_submitting_without_what_is_needed_says_what(
    stage: Stage, sessions: Sessions, login: Login, changes: dict[str, str], sentence: str
) -> None:
    with sessions.writing() as session:
        item = stage.item(session)
        item.status = ItemStatus.READY
        number = item.id
    form = {"title": "Tên", "field_of_law": "1", "dwell_s": "10", "submit": "1", **changes}
    answer = login("uploader-a").submit(f"/library/{number}", form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert status_of(sessions, number) == ItemStatus.READY


def test_submitted_item_can_no_longer_be_changed(item_id: int, login: Login, sessions: Sessions) -> None:
    answer = login("uploader-a").submit(f"/library/{item_id}", {"title": "Khác", "field_of_law": "1", "dwell_s": "9"})
    assert answer.status_code == 409
    assert "đã trình thì không sửa được" in answer.text
    with sessions.reading() as session:
        assert session.get_one(Item, item_id).title != "Khác"


def test_approver_signs_and_a_player_of_the_ward_believes_it(
    item_id: int, login: Login, sessions: Sessions, stage: Stage
) -> None:
    browser = login("approver-a")
    assert "Sử dụng thang máy" in browser.get("/approvals/").text
    assert browser.submit(f"/approvals/{item_id}/approve", decision(ward(sessions))).status_code == 302
    assert status_of(sessions, item_id) == ItemStatus.APPROVED
    with sessions.reading() as session:
        row = approvals.current(session, item_id, now_ms())
        assert row is not None
        with stage.files.open(row.sealed_sha256) as file:
            assert file.read() == row.sealed
        state = accept_approval(player(sessions, WARD_A), row.sealed, row.reference, Now(now_ms()))
        approved = state.approvals[row.sealed_sha256]
        hashes = {r.sha256 for r in library.renditions_of(session, item_id)}
    assert {r.sha256 for r in approved.renditions} == hashes
    with pytest.raises(Refusal) as refused:
        accept_approval(player(sessions, "phuong-b"), row.sealed, row.reference, Now(now_ms()))
    assert refused.value.code is Code.APPROVAL


def test_author_cannot_approve_own_item_even_with_the_role(
    item_id: int, login: Login, sessions: Sessions, stage: Stage
) -> None:
    with sessions.writing() as session:
        author = stage.person(session, "uploader-a")
        users.give(session, author, Role.APPROVER, author.unit)
    browser = login("uploader-a")
    page = browser.get(f"/approvals/{item_id}").text
    assert "không được phê duyệt sản phẩm của chính mình" in page
    assert "Ký phê duyệt" not in page
    answer = browser.submit(f"/approvals/{item_id}/approve", decision(ward(sessions)))
    assert answer.status_code == 403
    assert "không được phê duyệt sản phẩm của chính mình" in answer.text
    assert browser.submit(f"/approvals/{item_id}/return", {"reason": "x"}).status_code == 403
    assert status_of(sessions, item_id) == ItemStatus.SUBMITTED


@pytest.mark.parametrize("person", ["uploader-a", "scheduler-a", "manager-a", "admin-a", "stranger", "approver-b"])
def test_nobody_else_can_approve(item_id: int, login: Login, sessions: Sessions, person: str) -> None:
    answer = login(person).submit(f"/approvals/{item_id}/approve", decision(ward(sessions)))
    assert answer.status_code in (403, 404)
    assert status_of(sessions, item_id) == ItemStatus.SUBMITTED


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "không phải mật khẩu"}, "Mật khẩu không đúng"),
        ({"decision_number": " "}, "Hãy ghi số quyết định"),
        ({"last_day": (today(ZONE) - timedelta(days=1)).isoformat()}, "phải sau ngày bắt đầu"),
        ({"last_day": (today(ZONE) + timedelta(days=900)).isoformat()}, "nhiều nhất một năm"),
        ({"decision_date": "hôm qua"}, "is-invalid"),
    ],
)
def test_wrong_terms_are_said_beside_the_form_and_nothing_is_signed(
    item_id: int, login: Login, sessions: Sessions, changes: dict[str, str], sentence: str
) -> None:
    answer = login("approver-a").submit(f"/approvals/{item_id}/approve", decision(ward(sessions), **changes))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert status_of(sessions, item_id) == ItemStatus.SUBMITTED


def test_returned_item_shows_its_reason_and_can_be_submitted_again(
    item_id: int, login: Login, sessions: Sessions
) -> None:
    reason = "Dòng thứ hai thiếu dấu."
    assert login("approver-a").submit(f"/approvals/{item_id}/return", {"reason": reason}).status_code == 302
    author = login("uploader-a")
    assert reason in author.get(f"/library/{item_id}").text
    form = {"title": "Đã sửa", "field_of_law": "1", "dwell_s": "10", "submit": "1"}
    assert author.submit(f"/library/{item_id}", form).status_code == 302
    assert status_of(sessions, item_id) == ItemStatus.SUBMITTED


def test_of_two_approvers_who_click_at_once_one_wins(item_id: int, stage: Stage, sessions: Sessions) -> None:
    answers: list[str] = []
    together = threading.Barrier(2)

    def sign() -> None:
        with sessions.reading() as session:
            item = session.get_one(Item, item_id)
            assert item.status == ItemStatus.SUBMITTED
        together.wait()
        try:
            with sessions.writing() as session:
                stage.approve(session, session.get_one(Item, item_id))
            answers.append("signed")
        except Conflict:
            answers.append("told")

    threads = [threading.Thread(target=sign) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["signed", "told"]
    with sessions.reading() as session:
        assert session.query(Approval).count() == 1


def test_city_wide_approval_holds_below_only_with_a_second_person(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        city = units.by_code(session, CITY)
        for name in ("mot", "hai"):
            person = users.add(session, username=name, display_name=name, unit=city, password=PASSWORD, now_ms=NOW_MS)
            custody.appoint(session, person, city, PASSWORD, NOW_MS)
        trust.rebuild(session, stage.keys.root, now_ms())
        item = stage.item(session)
        first, second = (stage.person(session, n) for n in ("mot", "hai"))
        terms = approvals.Terms("1/QĐ", today(ZONE), NOW_MS, NOW_MS + 10**9, (CITY,))
        row = approvals.approve(
            session,
            stage.files,
            approver=first,
            key=stage.unlock(session, first),
            item=item,
            unit=city,
            terms=terms,
            now_ms=NOW_MS,
        )
        assert approvals.missing_signatures(session, row, units.by_code(session, WARD_A).id) == 1
        assert [a.id for a in approvals.unfinished(session, {city.id})] == [row.id]
        with pytest.raises(Conflict):
            approvals.countersign(session, stage.files, first, stage.unlock(session, first), row)
        alone = (row.sealed, row.reference)
        approvals.countersign(session, stage.files, second, stage.unlock(session, second), row)
        assert approvals.unfinished(session, {city.id}) == []
        together = (row.sealed, row.reference)
    with pytest.raises(Refusal) as refused:
        accept_approval(player(sessions, WARD_A), *alone, Now(now_ms()))
    assert refused.value.code is Code.THRESH
    assert accept_approval(player(sessions, WARD_A), *together, Now(now_ms())).approvals


def test_approver_withdraws_with_reason_and_password(stage: Stage, sessions: Sessions, login: Login) -> None:
    with sessions.writing() as session:
        number = stage.approved(session, not_after=now_ms() + 10**9).id
    browser = login("approver-a")
    wrong = browser.submit(f"/approvals/{number}/withdraw", {"reason": "Luật đã đổi", "password": "sai mật khẩu"})
    assert wrong.status_code == 422
    assert status_of(sessions, number) == ItemStatus.APPROVED
    done = browser.submit(f"/approvals/{number}/withdraw", {"reason": "Luật đã đổi", "password": PASSWORD})
    assert done.status_code == 302
    assert status_of(sessions, number) == ItemStatus.WITHDRAWN
    assert "Luật đã đổi" in browser.get(f"/library/{number}").text
    again = browser.submit(f"/approvals/{number}/withdraw", {"reason": "Luật đã đổi", "password": PASSWORD})
    assert again.status_code == 409


def test_items_of_another_ward_do_not_exist(item_id: int, login: Login) -> None:
    for person in ("uploader-b", "approver-b", "scheduler-b", "manager-b"):
        assert login(person).get(f"/library/{item_id}").status_code == 404
    assert login("approver-b").get(f"/approvals/{item_id}").status_code == 404


def test_author_who_was_refused_by_the_noun_is_refused_everywhere(
    item_id: int, stage: Stage, sessions: Sessions
) -> None:
    with sessions.writing() as session:
        author = stage.person(session, "uploader-a")
        users.give(session, author, Role.APPROVER, author.unit)
        with pytest.raises(Forbidden):
            library.send_back(session, author, session.get_one(Item, item_id), "x", NOW_MS)
