"""A television with nothing but a browser, whole: real server, real broker, real Chromium with a profile on disk.

The tests are chapters of one story and run in order.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from playlists.model import Evidence, Result
from server import publishing, screens
from server.clock import now_ms
from server.publishing import Command
from tests.machine import until
from tests.player.standalone.house import COLOURS, House, Television, house
from tests.town import CHROMIUM, QUIET

NAME = "Tivi sảnh A"
ELSEWHERE = ["--host-resolver-rules=MAP tivi.example 127.0.0.1"]  # a name that is not this machine's own
SHOWN = ("đỏ", "lục", "vàng")
OFFLINE_S = 3
NO_ED25519 = "crypto.subtle.generateKey = () => Promise.reject(new DOMException('', 'NotSupportedError'))"

STORED = "async (sha256) => Boolean(await (await caches.open('cauthang-files')).match(`/files/${sha256}`))"
SPOIL = """async (sha256) => {
  const files = await caches.open("cauthang-files");
  const bytes = new Uint8Array(await (await files.match(`/files/${sha256}`)).arrayBuffer());
  bytes[bytes.length - 1] ^= 1;
  await files.put(`/files/${sha256}`, new Response(bytes, { headers: { "x-size": String(bytes.length) } }));
}"""


@dataclass
class Story:
    house: House
    tv: Television
    stranger: Browser
    before_the_cut: dict[str, int] = field(default_factory=dict)

    def saw(self, *titles: str, within_s: float = 30) -> bool:
        """Whether all of these come on, and nothing but items from the first of them on."""
        seen: set[str] = set()
        end = time.monotonic() + within_s
        while time.monotonic() < end and not seen >= set(titles):
            title = self.tv.sees()
            assert title in COLOURS or not seen, f"{title} after {seen}"
            seen |= {title} & COLOURS.keys()
        return seen >= set(titles)

    def numbers(self) -> list[int]:
        return [play.n for play in self.house.plays(NAME)]

    def book(self) -> dict[str, int]:
        """What the television knows of its own plays."""
        found: dict[str, int] = self.tv.page.evaluate(
            "async () => (await import('/tv/store.js')).fact('book')",
        )
        return found

    def order(self, verb: Command) -> str:
        with self.house.staff() as session:
            operator = self.house.works.person(session, "operator-a")
            return publishing.command(session, operator, self.house.screen(session, NAME), verb, now_ms())

    def answer(self, number: str) -> dict[str, object]:
        with self.house.works.sessions.reading() as session:
            given = screens.results(session, self.house.screen(session, NAME))
        return next((result.answer for result in given if result.answer["id"] == number), {})

    def obeys(self, verb: Command) -> None:
        number = self.order(verb)
        until(lambda: self.answer(number), 20, f"the answer to {verb}")
        assert self.answer(number)["ok"], self.answer(number)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("television")
    with ExitStack() as stack:
        standing = stack.enter_context(house(folder))
        playwright = stack.enter_context(sync_playwright())
        tv = Television(playwright, folder / "profile")
        stack.callback(tv.stop)
        stranger = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *ELSEWHERE])
        stack.callback(stranger.close)
        yield Story(standing, tv, stranger)
        assert tv.troubles == []


def test_browser_shows_a_code_and_both_fingerprints(story: Story) -> None:
    story.house.show(*SHOWN)
    page = story.tv.page
    page.goto(story.house.url)
    expect(page.locator("#code")).to_have_text(re.compile(r"^[B-Z]{4}-[B-Z]{4}$"), timeout=30_000)
    for width, height in ((1920, 1080), (1080, 1920), (640, 360)):
        page.set_viewport_size({"width": width, "height": height})
        for part in ("#code", "#pair h1", "#root-print", "#pair > .small"):
            box = page.locator(part).bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= width, part
            assert box["y"] >= 0 and box["y"] + box["height"] <= height, part
    assert page.locator("#root-print").inner_text() == story.house.root_print


def test_staff_enter_the_code_and_it_plays(story: Story) -> None:
    story.house.pair(story.tv.page.locator("#code").inner_text().replace("-", ""), NAME)
    expect(story.tv.page.locator("#pair")).to_be_hidden(timeout=30_000)
    assert story.saw(*SHOWN)


@pytest.mark.parametrize(
    ("host", "lacks", "says"),
    [
        ("127.0.0.1", NO_ED25519, ("Ed25519", "cập nhật trình duyệt", "Update the browser", "cauthang-player")),
        ("tivi.example", "", ("https://", "Open it by https://")),
    ],
)
def test_browser_that_cannot_be_a_player_says_so(story: Story, host: str, lacks: str, says: tuple[str, ...]) -> None:
    page = _opened(story, story.house.url.replace("127.0.0.1", host), lacks)
    for words in says:
        expect(page.locator("#trouble")).to_contain_text(words, timeout=30_000)


def test_server_with_another_root_than_the_address_names_is_refused(story: Story) -> None:
    page = _opened(story, f"{story.house.url}#root={'0' * 64}")
    expect(page.locator("#missing")).to_contain_text("máy chủ giả", timeout=30_000)
    assert page.locator("#pair").is_hidden()
    right = _opened(story, f"{story.house.url}#root={story.house.root_id}")
    expect(right.locator("#pair")).to_be_visible(timeout=30_000)


def test_every_play_comes_to_the_log_once_with_proof(story: Story) -> None:
    until(lambda: len(story.numbers()) >= 6, 40, "six plays in the log")
    plays = story.house.plays(NAME)
    assert [play.n for play in plays] == list(range(1, len(plays) + 1))
    assert {play.title for play in plays} == set(SHOWN)
    complete = [play for play in plays if play.result is Result.COMPLETE]
    assert len(complete) >= 3
    assert {play.evidence for play in complete} == {Evidence.DECODED}
    assert all(play.timed and play.shown_ms <= play.planned_ms + 1000 for play in plays)


def test_reload_without_a_network_plays_on(story: Story) -> None:
    story.house.cut()
    story.tv.page.reload()
    began = time.monotonic()
    assert story.saw(*SHOWN)
    assert time.monotonic() - began < 20
    story.tv.page.wait_for_timeout(OFFLINE_S * 1000)
    assert story.tv.page.locator("#trouble").is_hidden()


def test_power_cut_without_a_network_starts_from_what_is_stored(story: Story) -> None:
    story.before_the_cut = story.book()
    assert story.before_the_cut["last"] > story.before_the_cut["receipted"]
    story.tv.kill()
    story.tv.start()
    story.tv.page.goto(story.house.url)
    assert story.saw(*SHOWN[:1])
    assert story.book()["boot"] == story.before_the_cut["boot"] + 1
    story.house.mend()


def test_file_that_is_not_the_approved_one_is_refused_and_reported(story: Story) -> None:
    file = story.house.file_of("lam")
    good = file.read_bytes()
    file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    story.house.show("lam")
    until(lambda: any("không đúng tệp đã duyệt" in fault for fault in story.house.faults(NAME)), 30, "the report")
    assert not story.tv.page.evaluate(STORED, file.name)
    assert story.saw(*SHOWN)
    file.write_bytes(good)
    assert story.saw("lam", within_s=120)


def test_withdrawn_item_is_gone_at_once(story: Story) -> None:
    until(lambda: story.tv.sees() == "lam", 20, "the item")
    story.house.withdraw("lam")
    until(lambda: story.tv.sees() != "lam", 10, "its end")
    assert story.saw(*SHOWN)
    assert story.tv.sees() != "lam"


def test_no_play_of_before_the_cut_is_lost_and_none_doubled(story: Story) -> None:
    until(lambda: len(story.numbers()) > story.before_the_cut["last"], 60, "every play recorded before the cut")
    assert story.numbers() == list(range(1, len(story.numbers()) + 1))


def test_second_tab_waits_and_takes_over(story: Story) -> None:
    second = story.tv.context.new_page()
    second.goto(story.house.url)
    expect(second.locator("#missing")).to_contain_text("thẻ khác", timeout=30_000)
    story.tv.page.close()
    story.tv.watch(second)
    assert story.saw(*SHOWN)


def test_commands_are_obeyed_and_answered(story: Story) -> None:
    until(lambda: story.house.standing(NAME).online, 60, "the line to the broker")
    story.obeys(Command.IDENTIFY)
    expect(story.tv.page.locator("#note")).to_contain_text(NAME)
    story.obeys(Command.BLANK)
    assert story.tv.sees().startswith("background (0, 0, 0)")
    story.obeys(Command.UNBLANK)
    assert story.saw(*SHOWN[:1])
    story.obeys(Command.SCREENSHOT)
    with story.house.works.sessions.reading() as session:
        picture = story.house.folder / "data/screenshots" / story.house.screen(session, NAME).public_id
    assert picture.read_bytes().startswith(b"\xff\xd8\xff")
    boot = story.book()["boot"]
    with story.tv.page.expect_navigation(timeout=30_000):
        story.obeys(Command.RESTART)
    assert story.saw(*SHOWN[:1])
    assert story.book()["boot"] == boot + 1


def test_documents_nobody_signed_and_files_that_rotted_are_refused_and_reported(story: Story) -> None:
    """As if somebody had edited the server's database, and the television's own storage."""
    with story.house.staff() as session:
        head = publishing.head_of(session, story.house.screen(session, NAME).id)
        assert head
        head.sealed = re.sub(rb'("sig":")(..)', lambda m: m[1] + (b"AA" if m[2] != b"AA" else b"BB"), head.sealed)
    story.tv.page.evaluate(SPOIL, story.house.file_of("đỏ").name)
    story.tv.page.reload()
    for words in ("chữ ký đáng tin", "tự hỏng"):
        until(lambda words=words: any(words in f for f in story.house.faults(NAME)), 30, words)  # type: ignore[misc]
    assert story.saw(*SHOWN)


def _opened(story: Story, url: str, script: str = "") -> Page:
    context = story.stranger.new_context(viewport={"width": 640, "height": 360})
    if script:
        context.add_init_script(script)
    page = context.new_page()
    page.goto(url)
    return page
