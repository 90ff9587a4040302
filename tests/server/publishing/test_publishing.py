"""Campaigns become playlists that a player accepts, once, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from playlists import topics
from playlists.envelope import Kind, unpack
from playlists.model import Priority, Version, Window
from playlists.state import Now, why_not
from playlists.timeline import Show, output_at, showing_at
from server import campaigns, publishing, windows
from server.campaigns import Status
from server.db import Sessions
from server.errors import Conflict
from server.publishing import Head, Outbox, PlaylistVersion, outbox
from tests.cast import NOW_MS
from tests.published import catch_up, playing, publish, send_all, topics_waiting
from tests.stage import DAY_MS, Stage, hourly, only

HOUR_MS = 3_600_000


@pytest.mark.both_databases
def test_a_player_accepts_what_is_published_and_shows_the_item_in_its_window(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        item, screen = stage.approved(session), stage.screen(session)
        campaign = stage.campaign(session, item)
        assert publish(stage, session, campaign) == [screen.id]
        state = playing(stage, session, screen)
        assert state.playlist is not None
        at_noon = NOW_MS - NOW_MS % DAY_MS + 5 * HOUR_MS
        now = Now(at_noon)
        allowed = lambda n: why_not(state, state.playlist.entries[n], now) is None  # noqa: E731
        showing = showing_at(state.playlist, at_noon, allowed)
        assert showing.show in (Show.SLOT, Show.HOLD) and showing.entry is not None
        assert state.playlist.entries[showing.entry].campaign == campaign.id
        assert len(state.playlist.plan.days) == 14


def test_the_outbox_holds_playlist_and_head_of_that_screen(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        screen = stage.screen(session)
        publish(stage, session, stage.campaign(session, stage.approved(session)))
        rows = outbox.due(session, 10)
        assert [row.topic for row in rows] == [topics.to_playlist(screen.public_id), topics.to_head(screen.public_id)]
        assert all(row.retain and row.qos == 1 for row in rows)
        latest = publishing.latest(session, screen.id)
        assert latest is not None and unpack(rows[0].payload, Kind.PLAYLIST) == publishing.sealed_playlist(latest)


def test_a_screen_is_told_when_its_surroundings_want_quiet(stage: Stage, sessions: Sessions) -> None:
    night = [{"windows": windows.stored([Window(22 * 60, 6 * 60)]), "still": False, "volume": 0, "brightness": 30}]
    with sessions.writing() as session:
        screen = stage.screen(session)
        screen.quiet = night
        publish(stage, session, stage.campaign(session, stage.approved(session)))
        playlist = playing(stage, session, screen).playlist
        assert playlist is not None
        midnight = playlist.plan.days[1].start
        for hours, output in ((-1, (0, 30)), (5, (0, 30)), (7, (100, 100))):
            found, _ = output_at(playlist, midnight + hours * HOUR_MS)
            assert (found.volume, found.brightness) == output


@pytest.mark.both_databases
def test_publishing_twice_publishes_once(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        stage.screen(session)
        campaign = stage.campaign(session, stage.approved(session))
        publish(stage, session, campaign)
        send_all(session)
        assert publish(stage, session, campaign, NOW_MS + 60_000) == []
        assert topics_waiting(session) == []
        assert session.scalar(select(func.count()).select_from(PlaylistVersion)) == 1


def test_nothing_remains_of_a_publication_that_was_rolled_back(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        stage.screen(session)
        campaign_id = stage.campaign(session, stage.approved(session)).id
    with sessions.open() as session:
        session.connection(execution_options={"reading": False})
        publish(stage, session, campaigns.get(session, campaign_id))
        session.rollback()
    with sessions.reading() as session:
        assert campaigns.get(session, campaign_id).status == Status.DRAFT
        for table in (PlaylistVersion, Head, Outbox):
            assert session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.both_databases
def test_a_changed_campaign_leaves_the_screens_it_no_longer_names(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        item, other = stage.approved(session), stage.approved(session, "Nuôi chó mèo")
        first, second = stage.screen(session, "Sảnh A"), stage.screen(session, "Sảnh B")
        campaign = stage.campaign(session, item, targets=only(first))
        assert publish(stage, session, campaign) == [first.id]
        scheduler = stage.person(session, "scheduler-a")
        terms = replace(campaigns.terms_of(campaign), targets=only(second), item_ids=(other.id, item.id))
        campaigns.change(session, scheduler, campaign, terms)
        assert publish(stage, session, campaign, NOW_MS + 1) == [first.id, second.id]
        assert publishing.screens_using(session, campaign_id=campaign.id) == {second.id}
        assert campaign.item_ids == (other.id, item.id)


def test_a_screen_paired_later_joins_a_campaign_that_goes_everywhere(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        stage.screen(session)
        campaign = stage.campaign(session, stage.approved(session))
        publish(stage, session, campaign)
        late = stage.screen(session, "Cầu thang B")
        assert publishing.replan(session, stage.keys, [late.id], NOW_MS + 1) == [late.id]
        assert late.id in publishing.screens_using(session, campaign_id=campaign.id)


def test_a_screen_without_campaigns_falls_back_on_what_is_approved_for_its_unit(
    stage: Stage, sessions: Sessions
) -> None:
    with sessions.writing() as session:
        item = stage.approved(session)
        stage.approved(session, "Của phường khác", letter="b")
        screen = stage.screen(session)
        publishing.replan(session, stage.keys, [screen.id], NOW_MS)
        playlist = playing(stage, session, screen).playlist
        assert playlist is not None
        assert [(e.item, e.campaign) for e in playlist.entries] == [(item.id, 0)]
        assert playlist.fallback == (0,)


def test_fillers_are_the_fallback_before_campaigns(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        item, spare = stage.approved(session), stage.approved(session, "Giữ yên lặng")
        screen = stage.screen(session)
        publish(stage, session, stage.campaign(session, item))
        filler = stage.campaign(session, spare, name="Lấp", frequency=hourly(0), priority=Priority.FILLER)
        publish(stage, session, filler, NOW_MS + 1)
        playlist = playing(stage, session, screen).playlist
        assert playlist is not None
        assert [playlist.entries[n].item for n in playlist.fallback] == [spare.id]
        assert {e.campaign for e in playlist.entries} == {0, 1, 2}


def test_ending_a_campaign_takes_it_off_the_screens(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        screen = stage.screen(session)
        campaign = stage.campaign(session, stage.approved(session))
        publish(stage, session, campaign)
        scheduler = stage.person(session, "scheduler-a")
        changed = publishing.close(
            session, scheduler, campaign, status=Status.ENDED, keys=stage.keys, now_ms=NOW_MS + 1
        )
        assert changed == [screen.id]
        assert publishing.screens_using(session, campaign_id=campaign.id) == set()
        with pytest.raises(Conflict):
            publish(stage, session, campaign)


def test_entries_of_a_version_are_what_plays_name(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        item, screen = stage.approved(session), stage.screen(session)
        campaign = stage.campaign(session, item)
        publish(stage, session, campaign)
        entries = publishing.entries_of(session, screen.id, Version(1, 1))
        assert [(e[0], e[1], e[2], e[4]) for e in entries] == [
            (item.id, campaign.id, "Sử dụng thang máy", 10_000),
            (item.id, 0, "Sử dụng thang máy", 10_000),
        ]
        assert publishing.entries_of(session, screen.id, Version(1, 2)) == []


def test_the_newest_message_takes_the_place_of_an_unsent_one(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        outbox.put(session, "t", b"1", now_ms=1)
        outbox.put(session, "t", b"2", now_ms=2)
        outbox.put(session, "c", b"1", now_ms=1, retain=False)
        outbox.put(session, "c", b"2", now_ms=2, retain=False)
        assert [(row.topic, row.payload) for row in outbox.due(session, 9)] == [("t", b"2"), ("c", b"1"), ("c", b"2")]


@pytest.mark.both_databases
def test_a_number_of_the_outbox_is_never_used_twice(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        outbox.put(session, "t", b"1", now_ms=1)
        first = outbox.due(session, 1)[0].id
        outbox.done(session, [(first, None)], 2)
        outbox.put(session, "t", b"2", now_ms=3)
        assert outbox.due(session, 1)[0].id > first


def test_a_retired_screen_loses_its_topics_and_is_left_alone(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        screen = stage.screen(session)
        publish(stage, session, stage.campaign(session, stage.approved(session)))
        send_all(session)
        publishing.retire(session, stage.person(session, "operator-a"), screen, NOW_MS + 1)
        assert [(row.topic, row.payload) for row in outbox.due(session, 9)] == [
            (topics.to_playlist(screen.public_id), b""),
            (topics.to_head(screen.public_id), b""),
        ]
        send_all(session)
        catch_up(stage, session, NOW_MS + DAY_MS)
        assert topics_waiting(session) == [topics.ALL_TRUST] or topics_waiting(session) == []
        assert publishing.retained(session, 0, 10)[0][0][0] == topics.ALL_TRUST
