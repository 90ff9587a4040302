"""What the technical check says, on the pages of somebody who reads English."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server import library
from server.clock import now_ms
from server.db import Sessions
from server.library import ItemStatus
from tests.cast import Browser
from tests.stage import Stage

Login = Callable[[str], Browser]


@pytest.fixture
def browser(login: Login) -> Browser:
    """The uploader's, in English."""
    found = login("uploader-a")
    found.submit("/language", {"language": "en"})
    return found


def refused(stage: Stage, sessions: Sessions, finding: dict[str, Any]) -> int:
    """An item that the worker refused for this."""
    with sessions.writing() as session:
        author = stage.person(session, "uploader-a")
        item = library.add(
            session,
            author,
            author.unit,
            source_name="clip.mov",
            source_path="x",
            source_bytes=1,
            now_ms=now_ms(),
        )
        library.refuse(session, item, finding, now_ms())
        return item.id


@pytest.mark.parametrize(
    ("code", "params", "sentence"),
    [
        ("video-codec", {"codec": "prores"}, "The video codec prores is not accepted; export the video as MP4"),
        ("too-heavy-file", {"max_mb": 64}, "64 MB at most for this kind"),
        ("too-big-video", {"width": 8192, "height": 4320}, "8192 × 4320; export it again at 1920 × 1080"),
        ("playlist-text", {}, "a playlist in text form"),
        ("no-such-code", {}, "The file is damaged"),
    ],
)
def test_refused_file_says_why_in_english_on_its_page_and_on_its_card(
    stage: Stage, sessions: Sessions, browser: Browser, code: str, params: dict[str, Any], sentence: str
) -> None:
    number = refused(stage, sessions, {"code": code, "grade": "refuse", "params": params})
    for address in (f"/library/{number}", "/library/"):
        page = browser.get(address).text
        assert sentence in page
        assert "Unusable" in page


def test_remarks_and_durations_are_in_english_too(stage: Stage, sessions: Sessions, browser: Browser) -> None:
    bars = {"code": "bars", "grade": "warn", "params": {"percent": 44}, "screen": "LED"}
    with sessions.writing() as session:
        item = stage.item(session)
        item.status, item.findings = ItemStatus.RETURNED, [bars]
        for rendition in item.renditions:
            rendition.duration_ms = 17_300
        number = item.id
    page = browser.get(f"/library/{number}").text
    assert "borders will fill about 44% of it" in page
    assert "17.3 seconds" in page
    browser.submit("/language", {"language": "vi"})
    page = browser.get(f"/library/{number}").text
    assert "viền nền chiếm khoảng 44% màn hình" in page
    assert "17,3 giây" in page


def test_api_says_it_in_the_persons_language(stage: Stage, sessions: Sessions, browser: Browser) -> None:
    number = refused(stage, sessions, {"code": "animated", "grade": "refuse", "params": {}})
    [finding] = browser.get(f"/api/v1/items/{number}").json["item"]["findings"]
    assert finding["text"].startswith("This picture is animated")
    missing = browser.get("/api/v1/items/987654").json
    assert missing["detail"] == "This item was not found."
