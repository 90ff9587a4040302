"""What a screen will show, and why not: on the pages, through the API and in the terminal, always the same answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from playlists.model import Frequency, Per, Window
from server import cli
from server.clock import now_ms
from server.db import Sessions
from tests.cast import Browser
from tests.published import publish
from tests.stage import Stage, hourly

Login = Callable[[str], Browser]


@pytest.fixture(autouse=True)
def real_time(stage: Stage) -> None:
    """The pages read the clock of the machine."""
    stage.now_ms = now_ms()


def shown(stage: Stage, sessions: Sessions) -> tuple[str, int, int]:
    """A screen with two published campaigns: its public id, the item of the morning one, and an item of none."""
    with sessions.writing() as session:
        item, other = stage.approved(session), stage.approved(session, "Nuôi chó mèo")
        spare = stage.approved(session, "Không ở đâu")
        screen = stage.screen(session)
        morning = stage.campaign(session, item, frequency=hourly(6), windows=(Window(480, 600),))
        publish(stage, session, morning, stage.now_ms)
        day_long = stage.campaign(session, other, name="Cả ngày", frequency=Frequency(Per.DAY, 40))
        publish(stage, session, day_long, stage.now_ms)
        return screen.public_id, item.id, spare.id


def test_a_day_of_a_screen_says_what_plays_when_and_how_often(login: Login, stage: Stage, sessions: Sessions) -> None:
    public_id, item_id, _spare = shown(stage, sessions)
    tomorrow = stage.today + timedelta(days=1)
    browser = login("manager-a")
    page = browser.get(f"/screens/1/plan?date={tomorrow.isoformat()}")
    assert page.status_code == 200
    assert "Theo danh sách đã ký, bản 2." in page.text
    assert page.text.count("Tháng an toàn") == 2, "the two hours of its window"
    answer = browser.get(f"/api/v1/screens/{public_id}/forecast?from={tomorrow}&to={tomorrow}&plays=true")
    assert answer.status_code == 200 and answer.json is not None, answer.text
    assert answer.json["signed"] and answer.json["version"] == 2 and not answer.json["shortfalls"]
    counts: dict[int, int] = {}
    for hour in answer.json["hours"]:
        counts[hour["campaign"]] = counts.get(hour["campaign"], 0) + hour["plays"]
    assert counts[1] >= 12 and counts[2] >= 40
    plays = [play for play in answer.json["plays"] if play["show"] == "slot"]
    assert {play["item"] for play in plays if play["campaign"] == 1} == {item_id}
    assert sum(play["campaign"] == 1 for play in plays) == counts[1]
    far = stage.today + timedelta(days=20)
    later = browser.get(f"/api/v1/screens/{public_id}/forecast?from={far}")
    assert later.json is not None and not later.json["signed"] and later.json["hours"]
    assert login("manager-b").get(f"/api/v1/screens/{public_id}/forecast").status_code == 404
    assert login("manager-b").get("/screens/1/plan").status_code == 404


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("from=2026-01-01&to=2026-12-31", "span"),
        ("from=2026-01-02&to=2026-01-01", "span"),
        ("form=2026-01-01", "fields"),
    ],
)
def test_a_span_that_is_none_is_refused(
    login: Login, stage: Stage, sessions: Sessions, question: str, code: str
) -> None:
    public_id, *_ = shown(stage, sessions)
    answer = login("manager-a").get(f"/api/v1/screens/{public_id}/forecast?{question}")
    assert answer.status_code == 422 and answer.json is not None
    assert answer.json["code"] == code


def test_why_not_is_one_sentence_wherever_it_is_asked(
    login: Login, stage: Stage, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    public_id, item_id, spare_id = shown(stage, sessions)
    day = (stage.today + timedelta(days=1)).isoformat()
    browser = login("manager-a")
    outside = browser.get(f"/api/v1/screens/{public_id}/why?item={item_id}&at={day}T12:00")
    assert outside.json is not None and outside.json["rule"] == "outside-window"
    sentence = outside.json["sentence"]
    assert sentence.startswith("Lúc 12:00 nằm ngoài khung giờ của đợt “Tháng an toàn”. Lượt tới: 08:00:00 ")
    assert sentence in browser.get(f"/screens/1/why?item={item_id}&at={day}T12:00").text
    monkeypatch.setenv("DATA_DIR", str(stage.settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", stage.settings.database_url)
    assert cli.main(["plan", "--screen", public_id, "--date", day, "--why", str(item_id), "--at", "12:00"]) == 0
    assert capsys.readouterr().out.strip() == sentence
    nowhere = browser.get(f"/api/v1/screens/{public_id}/why?item={spare_id}&at={day}T12:00")
    assert nowhere.json is not None and nowhere.json["rule"] == "not-here"
    assert nowhere.json["sentence"] == "Không đợt nào đã phát hành cho màn hình này có “Không ở đâu”."
    browser.submit("/language", {"language": "en"})
    english = browser.get(f"/screens/1/why?item={item_id}&at={day}T12:00").text
    assert "12:00 is outside the windows of campaign “Tháng an toàn”." in english


def test_what_is_on_screen_is_said_to_be(login: Login, stage: Stage, sessions: Sessions) -> None:
    public_id, *_ = shown(stage, sessions)
    day = stage.today + timedelta(days=1)
    browser = login("manager-a")
    forecast = browser.get(f"/api/v1/screens/{public_id}/forecast?from={day}&plays=true").json
    assert forecast is not None
    play = next(play for play in forecast["plays"] if play["show"] == "slot")
    at = datetime.fromtimestamp(play["start_ms"] / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = browser.get(f"/api/v1/screens/{public_id}/why?item={play['item']}&at={at}").json
    assert answer is not None and answer["shown"] and answer["campaign"] == play["campaign"]
    assert " có mặt lúc " in answer["sentence"]


def test_the_terminal_prints_the_day_in_a_hundred_columns(
    stage: Stage, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    public_id, *_ = shown(stage, sessions)
    monkeypatch.setenv("DATA_DIR", str(stage.settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", stage.settings.database_url)
    day = (stage.today + timedelta(days=1)).isoformat()
    assert cli.main(["plan", "--screen", public_id, "--date", day]) == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 100
    assert "Khối giờ" in printed and "Cả ngày" in printed and "Thiếu\n  không" in printed
    assert cli.main(["plan", "--screen", "s-khong-co"]) == 1
    assert "Không tìm thấy màn hình này." in capsys.readouterr().err
