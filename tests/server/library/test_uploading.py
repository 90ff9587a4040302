"""Files come in through the browser's door: whole, in parts, cut in the middle, and wrong ones."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from server import library, uploads
from server.clock import now_ms
from server.db import Sessions
from server.library import Item, ItemStatus
from server.uploads import Quarantine, Upload
from tests.cast import Browser

Login = Callable[[str], Browser]


class Tus:
    """A tus 1.0.0 client as the page has one."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.token = {"X-CSRFToken": browser.token(), "Tus-Resumable": "1.0.0"}

    def create(self, size: int, name: str = "anh.png") -> TestResponse:
        told = "filename " + base64.b64encode(name.encode()).decode()
        headers = {**self.token, "Upload-Length": str(size), "Upload-Metadata": told}
        return self.browser.post("/uploads", headers=headers)

    def patch(self, where: str, offset: int, data: bytes) -> TestResponse:
        headers = {**self.token, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return self.browser.patch(where, data=data, headers=headers)

    def offset(self, where: str) -> int:
        return int(self.browser.head(where, headers=self.token).headers["Upload-Offset"])

    def send(self, data: bytes, name: str = "anh.png") -> int:
        """The whole file in one part; the number of its item."""
        where = self.create(len(data), name).headers["Location"]
        return int(self.patch(where, 0, data).headers["X-Item-Id"])


@pytest.fixture
def tus(login: Login) -> Tus:
    return Tus(login("uploader-a"))


def test_three_files_at_once_become_three_items_that_wait_for_the_worker(tus: Tus, sessions: Sessions) -> None:
    numbers = [tus.send(b"x" * size, f"tep-{size}.png") for size in (10, 20, 30)]
    with sessions.reading() as session:
        assert list(library.waiting(session, now_ms())) == numbers
        assert [session.get_one(Item, n).title for n in numbers] == ["tep-10", "tep-20", "tep-30"]


def test_cut_upload_goes_on_where_it_stopped(tus: Tus, data_dir: Path) -> None:
    data = bytes(range(256)) * 100
    where = tus.create(len(data)).headers["Location"]
    assert tus.patch(where, 0, data[:7000]).headers["Upload-Offset"] == "7000"
    assert tus.offset(where) == 7000
    answer = tus.patch(where, 7000, data[7000:])
    assert answer.status_code == 204
    assert "X-Item-Id" in answer.headers
    assert Quarantine(data_dir).path(where.rsplit("/", 1)[1]).read_bytes() == data


def test_parts_may_be_larger_than_any_form(tus: Tus, client: Browser) -> None:
    where = tus.create(9_000_000).headers["Location"]
    assert tus.patch(where, 0, b"x" * 9_000_000).headers["X-Item-Id"]
    assert Tus(client).patch(where, 0, b"x" * 9_000_000).status_code == 413, "but only from people who are signed in"


def test_part_at_another_offset_is_refused_and_changes_nothing(tus: Tus) -> None:
    where = tus.create(100).headers["Location"]
    tus.patch(where, 0, b"a" * 10)
    assert tus.patch(where, 0, b"b" * 10).status_code == 409
    assert tus.patch(where, 20, b"b" * 10).status_code == 409
    assert tus.offset(where) == 10


def test_more_than_was_announced_is_refused(tus: Tus) -> None:
    where = tus.create(10).headers["Location"]
    assert tus.patch(where, 0, b"a" * 11).status_code == 413
    assert tus.offset(where) == 0


def test_asking_after_a_lost_last_answer_makes_the_item(tus: Tus, sessions: Sessions, data_dir: Path) -> None:
    where = tus.create(4).headers["Location"]
    Quarantine(data_dir).path(where.rsplit("/", 1)[1]).write_bytes(b"full")  # written, then the server died
    assert tus.browser.head(where, headers=tus.token).headers["X-Item-Id"]
    assert tus.browser.head(where, headers=tus.token).headers["Upload-Offset"] == "4"
    with sessions.reading() as session:
        assert session.query(Item).count() == 1


def test_worker_makes_the_item_when_nobody_asks_again(tus: Tus, sessions: Sessions, data_dir: Path) -> None:
    where = tus.create(4).headers["Location"]
    Quarantine(data_dir).path(where.rsplit("/", 1)[1]).write_bytes(b"full")
    with sessions.writing() as session:
        assert uploads.sweep(session, Quarantine(data_dir), now_ms()) == 1
    with sessions.reading() as session:
        assert session.query(Item).one().status == ItemStatus.PROCESSING


def test_upload_left_for_a_week_is_cleared_away(tus: Tus, sessions: Sessions, data_dir: Path) -> None:
    where = tus.create(4).headers["Location"]
    with sessions.writing() as session:
        uploads.sweep(session, Quarantine(data_dir), now_ms() + uploads.KEPT_MS + 60_000)
    with sessions.reading() as session:
        assert session.query(Upload).count() == 0
    assert tus.patch(where, 0, b"late").status_code == 404
    assert not list(Quarantine(data_dir).folder.iterdir())


def test_cancelled_upload_is_gone(tus: Tus) -> None:
    where = tus.create(4).headers["Location"]
    assert tus.browser.delete(where, headers=tus.token).status_code == 204
    assert tus.patch(where, 0, b"late").status_code == 404


def test_upload_of_somebody_else_does_not_exist(tus: Tus, login: Login) -> None:
    where = tus.create(4).headers["Location"]
    other = Tus(login("uploader-b"))
    assert other.patch(where, 0, b"evil").status_code == 404
    assert tus.offset(where) == 0


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../etc/passwd.png", "passwd"),
        ("a" * 300 + ".png", "a" * 200),
        (unicodedata.normalize("NFD", "Phòng cháy.png"), unicodedata.normalize("NFC", "Phòng cháy")),
        ("tên\nhai dòng.jpg", "tên hai dòng"),
        ("", "tệp"),
        ("an_toan_giao_thong.mp4", "an toan giao thong"),
    ],
)
def test_names_from_outside_become_titles_and_never_paths(
    tus: Tus, sessions: Sessions, data_dir: Path, name: str, stored: str
) -> None:
    number = tus.send(b"data", name)
    with sessions.reading() as session:
        item = session.get_one(Item, number)
        assert item.title == stored
        assert [p.name for p in Quarantine(data_dir).folder.iterdir()] == [item.source_path]


def test_empty_and_huge_files_are_refused_in_a_sentence(tus: Tus) -> None:
    empty = tus.create(0)
    assert (empty.status_code, "Tệp rỗng" in empty.text) == (400, True)
    huge = tus.create(3 * 1024**3)
    assert (huge.status_code, "2 GB" in huge.text) == (413, True)


def test_only_uploaders_upload(login: Login) -> None:
    assert Tus(login("manager-a")).create(4).status_code == 403


def test_file_for_a_unit_out_of_reach_is_refused(login: Login, sessions: Sessions) -> None:
    tus = Tus(login("uploader-a"))
    told = "unit " + base64.b64encode(b"3").decode() + ",filename " + base64.b64encode(b"a.png").decode()
    answer = tus.browser.post("/uploads", headers={**tus.token, "Upload-Length": "4", "Upload-Metadata": told})
    assert answer.status_code == 403


def test_browser_without_scripts_sends_a_plain_form(login: Login, sessions: Sessions) -> None:
    browser = login("uploader-a")
    form = {"files": [(BytesIO(b"1" * 9_000_000), "một.png"), (BytesIO(b"two"), "hai.jpg")]}
    assert browser.submit("/library/upload", form, content_type="multipart/form-data").status_code == 302
    with sessions.reading() as session:
        assert sorted(i.title for i in session.query(Item)) == ["hai", "một"]


def test_search_finds_without_marks(tus: Tus) -> None:
    tus.send(b"x", "Sử dụng thang máy.png")
    tus.send(b"x", "Đống Đa sạch đẹp.png")
    assert "Sử dụng thang máy" in tus.browser.get("/library/?q=thang may").text
    found = tus.browser.get("/library/?q=dong da").text
    assert "Đống Đa" in found
    assert "thang máy" not in found.split("<main", 1)[1]
