"""Items leave every screen when they are withdrawn, and what time makes due is done by whoever asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from playlists import topics
from playlists.accept import accept_revocation
from playlists.envelope import Kind, open_envelope, unpack
from playlists.keys import SigningKey
from playlists.model import Version, Window
from playlists.schemas import load
from playlists.state import Now, why_not
from server import approvals, publishing, trust, units
from server.campaigns import Status
from server.db import Sessions
from server.errors import Conflict
from server.publishing import release
from server.screens import Phase
from tests.cast import NOW_MS
from tests.published import catch_up, entries_held, playing, publish, send_all, topics_waiting, withdraw
from tests.stage import DAY_MS, TODAY, Stage, only

HOUR_MS = 3_600_000


def test_withdrawing_reaches_the_screens_that_show_it_at_once_and_the_heads_of_all_soon(
    stage: Stage, sessions: Sessions
) -> None:
    with sessions.writing() as session:
        item, other = stage.approved(session), stage.approved(session, "Nuôi chó mèo")
        showing, bystander = stage.screen(session, "Sảnh A"), stage.screen(session, "Ngoài")
        publish(stage, session, stage.campaign(session, item, targets=only(showing)))
        campaign = stage.campaign(session, other, name="Khác", targets=only(bystander))
        publish(stage, session, campaign)
        before = playing(stage, session, showing)
        catch_up(stage, session, NOW_MS)
        send_all(session)
        withdraw(stage, session, item.id)
        waiting = topics_waiting(session)
        assert waiting[0] == topics.ALL_REVOCATION
        assert topics.to_playlist(showing.public_id) in waiting
        assert topics.to_playlist(bystander.public_id) not in waiting
        assert topics.to_head(showing.public_id) in waiting
        assert topics.to_head(bystander.public_id) not in waiting

        row = publishing.outbox.due(session, 1)[0]
        after = accept_revocation(before, unpack(row.payload, Kind.REVOCATION), Now(NOW_MS + 1))
        assert after.playlist is not None
        refused = {e.item for e in after.playlist.entries if why_not(after, e, Now(NOW_MS)) is not None}
        assert refused == {item.id}
        assert item.id not in {e.item for e in entries_held(playing(stage, session, showing, after))}
        catch_up(stage, session, NOW_MS + 2)
        head = publishing.head_of(session, bystander.id)
        assert head is not None and head.revocation == 1
        assert topics.to_head(bystander.public_id) in topics_waiting(session)


def test_withdrawing_what_many_screens_show_takes_a_short_transaction(
    stage: Stage, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "PLANS_AT_ONCE", 1)
    with sessions.writing() as session:
        item = stage.approved(session)
        shown = [stage.screen(session, f"Sảnh {n}") for n in range(3)]
        publish(stage, session, stage.campaign(session, item))
        catch_up(stage, session, NOW_MS)
        send_all(session)
        withdraw(stage, session, item.id)
        sent = topics_waiting(session)
        assert sent[0] == topics.ALL_REVOCATION
        assert len(sent) == 3, "the revocation, and playlist and head of one screen"
        catch_up(stage, session, NOW_MS + 2)
        assert publishing.screens_using(session, item_id=item.id) == set()
        assert {topics.to_playlist(screen.public_id) for screen in shown} <= set(topics_waiting(session))


def test_a_stranger_to_the_trust_cannot_withdraw(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        item = stage.approved(session)
        approval = approvals.current(session, item.id, NOW_MS)
        assert approval is not None
        other = stage.unlock(session, stage.person(session, "approver-b"))
        keys = replace(stage.keys, root=None)
        with pytest.raises(Conflict) as refused:
            publishing.withdraw(session, keys, signer=other, approval=approval, reason="x", now_ms=NOW_MS)
        assert refused.value.code == "key-not-trusted"


@pytest.mark.both_databases
def test_time_alone_refreshes_heads_and_rolls_the_plan_forward(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        screen = stage.screen(session)
        publish(stage, session, stage.campaign(session, stage.approved(session)))
        catch_up(stage, session, NOW_MS)
        send_all(session)
        assert not publishing.catch_up(session, stage.keys, NOW_MS + 1)

        catch_up(stage, session, NOW_MS + HOUR_MS)
        assert topics_waiting(session) == [topics.to_head(screen.public_id)]
        send_all(session)

        catch_up(stage, session, NOW_MS + DAY_MS)
        assert set(topics_waiting(session)) == {topics.to_playlist(screen.public_id), topics.to_head(screen.public_id)}
        row = publishing.latest(session, screen.id)
        assert row is not None
        assert publishing.read_playlist(row).plan.days[0].date == (TODAY + timedelta(days=1)).isoformat()


def test_a_new_trust_is_announced_and_heads_name_it(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        screen = stage.screen(session)
        catch_up(stage, session, NOW_MS)
        send_all(session)
        units.rename(session, units.by_code(session, "phuong-a"), "Phường Một")
        assert trust.rebuild(session, stage.keys.root, NOW_MS + 5) is not None
        catch_up(stage, session, NOW_MS + 10)
        assert topics_waiting(session) == [topics.ALL_TRUST, topics.to_head(screen.public_id)]
        head = publishing.head_of(session, screen.id)
        assert head is not None and head.trust == 2
        assert load(Kind.HEAD, open_envelope(Kind.HEAD, head.sealed).payload).trust == 2


def test_a_rotated_director_signs_everything_anew(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        screen = stage.screen(session)
        publish(stage, session, stage.campaign(session, stage.approved(session)))
        director = SigningKey.generate()
        trust.rotate_director(session, director.public, stage.keys.root, NOW_MS + 5)
        keys = replace(stage.keys, director=director)
        for _ in range(10):
            publishing.catch_up(session, keys, NOW_MS + 10)
        row = publishing.latest(session, screen.id)
        assert row is not None and row.version == Version(2, 2)


def test_a_campaign_for_very_many_screens_is_finished_by_the_bridge(
    stage: Stage, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "PLANS_AT_ONCE", 2)
    with sessions.writing() as session:
        found = [stage.screen(session, f"Sảnh {n}") for n in range(5)]
        item = stage.approved(session)
        catch_up(stage, session, NOW_MS)
        assert len(publish(stage, session, stage.campaign(session, item), NOW_MS + 1)) == 5
        phases = publishing.by_phase(publishing.standings(session, found, NOW_MS))
        assert phases == {Phase.WAITING: 5}
        assert len(publishing.screens_using(session, campaign_id=1)) == 2
        catch_up(stage, session, NOW_MS + 2)
        assert len(publishing.screens_using(session, campaign_id=1)) == 5


def test_a_window_across_midnight_goes_on_after_the_last_day(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        screen = stage.screen(session)
        night = (Window(22 * 60, 6 * 60),)
        campaign = stage.campaign(session, stage.approved(session), last_day=TODAY, windows=night)
        publish(stage, session, campaign)
        publishing.replan(session, stage.keys, [screen.id], NOW_MS + DAY_MS)
        assert screen.id in publishing.screens_using(session, campaign_id=campaign.id)
        catch_up(stage, session, NOW_MS + 2 * DAY_MS)
        assert screen.id not in publishing.screens_using(session, campaign_id=campaign.id)
        session.expire_all()
        assert campaign.status == Status.ENDED
