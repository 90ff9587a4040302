"""Screens and campaigns through the pages and the REST API: what a person does, and what others may not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from playlists import topics
from playlists.keys import SigningKey
from server import campaigns, publishing, screens
from server.campaigns import Status
from server.clock import now_ms
from server.db import Sessions
from server.publishing import outbox
from tests.cast import WARD_A, WARD_B, Browser
from tests.stage import Stage

Login = Callable[[str], Browser]


@pytest.fixture(autouse=True)
def real_time(stage: Stage) -> None:
    """The pages read the clock of the machine."""
    stage.now_ms = now_ms()


def filled(stage: Stage, *item_ids: int, **changes: Any) -> dict[str, Any]:
    """The form as somebody fills it in who changes nothing but the name and the items."""
    return {
        "name": "Tháng an toàn",
        "items": [str(item_id) for item_id in item_ids],
        "first_day": stage.today.isoformat(),
        "last_day": (stage.today + timedelta(days=30)).isoformat(),
        "windows-0-start": "06:30",
        "windows-0-end": "22:00",
        "windows-0-days": [str(day) for day in range(7)],
        "priority": "3",
        "least": "4",
        "per": "hour",
        "order": "rotation",
        "reach": "all",
        **changes,
    }


def waiting_code(sessions: Sessions, code: str = "GHJKLMNP") -> SigningKey:
    key = SigningKey.generate()
    with sessions.writing() as session:
        screens.poll(session, key.public, code, "raspberrypi", now_ms())
    return key


def unit_id(stage: Stage, username: str) -> str:
    with stage.sessions.reading() as session:
        return str(stage.person(session, username).unit_id)


def test_pairing_in_the_page_gives_the_screen_something_to_show_at_once(
    login: Login, stage: Stage, sessions: Sessions
) -> None:
    with sessions.writing() as session:
        stage.approved(session)
    key = waiting_code(sessions)
    browser = login("operator-a")
    assert "Mã trên màn hình" in browser.get("/screens/pair").text
    form = {
        "code": "ghjk-lmnp",
        "name": "Sảnh chính",
        "unit": unit_id(stage, "operator-a"),
        "venue": "residential",
        "screen_class": "1",
        "place": "12 Lê Lợi",
    }
    answer = browser.submit("/screens/pair", form)
    assert answer.status_code == 302
    page = browser.get(answer.location).text
    assert "Sảnh chính" in page and "12 Lê Lợi" in page and "Chưa kết nối" in page
    assert f"Thiết bị “raspberrypi” có dấu vân tay {key.keyid[:8]}" in page
    with sessions.reading() as session:
        (screen,) = screens.active(session)
        row = publishing.latest(session, screen.id)
        assert row is not None and len(publishing.read_playlist(row).fallback) == 1
        assert topics.to_playlist(screen.public_id) in {message.topic for message in outbox.due(session, 9)}


def test_guessing_codes_is_slowed_down(login: Login, stage: Stage) -> None:
    browser = login("operator-a")
    form = {
        "code": "BBBBBBBB",
        "name": "x",
        "unit": unit_id(stage, "operator-a"),
        "venue": "other",
        "screen_class": "1",
    }
    answers = [browser.submit("/screens/pair", form) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert "Không có màn hình nào đang hiện mã này" in answers[0].text


def test_an_operator_cannot_pair_into_another_ward(login: Login, stage: Stage, sessions: Sessions) -> None:
    waiting_code(sessions)
    form = {
        "code": "GHJKLMNP",
        "name": "x",
        "unit": unit_id(stage, "operator-b"),
        "venue": "other",
        "screen_class": "1",
    }
    assert login("operator-a").submit("/screens/pair", form).status_code == 422
    with sessions.reading() as session:
        assert not screens.active(session)


def test_a_campaign_from_form_to_screen(login: Login, stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        item_id, screen_id = stage.approved(session).id, stage.screen(session).id
    browser = login("scheduler-a")
    assert "Sử dụng thang máy" in browser.get("/campaigns/new").text
    form = filled(stage, item_id, unit=unit_id(stage, "scheduler-a"), publish="1")
    verdict = browser.submit("/campaigns/verdict?campaign=0", form)
    assert "Thực hiện được." in verdict.text
    answer = browser.submit("/campaigns/new", form)
    assert answer.status_code == 302, answer.text
    page = browser.get(answer.location).text
    assert "Đã phát hành" in page and "0/1" in page
    with sessions.writing() as session:
        assert publishing.screens_using(session, campaign_id=1) == {screen_id}
        outbox.done(session, [(row.id, row.playlist_id) for row in outbox.due(session, 99)], now_ms())
    live = browser.get("/campaigns/1/live").text
    assert '<li class="done" aria-current="step">đã gửi</li>' in live


def test_a_draft_reaches_no_screen_until_it_is_published(login: Login, stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        item_id = stage.approved(session).id
        stage.screen(session)
    browser = login("scheduler-a")
    browser.submit("/campaigns/new", filled(stage, item_id, unit=unit_id(stage, "scheduler-a")))
    with sessions.reading() as session:
        assert not outbox.due(session, 9)
    assert "chưa phát hành" in browser.get("/").text
    browser.submit("/campaigns/1/publish")
    browser.submit("/campaigns/1/publish")
    with sessions.reading() as session:
        assert campaigns.get(session, 1).status == Status.PUBLISHED
        assert len(outbox.due(session, 9)) == 2
    page = browser.get("/campaigns/1/edit").text
    assert 'value="06:30"' in page and "Lưu và phát hành lại" in page
    assert browser.submit("/campaigns/1/end").status_code == 302
    assert "Đã kết thúc" in browser.get("/campaigns/1").text


BAD_FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "window ends where it starts": ({"windows-0-end": "06:30"}, "kết thúc đúng lúc bắt đầu"),
    "window is no time": ({"windows-0-end": "22"}, "không phải giờ trong ngày"),
    "no weekday": ({"windows-0-days": []}, "ít nhất một ngày trong tuần"),
    "no name": ({"name": ""}, "Hãy điền mục này."),
    "frequency zero": ({"least": "0"}, "Tần suất là số lượt mỗi giờ"),
    "more than fits": ({"least": "359", "publish": "1"}, "chứa nhiều nhất 180 lượt"),
    "no items": ({"items": []}, "Hãy chọn ít nhất một sản phẩm"),
    "dates reversed": ({"last_day": "2020-01-01"}, "sớm hơn ngày đầu"),
    "no screens chosen": ({"reach": "some"}, "Hãy chọn ít nhất một màn hình."),
}


@pytest.mark.parametrize("name", BAD_FORMS)
def test_the_form_says_what_to_change_and_keeps_what_was_filled_in(
    login: Login, stage: Stage, sessions: Sessions, name: str
) -> None:
    changes, words = BAD_FORMS[name]
    with sessions.writing() as session:
        item_id = stage.approved(session, seconds=20).id
        stage.screen(session)
    form = filled(stage, item_id, unit=unit_id(stage, "scheduler-a"), directive_number="12/KH-UBND")
    answer = login("scheduler-a").submit("/campaigns/new", {**form, **changes})
    assert answer.status_code == 422
    assert words in answer.text
    assert "12/KH-UBND" in answer.text
    with sessions.reading() as session:
        assert not outbox.due(session, 1)


def test_a_screen_of_another_ward_cannot_be_named(login: Login, stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        item_id = stage.approved(session).id
        foreign = stage.screen(session, "Nơi khác", unit=WARD_B)
        form = filled(stage, item_id, reach="some", screens=[str(foreign.id)])
    form["unit"] = unit_id(stage, "scheduler-a")
    browser = login("scheduler-a")
    assert "Nơi khác" not in browser.get("/campaigns/new").text
    assert browser.submit("/campaigns/new", form).status_code == 422


@pytest.mark.parametrize("path", ["/screens/1", "/screens/1/live", "/campaigns/1", "/campaigns/1/live"])
def test_another_ward_sees_nothing_of_it(login: Login, stage: Stage, sessions: Sessions, path: str) -> None:
    with sessions.writing() as session:
        stage.screen(session)
        stage.campaign(session, stage.approved(session))
    assert login("manager-a").get(path).status_code == 200
    assert login("manager-b").get(path).status_code == 404
    assert login("stranger").get(path).status_code == 403


@pytest.mark.parametrize("act", ["command", "retire"])
def test_only_an_operator_of_the_ward_commands_its_screens(
    login: Login, stage: Stage, sessions: Sessions, act: str
) -> None:
    with sessions.writing() as session:
        stage.screen(session)
    form = {"command": "identify"}
    assert login("operator-b").submit(f"/screens/1/{act}", form).status_code == 404
    assert login("manager-a").submit(f"/screens/1/{act}", form).status_code == 403
    assert login("operator-a").submit(f"/screens/1/{act}", form).status_code == 302


def test_what_a_screen_answers_to_a_command_is_shown_as_text(login: Login, stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        screen = stage.screen(session)
        said = {"format": 1, "id": "1", "command": "screenshot", "ok": False, "text": "<b>no display</b>"}
        screens.record_result(session, screens.Message(screen.public_id, json.dumps(said).encode()), now_ms())
    page = login("manager-a").get("/screens/1/live").text
    assert "Chụp màn hình" in page and "&lt;b&gt;no display" in page


def test_changing_opening_hours_plans_the_screen_anew(login: Login, stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        screen = stage.screen(session)
        stage.approved(session)
        publishing.replan(session, stage.keys, [screen.id], now_ms())
    form = {
        "name": "Sảnh A",
        "venue": "office",
        "off_hours": "slate",
        "opening-0-start": "08:00",
        "opening-0-end": "17:00",
        "opening-0-days": ["0", "1", "2", "3", "4"],
    }
    browser = login("operator-a")
    assert browser.submit("/screens/1/edit", {**form, "opening-0-end": "08:00"}).status_code == 422
    assert browser.submit("/screens/1/edit", form).status_code == 302
    with sessions.reading() as session:
        row = publishing.latest(session, 1)
        assert row is not None and row.number == 2
        assert publishing.read_playlist(row).off_hours == "slate"


def test_another_device_takes_over_a_screen(login: Login, stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        screen_id = stage.screen(session).id
    key = waiting_code(sessions)
    assert login("operator-a").submit(f"/screens/{screen_id}/replace", {"code": "GHJKLMNP"}).status_code == 302
    with sessions.reading() as session:
        screen = screens.get(session, screen_id)
        assert screens.accounts(session) == {screen.public_id: key.keyid}
        assert [device.retired_ms is None for device in screens.devices_of(session, screen)] == [True, False]


# --- The REST API --------------------------------------------------------------------------------------------------


def api(browser: Browser, path: str, body: dict[str, Any] | None = None) -> TestResponse:
    return browser.post(f"/api/v1/{path}", json=body, headers={"X-CSRFToken": browser.token()})


def wanted(stage: Stage, item_id: int, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Tháng an toàn",
        "unit": WARD_A,
        "items": [item_id],
        "first_day": stage.today.isoformat(),
        "last_day": (stage.today + timedelta(days=30)).isoformat(),
        "windows": [{"start": "22:00", "end": "06:00", "days": [5, 6]}],
        "frequency": {"least": 4},
        **changes,
    }


def test_a_program_makes_publishes_and_watches_a_campaign(login: Login, stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        item_id, public_id = stage.approved(session).id, stage.screen(session).public_id
    browser = login("scheduler-a")
    made = api(browser, "campaigns", wanted(stage, item_id, targets={"include": {"screens": [public_id]}}))
    assert made.status_code == 201 and made.json is not None, made.text
    assert made.json["campaign"]["status"] == "draft"
    assert made.json["campaign"]["windows"] == [{"start": "22:00", "end": "06:00", "days": [5, 6], "dates": []}]
    number = made.json["campaign"]["id"]
    published = api(browser, f"campaigns/{number}/publish")
    assert published.status_code == 200 and published.json is not None
    assert published.json["screens"] == browser.get(f"/api/v1/campaigns/{number}").json["screens"]  # type: ignore[index]
    assert [(s["screen"], s["phase"], s["version"]) for s in published.json["screens"]] == [(public_id, "waiting", 1)]
    assert [c["id"] for c in browser.get("/api/v1/campaigns").json["campaigns"]] == [number]  # type: ignore[index]
    assert browser.get(f"/api/v1/screens/{public_id}").json["phase"] == "waiting"  # type: ignore[index]
    assert login("scheduler-b").get(f"/api/v1/campaigns/{number}").status_code == 404
    assert login("operator-b").get(f"/api/v1/screens/{public_id}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"colour": "red"}, 422, "fields"),
        ({"frequency": {"least": "4"}}, 422, "fields"),
        ({"frequency": {"least": 0}}, 422, "frequency"),
        ({"unit": WARD_B}, 403, "role"),
        ({"unit": "khong-co"}, 404, "unit-missing"),
        ({"targets": {"include": {"screens": ["s-bbbbbbbb"]}}}, 422, "screen-out-of-reach"),
        ({"targets": {"include": {}}}, 422, "no-screen"),
        ({"windows": [{"start": "07:00", "end": "07:00"}]}, 422, "window-empty"),
        ({"windows": [{"start": "07:00", "end": "08:00", "colour": "red"}]}, 422, "fields"),
        ({"last_day": "2020-01-01"}, 422, "dates-reversed"),
    ],
)
def test_a_program_is_told_what_is_wrong(
    login: Login, stage: Stage, sessions: Sessions, changes: dict[str, Any], status: int, code: str
) -> None:
    with sessions.writing() as session:
        item_id = stage.approved(session).id
        stage.screen(session)
    answer = api(login("scheduler-a"), "campaigns", wanted(stage, item_id, **changes))
    assert answer.status_code == status and answer.json is not None
    assert answer.json["code"] == code
    assert code != "fields" or answer.json["errors"]


def test_a_program_pairs_a_screen(login: Login, sessions: Sessions) -> None:
    waiting_code(sessions)
    browser = login("operator-a")
    body = {"code": "GHJK-LMNP", "name": "Sảnh chính", "unit": WARD_A, "screen_class": 1}
    assert api(browser, "screens/pair", {**body, "colour": "red"}).status_code == 422
    made = api(browser, "screens/pair", body)
    assert made.status_code == 201 and made.json is not None
    assert made.json["screen"].startswith("s-") and made.json["version"] == 1


def test_how_the_device_is_doing_stands_beside_what_it_shows(login: Login, stage: Stage, sessions: Sessions) -> None:
    health = {
        "temperature_mc": 84_300,
        "disk_free_bytes": 1_500_000_000,
        "disk_bytes": 31_000_000_000,
        "memory_free_bytes": 412_000_000,
        "memory_bytes": 926_000_000,
        "throttled": ["under-voltage", "<b>", 7],
    }
    said = {
        "format": 1,
        "health": health,
        "journal": {"waiting": 1234},
        "software": "0.1.0",
        "machine": {"model": "Raspberry Pi 4 <b>", "system": "6.6.51"},
    }
    with sessions.writing() as session:
        screen = stage.screen(session)
        screens.record_state(session, screens.Message(screen.public_id, json.dumps(said).encode()), now_ms())
    page = login("manager-a").get("/screens/1/live").text
    for words in (
        "84 °C",
        "1,5 / 31,0 GB",
        "412 / 926 MB",
        "thiếu điện áp",
        "1.234",
        "0.1.0 · Raspberry Pi 4 &lt;b&gt;",
    ):
        assert words in page


@pytest.mark.parametrize("odd", [None, [], "x", -1, {"disk_bytes": 0, "disk_free_bytes": 1, "throttled": {}}, 2**60])
def test_an_odd_report_of_a_device_does_no_harm(login: Login, stage: Stage, sessions: Sessions, odd: object) -> None:
    said = {"format": 1, "health": odd, "journal": odd, "machine": odd, "software": odd}
    with sessions.writing() as session:
        screen = stage.screen(session)
        screens.record_state(session, screens.Message(screen.public_id, json.dumps(said).encode()), now_ms())
    assert login("manager-a").get("/screens/1/live").status_code == 200
