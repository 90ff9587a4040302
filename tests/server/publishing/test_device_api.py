"""What a player may ask, and what it is told when it does not prove who it is."""

from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from playlists.envelope import Kind
from playlists.keys import SigningKey
from playlists.model import ClockQuality, Evidence, Play, PlayBatch, Result, Version
from playlists.schemas import seal
from server import publishing, screens
from server.clock import now_ms
from server.db import Sessions
from server.errors import Conflict
from server.plays.receive import Door
from server.plays.submission import Forked
from server.screens import Screen, enrolment
from tests.cast import WARD_A, Browser
from tests.stage import Stage

MINUTE_MS = 60_000


def header(key: SigningKey, method: str, path: str, body: bytes = b"", at_ms: int | None = None) -> dict[str, str]:
    at_ms = now_ms() if at_ms is None else at_ms
    text = f"{method}\n{path}\n{at_ms}\n{hashlib.sha256(body).hexdigest()}"
    signature = base64.b64encode(key.sign(text.encode())).decode()
    return {"Authorization": f'CauThang keyid="{key.keyid}", time="{at_ms}", sig="{signature}"'}


def ask(client: Browser, key: SigningKey, path: str, **more: Any) -> TestResponse:
    return client.get(path, headers=header(key, "GET", path), **more)


def tell(client: Browser, key: SigningKey, path: str, body: bytes, **headers: str) -> TestResponse:
    return client.post(path, data=body, headers={**header(key, "POST", path, body), **headers})


def enrol(client: Browser, key: SigningKey, code: str, name: str = "raspberrypi") -> TestResponse:
    body = json.dumps({"public": key.public, "code": code, "name": name}).encode()
    return tell(client, key, "/device/v1/enrol", body)


@pytest.fixture
def screen(stage: Stage, sessions: Sessions) -> Screen:
    """A screen with one playlist."""
    with sessions.writing() as session:
        made = stage.screen(session)
        stage.approved(session)
        publishing.replan(session, stage.keys, [made.id], now_ms())
        session.flush()
        session.expunge(made)
    return made


@pytest.fixture
def key(stage: Stage, screen: Screen) -> SigningKey:
    return stage.devices[screen.id]


def test_the_same_bytes_come_over_http_as_over_mqtt(
    client: Browser, key: SigningKey, screen: Screen, sessions: Sessions
) -> None:
    with sessions.reading() as session:
        row, head = publishing.latest(session, screen.id), publishing.head_of(session, screen.id)
        assert row is not None and head is not None
        assert ask(client, key, "/device/v1/head").data == head.sealed
        answer = ask(client, key, "/device/v1/playlist")
        assert answer.data == publishing.sealed_playlist(row)
        assert answer.headers["ETag"] == f'"{row.sha256}"'
        path = "/device/v1/playlist"
        again = client.get(path, headers={**header(key, "GET", path), "If-None-Match": f'"{row.sha256}"'})
        assert (again.status_code, again.data) == (304, b"")


def test_trust_comes_by_version_and_revocation_only_once_there_is_one(client: Browser, key: SigningKey) -> None:
    newest = ask(client, key, "/device/v1/trust")
    assert newest.status_code == 200
    assert ask(client, key, "/device/v1/trust/1").data == newest.data
    assert ask(client, key, "/device/v1/trust/2").status_code == 404
    assert ask(client, key, "/device/v1/revocation").status_code == 404


REFUSED: dict[str, tuple[Callable[[SigningKey], dict[str, str]], int, str]] = {
    "no signature": (lambda key: {}, 401, "unsigned"),
    "not a signature": (lambda key: {"Authorization": "Bearer x"}, 401, "unsigned"),
    "unknown key": (lambda key: header(SigningKey.generate(), "GET", "/device/v1/head"), 401, "unknown"),
    "other path": (lambda key: header(key, "GET", "/device/v1/playlist"), 401, "signature"),
    "other method": (lambda key: header(key, "POST", "/device/v1/head"), 401, "signature"),
    "with a body that was not sent": (lambda key: header(key, "GET", "/device/v1/head", b"x"), 401, "signature"),
    "long ago": (lambda key: header(key, "GET", "/device/v1/head", at_ms=now_ms() - 11 * MINUTE_MS), 401, "clock"),
    "in the future": (lambda key: header(key, "GET", "/device/v1/head", at_ms=now_ms() + 11 * MINUTE_MS), 401, "clock"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_request_that_proves_nothing_gets_nothing(client: Browser, key: SigningKey, case: str) -> None:
    make, status, code = REFUSED[case]
    answer = client.get("/device/v1/head", headers=make(key))
    assert (answer.status_code, answer.json["code"]) == (status, code)  # type: ignore[index]
    assert ("time" in (answer.json or {})) == (code == "clock")


def test_another_device_cannot_sign_in_the_name_of_this_one(client: Browser, key: SigningKey) -> None:
    thief = SigningKey.generate()
    forged = header(thief, "GET", "/device/v1/head")["Authorization"].replace(thief.keyid, key.keyid)
    answer = client.get("/device/v1/head", headers={"Authorization": forged})
    assert (answer.status_code, answer.json["code"]) == (401, "signature")  # type: ignore[index]


def test_a_copied_request_is_worth_nothing_with_another_body(client: Browser, key: SigningKey) -> None:
    path = "/device/v1/screenshots"
    signed = header(key, "POST", path, b"\x89PNG\r\n\x1a\n one")
    answer = client.post(path, data=b"\x89PNG\r\n\x1a\n two", headers=signed)
    assert (answer.status_code, answer.json["code"]) == (401, "signature")  # type: ignore[index]


def test_each_device_gets_the_documents_of_its_own_screen(
    client: Browser, key: SigningKey, stage: Stage, sessions: Sessions
) -> None:
    with sessions.writing() as session:
        other = stage.screen(session, "Sảnh B")
        publishing.replan(session, stage.keys, [other.id], now_ms())
        other_key, other_id = stage.devices[other.id], other.public_id
    mine, theirs = ask(client, key, "/device/v1/head"), ask(client, other_key, "/device/v1/head")
    assert mine.data != theirs.data
    payload = json.loads(base64.b64decode(json.loads(theirs.data)["payload"]))
    assert payload["screen"] == other_id


def test_a_device_that_was_replaced_or_retired_is_shut_out(
    client: Browser, key: SigningKey, screen: Screen, stage: Stage, sessions: Sessions
) -> None:
    with sessions.writing() as session:
        operator = stage.person(session, "operator-a")
        publishing.retire(session, operator, screens.get(session, screen.id), now_ms())
        assert screens.accounts(session) == {}
    answer = ask(client, key, "/device/v1/head")
    assert (answer.status_code, answer.json["code"]) == (403, "device-retired")  # type: ignore[index]
    assert enrol(client, key, "BBBBCCCC").status_code == 403


@pytest.mark.parametrize("how", ["replaced", "retired"])
def test_plays_of_a_device_that_was_replaced_or_retired_are_still_taken(
    client: Browser, key: SigningKey, screen: Screen, stage: Stage, sessions: Sessions, how: str
) -> None:
    with sessions.writing() as session:
        operator, found = stage.person(session, "operator-a"), screens.get(session, screen.id)
        if how == "retired":
            publishing.retire(session, operator, found, now_ms())
        else:
            screens.poll(session, SigningKey.generate().public, "GHJKLMNP", "", now_ms())
            screens.replace_device(session, operator, found, "GHJKLMNP", now_ms())
    sealed = seal(PlayBatch(key.keyid, screen.public_id, 1, "", (a_play(),)), key)
    assert tell(client, key, "/device/v1/plays", sealed).json == {"code": "busy"}, "as far as the ingest process"
    for path in ("/device/v1/head", "/device/v1/playlist", "/device/v1/trust", "/device/v1/revocation"):
        assert ask(client, key, path).status_code == 403
    assert tell(client, key, "/device/v1/screenshots", b"\x89PNG\r\n\x1a\n").status_code == 403


def test_numbers_that_come_again_with_other_content_get_no_receipt_and_show_as_a_fault(
    client: Browser, login: Callable[[str], Browser], key: SigningKey, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forked(*_: object) -> bytes:
        raise Forked(1234)

    monkeypatch.setattr(Door, "receive", forked)
    answer = tell(client, key, "/device/v1/plays", b"{}")
    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    assert answer.json is not None and (answer.json["code"], answer.json["last"]) == ("E-FORK", 1234)
    browser = login("operator-a")
    assert "thẻ nhớ bị sao chép" in browser.get(f"/screens/{screen.id}").text
    assert "1 lỗi" in browser.get("/screens/rows").text
    browser.submit("/language", {"language": "en"})
    assert "a card was copied" in browser.get(f"/screens/{screen.id}").text


def a_play() -> Play:
    return Play(1, Version(1, 1), 0, now_ms(), 5, 10, 10, Result.COMPLETE, Evidence.DECODED, ClockQuality.SYNCHRONISED)


def test_pairing_from_code_to_account(client: Browser, stage: Stage, sessions: Sessions) -> None:
    player = SigningKey.generate()
    waiting = enrol(client, player, "GHJKLMNP")
    assert (waiting.status_code, waiting.json) == (202, {"status": "waiting", "retry_after_s": 3})
    with sessions.writing() as session:
        assert screens.code_shown_by(session, player.public) == "GHJKLMNP"
        made = _pair(stage, session, "ghjk-lmnp")
        public_id = made.public_id
    paired = enrol(client, player, "GHJKLMNP")
    assert paired.status_code == 200 and paired.json is not None
    assert {
        "status": "paired",
        "screen": public_id,
        "unit": WARD_A,
        "username": public_id,
    }.items() <= paired.json.items()
    assert paired.json["broker_url"].startswith("mqtt://") and len(paired.json["password"]) == 32
    assert paired.json["files_url"] == "http://localhost/files"
    assert enrol(client, player, "GHJKLMNP").json == paired.json


def _pair(stage: Stage, session: Any, code: str) -> Screen:
    actor = stage.person(session, "operator-a")
    return screens.pair(
        session,
        actor,
        code=code,
        name="Sảnh chính",
        unit=actor.unit,
        screen_class=screens.classes(session)[0],
        now_ms=now_ms(),
    )


def test_a_code_cannot_be_taken_over_by_another_key(client: Browser) -> None:
    first, second = SigningKey.generate(), SigningKey.generate()
    assert enrol(client, first, "GHJKLMNP").status_code == 202
    assert enrol(client, second, "GHJKLMNP").status_code == 409
    body = json.dumps({"public": first.public, "code": "BBBBBBBB", "name": ""}).encode()
    answer = tell(client, second, "/device/v1/enrol", body)
    assert (answer.status_code, answer.json["code"]) == (401, "signature")  # type: ignore[index]


def test_a_code_that_was_shown_is_of_no_use_to_another_key_for_a_day(sessions: Sessions) -> None:
    first, second, at = SigningKey.generate().public, SigningKey.generate().public, now_ms()
    with sessions.writing() as session:
        screens.poll(session, first, "GHJKLMNP", "", at)
        screens.poll(session, first, "BBBBCCCC", "", at + 1)
        for later in (at + 2, at + 11 * MINUTE_MS, at + 23 * 60 * MINUTE_MS):
            with pytest.raises(Conflict):
                screens.poll(session, second, "GHJKLMNP", "", later)
        with pytest.raises(Conflict):
            screens.poll(session, first, "GHJKLMNP", "", at + 12 * MINUTE_MS)
        assert screens.poll(session, second, "GHJKLMNP", "", at + 24 * 60 * MINUTE_MS + 1) is None


def test_a_crowd_of_waiting_players_pushes_out_its_own_and_nobody_else(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolment, "MAX_WAITING", 8)
    monkeypatch.setattr(enrolment, "MAX_WAITING_PER_ADDRESS", 5)
    codes = ("".join(letters) for letters in itertools.product("BCDF", repeat=8))
    honest = SigningKey.generate().public
    with sessions.writing() as session:
        screens.poll(session, honest, "ZZZZZZZZ", "", now_ms(), "10.0.0.9")
        for address in ("10.0.0.1", "10.0.0.2"):
            keys = [SigningKey.generate().public for _ in range(9)]
            for at, public in enumerate(keys, now_ms()):
                screens.poll(session, public, next(codes), "", at, address)
            waiting = [public for public in keys if screens.code_shown_by(session, public)]
            assert waiting == keys[-len(waiting) :] and len(waiting) in (4, 5)
            assert screens.code_shown_by(session, honest) == "ZZZZZZZZ"
        pushed_out = keys[0]
        again = screens.poll(session, honest, "ZZZZZZZZ", "", now_ms(), "10.0.0.9")
        assert again is None and not screens.code_shown_by(session, pushed_out)


def test_a_poll_of_a_player_that_is_known_takes_no_write_lock(client: Browser, sessions: Sessions) -> None:
    player = SigningKey.generate()
    assert enrol(client, player, "GHJKLMNP").status_code == 202
    with sessions.writing():  # on SQLite nobody else can write now
        assert enrol(client, player, "GHJKLMNP").status_code == 202


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"public":1,"code":"A"}', b"\xff", b"[" * 5000])
def test_an_enrolment_that_is_none_is_refused(client: Browser, body: bytes) -> None:
    assert tell(client, SigningKey.generate(), "/device/v1/enrol", body).status_code == 400


def test_a_code_of_the_wrong_form_is_refused(client: Browser) -> None:
    answer = enrol(client, SigningKey.generate(), "AAAA1111")
    assert (answer.status_code, answer.json) == (400, {"code": "pair-code-form"})


def test_a_body_beyond_its_ceiling_is_not_read(client: Browser, key: SigningKey) -> None:
    assert tell(client, key, "/device/v1/plays", b"x" * (Kind.PLAYS.limit_bytes + 1)).status_code == 413
    bomb = gzip.compress(b" " * (Kind.PLAYS.limit_bytes + 1))
    answer = tell(client, key, "/device/v1/plays", bomb, **{"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json["code"]) == (413, "too-long")  # type: ignore[index]


def test_plays_wait_while_the_ingest_process_is_away(client: Browser, key: SigningKey, screen: Screen) -> None:
    play = a_play()
    sealed = seal(PlayBatch(key.keyid, screen.public_id, 1, "", (play,)), key)
    answer = tell(client, key, "/device/v1/plays", gzip.compress(sealed), **{"Content-Encoding": "gzip"})
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
    foreign = seal(PlayBatch(key.keyid, "s-another", 1, "", (play,)), key)
    assert tell(client, key, "/device/v1/plays", foreign).json == {
        "code": "E-TARGET",
        "detail": "the plays are of another screen",
    }
    assert tell(client, key, "/device/v1/plays", b"{}").status_code == 422


def test_the_newest_screenshot_is_kept(app: Flask, client: Browser, key: SigningKey, screen: Screen) -> None:
    picture = b"\x89PNG\r\n\x1a\n picture"
    assert tell(client, key, "/device/v1/screenshots?command=7", picture).status_code == 200
    kept = app.config["SETTINGS"].data_dir / "screenshots" / screen.public_id
    assert kept.read_bytes() == picture
    assert tell(client, key, "/device/v1/screenshots", b"<html>").status_code == 415


def test_files_come_whole_in_parts_and_for_ever(client: Browser, stage: Stage) -> None:
    sha256 = stage.files.put_bytes(b"\xff\xd8\xff" + b"picture" * 100)
    whole = client.get(f"/files/{sha256}")
    assert whole.status_code == 200 and hashlib.sha256(whole.data).hexdigest() == sha256
    assert whole.mimetype == "image/jpeg"
    assert {"public", "immutable", "max-age=31536000"} <= set(whole.headers["Cache-Control"].split(", "))
    part = client.get(f"/files/{sha256}", headers={"Range": "bytes=3-9"})
    assert (part.status_code, part.data) == (206, b"picture")
    assert part.headers["Content-Range"] == "bytes 3-9/703"
    same = client.get(f"/files/{sha256}", headers={"If-None-Match": f'"{sha256}"'})
    assert same.status_code == 304


@pytest.mark.parametrize("name", ["0" * 64, "../secret.key", "A" * 64, "x", "%2e%2e%2fsecret.key", "0" * 63])
def test_no_other_name_reaches_a_file(client: Browser, name: str) -> None:
    assert client.get(f"/files/{name}").status_code in (404, 308)


def test_the_clock_is_told_beside_the_nonce(client: Browser) -> None:
    answer = client.get("/device/v1/time?nonce=abc_1")
    assert answer.json is not None and answer.json["nonce"] == "abc_1"
    assert abs(answer.json["time"] - now_ms()) < MINUTE_MS
    assert client.get("/device/v1/time?nonce=").status_code == 400
