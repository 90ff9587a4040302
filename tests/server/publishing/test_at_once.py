"""Several processes that publish at the same moment: the newer document always has the last word."""

from __future__ import annotations

from threading import Thread

import pytest

from playlists.envelope import Kind, open_envelope
from playlists.model import Head
from playlists.schemas import load
from server import approvals, campaigns, publishing, revocations
from server.clock import now_ms
from server.db import Sessions, begin_writing
from server.publishing import versions
from server.publishing.tables import Head as HeadRow
from tests.cast import NOW_MS
from tests.stage import Stage


@pytest.mark.both_databases
def test_a_head_signed_for_an_older_playlist_never_overwrites_a_newer_one(stage: Stage, sessions: Sessions) -> None:
    """The bridge signs heads anew while somebody publishes: it must sign for what is current when it commits."""
    with sessions.writing() as session:
        item, screen = stage.approved(session), stage.screen(session)
        publishing.replan(session, stage.keys, [screen.id], NOW_MS)
        campaign_id, screen_id = stage.campaign(session, item).id, screen.id

    bridge = sessions.open()
    begin_writing(bridge)

    def publish() -> None:
        with sessions.writing() as session:
            found = campaigns.get(session, campaign_id)
            publishing.publish(session, stage.person(session, "scheduler-a"), found, stage.keys, NOW_MS + 5)

    publisher = Thread(target=publish)
    found = versions.heads(bridge, HeadRow.screen_id == screen_id)
    publisher.start()
    publisher.join(0.5)  # it waits for the lock, where there is one; else it commits in between
    press = versions.Press(bridge, stage.keys, NOW_MS + 1)
    for head, public_id, playlist in found:
        press.point(public_id, head, playlist)
    bridge.commit()
    bridge.close()
    publisher.join(30)
    assert not publisher.is_alive()
    with sessions.reading() as session:
        row, newest = publishing.head_of(session, screen_id), publishing.latest(session, screen_id)
        assert row is not None and newest is not None and newest.number == 2
        document: Head = load(Kind.HEAD, open_envelope(Kind.HEAD, row.sealed).payload)
        assert document.version == newest.version and row.playlist_id == newest.id


@pytest.mark.both_databases
def test_two_approvers_withdraw_at_once_and_both_withdrawals_are_in_the_list(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        stage.screen(session)
        items = [stage.approved(session, title).id for title in ("Sử dụng thang máy", "Nuôi chó mèo", "Giữ yên lặng")]
    problems: list[BaseException] = []

    def withdraw(item_id: int) -> None:
        try:
            with sessions.writing() as session:
                approver = stage.person(session, "approver-a")
                approval = approvals.current(session, item_id, NOW_MS)
                assert approval is not None
                signer = stage.unlock(session, approver)
                publishing.withdraw(
                    session, stage.keys, signer=signer, approval=approval, reason="Sai", now_ms=now_ms()
                )
        except BaseException as error:
            problems.append(error)

    threads = [Thread(target=withdraw, args=(item_id,)) for item_id in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not problems
    with sessions.reading() as session:
        assert len(revocations.current(session).entries) == 3


@pytest.mark.both_databases
def test_two_processes_that_plan_a_new_screen_at_once_make_one_playlist(stage: Stage, sessions: Sessions) -> None:
    with sessions.writing() as session:
        stage.approved(session)
        screen_id = stage.screen(session).id
    problems: list[BaseException] = []

    def plan() -> None:
        try:
            with sessions.writing() as session:
                publishing.catch_up(session, stage.keys, NOW_MS)
                while publishing.catch_up(session, stage.keys, NOW_MS):
                    pass
        except BaseException as error:
            problems.append(error)

    threads = [Thread(target=plan) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not problems
    with sessions.reading() as session:
        newest = publishing.latest(session, screen_id)
        assert newest is not None and newest.number == 1
