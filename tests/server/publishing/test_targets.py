"""A campaign follows what it is aimed at: screens that come to fit get it, screens that no longer fit lose it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy.orm import Session

from playlists.targeting import Group, Targets
from server import campaigns, publishing, screens, sites, territories, units
from server.clock import now_ms
from server.db import Sessions
from server.errors import Invalid
from server.screens import Description, Screen, schedule
from server.users import Role
from tests import cast
from tests.cast import CITY, NOW_MS, WARD_A, WARD_B, Browser
from tests.published import publish
from tests.stage import Stage, only

Login = Callable[[str], Browser]


@dataclass
class Town:
    """Two areas of a city, each with a site."""

    near: sites.Site
    far: sites.Site


def town(stage: Stage, session: Session) -> Town:
    admin, operator = stage.person(session, "admin-city"), stage.person(session, "operator-a")
    city = territories.add(session, admin, "01", territories.Terms("Thành phố"))
    areas = [
        territories.add(session, admin, code, territories.Terms(name, city.id))
        for code, name in (("00004", "Phường Ba Đình"), ("00008", "Phường Ngọc Hà"))
    ]
    unit = units.by_code(session, WARD_A)
    near, far = (
        sites.add(session, operator, sites.Terms(name, unit.id, venue, area.id))
        for name, venue, area in (("Gần", "education", areas[0]), ("Xa", "market", areas[1]))
    )
    return Town(near, far)


def move(stage: Stage, session: Session, screen: Screen, **changes: object) -> list[int]:
    """Change where a screen stands, as the page of the screen does it."""
    operator = stage.person(session, "operator-a")
    now = Description(screen.name, screen.place, screen.venue, screen.site_id, tuple(screen.tags))
    screens.change(session, operator, screen, replace(now, **changes), schedule.of(screen))
    return publishing.replan(session, stage.keys, [screen.id], NOW_MS + 1)


KINDS: dict[str, Callable[[Town], tuple[Group, dict[str, object]]]] = {
    "tags": lambda _town: (Group(tags=frozenset({"gần trường học"})), {"tags": ("Gần  trường học",)}),
    "venues": lambda _town: (Group(venues=frozenset({"market"})), {"venue": "market"}),
    "sites": lambda town: (Group(sites=frozenset({str(town.near.id)})), {"site_id": town.near.id}),
    "venue of the site": lambda town: (Group(venues=frozenset({"education"})), {"site_id": town.near.id}),
    "territories": lambda town: (Group(territories=frozenset({"00004"})), {"site_id": town.near.id}),
    "territories above": lambda town: (Group(territories=frozenset({"01"})), {"site_id": town.far.id}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_screen_moved_into_the_targets_gets_the_campaign_and_moved_out_loses_it(
    stage: Stage, sessions: Sessions, kind: str
) -> None:
    with sessions.writing() as session:
        group, move_in = KINDS[kind](town(stage, session))
        item, other = stage.approved(session), stage.approved(session, "Khác")
        there, screen = stage.screen(session, "Đã ở đó"), stage.screen(session, "Sẽ tới")
        move(stage, session, there, **move_in)
        everywhere = stage.campaign(session, other, name="Khắp nơi")
        publish(stage, session, everywhere)
        aimed = stage.campaign(session, item, targets=Targets(group))
        assert publish(stage, session, aimed) == [there.id], "only the screen it is aimed at is planned anew"
        assert move(stage, session, screen, **move_in) == [screen.id]
        assert publishing.screens_using(session, campaign_id=aimed.id) == {there.id, screen.id}
        assert move(stage, session, screen, place="Tầng 2") == [], "an unchanged plan publishes nothing"
        assert move(stage, session, screen, tags=(), venue="other", site_id=None) == [screen.id]
        assert publishing.screens_using(session, campaign_id=aimed.id) == {there.id}
        assert screen.id in publishing.screens_using(session, campaign_id=everywhere.id)


def test_exclusions_take_screens_out_and_single_screens_are_added(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        item = stage.approved(session)
        tagged, excluded, single = (stage.screen(session, name) for name in ("A", "B", "C"))
        for screen in (tagged, excluded):
            move(stage, session, screen, tags=("x",))
        include = Group(tags=frozenset({"x"}), screens=only(single).include.screens)
        campaign = stage.campaign(session, item, targets=Targets(include, only(excluded).include))
        assert publish(stage, session, campaign) == [tagged.id, single.id]


def test_units_reach_their_subtree_as_it_is_now(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        city, ward = units.by_code(session, CITY), units.by_code(session, WARD_B)
        cast.add_person(session, "scheduler-c", city, Role.SCHEDULER)
        units.move(session, ward, None)
        here, there = stage.screen(session, "Ở A"), stage.screen(session, "Ở B", unit=WARD_B)
        item = stage.item(session)
        targets = Targets(Group(units=frozenset({WARD_A})))
        terms = stage.terms(session, item, unit=CITY, targets=targets)
        assert [s.id for s in campaigns.targets_of(session, terms)] == [here.id]
        units.move(session, ward, city)
        everywhere = stage.terms(session, item, unit=CITY)
        assert {s.id for s in campaigns.targets_of(session, everywhere)} == {here.id, there.id}


@pytest.mark.parametrize(
    ("group", "code", "words"),
    [
        (Group(), "no-screen", "ít nhất một màn hình"),
        (Group(units=frozenset({WARD_B})), "target-out-of-reach", "“Phường B” nằm ngoài phạm vi đơn vị “Phường A”"),
        (Group(territories=frozenset({"99"})), "target-out-of-reach", "“99” nằm ngoài phạm vi"),
        (Group(sites=frozenset({"77"})), "target-out-of-reach", "“77” nằm ngoài phạm vi"),
        (Group(territories=frozenset({"00008"})), "target-empty", "không có màn hình nào của đơn vị ở “Phường Ngọc Hà"),
        (Group(tags=frozenset({"không ai có"})), "target-empty", "“không ai có”"),
        (
            Group(tags=frozenset({"x"}), venues=frozenset({"other"})),
            "target-none",
            "không màn hình nào khớp mọi điều kiện",
        ),
    ],
)
def test_targets_that_reach_nothing_or_too_far_are_refused_by_name(
    stage: Stage, sessions: Sessions, group: Group, code: str, words: str
) -> None:
    with sessions.writing() as session:
        town(stage, session)
        move(stage, session, stage.screen(session, "Chợ"), tags=("x",), venue="market")
        stage.screen(session, "Khác")
        item = stage.approved(session)
        with pytest.raises(Invalid) as refused:
            publish(stage, session, stage.campaign(session, item, targets=Targets(group)))
        assert refused.value.code == code and words in str(refused.value)


def test_an_area_that_moves_in_the_tree_takes_its_screens_along(login: Login, stage: Stage, sessions: Sessions) -> None:
    stage.now_ms = now_ms()
    with sessions.writing() as session:
        places = town(stage, session)
        screen = stage.screen(session)
        move(stage, session, screen, site_id=places.near.id)
        item = stage.approved(session)
        campaign = stage.campaign(session, item, targets=Targets(Group(territories=frozenset({"01"}))))
        publish(stage, session, campaign, stage.now_ms)
        area_id, screen_id, campaign_id = places.near.territory_id, screen.id, campaign.id
    form = {"name": "Phường Ba Đình", "parent": ""}
    assert login("admin-a").submit(f"/territories/{area_id}", form).status_code == 403
    assert login("admin-city").submit(f"/territories/{area_id}", form).status_code == 302
    with sessions.reading() as session:
        assert screen_id not in publishing.screens_using(session, campaign_id=campaign_id)


def test_sites_are_kept_by_those_who_look_after_their_unit(login: Login, stage: Stage, sessions: Sessions) -> None:
    with sessions.reading() as session:
        ward = units.by_code(session, WARD_A).id
    operator = login("operator-a")
    form = {"name": "Chung cư số 12", "venue": "residential", "unit": ward, "territory": "", "address": "12 Lê Lợi"}
    assert operator.submit("/sites/new", form).status_code == 302
    assert "Chung cư số 12" in operator.get("/sites/").text
    assert operator.submit("/sites/1", {**form, "name": ""}).status_code == 422
    assert operator.submit("/sites/1", {**form, "name": "Chung cư 12A"}).status_code == 302
    assert "sửa điểm đặt" in operator.get("/sites/1").text
    assert login("operator-b").get("/sites/1").status_code == 404
    assert login("operator-b").submit("/sites/new", form).status_code == 422
    assert login("scheduler-a").get("/sites/").status_code == 403


def test_areas_keep_their_official_codes(login: Login, stage: Stage) -> None:
    admin = login("admin-city")
    form = {"code": "00004", "name": "Phường Ba Đình", "parent": "", "valid_from": "2025-07-01", "valid_to": ""}
    assert admin.submit("/territories/new", form).status_code == 302
    page = admin.get("/territories/").text
    assert "<code>00004</code>" in page and "01/07/2025" in page
    taken = admin.submit("/territories/new", form)
    assert taken.status_code == 422 and "đã được dùng" in taken.text
    assert admin.submit("/territories/new", {**form, "code": "4-b"}).status_code == 422
    circle = admin.submit("/territories/1", {**form, "parent": "1"})
    assert circle.status_code == 422 and "dưới chính nó" in circle.text
    assert login("operator-a").get("/territories/").status_code == 403
