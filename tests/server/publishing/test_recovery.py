"""A server put back from an old backup, and screens that know more than it does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from playlists import topics
from playlists.accept import accept_approval, accept_head, accept_playlist, accept_revocation, accept_trust
from playlists.envelope import Kind, unpack
from playlists.state import Now, State
from server import cli, faults, publishing, revocations, trust, units
from server.approvals import Approval
from server.clock import now_ms
from tests.cast import WARD_A
from tests.scene import Scene, until


def _restored(scene: Scene, backup: Path) -> None:
    """The database as it was; keys and broker as they are."""
    scene.sessions.engine.dispose()
    (scene.stage.settings.data_dir / "app.db").write_bytes(backup.read_bytes())


def test_a_restored_server_takes_back_what_the_broker_knows_and_screens_obey_again(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, backup = scene.stage.settings, tmp_path / "backup.db"
    bridge, connection = scene.bridge()
    until(lambda: scene.all_is_sent() and bridge.is_calm, lambda: bridge.step(0.05))
    backup.write_bytes((settings.data_dir / "app.db").read_bytes())
    with scene.sessions.writing() as session:
        units.rename(session, units.by_code(session, WARD_A), "Phường Một")
        trust.rebuild(session, scene.stage.keys.root, now_ms())
        approval = session.scalars(select(Approval)).one()
        signer = scene.stage.unlock(session, scene.stage.person(session, "approver-a"))
        publishing.withdraw(session, scene.stage.keys, signer=signer, approval=approval, reason="Sai", now_ms=now_ms())
    until(lambda: scene.all_is_sent() and bridge.is_calm, lambda: bridge.step(0.05))
    connection.stop()
    with scene.sessions.reading() as session:
        before = believed(scene, session, State(scene.screen.public_id, WARD_A, scene.pinned()))
    assert before.trust is not None and (before.trust.version, before.revocation.version) == (2, 1)

    _restored(scene, backup)
    scene.publish_another_version(7)
    bridge, connection = scene.bridge()

    def is_said() -> bool:
        with scene.sessions.reading() as session:
            return [fault.code for fault in faults.standing(session)] == [faults.BROKER_NEWER]

    until(is_said, lambda: bridge.step(0.05))
    for _ in range(30):
        bridge.step(0.05)
    with scene.broker.guest(scene.screen.public_id) as guest:
        assert guest.subscribe(f"{topics.ALL}/#")
        held = {m.topic: m.payload for m in iter(lambda: guest.next(0.5), None)}
    assert accept_trust(replace(before, trust=None), unpack(held[topics.ALL_TRUST], Kind.TRUST), Now(now_ms())).trust
    assert unpack(held[topics.ALL_REVOCATION], Kind.REVOCATION) == before.sealed["revocation"]

    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    assert cli.main(["recover"]) == 0
    until(lambda: scene.all_is_sent() and bridge.is_calm, lambda: bridge.step(0.05))
    assert not is_said()
    assert cli.main(["recover"]) == 1, "there is nothing more to take back"
    with scene.sessions.reading() as session:
        after = believed(scene, session, before)
    assert after.trust is not None and (after.trust.version, after.trust.epoch) == (3, 2)
    assert after.revocation == before.revocation
    assert after.playlist is not None and after.playlist.version.epoch == 2
    assert not after.playlist.entries, "what was withdrawn stays withdrawn"
    connection.stop()


def believed(scene: Scene, session: Session, state: State) -> State:
    """What a player in this state believes after it took everything that is published now."""
    now = Now(now_ms() + 1000)
    row, withdrawn = trust.latest(session), revocations.latest(session)
    head, playlist = publishing.head_of(session, scene.screen.id), publishing.latest(session, scene.screen.id)
    assert row is not None and row.sealed is not None and head is not None and playlist is not None
    state = accept_trust(state, row.sealed, now)
    if withdrawn is not None:
        state = accept_revocation(state, withdrawn.sealed, now)
    state = accept_head(state, head.sealed, now)
    for reference in {entry.approval for entry in publishing.read_playlist(playlist).entries}:
        with scene.stage.files.open(reference.sha256) as file:
            state = accept_approval(state, file.read(), reference, now)
    return accept_playlist(state, publishing.sealed_playlist(playlist), now)
