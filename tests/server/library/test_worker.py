"""The worker over real files: what it makes, what it refuses, and that no death of it loses an item."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from server import jobs, library, units, uploads
from server.clock import now_ms
from server.db import Sessions
from server.library import Item, ItemStatus
from server.settings import Settings
from server.uploads import Quarantine
from server.worker import Workshop
from tests.cast import WARD_A
from tests.stage import Stage


@pytest.fixture
def upload(settings: Settings, sessions: Sessions, stage: Stage) -> Callable[[bytes, str], int]:
    """``upload(data, name)`` is the number of an item that waits for the worker."""

    def send(data: bytes, name: str) -> int:
        quarantine = Quarantine(settings.data_dir)
        with sessions.writing() as session:
            author, ward = stage.person(session, "uploader-a"), units.by_code(session, WARD_A)
            place = uploads.begin(session, quarantine, author, ward, name=name, size_bytes=len(data), now_ms=now_ms())
            quarantine.append(place, 0, [data])
            item = uploads.complete(session, quarantine, place, now_ms())
            assert item is not None
            return item.id

    return send


def picture(folder: Path, colour: str = "red", size: tuple[int, int] = (1920, 1080)) -> bytes:
    path = folder / f"{colour}.png"
    Image.new("RGB", size, colour).save(path)
    return path.read_bytes()


def item_of(sessions: Sessions, number: int) -> Item:
    with sessions.reading() as session:
        item = session.get_one(Item, number)
        _ = (item.renditions, item.findings)
        session.expunge_all()
        return item


def test_picture_becomes_a_rendition_and_a_poster_for_each_class(
    upload: Callable[[bytes, str], int], settings: Settings, sessions: Sessions, stage: Stage, tmp_path: Path
) -> None:
    number = upload(picture(tmp_path), "đỏ.png")
    Workshop(settings, sessions).look()
    item = item_of(sessions, number)
    assert (item.status, item.kind, item.progress) == (ItemStatus.READY, "image", 100)
    assert {(r.width, r.height, r.duration_ms) for r in item.renditions} == {(1920, 1080, 10_000), (1080, 1920, 10_000)}
    for rendition in item.renditions:
        assert stage.files.size(rendition.sha256) == rendition.size_bytes
        assert stage.files.has(rendition.poster_sha256)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html>not a picture</html>", "other-file"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", "playlist-text"),
        (b"\x89PNG\r\n\x1a\n", "truncated"),
        (b"just text", "unknown-type"),
    ],
)
def test_wrong_file_is_refused_in_a_sentence_and_the_next_one_is_made(
    upload: Callable[[bytes, str], int], settings: Settings, sessions: Sessions, tmp_path: Path, data: bytes, code: str
) -> None:
    wrong, right = upload(data, "phim.mp4"), upload(picture(tmp_path), "đỏ.png")
    Workshop(settings, sessions).look()
    refused = item_of(sessions, wrong)
    assert refused.status == ItemStatus.REFUSED
    assert refused.findings[0]["code"] in (code, "damaged")
    assert item_of(sessions, right).status == ItemStatus.READY


def test_item_that_brings_the_worker_down_three_times_is_refused(
    upload: Callable[[bytes, str], int], settings: Settings, sessions: Sessions, tmp_path: Path
) -> None:
    number = upload(picture(tmp_path), "đỏ.png")
    for attempt in range(library.MOST_ATTEMPTS):
        with sessions.writing() as session:
            assert library.claim(session, number, now_ms() + attempt * 2 * library.LEASE_MS) is not None
    with sessions.writing() as session:
        session.get_one(Item, number).lease_until = 0
    Workshop(settings, sessions).look()
    item = item_of(sessions, number)
    assert (item.status, item.findings[0]["code"]) == (ItemStatus.REFUSED, "crashed")


def test_leased_item_is_nobody_elses_until_the_lease_ends(
    upload: Callable[[bytes, str], int], sessions: Sessions, tmp_path: Path
) -> None:
    number, now = upload(picture(tmp_path), "đỏ.png"), now_ms()
    with sessions.writing() as session:
        assert library.claim(session, number, now) is not None
        assert library.claim(session, number, now + library.LEASE_MS - 1) is None
        library.report_progress(session, number, 50, now + 30_000)
        assert library.claim(session, number, now + library.LEASE_MS + 1) is None
        assert library.claim(session, number, now + 30_000 + library.LEASE_MS + 1) is not None


def test_item_of_a_killed_worker_process_is_made_by_the_next_one(
    upload: Callable[[bytes, str], int], settings: Settings, sessions: Sessions, tmp_path: Path
) -> None:
    number = upload(picture(tmp_path, size=(1080, 3400)), "cao.png")
    environ = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
    }

    def worker() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "server.cli", "worker"], env=environ, start_new_session=True)

    first = worker()
    try:
        _until(lambda: item_of(sessions, number).progress > 5, 60)
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    assert item_of(sessions, number).status == ItemStatus.PROCESSING
    with sessions.writing() as session:
        session.get_one(Item, number).lease_until = 0  # a minute later
    jobs.Bell(settings.jobs_url).ring()
    second = worker()
    try:
        _until(lambda: item_of(sessions, number).status == ItemStatus.READY, 120)
    finally:
        os.killpg(second.pid, signal.SIGTERM)
        second.wait(30)
    assert len(item_of(sessions, number).renditions) == 2


def test_ring_wakes_a_listening_worker(settings: Settings) -> None:
    heard: list[int] = []
    bells = jobs.listen(settings.jobs_url, lambda: heard.append(1))
    try:
        jobs.Bell(settings.jobs_url).ring()
        _until(lambda: heard == [1], 10)
    finally:
        bells.stop(graceful=True)


def _until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.1)
