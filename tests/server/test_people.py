"""Units, roles and their reach; approvers' keys; the trust document that follows from both."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from playlists.accept import accept_trust
from playlists.errors import Refusal
from playlists.keys import SigningKey, verify
from playlists.state import Now, Pinned, State
from server import custody, signing, staffing, trust, units, users
from server.db import Sessions
from server.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from server.settings import Settings
from server.users import Role, User
from tests.cast import CITY, NOW_MS, PASSWORD, WARD_A, WARD_B, add_person

LATER_MS = NOW_MS + 60_000
NEW_PASSWORD = "một câu dài khác hẳn"


def user(session: Session, username: str) -> User:
    found = users.by_username(session, username)
    assert found is not None
    return found


def ward(session: Session, code: str = WARD_A) -> units.Unit:
    return units.by_code(session, code)


# --- reach ---------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_role_reaches_down_the_tree_and_neither_up_nor_aside(sessions: Sessions) -> None:
    with sessions.writing() as session:
        city, a, b = (units.by_code(session, code).id for code in (CITY, WARD_A, WARD_B))
        below = units.add(session, code="to-dan-pho", name="Tổ dân phố", parent=ward(session)).id
        everywhere, here = user(session, "admin-city"), user(session, "admin-a")
        assert users.units_where(session, everywhere, Role.ADMIN) == {city, a, b, below}
        assert users.units_where(session, here, Role.ADMIN) == {a, below}
        assert users.may(session, here, Role.ADMIN, below)
        assert not users.may(session, here, Role.ADMIN, city)
        assert not users.may(session, here, Role.ADMIN, b)
        assert not users.may(session, here, Role.UPLOADER, a)


def test_locked_account_may_nothing(sessions: Sessions) -> None:
    with sessions.writing() as session:
        person = user(session, "manager-a")
        users.set_active(session, person, False)
        assert not users.may(session, person, Role.MANAGER, person.unit_id)
        assert users.units_where(session, person) == set()


def test_unit_cannot_move_below_itself(sessions: Sessions) -> None:
    with sessions.writing() as session:
        with pytest.raises(Invalid):
            units.move(session, units.by_code(session, CITY), ward(session))
        units.move(session, ward(session, WARD_B), ward(session))
        assert [u.code for u in units.ancestors(session, ward(session, WARD_B).id)] == [WARD_B, WARD_A, CITY]


@pytest.mark.parametrize("code", ["", "Phường", "a b", "-a", "a" * 64, "../etc"])
def test_unit_code_that_cannot_go_on_the_wire_is_refused(sessions: Sessions, code: str) -> None:
    with sessions.writing() as session, pytest.raises(Invalid):
        units.add(session, code=code, name="Tên")


def test_names_are_kept_in_one_unicode_form(sessions: Sessions) -> None:
    with sessions.writing() as session:
        assert units.add(session, code="x", name="Phươ\u0300ng  \n Một").name == "Phường Một"


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "uploader-a la toi", "x" * 257])
def test_weak_password_is_refused(sessions: Sessions, password: str) -> None:
    with sessions.writing() as session, pytest.raises(Invalid):
        users.set_password(session, user(session, "uploader-a"), password)


# --- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_key_opens_with_its_owners_password_only(sessions: Sessions) -> None:
    with sessions.reading() as session:
        approver, unit_id = user(session, "approver-a"), ward(session).id
        signer = custody.unlock(session, approver, unit_id, PASSWORD, NOW_MS)
        key = custody.current(session, approver, unit_id)
        assert key is not None
        assert verify(key.public, signer.sign(b"x"), b"x")
        with pytest.raises(Forbidden):
            custody.unlock(session, approver, unit_id, "mật khẩu của người khác", NOW_MS)
        with pytest.raises(ValueError):
            SigningKey.from_pem(key.pem or b"", PASSWORD.encode())


def test_person_without_the_role_has_no_key(sessions: Sessions) -> None:
    with sessions.reading() as session, pytest.raises(Conflict):
        custody.unlock(session, user(session, "uploader-a"), ward(session).id, PASSWORD, NOW_MS)


def test_key_survives_its_owners_change_of_password(sessions: Sessions) -> None:
    with sessions.writing() as session:
        approver, unit_id = user(session, "approver-a"), ward(session).id
        before = custody.unlock(session, approver, unit_id, PASSWORD, NOW_MS).keyid
        custody.change_password(session, approver, PASSWORD, NEW_PASSWORD)
        assert custody.unlock(session, approver, unit_id, NEW_PASSWORD, NOW_MS).keyid == before
        with pytest.raises(Forbidden):
            custody.unlock(session, approver, unit_id, PASSWORD, NOW_MS)


def test_refused_change_of_password_leaves_the_old_one(sessions: Sessions) -> None:
    with sessions.writing() as session, pytest.raises(Invalid):
        custody.change_password(session, user(session, "approver-a"), PASSWORD, "short")
    with sessions.reading() as session:
        assert custody.unlock(session, user(session, "approver-a"), ward(session).id, PASSWORD, NOW_MS)


def test_reset_makes_a_new_key_and_what_the_old_one_signed_stays_trusted(
    sessions: Sessions, settings: Settings
) -> None:
    root = signing.load(settings.keys_dir).root
    with sessions.writing() as session:
        approver, admin = user(session, "approver-a"), user(session, "admin-a")
        old = custody.unlock(session, approver, ward(session).id, PASSWORD, NOW_MS).keyid
        password = staffing.reset_password(session, staffing.Act(admin, LATER_MS, root), approver)
        new = custody.unlock(session, approver, ward(session).id, password, LATER_MS).keyid
        latest = trust.latest(session)
        assert latest is not None
        assert new != old
        assert latest.version == 2
        assert set(latest.read().units[WARD_A].approvers) == {old, new}
        assert approver.must_change_password


def test_dropped_key_is_trusted_no_more(sessions: Sessions, settings: Settings) -> None:
    root = signing.load(settings.keys_dir).root
    with sessions.writing() as session:
        key = custody.current(session, user(session, "approver-a"), ward(session).id)
        assert key is not None
        custody.drop(session, user(session, "admin-a"), key, LATER_MS)
        after = trust.rebuild(session, root, LATER_MS)
        assert after is not None
        assert after.read().units[WARD_A].approvers == ()


def test_dismissed_approver_cannot_sign_but_the_approvals_stay(sessions: Sessions, settings: Settings) -> None:
    with sessions.writing() as session:
        approver = user(session, "approver-a")
        custody.dismiss(session, approver, ward(session))
        with pytest.raises(Conflict):
            custody.unlock(session, approver, ward(session).id, PASSWORD, NOW_MS)
        assert trust.rebuild(session, signing.load(settings.keys_dir).root, LATER_MS) is None


def test_key_at_the_end_of_its_life_signs_no_more(sessions: Sessions) -> None:
    with sessions.reading() as session, pytest.raises(Conflict, match="hết hạn"):
        custody.unlock(session, user(session, "approver-a"), ward(session).id, PASSWORD, NOW_MS + custody.KEY_LIFE_MS)


# --- trust -----------------------------------------------------------------------------------------------------------


def test_player_accepts_every_version_from_the_pinned_root_on(sessions: Sessions, settings: Settings) -> None:
    keys = signing.load(settings.keys_dir)
    assert keys.root is not None
    with sessions.writing() as session:
        second = units.by_code(session, WARD_B)
        custody.appoint(session, add_person(session, "second", second), second, PASSWORD, LATER_MS)
        trust.rebuild(session, keys.root, LATER_MS)
        trust.rotate_director(session, SigningKey.generate().public, keys.root, LATER_MS + 1)
        versions = [row.sealed or b"" for number in (1, 2, 3) if (row := trust.get(session, number))]
    state = State("s-bcdfghjk", WARD_A, Pinned((keys.root.public,), 1))
    for sealed in versions:
        state = accept_trust(state, sealed, Now(LATER_MS + 2, True))
    assert state.trust is not None
    assert (state.trust.version, state.trust.epoch) == (3, 2)
    with pytest.raises(Refusal):
        accept_trust(State("s-bcdfghjk", WARD_A, Pinned(("0" * 64,), 1)), versions[0], Now(LATER_MS, True))


def test_nothing_changed_means_no_new_version_until_the_old_one_nears_its_end(sessions: Sessions) -> None:
    with sessions.writing() as session:
        assert trust.rebuild(session, None, LATER_MS) is None
        renewed = trust.rebuild(session, None, NOW_MS + trust.YEAR_MS - trust.RENEW_MS)
        assert renewed is not None
        assert renewed.sealed is None


def test_version_without_the_root_key_waits_and_the_next_change_joins_it(
    sessions: Sessions, settings: Settings
) -> None:
    root = signing.load(settings.keys_dir).root
    assert root is not None
    with sessions.writing() as session:
        city = units.by_code(session, CITY)
        act = staffing.Act(user(session, "admin-city"), LATER_MS)
        staffing.add_unit(session, act, code="phuong-c", name="Phường C", parent=city)
        staffing.add_unit(session, act, code="phuong-d", name="Phường D", parent=city)
        waiting, latest = trust.waiting(session), trust.latest(session)
        assert waiting is not None
        assert latest is not None
        assert (waiting.version, latest.version) == (2, 1)
        with pytest.raises(Invalid):
            trust.sign_waiting(session, SigningKey.generate())
        signed = trust.sign_waiting(session, root)
        assert signed is not None
        assert {"phuong-c", "phuong-d"} <= set(signed.read().units)
        assert trust.waiting(session) is None


# --- administration ----------------------------------------------------------------------------------------------


def test_administrator_of_a_ward_cannot_touch_a_city_administrator_who_sits_in_the_ward(sessions: Sessions) -> None:
    with sessions.writing() as session:
        guest = add_person(session, "guest", ward(session))
        users.give(session, guest, Role.ADMIN, units.by_code(session, CITY))
        act = staffing.Act(user(session, "admin-a"), LATER_MS)
        with pytest.raises(Forbidden):
            staffing.reset_password(session, act, guest)
        with pytest.raises(Forbidden):
            staffing.set_active(session, act, guest, False)


def test_administrator_of_a_ward_cannot_raise_anybody_above_the_ward(sessions: Sessions) -> None:
    with sessions.writing() as session:
        act = staffing.Act(user(session, "admin-a"), LATER_MS)
        for code in (CITY, WARD_B):
            with pytest.raises(Forbidden):
                staffing.give(session, act, user(session, "stranger"), Role.ADMIN, units.by_code(session, code))


def test_person_of_another_unit_is_not_found(sessions: Sessions) -> None:
    with sessions.reading() as session:
        admin = user(session, "admin-a")
        with pytest.raises(NotFound) as other:
            staffing.person(session, admin, user(session, "uploader-b").id)
        with pytest.raises(NotFound) as missing:
            staffing.person(session, admin, 987654)
        assert str(other.value) == str(missing.value)


def test_nobody_locks_themselves_out(sessions: Sessions) -> None:
    with sessions.writing() as session:
        admin = user(session, "admin-a")
        act = staffing.Act(admin, LATER_MS)
        with pytest.raises(Conflict):
            staffing.set_active(session, act, admin, False)
        with pytest.raises(DomainError):
            staffing.take(session, act, admin, admin.grants[0].id)
