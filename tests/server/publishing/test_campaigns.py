"""Campaigns that make no sense, reach too far or cannot be kept are refused, and told what to change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from playlists.keys import SigningKey
from playlists.model import Priority, Window
from server import approvals, campaigns, publishing, screens, trust, units, windows
from server.campaigns import Terms
from server.db import Sessions
from server.errors import DomainError, Forbidden, Invalid, NotFound
from server.library import Item
from server.screens import Screen
from server.users import Role
from tests import cast
from tests.cast import NOW_MS, WARD_A, WARD_B
from tests.stage import DAY_MS, MORNING_TO_NIGHT, TODAY, Stage, hourly, only


@dataclass
class Case:
    """What a case may change: good terms, and what is there."""

    terms: Terms
    item: Item
    screen: Screen
    foreign: Screen
    stage: Stage
    session: Session


REFUSED: dict[str, tuple[str, str, Callable[[Case], Terms]]] = {
    "dates reversed": (
        "dates-reversed",
        "Ngày cuối (20/09/2026) sớm hơn ngày đầu (21/09/2026): hãy đổi lại.",
        lambda case: replace(case.terms, last_day=TODAY - timedelta(days=1)),
    ),
    "longer than a year": (
        "dates-long",
        "Một đợt kéo dài nhiều nhất một năm",
        lambda case: replace(case.terms, last_day=TODAY + timedelta(days=400)),
    ),
    "over before it begins": (
        "dates-past",
        "Đợt này đã hết hạn ngày 01/09/2026",
        lambda case: replace(case.terms, first_day=date(2026, 8, 1), last_day=date(2026, 9, 1)),
    ),
    "frequency zero": ("frequency", "từ 1 đến 360", lambda case: replace(case.terms, frequency=hourly(0))),
    "frequency above the limit": ("frequency", "từ 1 đến 360", lambda case: replace(case.terms, frequency=hourly(361))),
    "frequency of a filler": (
        "filler-frequency",
        "hãy ghi 0",
        lambda case: replace(case.terms, priority=Priority.FILLER, frequency=hourly(4)),
    ),
    "more than any hour holds": (
        "too-often",
        "một giờ trên màn hình “Sảnh A” chứa nhiều nhất 120 lượt, không thể có 200",
        lambda case: replace(
            case.terms,
            frequency=hourly(200),
            item_ids=(case.stage.approved(case.session, "Dài", seconds=30).id,),
            windows=(Window(420, 1320),),
        ),
    ),
    "emergency": ("priority", "khẩn cấp", lambda case: replace(case.terms, priority=Priority.EMERGENCY)),
    "no window": ("no-window", "ít nhất một khung giờ", lambda case: replace(case.terms, windows=())),
    "no item": ("no-item", "ít nhất một sản phẩm", lambda case: replace(case.terms, item_ids=())),
    "an item twice": ("items", "chọn một lần", lambda case: replace(case.terms, item_ids=(case.item.id,) * 2)),
    "an item that is not there": (
        "item-out-of-reach",
        "không thuộc phạm vi",
        lambda case: replace(case.terms, item_ids=(987_654,)),
    ),
    "another ward's item": (
        "item-out-of-reach",
        "không thuộc phạm vi",
        lambda case: replace(case.terms, item_ids=(case.stage.approved(case.session, "B", letter="b").id,)),
    ),
    "no screen": ("no-screen", "ít nhất một màn hình", lambda case: replace(case.terms, targets=only())),
    "a screen of another unit": (
        "screen-out-of-reach",
        "không thuộc đơn vị",
        lambda case: replace(case.terms, targets=only(case.screen, case.foreign)),
    ),
    "a name of spaces": ("unit-name", "Tên cần có", lambda case: replace(case.terms, name=" \n ")),
    "unapproved item": (
        "item-unapproved",
        "“Chưa duyệt” chưa được phê duyệt",
        lambda case: replace(case.terms, item_ids=(case.stage.item(case.session, "Chưa duyệt").id,)),
    ),
    "approval that ends before": (
        "item-period",
        "chỉ được phê duyệt từ 20/09/2026 đến 25/09/2026",
        lambda case: replace(
            case.terms,
            item_ids=(case.stage.approved(case.session, "Ngắn", not_after=NOW_MS + 4 * DAY_MS).id,),
        ),
    ),
    "approval that begins later": (
        "item-period",
        "chỉ được phê duyệt từ 01/10/2026",
        lambda case: replace(
            case.terms,
            item_ids=(case.stage.approved(case.session, "Sau", not_before=NOW_MS + 10 * DAY_MS).id,),
        ),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_kept_is_refused_with_what_to_change(stage: Stage, sessions: Sessions, name: str) -> None:
    code, words, spoil = REFUSED[name]
    with sessions.writing() as session:
        item, screen = stage.approved(session), stage.screen(session)
        foreign = stage.screen(session, "Nơi khác", unit=WARD_B)
        terms = stage.terms(session, item)
        wanted = spoil(Case(terms, item, screen, foreign, stage, session))
        with pytest.raises(DomainError) as refused:
            _publish(stage, session, wanted)
    assert refused.value.code == code
    assert words in str(refused.value)


def _publish(stage: Stage, session: Session, terms: Terms) -> list[int]:
    scheduler = stage.person(session, "scheduler-a")
    campaign = campaigns.add(session, scheduler, terms, NOW_MS)
    return publishing.publish(session, scheduler, campaign, stage.keys, NOW_MS)


def test_an_approval_for_the_own_unit_does_not_reach_the_units_below(stage: Stage, sessions: Sessions) -> None:
    """The city's one approver suffices for the city's screens; for the wards' a second must sign."""
    with sessions.writing() as session:
        city = units.by_code(session, cast.CITY)
        for name, role in (
            ("uploader-c", Role.UPLOADER),
            ("approver-c", Role.APPROVER),
            ("scheduler-c", Role.SCHEDULER),
        ):
            cast.add_person(session, name, city, role)
        _trust_anew(stage, session)
        stage.screen(session, unit=WARD_A)
        item = stage.approved(session, letter="c")
        scheduler = stage.person(session, "scheduler-c")
        campaign = campaigns.add(session, scheduler, stage.terms(session, item, unit=cast.CITY), NOW_MS)
        with pytest.raises(Invalid) as refused:
            publishing.publish(session, scheduler, campaign, stage.keys, NOW_MS)
        assert refused.value.code == "item-signatures"


def _trust_anew(stage: Stage, session: Session) -> None:
    assert trust.rebuild(session, stage.keys.root, NOW_MS) is not None


def test_another_campaign_is_not_pushed_aside_unnoticed(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        item = stage.approved(session)
        stage.screen(session)
        _publish(stage, session, stage.terms(session, item, frequency=hourly(200)))
        verdict = publishing.judge(
            session,
            stage.terms(session, item, name="Gấp", frequency=hourly(200), priority=Priority.PRIORITY),
            0,
            NOW_MS,
        )
        assert not verdict.good and verdict.screens == 1
        assert [(short.campaign, short.own) for short in verdict.shorts] == [("Tháng an toàn", False)]
        assert verdict.shorts[0].planned < verdict.shorts[0].promised == 200


def test_a_scheduler_of_another_ward_may_neither_see_nor_make_it(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        stage.screen(session)
        item = stage.approved(session)
        campaign = stage.campaign(session, item)
        other = stage.person(session, "scheduler-b")
        with pytest.raises(NotFound):
            campaigns.visible(session, other, campaign.id)
        with pytest.raises(Forbidden):
            campaigns.add(session, other, stage.terms(session, item), NOW_MS)
        with pytest.raises(Forbidden):
            publishing.publish(session, other, campaign, stage.keys, NOW_MS)
        with pytest.raises(Forbidden):
            campaigns.change(session, other, campaign, campaigns.terms_of(campaign))


def test_an_approval_withdrawn_after_publishing_leaves_the_plan(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        item, screen = stage.approved(session), stage.screen(session)
        _publish(stage, session, stage.terms(session, item))
        approval = approvals.current(session, item.id, NOW_MS)
        assert approval is not None
        approvals.mark_withdrawn(session, approval, stage.person(session, "approver-a"), "sai", NOW_MS)
        assert publishing.replan(session, stage.keys, [screen.id], NOW_MS + 1) == [screen.id]
        row = publishing.latest(session, screen.id)
        assert row is not None and publishing.read_playlist(row).entries == ()


@pytest.mark.parametrize(
    ("start", "end", "days", "code"),
    [
        ("07:00", "07:00", [0], "window-empty"),
        ("00:00", "00:00", [0], "window-empty"),
        ("25:00", "07:00", [0], "window-time"),
        ("24:30", "07:00", [0], "window-time"),
        ("7", "08:00", [0], "window-time"),
        ("", "", [0], "window-time"),
        ("24:00", "07:00", [0], "window-start"),
        ("07:00", "08:00", [], "window-days"),
        ("07:00", "08:00", [7], "window-days"),
    ],
)
def test_a_window_that_is_none_is_refused(start: str, end: str, days: list[int], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        windows.read(start, end, days)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("start", "end", "window", "overnight"),
    [
        ("06:30", "22:00", MORNING_TO_NIGHT[0], False),
        ("00:00", "24:00", Window(0, 1440), False),
        ("22:00", "06:00", Window(1320, 360), True),
        ("22:00", "00:00", Window(1320, 1440), False),
        (" 6:30 ", "22g00", MORNING_TO_NIGHT[0], False),
    ],
)
def test_a_window_is_read_as_people_write_it(start: str, end: str, window: Window, overnight: bool) -> None:
    assert windows.read(start, end, range(7)) == window
    assert windows.crosses_midnight(window) is overnight
    assert windows.loaded(windows.stored([window])) == (window,)


def test_pairing_is_refused_for_a_wrong_an_expired_or_a_used_code(stage: Stage, sessions: Sessions) -> None:
    def pair(session: Session, code: str, now_ms: int, by: str = "operator-a") -> Screen:
        actor = stage.person(session, by)
        return screens.pair(
            session,
            actor,
            code=code,
            name="Sảnh A",
            unit=units.by_code(session, WARD_A),
            screen_class=screens.classes(session)[0],
            now_ms=now_ms,
        )

    with sessions.writing() as session:
        key = SigningKey.generate()
        assert screens.poll(session, key.public, "BCDFGHJK", "pi", NOW_MS) is None
        cases = [
            ("BCDFGHJL", NOW_MS, "pair-code"),
            ("BCD", NOW_MS, "pair-code-form"),
            ("AEIOU123", NOW_MS, "pair-code-form"),
        ]
        for code, at_ms, expected in [*cases, ("BCDFGHJK", NOW_MS + 10 * 60_000, "pair-code")]:
            with pytest.raises(Invalid) as refused:
                pair(session, code, at_ms)
            assert refused.value.code == expected
        with pytest.raises(Forbidden):
            pair(session, "BCDFGHJK", NOW_MS, by="operator-b")
        assert pair(session, " bcdf – ghjk", NOW_MS).public_id.startswith("s-")
        with pytest.raises(Invalid):
            pair(session, "BCDFGHJK", NOW_MS)
        device = screens.poll(session, key.public, "BCDFGHJK", "pi", NOW_MS)
        assert device is not None and device.screen.name == "Sảnh A"
