"""Becoming a screen: the key, the code, the answer; and installing wrongly, which gets a sentence."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from player import enrol
from player.api import Api, authorization
from player.errors import SetupError
from player.fetch import Fetcher, Limits
from playlists.keys import SigningKey
from tests.fake_orders import SCREEN
from tests.fakes import FakeServer, device
from tests.world import key


def enrolment(server: FakeServer, shown: list[str]) -> enrol.Enrolment:
    api = Api(server.url, device(), Fetcher(Limits(connect_s=1, stall_s=1)), lambda: 0)
    return enrol.Enrolment(api, shown.append)


def test_a_code_is_shown_until_staff_enter_it(server: FakeServer) -> None:
    server.paired = False
    shown: list[str] = []
    waiting = enrolment(server, shown)
    assert waiting.step(0) == (None, 1)
    assert waiting.step(3000) == (None, 1)
    assert len(shown) == 1 and re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", shown[0])
    assert server.codes == [shown[0].replace("-", "")] * 2
    server.paired = True
    paired, _ = waiting.step(6000)
    assert paired and paired.screen == SCREEN and paired.files_url == f"{server.url}/files"


def test_a_code_lives_ten_minutes(server: FakeServer) -> None:
    server.paired = False
    shown: list[str] = []
    waiting = enrolment(server, shown)
    waiting.step(0)
    waiting.step(enrol.CODE_LIFE_MS - 1)
    assert len(shown) == 1
    waiting.step(enrol.CODE_LIFE_MS)
    assert len(shown) == 2 and shown[0] != shown[1]


@pytest.mark.parametrize(
    ("status", "body"),
    [(409, b""), (404, b""), (500, b"x"), (200, b"<html>"), (200, b"[]"), (200, b'{"status":"paired"}'), (403, b"")],
)
def test_a_strange_answer_only_means_later(server: FakeServer, status: int, body: bytes) -> None:
    server.says["/device/v1/enrol"] = (status, {}, body)
    shown: list[str] = []
    waiting = enrolment(server, shown)
    for _ in range(2):
        paired, wait_s = waiting.step(0)
        assert paired is None and wait_s >= 1
    assert len(shown) == (2 if status == 409 else 1)


def test_the_device_key_is_made_once_and_for_this_user_alone(tmp_path: Path) -> None:
    made = enrol.device_key(tmp_path)
    assert enrol.device_key(tmp_path).public == made.public
    assert stat.S_IMODE((tmp_path / "device.pem").stat().st_mode) == 0o600


def test_a_damaged_device_key_is_not_replaced_in_silence(tmp_path: Path) -> None:
    (tmp_path / "device.pem").write_bytes(b"-----BEGIN")
    with pytest.raises(SetupError, match="ghép nối lại"):
        enrol.device_key(tmp_path)


@pytest.mark.parametrize(
    "content", [None, "", "[]", "{}", '{"keys":["00"],"threshold":1}', '{"keys":[],"threshold":0}']
)
def test_without_the_right_root_nothing_starts(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "root.pub"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SetupError, match=r"hãy chép (lại )?root\.pub"):
        enrol.pinned_root(path)


def test_the_root_is_read(tmp_path: Path) -> None:
    (tmp_path / "root.pub").write_text(json.dumps({"keys": [key("root").public], "threshold": 1}))
    assert enrol.pinned_root(tmp_path / "root.pub").keys == (key("root").public,)


def test_pairing_is_remembered_for_this_user_alone(tmp_path: Path) -> None:
    paired = enrol.Paired("s-bcdfghjk", "ward-a", "Sảnh tầng 1", "mqtt://h", "s-bcdfghjk", "secret", "http://h/files")
    enrol.save_paired(tmp_path, paired)
    assert enrol.load_paired(tmp_path) == paired
    assert stat.S_IMODE((tmp_path / "paired.json").stat().st_mode) == 0o600
    (tmp_path / "paired.json").write_text("{")
    assert enrol.load_paired(tmp_path) is None


def test_the_header_is_what_the_server_checks() -> None:
    signer = SigningKey.from_seed(b"7" * 32)
    header = authorization(signer, "POST", "/device/v1/plays?x=1", b"body", 1_790_000_000_000)
    auth = pytest.importorskip("server.device_auth", reason="the other side of the header is the server's")
    claim = auth.read_header(header)
    auth.check(claim, signer.public, auth.Request("POST", "/device/v1/plays?x=1", b"body"), 1_790_000_000_000)


def test_a_broker_that_moved_is_learned_but_never_another_screen(server: FakeServer) -> None:
    api = Api(server.url, device(), Fetcher(Limits(connect_s=1, stall_s=1)), lambda: 0)
    known = enrol.Paired(SCREEN, "ward-a", "Sảnh A", "mqtt://old:1", SCREEN, "d", "")
    assert enrol.ask_again(api, known).broker_url == server.broker_url
    elsewhere = enrol.Paired("s-zzzzzzzz", "ward-a", "Sảnh B", "mqtt://old:1", "s-zzzzzzzz", "d", "")
    assert enrol.ask_again(api, elsewhere) is elsewhere
    nobody = Api("http://127.0.0.1:1", device(), Fetcher(Limits(connect_s=1, stall_s=1)), lambda: 0)
    assert enrol.ask_again(nobody, known) is known
