"""The page in real Chromium: pixels of every frame it presents, and the reports that come back."""

from __future__ import annotations

import base64
import io
import itertools
import json
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from player.link import Heard
from playlists import model, topics
from playlists.envelope import pack
from playlists.model import Evidence, MediaType, Result
from tests.fake_orders import SCREEN, Item, ffmpeg, mp4, png
from tests.fakes import FakeServer, eventually, serving
from tests.player.life import Life, living
from tests.player.rig import BLUE, GREEN, RED

playwright = pytest.importorskip("playwright.sync_api")
image = pytest.importorskip("PIL.Image")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
COLOURS = {"đỏ": (200, 0, 0), "lục": (0, 160, 0), "lam": (0, 0, 200), "vàng": (255, 255, 0), "tím": (128, 0, 128)}
SLATE = (11, 34, 57)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    made = chromium.new_page(viewport={"width": 640, "height": 360})
    troubles: list[str] = []
    made.on("pageerror", lambda error: troubles.append(str(error)))
    made.on("console", lambda message: troubles.append(message.text) if "Refused" in message.text else None)
    yield made
    made.close()
    assert troubles == []


def name_of(pixel: tuple[int, int, int]) -> str:
    """The item of this colour; video and JPEG shift colours a little."""
    near = {name: max(abs(a - b) for a, b in zip(pixel, c, strict=True)) for name, c in COLOURS.items()}
    best = min(near, key=lambda name: near[name])
    return best if near[best] < 60 else f"background {pixel}"


def seen_now(page: Any) -> str:
    picture = image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return name_of(picture.getpixel((320, 180)))


class Film:
    """Every frame that the browser presented, as the item in its middle."""

    def __init__(self, page: Any) -> None:
        self.frames: list[tuple[float, bytes]] = []
        self._session = page.context.new_cdp_session(page)
        self._session.on("Page.screencastFrame", self._keep)
        self._session.send("Page.startScreencast", {"format": "jpeg", "quality": 40, "maxWidth": 160, "maxHeight": 90})

    def _keep(self, frame: dict[str, Any]) -> None:
        self.frames.append((frame["metadata"]["timestamp"], base64.b64decode(frame["data"])))
        self._session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    def names(self) -> list[tuple[float, str]]:
        self._session.send("Page.stopScreencast")
        opened = [(at, image.open(io.BytesIO(data)).convert("RGB")) for at, data in self.frames]
        return [(at, name_of(p.getpixel((p.width // 2, p.height // 2)))) for at, p in opened]


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with serving() as running:
        running.orders.publish(RED, GREEN, BLUE)
        yield running


@pytest.mark.skipif(ffmpeg() is None, reason="needs ffmpeg to make a clip")
def test_no_transition_ever_shows_the_background(page: Any, server: FakeServer, tmp_path: Path) -> None:
    """Picture to video, video to video of other size and rate, video to picture: 0 frames without content."""
    video = MediaType.MP4
    server.orders.publish(
        RED,
        Item("vàng", mp4(tmp_path, "yellow", 1000), video, 1000, 4),
        Item("tím", mp4(tmp_path, "purple", 1200, "320x240", 30), video, 1200, 5),
        BLUE,
        Item("lục", png((0, 160, 0), 1920, 1080), duration_ms=700, number=2),
    )
    with living(tmp_path / "player", server) as life:
        page.goto(life.url)
        eventually(lambda: life.agent.stage and life.agent.stage.turn and life.agent.stage.turn.at > 0)
        page.wait_for_timeout(200)
        film = Film(page)
        for _ in range(40):  # two rounds
            page.wait_for_timeout(250)
        names = film.names()
    changes = [(a[1], b[1], b[0] - a[0]) for a, b in itertools.pairwise(names) if a[1] != b[1]]
    assert {name for _, name in names} == {"đỏ", "vàng", "tím", "lam", "lục"}, names
    assert len(changes) >= 8
    kinds = {(a, b) for a, b, _ in changes}
    assert {("đỏ", "vàng"), ("vàng", "tím"), ("tím", "lam"), ("lam", "lục")} <= kinds


def test_plays_come_back_with_proof(
    page: Any, server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("player.report.LATEST_MS", 3000)
    with living(tmp_path / "player", server) as life:
        page.goto(life.url)
        eventually(lambda: len(server.plays) >= 3, 40)
        assert life.agent.faults.listed(life.clock.mono_ms()) == []
    complete = [p for p in server.plays.values() if p.result is Result.COMPLETE]
    assert complete
    assert {p.evidence for p in complete} == {Evidence.DECODED}
    assert all(0.95 * p.planned_ms <= p.shown_ms <= p.planned_ms + 100 for p in complete)
    assert sorted(server.plays) == list(range(1, max(server.plays) + 1))
    assert server.altered == []


def test_without_a_page_nothing_counts_as_shown(server: FakeServer, tmp_path: Path) -> None:
    with living(tmp_path / "player", server) as life:
        eventually(lambda: life.agent.stage and life.agent.stage.turn)
        time.sleep(2.5)
        assert not life.surface.displayed()
    assert server.plays == {}
    assert not (tmp_path / "player/state/journal/plays").read_bytes().count(b'"n":')


def test_an_item_taken_back_is_gone_within_a_second(page: Any, server: FakeServer, tmp_path: Path) -> None:
    long = Item("đỏ", png((200, 0, 0)), duration_ms=60_000, number=1)
    server.orders.publish(long, Item("lam", BLUE.data, duration_ms=60_000, number=3))
    with living(tmp_path / "player", server) as life:
        page.goto(life.url)
        first = eventually(lambda: next((n for n in [seen_now(page)] if n in ("đỏ", "lam")), None))
        server.orders.withdraw(next(i for i in server.orders.items if i.title == first))
        sealed = server.orders.revocation()
        assert sealed and life.agent.inbox
        asked_at = time.monotonic()
        life.agent.inbox.put(Heard(topics.ALL_REVOCATION, pack(sealed)))
        life.agent.wake.set()
        eventually(lambda: seen_now(page) not in (first,), 5, 0.01)
        assert time.monotonic() - asked_at < 1.5  # a screenshot takes a part of it
        eventually(lambda: seen_now(page) in ("đỏ", "lam"), 5)


def test_a_start_without_network_shows_the_last_playlist_in_seconds(
    page: Any, server: FakeServer, tmp_path: Path
) -> None:
    with living(tmp_path / "player", server):
        eventually(lambda: {p.name for p in (tmp_path / "player/state/files").glob("*")} == set(server.files()))
        eventually(lambda: any((tmp_path / "player/state").glob(f"state-{SCREEN}.?")))
        time.sleep(0.5)
    server.stop()
    began = time.monotonic()
    with living(tmp_path / "player", server) as life:
        page.goto(life.url)
        eventually(lambda: seen_now(page) in COLOURS, 10)
        assert time.monotonic() - began < 10


def test_a_page_survives_a_restart_of_its_agent(page: Any, server: FakeServer, tmp_path: Path) -> None:
    with living(tmp_path / "player", server) as life:
        page.goto(life.url)
        eventually(lambda: seen_now(page) in COLOURS)
        port = life.surface.port
    time.sleep(1.5)
    assert seen_now(page) in COLOURS  # the last picture stays
    second = Life(tmp_path / "player", server)
    second.surface.port = port
    second.start()
    try:
        eventually(second.surface.displayed, 10)
        eventually(lambda: second.agent.stage and second.agent.stage.turn and second.agent.stage.turn.at > 0, 10)
    finally:
        second.stop()


def test_before_pairing_the_code_is_large_on_the_screen(page: Any, server: FakeServer, tmp_path: Path) -> None:
    server.paired = False
    with living(tmp_path / "player", server) as life:
        page.goto(life.url)
        code = eventually(lambda: page.locator("#code").text_content())
        assert code.replace("-", "") in server.codes
        assert page.locator("#pair").is_visible()
        assert page.locator("#code").bounding_box()["width"] > 320
        server.paired = True
        eventually(lambda: seen_now(page) in COLOURS, 15)
    assert page.locator("#pair").is_hidden()


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (390, 844)])
def test_the_page_fills_any_window_without_bars(
    chromium: Any, server: FakeServer, tmp_path: Path, width: int, height: int
) -> None:
    server.paired = False
    page = chromium.new_page(viewport={"width": width, "height": height})
    with living(tmp_path / "player", server) as life:
        page.goto(life.url)
        eventually(lambda: page.locator("#code").text_content())
        size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size == [width, height]
        box = page.locator("#code").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        last = page.locator("#pair li").last.bounding_box()
        assert last["y"] + last["height"] <= height
    page.close()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_picture_lies_in_its_window_of_the_frame(
    page: Any, server: FakeServer, tmp_path: Path, rotation: int
) -> None:
    server.orders.publish(RED, output=model.Output(x=40, y=20, width=200, height=100, rotation=rotation, volume=0))
    with living(tmp_path / "player", server) as life:
        page.goto(life.url)

        def picture() -> Any:
            return image.open(io.BytesIO(page.screenshot())).convert("RGB")

        eventually(lambda: name_of(picture().getpixel((140, 70))) == "đỏ")
        shot = picture()
        outside = [(38, 70), (242, 70), (140, 18), (140, 122), (500, 300)]
        assert [shot.getpixel(at) for at in outside] == [(0, 0, 0)] * len(outside)


def test_a_screenshot_shows_what_is_on(page: Any, server: FakeServer, tmp_path: Path) -> None:
    server.orders.publish(RED)
    with living(tmp_path / "player", server) as life:
        assert life.surface.capture(0.1) is None  # nobody looks
        page.goto(life.url)
        eventually(lambda: seen_now(page) == "đỏ")
        taken: list[Any] = []
        asker = threading.Thread(target=lambda: taken.append(life.surface.capture(20)))
        asker.start()
        page.wait_for_timeout(1000)
        asker.join()
        shot = image.open(io.BytesIO(taken[0].image)).convert("RGB")
        assert shot.size == (640, 360)
        assert name_of(shot.getpixel((320, 180))) == "đỏ"


def test_a_broken_file_keeps_the_picture_and_is_reported(page: Any, server: FakeServer, tmp_path: Path) -> None:
    server.orders.publish(RED)
    with living(tmp_path / "player", server) as life:
        page.goto(life.url)
        eventually(lambda: seen_now(page) == "đỏ")
        broken = Item("hỏng", b"no picture at all", number=9)
        server.orders.publish(RED, broken)
        life.agent.inbox.put(Heard(topics.to_head(SCREEN), pack(server.orders.head())))
        life.agent.wake.set()
        stage = life.agent.stage
        assert stage

        def rests() -> bool:
            assert seen_now(page) == "đỏ"
            return stage.quarantined(broken.rendition.sha256, life.clock.mono_ms())

        eventually(rests, 60, 0)
        assert {seen_now(page) for _ in range(3)} == {"đỏ"}


def ask(url: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers or {}), timeout=5) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def test_the_local_server_speaks_only_to_its_own_page(server: FakeServer, tmp_path: Path) -> None:
    with living(tmp_path / "player", server) as life:
        own = life.url.rstrip("/")
        eventually(lambda: life.surface.scene.current)
        assert ask(life.url)[0] == 200
        policy = ask(life.url)[1]["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert ask(life.url, {"Host": "evil.example"})[0] == 403
        report = json.dumps({"page": "x", "events": []}).encode()
        assert ask(f"{own}/events", {"Origin": own}, report)[0] == 200
        assert ask(f"{own}/events", {"Origin": "http://evil.example"}, report)[0] == 403
        assert ask(f"{own}/events", {}, report)[0] == 403
        assert ask(f"{own}/events", {"Origin": own}, b"{")[0] == 400
        for path in ("/files/../state.a", "/files/" + "0" * 64, "/../cli.py", "/page.py", "/%2e%2e/x"):
            assert ask(own + path)[0] == 404
