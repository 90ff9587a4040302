"""The whole path once, for real: upload ▸ approve ▸ campaign ▸ signed playlist over MQTT ▸ pixels ▸ play ▸ log.

Real processes, real Mosquitto, real Chromium, a player in a network namespace of its own that is cut off for a while.
The tests are chapters of one story and run in order.
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import APIResponse, Browser, Error, Page, expect, sync_playwright

from server.broker.child import find_mosquitto
from tests.fake_orders import mp4
from tests.machine import Machine, read_until_ready, until
from tests.town import COLOURS, Street, colour_of, launched, saw, signed_in, watch

SECOND = "Sảnh nhà B"
CAMPAIGN = "Ba màu"
PLAYER_PORT = 8090
OFFLINE_S = 40


@dataclass
class Story:
    """What every chapter needs, and what later ones know from earlier ones."""

    machine: Machine
    street: Street
    browser: Browser
    inside: Browser
    folder: Path
    stack: ExitStack
    pages: dict[str, Page] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    screens: dict[str, Page] = field(default_factory=dict)
    offline: tuple[float, float] = (0, 0)

    def page(self, username: str) -> Page:
        """The browser page of one person."""
        if username not in self.pages:
            password = self.machine.passwords()[username]
            self.pages[username] = signed_in(self.browser, self.machine.url, username, password)
        return self.pages[username]

    def go(self, username: str, path: str) -> Page:
        page = self.page(username)
        page.goto(self.machine.url + path)
        return page

    def _answer(self, path: str) -> APIResponse:
        """What the server says to the manager, once it says something: it may be starting again."""
        deadline = time.monotonic() + 30
        while True:
            try:
                answer = self.page("quanly").request.get(self.machine.url + path)
                assert answer.ok, answer.status
            except (Error, AssertionError):
                assert time.monotonic() < deadline, f"{path} is not answered"
                time.sleep(0.5)
            else:
                return answer

    def log(self) -> list[dict[str, str]]:
        """Every play the log has, from its CSV file."""
        answer = self._answer("/plays/export.csv")
        header, *rows = list(csv.reader(io.StringIO(answer.text().lstrip("\ufeff"))))
        names = ("time", "screen", "title", "campaign", "planned", "shown", "result", "evidence", "reason")
        names = (*names, "item", "campaign_id", "device", "n", "sha256", "merged")
        assert len(header) == len(names)
        return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    assert find_mosquitto() is not None, "mosquitto is missing: see tests/machine.sh"
    folder = tmp_path_factory.mktemp("town")
    with ExitStack() as stack:
        street = stack.enter_context(Street.built())
        machine = Machine(folder / "data", host=street.host)
        up = stack.enter_context(machine.start())
        read_until_ready(up)
        playwright = stack.enter_context(sync_playwright())
        browser = launched(playwright)
        inside = launched(playwright, street.chromium(folder))
        stack.callback(browser.close)
        stack.callback(inside.close)
        yield Story(machine, street, browser, inside, folder, stack)


def test_virtual_screen_shows_the_samples_and_logs_nothing_while_nobody_looks(story: Story) -> None:
    samples = story.machine.data_dir / "samples-loaded"
    until(samples.exists, 420, "the sample library")
    assert story.log() == []
    page = story.browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(story.machine.screen_url)
    expect(page.locator("#layers > *").first).to_be_visible(timeout=30_000)
    until(story.log, 60, "a play of the sample library")
    page.close()


def test_uploader_drops_three_files_describes_and_submits_them(story: Story) -> None:
    files = [story.folder / name for name in ("đỏ.jpg", "xanh.png", "lục.mp4")]
    Image.new("RGB", (1920, 1080), COLOURS["red"]).save(files[0], quality=95)
    Image.new("RGB", (1920, 1080), COLOURS["blue"]).save(files[1])
    green = "0x{:02x}{:02x}{:02x}".format(*COLOURS["green"])
    files[2].write_bytes(mp4(story.folder, green, 6000, "1280x720"))
    page = story.go("soanthao", "/library/")
    page.set_input_files("#drop input[type=file] >> nth=0", [str(f) for f in files])
    for title in ("đỏ", "xanh", "lục"):
        card = page.locator(".item-card", has_text=title)
        expect(card).to_contain_text("Bản nháp", timeout=180_000)
        expect(card.locator("img")).to_be_visible()
    for title, colour in (("đỏ", "red"), ("xanh", "blue"), ("lục", "green")):
        page = story.go("soanthao", "/library/")
        page.locator(".item-card", has_text=title).locator("a").click()
        story.items[colour] = re.findall(r"/library/(\d+)", page.url)[0]
        page.fill("[name=title]", f"Màu {title}")
        page.select_option("[name=field_of_law]", "43")
        if colour != "green":
            page.fill("[name=dwell_s]", "5")
        page.get_by_role("button", name="Lưu và trình phê duyệt").click()
        expect(page.locator(".shell-main")).to_contain_text("Chờ phê duyệt")


def test_author_cannot_approve_neither_in_the_page_nor_through_the_api(story: Story) -> None:
    number = story.items["red"]
    page = story.go("soanthao", f"/library/{number}")
    assert "Xem xét phê duyệt" not in page.content()
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    headers = {"X-CSRFToken": token}
    for path in (f"/approvals/{number}/approve", f"/api/v1/items/{number}/approve"):
        answer = page.request.post(story.machine.url + path, headers=headers, data={})
        assert answer.status == 403, path


def test_approver_sees_it_as_the_screen_will_and_signs(story: Story) -> None:
    for number in story.items.values():
        page = story.go("pheduyet", f"/approvals/{number}")
        expect(page.locator(".rendition").first).to_be_visible()
        page.fill("[name=decision_number]", "07/QĐ-UBND")
        page.fill("[name=password]", story.machine.passwords()["pheduyet"])
        page.get_by_role("button", name="Ký phê duyệt").click()
        page.wait_for_url("**/approvals/")


def test_second_player_shows_a_code_staff_enter_it_and_it_plays_without_a_restart(story: Story) -> None:
    player = story.street.player(
        story.machine.url, story.machine.data_dir / "root.pub", story.folder / "second", PLAYER_PORT
    )
    running = story.stack.enter_context(player)
    screen = story.inside.new_page(viewport={"width": 1280, "height": 720})
    _open(screen, f"http://127.0.0.1:{PLAYER_PORT}/")
    expect(screen.locator("#code")).to_have_text(re.compile(r"^[B-Z]{4}-[B-Z]{4}$"), timeout=30_000)
    page = story.go("lichphat", "/screens/pair")
    page.fill("[name=code]", screen.locator("#code").inner_text().lower())
    page.fill("[name=name]", SECOND)
    page.fill("[name=place]", "Chung cư số 5")
    page.get_by_role("button", name="Gắn màn hình").click()
    expect(page.locator("h1")).to_contain_text(SECOND)
    expect(screen.locator("#pair")).to_be_hidden(timeout=60_000)
    expect(screen.locator("#layers > *").first).to_be_visible(timeout=120_000)
    assert running.poll() is None
    story.screens["second"] = screen
    virtual = story.browser.new_page(viewport={"width": 1280, "height": 720})
    virtual.goto(story.machine.screen_url)
    story.screens["virtual"] = virtual


def test_scheduler_publishes_a_campaign_and_sees_it_reach_both_screens(story: Story) -> None:
    page = story.go("lichphat", "/campaigns/")
    page.get_by_role("link", name="Cầu thang pháp luật (mẫu)").first.click()
    page.locator("summary", has_text="Dừng đợt").click()
    page.locator(".ask-box button").click()
    page = story.go("lichphat", "/campaigns/new")
    page.fill("[name=name]", CAMPAIGN)
    for number in story.items.values():
        page.locator(f"input[name=items][value='{number}']").check()
    page.fill("[name=least]", "60")
    page.locator("input[name$='start']").first.fill("00:00")
    page.locator("input[name$='end']").first.fill("24:00")
    page.get_by_role("button", name="Lưu và phát hành").click()
    expect(page.locator(".progress-words")).to_contain_text("2/2", timeout=90_000)
    for screen in story.screens.values():
        assert {c for c in COLOURS if saw(screen, c, 40)} == set(COLOURS)


def test_log_lists_what_was_shown_within_thirty_seconds(story: Story) -> None:
    assert saw(story.screens["second"], "red", 40)
    first_seen = time.time()

    def logged() -> bool:
        return any(row["screen"] == SECOND and row["title"] == "Màu đỏ" for row in story.log())

    until(logged, 35, "the play in the log")
    assert time.time() - first_seen < 35
    page = story.go("quanly", f"/plays/?item={story.items['red']}")
    expect(page.locator("table.plays")).to_contain_text(SECOND)
    expect(page.locator("table.plays")).not_to_contain_text("Màu xanh")


def test_player_cut_off_from_the_network_goes_on_playing(story: Story) -> None:
    screen = story.screens["second"]
    story.street.cut()
    began = time.time()
    seen = watch(screen, OFFLINE_S)
    story.offline = (began, time.time())
    story.street.mend()
    assert {s.colour for s in seen} == set(COLOURS), seen
    whole = seen[1:-1]  # the first and the last were running before we came or when we went
    assert len(whole) >= 4
    story.screens["offline"] = screen
    _until_reported(story, began + OFFLINE_S)
    log = [row for row in story.log() if row["screen"] == SECOND]
    for sight in whole:
        title = {"red": "Màu đỏ", "blue": "Màu xanh", "green": "Màu lục"}[sight.colour]
        close = [row for row in log if row["title"] == title and abs(_start(row) - sight.first) < 2.5]
        assert len(close) == 1, (sight, close)
        assert close[0]["result"] == "Đủ" or float(close[0]["shown"]) > 0


def test_every_play_is_in_the_log_exactly_once(story: Story) -> None:
    for name in (SECOND, "Màn hình ảo"):
        numbers = sorted(int(row["n"]) for row in story.log() if row["screen"] == name)
        assert numbers == list(range(1, len(numbers) + 1)), name


def test_withdrawn_item_leaves_the_screens_within_three_seconds(story: Story) -> None:
    page = story.go("pheduyet", f"/approvals/{story.items['green']}/withdraw")
    page.fill("[name=reason]", "Nội dung đã thay đổi")
    page.fill("[name=password]", story.machine.passwords()["pheduyet"])
    for screen in (story.screens["second"], story.screens["virtual"]):
        assert saw(screen, "green", 40)
    for screen in (story.screens["second"], story.screens["virtual"]):
        until(lambda screen=screen: colour_of(screen) == "green", 40, "green again")  # type: ignore[misc]
    page.get_by_role("button", name="Thu hồi khỏi mọi màn hình").click()
    page.wait_for_url("**/library/*")
    withdrawn = time.monotonic()
    for screen in (story.screens["second"], story.screens["virtual"]):
        until(lambda screen=screen: colour_of(screen) != "green", 10, "the end of green")  # type: ignore[misc]
    assert time.monotonic() - withdrawn < 3
    for screen in (story.screens["second"], story.screens["virtual"]):
        assert "green" not in {s.colour for s in watch(screen, 20)}


def test_no_process_that_dies_takes_anything_with_it(story: Story) -> None:
    """kill −9 of each process in turn: it is started again, the screens go on, and the numbers stay whole."""
    for words in (("server.cli", "web"), ("server.cli", "ingest"), ("server.cli", "bridge"), ("server.cli", "worker")):
        pid = story.machine.process(*words)
        subprocess.run(["kill", "-9", str(pid)], check=True)
        until(lambda pid=pid, words=words: _reborn(story.machine, pid, words), 60, f"{words} again")  # type: ignore[misc]
        assert colour_of(story.screens["second"]) in COLOURS
    _until_reported(story, time.time())
    test_every_play_is_in_the_log_exactly_once(story)


def _reborn(machine: Machine, pid: int, words: tuple[str, ...]) -> bool:
    try:
        return machine.process(*words) != pid
    except AssertionError:
        return False


def _until_reported(story: Story, instant: float) -> None:
    """Wait until the log has a play of the second screen that began after the instant."""

    def reported() -> bool:
        return any(row["screen"] == SECOND and _start(row) > instant for row in story.log())

    until(reported, 120, "the report of the second screen")


def _start(row: dict[str, str]) -> float:
    return datetime.strptime(row["time"], "%Y-%m-%d %H:%M:%S %z").timestamp()


def _open(page: Page, url: str) -> None:
    """The page of a player that is just starting."""
    deadline = time.monotonic() + 30
    while True:
        try:
            page.goto(url)
        except Error:
            assert time.monotonic() < deadline, "the player's page does not open"
            time.sleep(0.5)
        else:
            return
