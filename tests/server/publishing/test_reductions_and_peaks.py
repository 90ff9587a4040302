"""Promises that cannot be kept: said before publishing, with what would help; given up only knowingly, and on record.

Peaks: more of some campaigns for some days, which begin and end by themselves.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from werkzeug.test import TestResponse

from playlists import forecast
from playlists.model import Frequency, Per, Priority, Window
from server import audit, campaigns, peaks, publishing, screens, units
from server.campaigns import Campaign, Status
from server.clock import now_ms
from server.errors import Invalid
from server.screens import Description, Schedule
from tests.cast import WARD_A, Browser
from tests.published import publish
from tests.stage import Stage, hourly

Login = Callable[[str], Browser]


@pytest.fixture(autouse=True)
def real_time(stage: Stage) -> None:
    """The pages read the clock of the machine."""
    stage.now_ms = now_ms()


def form_of(stage: Stage, *item_ids: int, **changes: Any) -> dict[str, Any]:
    """The form of a campaign as somebody fills it in who opens nothing that is folded."""
    with stage.sessions.reading() as session:
        unit = units.by_code(session, WARD_A).id
    return {
        "name": "Gấp",
        "unit": unit,
        "items": [str(item_id) for item_id in item_ids],
        "first_day": (stage.today + timedelta(days=1)).isoformat(),
        "last_day": (stage.today + timedelta(days=3)).isoformat(),
        "windows-0-start": "08:00",
        "windows-0-end": "10:00",
        "windows-0-days": [str(day) for day in range(7)],
        "least": "240",
        "per": "hour",
        "priority": "3",
        "order": "rotation",
        "reach": "all",
        **changes,
    }


def crowded(stage: Stage) -> int:
    """A screen on which half of every hour is promised already; the item of a second campaign, ten seconds long."""
    with stage.sessions.writing() as session:
        item, other = stage.approved(session), stage.approved(session, "Nuôi chó mèo")
        stage.screen(session)
        first = stage.campaign(session, item, frequency=hourly(180), priority=Priority.PRIORITY)
        publish(stage, session, first, stage.now_ms)
        return other.id


def pressed(page: TestResponse, name: str) -> list[str]:
    """What the buttons with this name would send."""
    return [html.unescape(value) for value in re.findall(rf'name="{name}" value="([^"]+)"', page.text)]


def test_what_does_not_fit_is_said_with_changes_that_are_true_and_fill_in_the_form(login: Login, stage: Stage) -> None:
    form = form_of(stage, crowded(stage))
    browser = login("scheduler-a")
    page = browser.submit("/campaigns/new", {**form, "check": "1"})
    assert "Chưa đủ chỗ để giữ lời hứa." in page.text
    assert "chỉ chiếu được 180 trong 240 lượt" in page.text and "Chỗ đang thuộc về: Tháng an toàn." in page.text
    offered = pressed(page, "apply")
    assert '{"least": 180, "largest_gap_minutes": null}' in offered and "Giảm còn 180 lượt/giờ" in page.text
    for change in offered:
        filled = browser.submit("/campaigns/new", {**form, "apply": change})
        assert filled.status_code == 200 and 'name="name" required type="text" value="Gấp"' in filled.text
        values = {name: re.findall(rf'name="{name}"[^>]* value="([^"]*)"', filled.text)[0] for name in ("least",)}
        times = [re.findall(rf'name="windows-0-{edge}" value="([^"]*)"', filled.text)[0] for edge in ("start", "end")]
        changed = {**form, **values, "windows-0-start": times[0], "windows-0-end": times[1]}
        assert changed != form
        assert "Thực hiện được." in browser.submit("/campaigns/verdict", changed).text, change
    assert browser.submit("/campaigns/new", {**form, "apply": '{"windows": 1}'}).status_code == 422
    with stage.sessions.reading() as session:
        assert len(campaigns.in_units(session, units.all_ids(session))) == 1, "checking and filling in keep nothing"


def test_a_promise_is_reduced_only_by_whoever_says_so_and_that_is_kept(login: Login, stage: Stage) -> None:
    form = form_of(stage, crowded(stage))
    browser = login("scheduler-a")
    refused = browser.submit("/campaigns/new", {**form, "publish": "1"})
    assert refused.status_code == 422 and "chỉ đủ chỗ cho 180 trong 240 lượt" in refused.text
    (named,) = pressed(refused, "reduce")
    too_little = browser.submit("/campaigns/new", {**form, "reduce": str(int(named) - 1)})
    assert too_little.status_code == 422
    done = browser.submit("/campaigns/new", {**form, "reduce": named})
    assert done.status_code == 302, done.text
    page = browser.get(done.location).text
    assert "Phát hành với lời hứa bị giảm." in page and "“Gấp” trên “Sảnh A”: thiếu" in page
    assert "phát hành với lời hứa bị giảm" in page, "in the history too"
    with stage.sessions.writing() as session:
        campaign = session.get(Campaign, 2)
        assert campaign is not None and campaign.status == Status.PUBLISHED and campaign.reduction is not None
        assert campaign.reduction["missing_s"] == int(named)
        actions = [event.action for event in audit.history(session, "campaign:2")]
        assert actions.count("campaign.reduced") == 1
        publishing.publish(session, stage.person(session, "scheduler-a"), campaign, stage.keys, stage.now_ms + 1)
        assert [e.action for e in audit.history(session, "campaign:2")].count("campaign.reduced") == 1


def test_a_program_asks_first_and_accepts_by_number(login: Login, stage: Stage) -> None:
    item_id = crowded(stage)
    browser = login("scheduler-a")
    token = {"X-CSRFToken": browser.token()}
    body = {
        "name": "Gấp",
        "unit": WARD_A,
        "items": [item_id],
        "first_day": stage.today.isoformat(),
        "last_day": (stage.today + timedelta(days=2)).isoformat(),
        "windows": [{"start": "08:00", "end": "10:00", "dates": [(stage.today + timedelta(days=1)).isoformat()]}],
        "frequency": {"per": "airtime", "least": 60},
        "exceptions": [{"day": (stage.today + timedelta(days=2)).isoformat()}],
    }
    verdict = browser.post("/api/v1/campaigns/feasibility", json=body, headers=token).json
    assert verdict is not None and not verdict["feasible"] and verdict["missing_seconds"] > 0
    assert verdict["shorts"][0]["because"] == ["Tháng an toàn"] and verdict["shorts"][0]["lack"] == "airtime"
    fewer = next(change for change in verdict["changes"] if "least" in change)
    smaller = {**body, "frequency": {"per": "airtime", "least": fewer["least"]}}
    assert browser.post("/api/v1/campaigns/feasibility", json=smaller, headers=token).json["feasible"]  # type: ignore[index]
    made = browser.post("/api/v1/campaigns", json=body, headers=token).json
    assert made is not None and made["campaign"]["frequency"]["per"] == "airtime"
    path = f"/api/v1/campaigns/{made['campaign']['id']}/publish"
    refused = browser.post(path, headers=token)
    assert refused.status_code == 422 and refused.json is not None and refused.json["code"] == "infeasible"
    accepted = browser.post(path, json={"accept_missing_seconds": verdict["missing_seconds"]}, headers=token)
    assert accepted.status_code == 200 and accepted.json is not None
    assert accepted.json["campaign"]["reduction"]["missing_s"] == verdict["missing_seconds"]


def test_the_form_works_without_scripts(login: Login, stage: Stage) -> None:
    form = form_of(stage, crowded(stage), least="4", name="Nhiều khung giờ")
    browser = login("scheduler-a")
    more = browser.submit("/campaigns/new", {**form, "more": "windows"})
    assert more.status_code == 200 and 'name="windows-1-start"' in more.text and "Nhiều khung giờ" in more.text
    day = (stage.today + timedelta(days=2)).strftime("%d/%m/%Y")
    whole = {
        **form,
        "windows-1-start": "20:00",
        "windows-1-end": "21:00",
        "windows-1-dates": day,
        "exceptions-0-dates": day,
        "exceptions-0-start": "",
        "exceptions-0-end": "",
        "most": "6",
        "largest_gap": "20",
        "priority": "2",
    }
    assert browser.submit("/campaigns/new", whole).status_code == 302
    with stage.sessions.reading() as session:
        terms = campaigns.terms_of(campaigns.get(session, 2))
    assert terms.frequency == Frequency(Per.HOUR, 4, 6, 20 * 60_000)
    assert [len(window.dates) for window in terms.windows] == [0, 1]
    assert [(one.day, one.windows) for one in terms.exceptions] == [(stage.today + timedelta(days=2), ())]
    page = browser.get("/campaigns/2/edit").text
    assert f'value="{day}"' in page and 'class="card advanced" open' in page


TWO_HOURS = {"exceptions-1-start": "08:00", "exceptions-1-end": "10:00"}
BAD: dict[str, tuple[dict[str, str], str]] = {
    "contradictory exceptions": (
        {
            "exceptions-0-dates": "{day}",
            "exceptions-1-dates": "{day}",
            "exceptions-1-start": "08:00",
            "exceptions-1-end": "09:00",
        },
        "“Gấp”: ngày {day} vừa ghi nghỉ cả ngày vừa ghi khung giờ",
    ),
    "exception outside": ({"exceptions-0-dates": "01/01/2020"}, "Đợt “Gấp”: ngoại lệ ngày 01/01/2020 nằm ngoài"),
    "window shorter than the item": (
        {"windows-0-end": "08:01", "least": "1"},
        "Đợt “Gấp”: khung giờ 08:00–08:01 chỉ dài 60 giây, ngắn hơn sản phẩm ngắn nhất (90 giây) trên",
    ),
    "more than an hour holds": ({"least": "41"}, "một giờ trên màn hình “Sảnh A” chứa nhiều nhất 40 lượt"),
    "most below least": ({"least": "4", "most": "2"}, "Nhiều nhất 2 là không được"),
    "gap against most": ({"least": "2", "most": "2", "largest_gap": "10"}, "mỗi giờ cần 6 lượt"),
    "windows that never open": ({"windows-0-dates": "01/01/2020"}, "Đợt “Gấp”: không khung giờ nào mở"),
    "no date": ({"windows-0-dates": "mai"}, "“mai” không phải ngày"),
    "a screen of nobody": ({"reach": "some", "include-screens": "s-bbbbbbbb"}, "Not a valid choice"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_answered_with_a_sentence_that_names_what_to_change(login: Login, stage: Stage, name: str) -> None:
    with stage.sessions.writing() as session:
        item_id = stage.approved(session, seconds=90).id
        stage.screen(session)
    day = (stage.today + timedelta(days=2)).strftime("%d/%m/%Y")
    changes, words = BAD[name]
    changes = {key: value.format(day=day) for key, value in changes.items()}
    form = {**form_of(stage, item_id, least="2", publish="1"), **changes}
    answer = login("scheduler-a").submit("/campaigns/new", form)
    assert answer.status_code == 422
    assert name == "a screen of nobody" or html.escape(words.format(day=day), quote=False) in answer.text


def test_an_item_of_no_length_and_ten_thousand_campaigns_are_refused_before_anything_is_planned(stage: Stage) -> None:
    with stage.sessions.writing() as session:
        blink, item = stage.approved(session, "Chớp mắt", seconds=0.5), stage.approved(session)
        stage.screen(session)
        with pytest.raises(Invalid, match=r"“Chớp mắt” chỉ dài 0\.5 giây trên màn hình “Sảnh A”"):
            publish(stage, session, stage.campaign(session, blink), stage.now_ms)
        wanted = stage.campaign(session, item, name="Thêm một")
        columns = {c.name: getattr(wanted, c.name) for c in Campaign.__table__.columns if c.name != "id"}
        rows = [{**columns, "status": Status.PUBLISHED, "name": f"Đợt {n}"} for n in range(10_000)]
        session.execute(insert(Campaign), rows)
        with pytest.raises(Invalid) as refused:
            publish(stage, session, wanted, stage.now_ms)
    assert "Đợt “Thêm một”: màn hình “Sảnh A” sẽ có 10001 đợt, nhiều nhất là 500." in str(refused.value)


def test_a_partners_screen_keeps_its_owners_share_and_hours(stage: Stage) -> None:
    with stage.sessions.writing() as session:
        item, screen = stage.approved(session), stage.screen(session)
        operator = stage.person(session, "operator-a")
        lent = (Window(480, 720),)
        half = Schedule(owners_share=500, lent=lent)
        screens.change(session, operator, screen, Description(screen.name), half)
        campaign = stage.campaign(session, item, frequency=hourly(300))
        publish(stage, session, campaign, stage.now_ms)  # its own unit's may use the whole hour
        with pytest.raises(Invalid, match="100%"):
            screens.change(session, operator, screen, Description(screen.name), Schedule(reserve=600, owners_share=500))


# --- Peaks ---------------------------------------------------------------------------------------------------------


def plays_a_day(stage: Stage, campaign_id: int) -> list[int]:
    """Plays of a campaign on each day of the playlist the screen was sent."""
    with stage.sessions.reading() as session:
        row = publishing.latest(session, 1)
        assert row is not None
        playlist = publishing.read_playlist(row)
    ends = [day.start for day in playlist.plan.days][1:]
    starts = [day.start for day in playlist.plan.days]
    return [
        sum(n for (number, _), n in forecast.counts(playlist, a, b).items() if number == campaign_id)
        for a, b in zip(starts, ends, strict=False)
    ]


def test_a_peak_boosts_reserves_and_reverts_by_itself(login: Login, stage: Stage) -> None:
    with stage.sessions.writing() as session:
        item, other = stage.approved(session), stage.approved(session, "Khác")
        stage.screen(session)
        most = Frequency(Per.HOUR, 4, 4)
        for name, shown in (("Phòng cháy", item), ("Nền", other)):
            publish(stage, session, stage.campaign(session, shown, name=name, frequency=most), stage.now_ms)
        unit = units.by_code(session, WARD_A).id
    before = plays_a_day(stage, 1)
    form = {
        "name": "Ngày Pháp luật",
        "unit": unit,
        "requester": "Sở Tư pháp",
        "first_day": (stage.today + timedelta(days=2)).isoformat(),
        "last_day": (stage.today + timedelta(days=3)).isoformat(),
        "campaigns": ["1"],
        "boost_percent": "200",
        "reserved-0-start": "08:00",
        "reserved-0-end": "10:00",
        "reserved-0-days": [str(day) for day in range(7)],
    }
    browser = login("scheduler-a")
    nothing = browser.submit(
        "/peaks/new", {**form, "boost_percent": "100", "reserved-0-start": "", "reserved-0-end": ""}
    )
    assert nothing.status_code == 422 and "chưa thay đổi gì" in nothing.text
    assert browser.submit("/peaks/new", {**form, "campaigns": []}).status_code == 422
    draft = browser.submit("/peaks/new", form)
    assert draft.status_code == 302 and plays_a_day(stage, 1) == before, "a draft changes no plan"
    assert browser.submit("/peaks/1/publish").status_code == 302
    boosted, base = plays_a_day(stage, 1), plays_a_day(stage, 2)
    assert [boosted[n] == 2 * before[n] for n in range(1, 6)] == [False, True, True, False, False]
    assert boosted[4] == before[4] and base[4] == base[1] and base[2] == base[1] - 8, "two hours are kept from it"
    page = browser.get("/peaks/1").text
    assert "Đã phát hành" in page and "Sở Tư pháp" in page and "lập đợt cao điểm" in page
    assert login("scheduler-b").get("/peaks/1").status_code == 404
    assert login("scheduler-b").submit("/peaks/1/close").status_code == 404
    assert browser.submit("/peaks/1/close").status_code == 302
    assert plays_a_day(stage, 1) == before
    assert browser.submit("/peaks/1/close").status_code == 409
    with stage.sessions.reading() as session:
        assert peaks.get(session, 1).status == peaks.Status.CLOSED


def test_a_peak_that_would_break_promises_is_published_only_knowingly(login: Login, stage: Stage) -> None:
    with stage.sessions.writing() as session:
        item = stage.approved(session)
        stage.screen(session)
        publish(stage, session, stage.campaign(session, item, frequency=hourly(200)), stage.now_ms)
        unit = units.by_code(session, WARD_A).id
    form = {
        "name": "Quá sức",
        "unit": unit,
        "first_day": (stage.today + timedelta(days=2)).isoformat(),
        "last_day": (stage.today + timedelta(days=2)).isoformat(),
        "campaigns": ["1"],
        "boost_percent": "300",
        "publish": "1",
    }
    browser = login("scheduler-a")
    refused = browser.submit("/peaks/new", form)
    assert refused.status_code == 422 and "Chưa đủ chỗ để giữ lời hứa." in refused.text
    (named,) = pressed(refused, "reduce")
    assert browser.submit("/peaks/new", {**form, "reduce": named}).status_code == 302
    assert "phát hành với lời hứa bị giảm" in browser.get("/peaks/1").text
