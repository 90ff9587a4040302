"""Trust that is renewed in time, a director that can be replaced, and keys that can be dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.orm import Session

from playlists.keys import SigningKey
from playlists.model import Version
from playlists.schemas import dump
from server import cli, custody, faults, publishing, rotation, signing, trust, units
from server.clock import now_ms
from server.db import Sessions
from server.errors import Conflict
from server.settings import Settings
from tests.cast import NOW_MS, WARD_A, Browser
from tests.stage import Stage

Login = Callable[[str], Browser]
NEAR_THE_END_MS = NOW_MS + trust.YEAR_MS - trust.RENEW_MS


def catch_up(session: Session, keys: signing.Keys, at_ms: int) -> None:
    for _ in range(50):
        if not publishing.catch_up(session, keys, at_ms):
            return
    raise AssertionError("catching up does not end")


def newest(session: Session) -> trust.TrustVersion:
    row = trust.latest(session)
    assert row is not None
    return row


@pytest.mark.both_databases
def test_trust_is_renewed_by_itself_before_it_ends(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        catch_up(session, stage.keys, NEAR_THE_END_MS - 1)
        assert newest(session).version == 1
        catch_up(session, stage.keys, NEAR_THE_END_MS)
        assert newest(session).version == 2
        assert newest(session).read().expires == NEAR_THE_END_MS + trust.YEAR_MS
        catch_up(session, stage.keys, NEAR_THE_END_MS + 1000)
        assert newest(session).version == 2


def test_without_the_root_one_renewal_waits_and_administrators_see_when_trust_ends(
    login: Login, stage: Stage, sessions: Sessions
) -> None:
    without = replace(stage.keys, root=None)
    with sessions.writing() as session:
        at_ms = newest(session).read().expires - trust.RENEW_MS
        for second in range(3):
            catch_up(session, without, at_ms + second * 1000)
        row = trust.waiting(session)
        assert row is not None and row.version == 2 and row.created_ms == at_ms
        assert trust.expiring(session, at_ms - 1) is None
        assert trust.expiring(session, at_ms) is not None
        ends = replace(newest(session).read(), expires=now_ms() + trust.RENEW_MS)
        newest(session).document = dump(ends)
    browser = login("admin-city")
    assert "hết hạn ngày" in browser.get("/").text and "chờ khóa gốc ký" in browser.get("/").text
    assert "hết hạn ngày" in browser.get("/units/").text
    assert "hết hạn ngày" not in login("uploader-a").get("/").text


def test_a_director_that_waits_for_the_root_is_not_lost_to_a_later_change(stage: Stage, sessions: Sessions) -> None:
    director = SigningKey.generate()
    with sessions.writing() as session:
        trust.rotate_director(session, director.public, None, NOW_MS + 1)
        units.rename(session, units.by_code(session, WARD_A), "Phường Một")
        made = trust.rebuild(session, stage.keys.root, NOW_MS + 2)
        assert made is not None and made.version == 2 and made.epoch == 2
        assert made.read().roles["director"].keys == (director.keyid,)
        assert made.read().units[WARD_A].name == "Phường Một"


def test_a_rotated_director_signs_everything_anew_and_the_old_key_signs_nothing(
    stage: Stage, sessions: Sessions, settings: Settings
) -> None:
    before = stage.keys
    with sessions.writing() as session:
        screen = stage.screen(session)
        catch_up(session, before, NOW_MS)
        screen_id = screen.id
    made = rotation.rotate(settings.keys_dir, sessions, NOW_MS + 1)
    assert (made.version, made.epoch) == (2, 2)
    with sessions.writing() as session:
        with pytest.raises(Conflict, match="director"):
            publishing.replan(session, before, [screen_id], NOW_MS + 2)
        catch_up(session, before, NOW_MS + 2)
        assert [fault.code for fault in faults.standing(session)] == [faults.DIRECTOR_KEY]
        keys = rotation.keys_in_force(settings.keys_dir, session)
        assert keys.director.public != before.director.public
        catch_up(session, keys, NOW_MS + 3)
        row, head = publishing.latest(session, screen_id), publishing.head_of(session, screen_id)
        assert row is not None and row.version == Version(2, 2)
        assert head is not None and head.trust == 2
        assert not faults.standing(session)
    kept = settings.keys_dir / f"director-{before.director.keyid[:16]}.pem"
    assert kept.read_bytes() == before.director.pem()


def test_a_rotation_killed_after_its_commit_is_finished_by_the_bridge(
    stage: Stage, sessions: Sessions, settings: Settings
) -> None:
    prepared = signing.prepare_director(settings.keys_dir)
    with sessions.writing() as session:
        trust.rotate_director(session, prepared.public, stage.keys.root, NOW_MS + 1)
    with sessions.reading() as session:
        assert rotation.keys_in_force(settings.keys_dir, session).director.public == prepared.public
    assert signing.load(settings.keys_dir).director.public == prepared.public


def test_rotating_without_the_root_waits_and_the_old_director_goes_on_until_it_is_signed(
    stage: Stage, sessions: Sessions, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("DATA_DIR", settings.data_dir), ("DATABASE_URL", settings.database_url)):
        monkeypatch.setenv(name, str(value))
    before, safe = stage.keys.director.public, settings.data_dir / "safe.pem"
    (settings.keys_dir / "root.pem").rename(safe)
    assert cli.main(["trust", "rotate-director"]) == 0
    assert signing.load(settings.keys_dir).director.public == before
    with sessions.writing() as session:
        catch_up(session, signing.load(settings.keys_dir), NOW_MS + 2)
        assert not faults.standing(session)
    assert cli.main(["trust", "sign", "--key", str(safe)]) == 0
    assert signing.load(settings.keys_dir).director.public != before
    with sessions.reading() as session:
        assert trust.director(session) == signing.load(settings.keys_dir).director.public


def test_an_administrator_drops_a_key_and_screens_plan_without_what_it_approved(
    login: Login, stage: Stage, sessions: Sessions
) -> None:
    stage.now_ms = now_ms()
    with sessions.writing() as session:
        item = stage.approved(session)
        screen = stage.screen(session)
        publishing.replan(session, stage.keys, [screen.id], now_ms())
        catch_up(session, stage.keys, now_ms())
        approver = stage.person(session, "approver-a")
        (key,) = custody.of_person(session, approver)
        user_id, key_id, keyid, item_id, screen_id = approver.id, key.id, key.keyid, item.id, screen.id
        assert publishing.screens_using(session, item_id=item_id) == {screen_id}
    address = f"/users/{user_id}/keys/{key_id}/drop"
    assert login("admin-b").submit(address).status_code == 404
    browser = login("admin-a")
    assert address in browser.get(f"/users/{user_id}").text
    assert browser.submit(address).status_code == 302
    assert browser.submit(address).status_code == 409
    page = browser.get(f"/users/{user_id}").text
    assert "Đã hủy tin cậy" in page and address not in page
    with sessions.writing() as session:
        assert keyid not in newest(session).read().keys
        catch_up(session, stage.keys, now_ms())
        assert publishing.screens_using(session, item_id=item_id) == set()
        head = publishing.head_of(session, screen_id)
        assert head is not None and head.planned_from > date(1970, 1, 1) and head.trust == 2


@pytest.mark.parametrize("wanted", ["another person's", "nobody's"])
def test_only_the_persons_own_key_can_be_dropped(login: Login, stage: Stage, sessions: Sessions, wanted: str) -> None:
    with sessions.reading() as session:
        (other,) = custody.of_person(session, stage.person(session, "approver-b"))
        user_id, key_id = stage.person(session, "approver-a").id, other.id if wanted == "another person's" else 98765
    assert login("admin-a").submit(f"/users/{user_id}/keys/{key_id}/drop").status_code == 404


@pytest.mark.parametrize("code", list(faults.SENTENCES))
def test_what_ails_the_server_is_shown_to_administrators_until_it_is_over(
    login: Login, sessions: Sessions, code: str
) -> None:
    with sessions.writing() as session:
        faults.note(session, code, "chi tiết 123", now_ms())
    admin = login("admin-a")
    assert faults.SENTENCES[code][:30] in admin.get("/").text
    assert "chi tiết 123" in admin.get("/units/").text
    assert faults.SENTENCES[code][:30] not in login("operator-a").get("/").text
    with sessions.writing() as session:
        faults.clear(session, code)
    assert faults.SENTENCES[code][:30] not in admin.get("/").text
