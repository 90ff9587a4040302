"""Items through the REST API: the rules are those of the pages, and programs are told what is wrong by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from server import approvals, users
from server.clock import now_ms, today
from server.db import Sessions
from server.library import Item, ItemStatus
from server.settings import Settings
from server.users import Role
from tests.cast import PASSWORD, WARD_A, Browser
from tests.stage import Stage

Login = Callable[[str], Browser]
ITEMS = "/api/v1/items"


@pytest.fixture
def stage(settings: Settings, sessions: Sessions) -> Stage:
    return Stage(settings, sessions)


@pytest.fixture
def item_id(stage: Stage, sessions: Sessions) -> int:
    """An item that waits for approval."""
    with sessions.writing() as session:
        return stage.item(session).id


@pytest.fixture
def draft_id(stage: Stage, sessions: Sessions) -> int:
    """An item whose renditions are there and that was not submitted yet."""
    with sessions.writing() as session:
        item = stage.item(session)
        item.status = ItemStatus.READY
        return item.id


def post(browser: Browser, item_id: int, act: str, body: dict[str, Any] | None = None) -> TestResponse:
    """Ask for the act as a program does: JSON, and the session's token in a header."""
    return browser.post(f"{ITEMS}/{item_id}/{act}", json=body, headers={"X-CSRFToken": browser.token()})


def terms(**changes: Any) -> dict[str, Any]:
    """What an approver decides."""
    day = today("Asia/Ho_Chi_Minh")
    return {
        "decision_number": "07/QĐ-UBND",
        "decision_date": day.isoformat(),
        "first_day": day.isoformat(),
        "last_day": (day + timedelta(days=90)).isoformat(),
        "password": PASSWORD,
        **changes,
    }


def status_of(sessions: Sessions, item_id: int) -> str:
    with sessions.reading() as session:
        return session.get_one(Item, item_id).status


def test_item_goes_from_draft_to_approved_and_off_the_screens(draft_id: int, login: Login, sessions: Sessions) -> None:
    author, approver = login("uploader-a"), login("approver-a")
    said = {"title": "Đi thang máy an toàn", "field_of_law": 43, "dwell_ms": 12_000}
    described = post(author, draft_id, "describe", said).json["item"]
    assert described.items() >= said.items()
    assert {r["duration_ms"] for r in described["renditions"]} == {12_000}
    assert post(author, draft_id, "submit").json["item"]["status"] == "submitted"
    answer = post(approver, draft_id, "approve", terms()).json
    assert answer["item"]["status"] == "approved"
    assert (answer["approval"]["unit"], answer["approval"]["scope"]) == (WARD_A, [WARD_A])
    with sessions.reading() as session:
        row = approvals.current(session, draft_id, now_ms())
        assert row is not None and row.id == answer["approval"]["id"]
    gone = post(approver, draft_id, "withdraw", {"reason": "Luật đã đổi", "password": PASSWORD}).json
    assert (gone["item"]["status"], gone["approval"]) == ("withdrawn", None)


def test_returned_item_carries_its_reason(item_id: int, login: Login) -> None:
    answer = post(login("approver-a"), item_id, "return", {"reason": "Dòng hai thiếu dấu."})
    assert answer.json["item"]["return_reason"] == "Dòng hai thiếu dấu."
    assert login("uploader-a").get(f"{ITEMS}/{item_id}").json["item"]["status"] == "returned"


def test_author_cannot_approve_through_the_api(item_id: int, login: Login, sessions: Sessions, stage: Stage) -> None:
    with sessions.writing() as session:
        author = stage.person(session, "uploader-a")
        users.give(session, author, Role.APPROVER, author.unit)
    browser = login("uploader-a")
    for act, body in (("approve", terms()), ("return", {"reason": "x"})):
        answer = post(browser, item_id, act, body)
        assert answer.content_type == "application/problem+json"
        assert (answer.status_code, answer.json["code"]) == (403, "own-item")
        assert "chính mình" in answer.json["detail"]
    assert status_of(sessions, item_id) == ItemStatus.SUBMITTED


@pytest.mark.parametrize("person", ["uploader-a", "scheduler-a", "manager-a", "admin-a", "stranger"])
def test_only_approvers_decide(item_id: int, login: Login, sessions: Sessions, person: str) -> None:
    browser = login(person)
    for act, body in (("approve", terms()), ("return", {"reason": "x"}), ("withdraw", {"reason": "x"})):
        assert post(browser, item_id, act, body).status_code == 403
    assert status_of(sessions, item_id) == ItemStatus.SUBMITTED


def test_items_of_another_ward_do_not_exist(item_id: int, login: Login) -> None:
    for person in ("uploader-b", "approver-b", "manager-b"):
        browser = login(person)
        assert browser.get(f"{ITEMS}/{item_id}").status_code == 404
        assert browser.get(ITEMS).json == {"items": [], "before": None}
    approver = login("approver-b")
    for act, body in (
        ("approve", terms()),
        ("return", {"reason": "x"}),
        ("withdraw", {"reason": "x", "password": PASSWORD}),
    ):
        assert post(approver, item_id, act, body).status_code == 404
    assert post(login("uploader-b"), item_id, "describe", {"title": "x"}).status_code == 404


def test_change_without_the_csrf_token_is_refused(item_id: int, login: Login, sessions: Sessions) -> None:
    answer = login("approver-a").post(f"{ITEMS}/{item_id}/approve", json=terms())
    assert (answer.status_code, answer.json["code"]) == (400, "csrf")
    assert status_of(sessions, item_id) == ItemStatus.SUBMITTED


def test_nobody_asks_without_signing_in(client: Browser) -> None:
    for path in (ITEMS, f"{ITEMS}/1", "/api/openapi.json"):
        answer = client.get(path)
        assert (answer.status_code, answer.content_type) == (401, "application/problem+json")


@pytest.mark.parametrize("act", ["describe", "submit"])
def test_unknown_field_is_refused_by_name(draft_id: int, login: Login, act: str) -> None:
    answer = post(login("uploader-a"), draft_id, act, {"titel": "x"})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["titel"])


def test_misspelt_filter_does_not_answer_with_everything(login: Login) -> None:
    answer = login("uploader-a").get(f"{ITEMS}?stauts=ready")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["stauts"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"decision_number": "  "}, "decision_number"),
        ({"decision_date": "hôm qua"}, "decision_date"),
        ({"last_day": "2020-01-01"}, "last_day"),
        ({"last_day": "2099-01-01"}, "last_day"),
        ({"last_day": "9999-12-31"}, "last_day"),
        ({"first_day": "0001-01-01"}, "first_day"),
        ({"scope": ["phuong-b"]}, "scope"),
        ({"scope": ["khong-co"]}, "scope"),
        ({"unit": "phuong-b"}, "unit"),
        ({"password": None}, "password"),
        ({"người ký": "tôi"}, "người ký"),
    ],
)
def test_wrong_terms_are_named_and_nothing_is_signed(
    item_id: int, login: Login, sessions: Sessions, changes: dict[str, Any], field: str
) -> None:
    answer = post(login("approver-a"), item_id, "approve", terms(**changes))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert status_of(sessions, item_id) == ItemStatus.SUBMITTED


def test_wrong_password_signs_nothing(item_id: int, login: Login, sessions: Sessions) -> None:
    answer = post(login("approver-a"), item_id, "approve", terms(password="sai mật khẩu"))
    assert (answer.status_code, answer.json["code"]) == (403, "password")
    assert status_of(sessions, item_id) == ItemStatus.SUBMITTED


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": 7}, "title"),
        ({"field_of_law": 46}, "field_of_law"),
        ({"dwell_ms": 1}, "dwell_ms"),
        ({"legal_basis": "x" * 301}, "legal_basis"),
    ],
)
def test_wrong_description_is_named(draft_id: int, login: Login, said: dict[str, Any], field: str) -> None:
    answer = post(login("uploader-a"), draft_id, "describe", said)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_body_that_is_no_json_is_refused(item_id: int, login: Login) -> None:
    browser = login("approver-a")
    headers = {"X-CSRFToken": browser.token(), "Content-Type": "application/json"}
    assert browser.post(f"{ITEMS}/{item_id}/return", data="{", headers=headers).status_code == 400
    assert browser.post(f"{ITEMS}/{item_id}/return", data="[]", headers=headers).status_code == 422


def test_acts_out_of_turn_are_conflicts(item_id: int, login: Login) -> None:
    approver, author = login("approver-a"), login("uploader-a")
    assert post(author, item_id, "describe", {"title": "Khác"}).json["code"] == "item-fixed"
    assert post(author, item_id, "submit").status_code == 409
    early = post(approver, item_id, "withdraw", {"reason": "x", "password": PASSWORD})
    assert (early.status_code, early.json["code"]) == (409, "not-approved")


def test_list_filters_searches_and_goes_on(stage: Stage, sessions: Sessions, login: Login) -> None:
    with sessions.writing() as session:
        numbers = [stage.item(session, f"Sản phẩm {n}").id for n in range(3)]
        stage.approved(session, "Đống Đa")
    browser = login("manager-a")
    first = browser.get(f"{ITEMS}?status=submitted&limit=2").json
    assert [i["id"] for i in first["items"]] == numbers[:0:-1]
    rest = browser.get(f"{ITEMS}?status=submitted&limit=2&before={first['before']}").json
    assert ([i["id"] for i in rest["items"]], rest["before"]) == ([numbers[0]], None)
    assert [i["title"] for i in browser.get(f"{ITEMS}?q=dong da").json["items"]] == ["Đống Đa"]
    for wrong in ("limit=0", "limit=101", "status=lost", "before=x"):
        assert browser.get(f"{ITEMS}?{wrong}").status_code == 422


def test_description_names_every_resource_and_how_to_sign_in(login: Login) -> None:
    document = login("stranger").get("/api/openapi.json").json
    assert document["openapi"].startswith("3.")
    assert "X-CSRFToken" in document["info"]["description"]
    assert "post" in document["paths"][f"{ITEMS}/{{item_id}}/approve"]
    assert "errors" in document["components"]["schemas"]["Problem"]["properties"]
