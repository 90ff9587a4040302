"""The page of the log: who sees which plays, what it says, and the file behind it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy.orm import Session

from playlists.keys import SigningKey
from playlists.model import ClockQuality, Evidence, Play, PlayBatch, Result, Version
from playlists.play_rows import shares
from playlists.schemas import seal
from server import publishing, screens
from server.db import PLAYS, Sessions, upgrade
from server.library import Item
from server.plays.counting import Place
from server.plays.dictionaries import prepared_dictionaries
from server.plays.ground import writing_engine
from server.plays.receive import Door
from server.plays.resolver import PublishedEntries
from server.plays.settle import settle
from server.plays.submission import Sender
from server.plays.writer import Writer
from server.settings import Settings
from tests.cast import NOW_MS, Browser
from tests.play_traffic import LOG_KEY, InProcess
from tests.stage import Stage

Login = Callable[[str], Browser]
TITLE = "Giữ vệ sinh <b>cầu thang</b>"


@dataclass
class Showing:
    """A screen with a published playlist, and plays of it as its device would send them."""

    stage: Stage
    writer: Writer
    screen_id: int
    version: Version

    def plays(self, first: int, last: int, **changes: object) -> tuple[Play, ...]:
        play = Play(
            1, self.version, 0, 0, 0, 10_000, 10_000, Result.COMPLETE, Evidence.DECODED, ClockQuality.SYNCHRONISED
        )
        made = [replace(play, n=n, start=NOW_MS + n * 10_000, start_mono_ms=n * 10_000) for n in range(first, last + 1)]
        return tuple(replace(p, **changes) for p in made)  # type: ignore[arg-type]

    def send(self, plays: tuple[Play, ...]) -> None:
        key: SigningKey = self.stage.devices[self.screen_id]
        door = Door(InProcess(self.writer), PublishedEntries(), LOG_KEY)
        with self.stage.sessions.reading() as session:
            screen = screens.get(session, self.screen_id)
            device = screens.device_of(session, screen)
            assert device is not None
            sealed = seal(PlayBatch(key.keyid, screen.public_id, 1, "", plays), key)
            sender = Sender(device.id, device.keyid, device.public, Place(screen.id, screen.unit_id, screen.zone))
            door.receive(session, sender, screen.public_id, sealed, plays[-1].start + 1000)
        settle(self.writer.engine)


@pytest.fixture
def stage(settings: Settings, sessions: Sessions) -> Stage:
    return Stage(settings, sessions)


@pytest.fixture
def writer(settings: Settings) -> Iterator[Writer]:
    engine = writing_engine(settings)
    upgrade(engine, PLAYS)
    yield Writer(engine, prepared_dictionaries(engine, NOW_MS))
    engine.dispose()


def put_on(stage: Stage, writer: Writer, session: Session, item: Item, name: str, letter: str) -> Showing:
    screen = stage.screen(session, name, f"phuong-{letter}")
    campaign = stage.campaign(session, item, letter=letter, name=f"Đợt {name}")
    publishing.publish(session, stage.person(session, f"scheduler-{letter}"), campaign, stage.keys, NOW_MS)
    published = publishing.latest(session, screen.id)
    assert published is not None
    return Showing(stage, writer, screen.id, Version(published.epoch, published.number))


@pytest.fixture
def showing(stage: Stage, writer: Writer, sessions: Sessions) -> Showing:
    """A screen in ward A, and one in ward B whose plays nobody of ward A may see."""
    with sessions.writing() as session:
        here = put_on(stage, writer, session, stage.approved(session, TITLE), "Sảnh A", "a")
        there = put_on(stage, writer, session, stage.approved(session, "Của phường B", "b"), "Sảnh B", "b")
    there.send(there.plays(1, 3))
    return here


def test_an_installation_without_plays_says_what_to_expect(login: Login) -> None:
    page = login("manager-a").get("/plays/")
    assert page.status_code == 200
    assert "Chưa có lượt phát nào" in page.text


def test_the_log_shows_screen_item_campaign_times_and_result(showing: Showing, login: Login) -> None:
    showing.send(showing.plays(1, 2) + showing.plays(3, 3, result=Result.PARTIAL, shown_ms=4_000, reason="blank"))
    page = login("manager-a").get("/plays/").text
    for text in ("Sảnh A", "Giữ vệ sinh &lt;b&gt;cầu thang&lt;/b&gt;", "Đợt Sảnh A", "21:13:50", "21/09/2026 · UTC+07"):
        assert text in page
    for text in ("Trọn vẹn", "Một phần", "4,0 / 10,0 giây", "Đã giải mã", "blank", 'data-every="5000"'):
        assert text in page
    assert page.index("21:13:50") < page.index("21:13:30")


@pytest.mark.parametrize("role", ["manager", "operator", "scheduler", "approver", "admin"])
def test_everybody_sees_only_screens_within_reach(showing: Showing, login: Login, role: str) -> None:
    showing.send(showing.plays(1, 3))
    browser = login(f"{role}-a")
    for address in ("/plays/", "/plays/rows", "/plays/export.csv"):
        text = browser.get(address).text
        assert "Sảnh A" in text
        assert "Sảnh B" not in text
        assert "Của phường B" not in text


def test_an_uploader_and_a_stranger_do_not_see_the_log(showing: Showing, login: Login) -> None:
    for person in ("uploader-a", "stranger"):
        for address in ("/plays/", "/plays/rows", "/plays/export.csv"):
            assert login(person).get(address).status_code == 403


def test_a_screen_of_another_ward_cannot_be_asked_for(showing: Showing, login: Login) -> None:
    text = login("manager-b").get(f"/plays/rows?screen={showing.screen_id}").text
    assert "Sảnh A" not in text


def test_gaps_stand_between_the_rows(showing: Showing, login: Login) -> None:
    showing.send(showing.plays(1, 3))
    showing.send(showing.plays(8, 9))
    page = login("operator-a").get("/plays/rows").text
    assert "Thiếu 4 lượt phát" in page
    assert "số 4–7" in page
    assert page.index("21:14:40") < page.index("Thiếu 4 lượt phát") < page.index("21:13:50")
    assert "Thiếu" not in login("operator-a").get("/plays/rows?result=0").text


def test_filters_and_dates_are_kept_in_the_links(showing: Showing, login: Login) -> None:
    showing.send(showing.plays(1, 60))
    browser = login("manager-a")
    page = browser.get("/plays/?from=2026-09-21&to=2026-09-21&result=0").text
    assert page.count('data-label="Kết quả"') == 50
    assert "from=2026-09-21" in page
    older = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(older).text
    assert second.count('data-label="Kết quả"') == 10
    assert "data-every" not in second
    assert "Không có lượt phát nào khớp" in browser.get("/plays/rows?to=2026-09-20").text
    assert "Không có lượt phát nào khớp" in browser.get("/plays/rows?item=4711").text


@pytest.mark.parametrize("query", ["from=x", "from=0001-01-01", "to=9999-12-31", "from=2026-09-22&to=2026-09-21"])
def test_odd_dates_get_a_sentence(showing: Showing, login: Login, query: str) -> None:
    page = login("manager-a").get(f"/plays/?{query}")
    assert page.status_code == 200
    assert "tone-warning" in page.text


@pytest.mark.parametrize(
    "query", ["screen=x", "result=9", "behind=x", "behind=1.2", "campaign=-1", "item=9" + "9" * 30]
)
def test_spoilt_addresses_do_no_harm(showing: Showing, login: Login, query: str) -> None:
    assert login("manager-a").get(f"/plays/?{query}").status_code == 200


def test_the_file_holds_every_play_of_the_filter(showing: Showing, login: Login) -> None:
    showing.send(showing.plays(1, 60))
    answer = login("manager-a").get("/plays/export.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0][:4] == ["Giờ chiếu", "Màn hình", "Sản phẩm", "Đợt tuyên truyền"]
    assert len(rows) == 61
    assert rows[1][:4] == ["2026-09-21 21:23:20 +0700", "Sảnh A", TITLE, "Đợt Sảnh A"]
    english = login("manager-a")
    english.submit("/language", {"language": "en", "next": "/"})
    assert "Complete" in english.get("/plays/export.csv").text


def test_plays_of_an_unknown_playlist_are_shown_as_such(showing: Showing, login: Login) -> None:
    showing.send(showing.plays(1, 2, version=Version(1, 999)))
    assert "Không rõ" in login("manager-a").get("/plays/rows").text


def test_merged_plays_are_marked_on_the_page_and_in_the_file(showing: Showing, login: Login) -> None:
    (whole,) = showing.plays(1, 1, planned_ms=200_000, shown_ms=200_000)
    showing.send(tuple(shares(whole, 20, 3_000_000)) + showing.plays(21, 21, start=whole.start + 3_600_000))
    browser = login("manager-a")
    page = browser.get("/plays/").text
    assert page.count("gộp 20 lượt") == 20
    assert page.count("10,0 / 10,0 giây") == 21
    rows = list(csv.reader(io.StringIO(browser.get("/plays/export.csv").text.removeprefix("\ufeff"))))
    assert [row[-1] for row in rows] == ["Gộp từ (lượt)", "1", *["20"] * 20]
