"""Uploads as a person does them: real Chromium, the real web process, cuts, a restart, a reload, refusals."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server import db
from server.library import Item
from server.uploads import Quarantine, Upload
from tests.fakes import eventually
from tests.machine import free_port

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
ROOT = Path(__file__).parents[2]
BIG_BYTES = 60 * 1024 * 1024
PATIENCE_MS = 120_000


class Site:
    """``cauthang web`` on a data directory of its own; it can be killed and started again."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir, self.port = data_dir, free_port()
        self.environ = {**os.environ, "DATA_DIR": str(data_dir), "PORT": str(self.port), "PYTHONPATH": str(ROOT)}
        self._command("init").wait(60)
        self.sessions = db.sessions_for(f"sqlite:///{data_dir}/app.db")
        self.start()

    def _command(self, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "server.cli", name]
        return subprocess.Popen(command, env=self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self) -> None:
        self.process = self._command("web")
        eventually(self._answers, 60, 0.1)

    def kill(self) -> None:
        """End it as a power cut does, workers included."""
        workers = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        subprocess.run(["kill", "-9", str(self.process.pid), *workers.stdout.split()], check=False)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.sessions.engine.dispose()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def password(self, username: str) -> str:
        lines = (self.data_dir / "first-passwords.txt").read_text().split("\n")
        return dict(line.split() for line in lines if line)[username]

    def titles(self) -> list[str]:
        with self.sessions.reading() as session:
            return sorted(item.title for item in session.query(Item))

    def sha256(self, title: str) -> str:
        """Of the file that lies in quarantine for the one item of this title."""
        with self.sessions.reading() as session:
            path = Quarantine(self.data_dir).path(session.query(Item).filter_by(title=title).one().source_path)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def uploads_of(self, name: str) -> int:
        with self.sessions.reading() as session:
            return session.query(Upload).filter_by(name=name).count()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    running = Site(tmp_path_factory.mktemp("site") / "data")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def uploader(chromium: Any, site: Site) -> Any:
    """The cookies of the uploader, who signs in once: the login counts how often."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{site.url}/login")
    page.fill("[name=username]", "soanthao")
    page.fill("[name=password]", site.password("soanthao"))
    page.click("form:not(.languages) button[type=submit]")
    page.wait_for_selector("main .tasks")
    cookies = context.storage_state()
    context.close()
    return cookies


@pytest.fixture
def page(chromium: Any, site: Site, uploader: Any) -> Iterator[Any]:
    """The library, with the uploader signed in; the test fails when the page breaks its own security policy."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, storage_state=uploader)
    made = context.new_page()
    troubles: list[str] = []
    made.on("pageerror", lambda error: troubles.append(str(error)))
    made.on("console", lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None)
    made.set_default_timeout(PATIENCE_MS)
    made.goto(f"{site.url}/library/")
    made.wait_for_selector(".uppy-Dashboard-input", state="attached")
    yield made
    context.close()
    assert troubles == []


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 MB that look like nothing in particular."""
    path = tmp_path_factory.mktemp("film") / "phim.mp4"
    path.write_bytes(random.Random(7).randbytes(BIG_BYTES))
    return path


def drop(page: Any, *files: Path) -> None:
    page.locator(".uppy-Dashboard-input").first.set_input_files([str(file) for file in files])


def named(film: Path, name: str) -> Path:
    return shutil.copy(film, film.with_name(name))


def test_cut_connections_and_a_killed_server_do_not_stop_an_upload(page: Any, site: Site, film: Path) -> None:
    file = named(film, "bị cắt.mp4")
    parts: list[str] = []

    def cut(route: Any) -> None:
        parts.append(route.request.headers["upload-offset"])
        if len(parts) in (2, 5):
            route.abort("connectionreset")
            return
        if len(parts) == 4:
            site.kill()
            site.start()
        route.continue_()

    page.route("**/uploads/*", lambda route: cut(route) if route.request.method == "PATCH" else route.continue_())
    drop(page, file)
    eventually(lambda: page.wait_for_timeout(200) or "bị cắt" in site.titles(), 120)
    assert len(parts) >= 9  # eight parts, two of them twice
    assert site.sha256("bị cắt") == hashlib.sha256(film.read_bytes()).hexdigest()
    assert site.uploads_of("bị cắt.mp4") == 1
    page.wait_for_selector(".item-card:has-text('bị cắt')")


def test_reloaded_page_goes_on_where_it_stopped(page: Any, site: Site, film: Path) -> None:
    file = named(film, "tải lại.mp4")
    held: list[Any] = []
    offsets: list[int] = []

    def hold(route: Any) -> None:
        offset = int(route.request.headers["upload-offset"])
        if offset >= BIG_BYTES // 2 and not held:
            held.append(route)  # never answered: the page is left in the middle of it
        else:
            offsets.append(offset)
            route.continue_()

    page.route("**/uploads/*", lambda route: hold(route) if route.request.method == "PATCH" else route.continue_())
    drop(page, file)
    eventually(lambda: page.wait_for_timeout(100) or held, 60)
    sent = len(offsets)
    page.reload()
    eventually(lambda: page.wait_for_timeout(200) or "tải lại" in site.titles(), 120)
    assert min(offsets[sent:]) >= BIG_BYTES // 2, "it went on instead of beginning again"
    assert site.sha256("tải lại") == hashlib.sha256(film.read_bytes()).hexdigest()
    assert site.uploads_of("tải lại.mp4") == 1


def test_three_files_at_once_show_their_progress_and_become_three_items(page: Any, site: Site, film: Path) -> None:
    files = [film.with_name(name) for name in ("ảnh một.png", "ảnh hai.jpg", "phim ba.mp4")]
    for file in files:
        file.write_bytes(film.read_bytes()[: 12 * 1024 * 1024])
    waiting: list[Any] = []
    first: set[str] = set()

    def hold_the_first_part(route: Any) -> None:
        if route.request.url in first:
            route.continue_()
        else:
            first.add(route.request.url)
            waiting.append(route)

    page.route("**/uploads/*", hold_the_first_part)
    drop(page, *files)
    eventually(lambda: page.wait_for_timeout(100) or len(waiting) == 3, 60)
    assert page.locator(".uppy-Dashboard-Item").count() == 3
    assert page.locator(".uppy-Dashboard-Item-progress").count() == 3
    for route in waiting:
        route.continue_()
    eventually(lambda: page.wait_for_timeout(200) or {"ảnh một", "ảnh hai", "phim ba"} <= set(site.titles()), 120)
    for name in ("ảnh một", "ảnh hai", "phim ba"):
        page.wait_for_selector(f".item-card:has-text('{name}')")
    eventually(lambda: page.wait_for_timeout(200) or page.locator(".uppy-Dashboard-Item").count() == 0, 20)


def test_refusal_of_the_server_stands_beside_the_file_and_is_not_tried_again(
    page: Any, site: Site, tmp_path: Path
) -> None:
    empty = tmp_path / "rỗng.png"
    empty.write_bytes(b"")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    drop(page, empty)
    page.wait_for_selector(".uppy-Informer:has-text('rỗng.png: Tệp rỗng; hãy chọn lại tệp')")
    page.wait_for_timeout(1500)  # the first retry would come at once, the second after a second
    assert len(asked) == 1


def test_file_of_another_kind_is_refused_before_it_is_sent(page: Any, site: Site, tmp_path: Path) -> None:
    other = tmp_path / "công văn.pdf"
    other.write_bytes(b"%PDF-1.7")
    drop(page, other)
    page.wait_for_selector(".uppy-Informer:has-text('hãy xuất thành ảnh PNG')")


def test_session_that_ended_meanwhile_says_so(page: Any, site: Site, film: Path) -> None:
    page.context.clear_cookies()
    drop(page, named(film, "hết phiên.mp4"))
    page.wait_for_selector(".uppy-Informer:has-text('hết phiên.mp4: ')")
    assert "hết phiên" not in site.titles()
