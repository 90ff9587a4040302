"""What tests of publishing do and ask: publish, empty the outbox, let time pass, and believe as a player does."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from playlists.accept import accept_approval, accept_head, accept_playlist, accept_trust
from playlists.model import Entry, Reference
from playlists.state import Now, Pinned, State
from server import approvals, campaigns, publishing, trust
from server.publishing import outbox
from server.screens import Screen
from tests.cast import NOW_MS
from tests.stage import Stage


def topics_waiting(session: Session) -> list[str]:
    return [row.topic for row in outbox.due(session, 1000)]


def send_all(session: Session) -> None:
    outbox.done(session, [(row.id, row.playlist_id) for row in outbox.due(session, 1000)], NOW_MS)


def publish(stage: Stage, session: Session, campaign: campaigns.Campaign, now_ms: int = NOW_MS) -> list[int]:
    scheduler = stage.person(session, "scheduler-a")
    return publishing.publish(session, scheduler, campaign, stage.keys, now_ms)


def believing(stage: Stage, session: Session, screen: Screen) -> State:
    """A player of this screen that holds the newest trust and revocations."""
    pinned = Pinned((stage.keys.root.public,), 1) if stage.keys.root else Pinned((), 1)
    state = State(screen.public_id, screen.unit.code, pinned)
    row = trust.latest(session)
    assert row is not None and row.sealed is not None
    return accept_trust(state, row.sealed, Now(NOW_MS))


def playing(stage: Stage, session: Session, screen: Screen, state: State | None = None) -> State:
    """What that player believes after it took head, approvals and playlist as they are published now."""
    state = state or believing(stage, session, screen)
    head, row = publishing.head_of(session, screen.id), publishing.latest(session, screen.id)
    assert head is not None and row is not None
    state = accept_head(state, head.sealed, Now(head.issued_ms))
    sealed = publishing.sealed_playlist(row)
    for reference in {entry.approval for entry in publishing.read_playlist(row).entries}:
        state = accept_approval(state, _file(stage, reference), reference, Now(NOW_MS))
    return accept_playlist(state, sealed, Now(head.issued_ms))


def _file(stage: Stage, reference: Reference) -> bytes:
    with stage.files.open(reference.sha256) as file:
        return file.read()


def catch_up(stage: Stage, session: Session, now_ms: int) -> None:
    for _ in range(50):
        if not publishing.catch_up(session, stage.keys, now_ms):
            return
    raise AssertionError("catching up does not end")


def withdraw(stage: Stage, session: Session, item_id: int) -> None:
    approver = stage.person(session, "approver-a")
    approval = approvals.current(session, item_id, NOW_MS)
    assert approval is not None
    approvals.mark_withdrawn(session, approval, approver, "Nội dung sai", NOW_MS + 1)
    publishing.withdraw(
        session,
        stage.keys,
        signer=stage.unlock(session, approver),
        approval=approval,
        reason="Nội dung sai",
        now_ms=NOW_MS + 1,
    )


def entries_held(state: State) -> Sequence[Entry]:
    assert state.playlist is not None
    return state.playlist.entries
