"""What MQTT brings: good news at once, with or without the server; garbage changes nothing and hurries nobody."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from player.link import Heard
from playlists import model, topics
from playlists.envelope import Kind, open_envelope, pack, seal_payload
from playlists.schemas import load, seal
from playlists.state import why_not
from tests.fake_orders import SCREEN, Item, reference
from tests.fakes import FakeServer
from tests.player.rig import BLUE, GREEN, RED, Rig, rig
from tests.world import key


def test_a_hint_over_mqtt_needs_no_question(player: Rig, server: FakeServer) -> None:
    server.orders.publish(GREEN)
    player.hear(topics.to_playlist(SCREEN), server.orders.playlist())
    player.hear(topics.to_head(SCREEN), server.orders.head())
    assert player.orders.news.is_set()
    server.asked.clear()
    player.step(poll=False)
    assert player.number == 2
    assert [path for path in server.asked if path.startswith("/device")] == []


def test_what_is_known_already_makes_nobody_hurry(player: Rig, server: FakeServer) -> None:
    for topic, sealed in (
        (topics.to_playlist(SCREEN), server.orders.playlist()),
        (topics.to_head(SCREEN), server.orders.head()),
        (topics.ALL_TRUST, server.orders.trust()),
    ):
        player.hear(topic, sealed)
    assert not player.orders.news.is_set()
    assert player.codes() == []


def test_a_withdrawal_over_mqtt_takes_effect_at_once(player: Rig, server: FakeServer) -> None:
    server.orders.withdraw(RED)
    server.stop()  # no question could be answered
    player.hear(topics.ALL_REVOCATION, server.orders.revocation())
    assert shown(player) == ["lục"]
    assert rig(player.folder, server).beliefs.state.revocation.version == 1  # and after a restart


def shown(player: Rig) -> list[str]:
    """The titles that may be shown now."""
    state, now = player.beliefs.state, player.clock.read().now
    assert state.playlist
    return [entry.title for entry in state.playlist.entries if why_not(state, entry, now) is None]


@pytest.mark.parametrize("trust_first", [True, False])
def test_a_newly_appointed_approver_withdraws_over_mqtt_alone(
    player: Rig, server: FakeServer, trust_first: bool
) -> None:
    server.orders.approvers = ("approver", "second")
    server.orders.trust_version = 2
    server.orders.withdraw(RED)
    offers = [
        (topics.ALL_TRUST, server.orders.trust()),
        (topics.ALL_REVOCATION, server.orders.revocation("second")),
    ]
    server.stop()
    for topic, sealed in offers if trust_first else reversed(offers):
        player.hear(topic, sealed)
    assert shown(player) == ["lục"]
    assert player.codes() == []


def test_versions_of_trust_that_were_missed_are_fetched(player: Rig, server: FakeServer) -> None:
    for version in (2, 3):
        server.orders.trust_version = version
        server.says[f"/device/v1/trust/{version}"] = (200, {}, server.orders.trust())
    player.hear(topics.ALL_TRUST, server.orders.trust())
    assert player.orders.news.is_set()
    player.step(poll=False)
    assert player.beliefs.state.trust and player.beliefs.state.trust.version == 3


def test_new_orders_come_over_mqtt_alone_while_the_server_is_away(player: Rig, server: FakeServer) -> None:
    server.orders.publish(GREEN)
    topic_of = {topics.to_head(SCREEN): server.orders.head(), topics.to_playlist(SCREEN): server.orders.playlist()}
    server.stop()
    for topic, sealed in topic_of.items():
        player.hear(topic, sealed)
    player.step()  # a poll that fails
    assert player.codes() == ["NETWORK"]
    assert player.number == 2


GARBAGE = {
    "no document": (topics.to_head(SCREEN), lambda _: b"{}"),
    "a playlist as a head": (topics.to_head(SCREEN), lambda s: s.orders.playlist()),
    "a head of another screen": (topics.to_head(SCREEN), lambda s: head_with(s, screen="s-zzzzzzzz")),
    "an older head": (topics.to_head(SCREEN), lambda s: head_with(s, issued=5)),
    "one version twice": (topics.to_head(SCREEN), lambda s: head_with(s, playlist=reference(b"x"))),
    "a head of the future": (topics.to_head(SCREEN), lambda s: head_with(s, issued=s.orders.now_ms + 10**9)),
    "a head signed by a stranger": (topics.to_head(SCREEN), lambda s: head_with(s, "thief")),
    "a schema of tomorrow": (topics.to_head(SCREEN), lambda _: seal_payload(Kind.HEAD, b"{}", key("director"))),
    "a trust signed by a stranger": (topics.ALL_TRUST, lambda s: seal(trust_of(s), key("thief"))),
    "another trust of this version": (topics.ALL_TRUST, lambda s: seal(trust_of(s), key("root"))),
    "a withdrawal by a stranger": (
        topics.ALL_REVOCATION,
        lambda s: seal(model.Revocation(1, s.orders.now_ms, ()), key("thief")),
    ),
    "a playlist by a stranger": (topics.to_playlist(SCREEN), lambda s: seal(playlist_of(s), key("thief"))),
}


def head_with(server: FakeServer, signer: str = "director", **changes: object) -> bytes:
    """The head in force with something changed, properly signed."""
    whole: model.Head = load(Kind.HEAD, open_envelope(Kind.HEAD, server.orders.head()).payload)
    return seal(replace(whole, **changes), key(signer))  # type: ignore[arg-type]


def trust_of(server: FakeServer) -> model.Trust:
    whole: model.Trust = load(Kind.TRUST, open_envelope(Kind.TRUST, server.orders.trust()).payload)
    return replace(whole, issued=whole.issued + 1)


@pytest.mark.parametrize("name", GARBAGE)
def test_a_broker_that_talks_garbage_every_second_does_not_switch_off_the_poll(
    player: Rig, server: FakeServer, name: str
) -> None:
    topic, spoil = GARBAGE[name]
    garbage = pack(spoil(server))
    mono_ms, orders = player.clock.mono_ms(), player.orders
    player.clock._mono = lambda: mono_ms
    server.says["/device/v1/head"] = (503, {}, b"")  # and the server is away for a while
    wait_s, turns = orders.turn(), 1
    server.orders.publish(BLUE)
    for second in range(700):
        orders.hear(Heard(topic, garbage), lambda _: None)
        mono_ms, wait_s = mono_ms + 1000, wait_s - 1
        if second == 300:
            server.says.clear()
        if wait_s <= 0 or orders.news.is_set():
            orders.news.clear()
            wait_s, turns = orders.turn(), turns + 1
    assert player.number == 2
    assert turns < 40  # the rests after a failure were kept
    assert [code for code in player.codes() if code.startswith("E-")]


def test_garbage_does_not_break_off_a_download_and_news_does(player: Rig, server: FakeServer) -> None:
    large = Item("lớn", BLUE.data + os.urandom(3_000_000), number=9)
    server.orders.publish(large)
    heard: list[bytes] = [b"{}"]

    def urgent() -> bool:
        if heard and (player.folder / "files" / f"{large.rendition.sha256}.part").exists():
            player.orders.hear(Heard(topics.to_head(SCREEN), heard.pop()), lambda _: None)
        return player.orders.news.is_set()

    player.sync.urgent = urgent
    server.orders.withdraw(GREEN)
    heard.insert(0, server.orders.head())  # goes with a list that is not here yet: authentic news
    server.orders.withdrawn, server.orders.revocation_version = (), 0
    server.orders.issued -= 1
    assert player.step() == 0
    assert heard == [] and player.number == 1
    assert player.codes() == ["E-PARSE"]  # to be overtaken is no fault
    part = player.folder / "files" / f"{large.rendition.sha256}.part"
    assert 0 < part.stat().st_size < len(large.data)
    server.asked.clear()
    player.step()
    assert player.number == 2  # it went on where it was


def playlist_of(server: FakeServer) -> model.Playlist:
    playlist: model.Playlist = load(Kind.PLAYLIST, open_envelope(Kind.PLAYLIST, server.orders.playlist()).payload)
    return playlist


@pytest.mark.parametrize(
    "topic", [topics.ALL_REVOCATION, topics.ALL_TRUST, topics.to_head(SCREEN), topics.to_playlist(SCREEN), "x"]
)
@pytest.mark.parametrize("payload", [b"", b"{", b"\x78\x9c broken", b"\xff" * 100, b"[" * 10_000])
def test_rubbish_over_mqtt_changes_nothing(player: Rig, topic: str, payload: bytes) -> None:
    before = player.beliefs.state
    player.orders.hear(Heard(topic, payload), lambda _: None)
    player.step()
    assert player.beliefs.state.playlist is before.playlist
