"""What we rely on, seen on every broker we start: one suite, real Mosquitto and the real NATS server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from playlists import topics
from server.broker.connection import Will
from server.broker.guest import Guest, until
from server.broker.probe import GIVEN_AGAIN_S
from tests.brokers import ENGINES, RealBroker, running

A, B = "s-aaaa2222", "s-bbbb3333"
QUIET_S = 0.5  # long enough for a message that should not come: real ones come within milliseconds


@pytest.fixture(params=ENGINES)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealBroker]:
    with running(tmp_path, request.param, (A, B)) as found:
        yield found


def payloads(guest: Guest, count: int) -> list[bytes]:
    """The next ``count`` messages and whatever else comes in a quiet moment after them."""
    found = []
    for _ in range(count):
        message = guest.next()
        assert message is not None, f"only {len(found)} of {count} messages came"
        found.append(message.payload)
    while extra := guest.next(QUIET_S):
        found.append(extra.payload)
    return found


def test_retained_message_reaches_a_screen_that_comes_later(broker: RealBroker) -> None:
    with broker.guest() as bridge, broker.guest(A) as screen:
        assert bridge.publish(topics.to_playlist(A), b"first", retain=True) == ""
        assert bridge.publish(topics.to_playlist(A), b"second", retain=True) == ""
        assert bridge.publish(topics.ALL_TRUST, b"trust", retain=True) == ""
        assert screen.subscribe(topics.to_all_of(A), f"{topics.ALL}/#")
        assert sorted(payloads(screen, 2)) == [b"second", b"trust"]


def test_empty_retained_message_clears_the_topic(broker: RealBroker) -> None:
    with broker.guest() as bridge, broker.guest(A) as screen:
        bridge.publish(topics.to_playlist(A), b"gone", retain=True)
        bridge.publish(topics.to_playlist(A), b"", retain=True)
        assert screen.subscribe(topics.to_all_of(A))
        assert payloads(screen, 0) == []


def once_each(guest: Guest, count: int) -> list[bytes]:
    """The different messages that come, by number. QoS 1 is at least once, and NATS gives again after 30 s what a
    dying connection took with it."""
    found: set[bytes] = set()
    while len(found) < count:
        message = guest.next(GIVEN_AGAIN_S)
        assert message is not None, f"only {len(found)} of {count} messages came"
        found.add(message.payload)
    return sorted(found, key=int)


def test_session_keeps_messages_while_the_screen_is_away(broker: RealBroker) -> None:
    with broker.guest() as bridge:
        first = broker.guest(A, clean=False)
        assert first.subscribe(topics.to_all_of(A))
        first.close()
        for n in range(50):
            assert bridge.publish(topics.to_command(A), b"%d" % n) == ""
        again = Guest(broker.url(A), A, clean=False)
        assert again.connect().session_present
        assert once_each(again, 50) == [b"%d" % n for n in range(50)]
        again.close()


def test_lost_connection_sends_the_will_and_goodbye_does_not(broker: RealBroker) -> None:
    with broker.guest() as bridge:
        assert bridge.subscribe(topics.FROM_ANY_PRESENCE)
        polite = broker.guest(A, will=Will(topics.from_presence(A), b"polite"))
        polite.close()
        screen = broker.guest(B, will=Will(topics.from_presence(B), b"offline"))
        screen.drop()
        assert payloads(bridge, 1) == [b"offline"]
    with broker.guest() as later:
        assert later.subscribe(topics.FROM_ANY_PRESENCE)
        message = later.next()
        assert message is not None and message.retained, "the will is retained: a late reader sees it"


def test_packet_of_256_kib_passes(broker: RealBroker) -> None:
    with broker.guest() as bridge, broker.guest(A) as screen:
        assert screen.subscribe(topics.to_all_of(A))
        large = bytes(range(256)) * 1024
        assert bridge.publish(topics.to_playlist(A), large) == ""
        assert payloads(screen, 1) == [large]


def test_wrong_password_is_refused(broker: RealBroker) -> None:
    with Guest(broker.address.login(A, "x" * 32), A) as guest:
        assert guest.connect().refused == "Not authorized"
    with Guest(broker.address, A) as nobody:
        assert nobody.connect().refused == "Not authorized"


def test_stranger_with_another_client_id_reads_nothing_of_it(broker: RealBroker) -> None:
    """A rogue screen takes the client id of another, with and without wiping its session."""
    with broker.guest() as bridge:
        bridge.publish(topics.to_playlist(B), b"playlist", retain=True)
        victim = broker.guest(B, clean=False)
        assert victim.subscribe(topics.to_all_of(B))
        assert victim.next() is not None
        victim.close()
        bridge.publish(topics.to_command(B), b"queued")
        thief = broker.guest(A, client_id=B, clean=False)
        bridge.publish(topics.to_command(B), b"live")
        thief.subscribe(topics.to_all_of(B))
        assert payloads(thief, 0) == []
        thief.close()
        again = broker.guest(B, clean=False)
        again.subscribe(topics.to_all_of(B))
        assert {b"queued", b"live", b"playlist"} <= set(payloads(again, 3))
        again.close()


def test_stranger_with_another_client_id_does_not_throw_it_out_of_mosquitto(tmp_path: Path) -> None:
    """NATS has no such binding: there the victim reconnects, and everything it must have is retained."""
    with running(tmp_path, "mosquitto", (A, B)) as broker, broker.guest() as bridge:
        victim = broker.guest(B, clean=False)
        assert victim.subscribe(topics.to_all_of(B))
        thief = broker.guest(A, client_id=B, clean=True)
        bridge.publish(topics.to_command(B), b"live")
        assert payloads(victim, 1) == [b"live"]
        assert not victim.gone.is_set() and not thief.gone.is_set()
        thief.close()
        victim.close()


def test_account_added_at_run_time_connects_and_cuts_nobody(broker: RealBroker) -> None:
    late = "s-late4444"
    with broker.guest() as bridge, broker.guest(A) as screen:
        assert screen.subscribe(topics.to_all_of(A))
        assert Guest(broker.url(late), late).connect().refused
        broker.devices[late] = "d"
        broker.update()
        assert until(lambda: not _refused(broker, late), 5)
        with broker.guest(late) as newcomer:
            assert newcomer.subscribe(topics.to_all_of(late))
            bridge.publish(topics.to_playlist(late), b"welcome")
            bridge.publish(topics.to_playlist(A), b"still here")
            assert payloads(newcomer, 1) == [b"welcome"]
            assert payloads(screen, 1) == [b"still here"]
        assert not bridge.gone.is_set() and not screen.gone.is_set()


def test_account_removed_at_run_time_is_cut_off(broker: RealBroker) -> None:
    with broker.guest() as bridge:
        stolen = broker.guest(B)
        url = broker.url(B)
        del broker.devices[B]
        broker.update()
        assert stolen.gone.wait(5)
        with Guest(url, B) as again:
            assert again.connect().refused == "Not authorized"
        assert not bridge.gone.is_set()


def test_new_device_of_a_screen_cuts_off_the_old_one(broker: RealBroker) -> None:
    old = broker.guest(B)
    broker.devices[B] = "another device"
    broker.update()
    assert old.gone.wait(5)
    assert until(lambda: not _refused(broker, B), 5)


def test_killed_broker_comes_back_with_its_state_or_says_that_it_is_gone(broker: RealBroker) -> None:
    """Mosquitto saves once a minute, NATS at once: either way the session-present flag tells the truth."""
    bridge, screen = broker.guest(), broker.guest(A, clean=False)
    assert screen.subscribe(topics.to_all_of(A))
    bridge.publish(topics.to_playlist(A), b"kept?", retain=True)
    broker.kill()
    assert bridge.gone.wait(5) and screen.gone.wait(5)
    broker.start()
    again = Guest(broker.url(A), A, clean=False)
    kept = again.connect().session_present
    assert kept == (broker.name == "nats")
    again.subscribe(topics.to_all_of(A))
    assert set(payloads(again, 0)) == ({b"kept?"} if kept else set())  # NATS may give it twice, as QoS 1 allows
    again.close()


def test_stopped_broker_comes_back_with_everything(broker: RealBroker) -> None:
    bridge, screen = broker.guest(), broker.guest(A, clean=False)
    assert screen.subscribe(topics.to_all_of(A))
    screen.close()
    bridge.publish(topics.to_playlist(A), b"playlist", retain=True)
    bridge.publish(topics.to_command(A), b"queued")
    broker.child.stop()
    broker.start()
    again = Guest(broker.url(A), A, clean=False)
    assert again.connect().session_present
    assert sorted(payloads(again, 2)) == [b"playlist", b"queued"]
    again.close()


def test_wiped_broker_knows_no_session_and_takes_everything_again(broker: RealBroker) -> None:
    with broker.guest() as bridge:
        bridge.publish(topics.to_playlist(A), b"old", retain=True)
    broker.guest(A, clean=False).close()
    broker.kill()
    broker.wipe()
    broker.start()
    screen = Guest(broker.url(A), A, clean=False)
    assert not screen.connect().session_present
    assert screen.subscribe(topics.to_all_of(A))
    assert payloads(screen, 0) == []
    with broker.guest() as bridge:
        assert bridge.publish(topics.to_playlist(A), b"again", retain=True) == ""
        assert payloads(screen, 1) == [b"again"]
    screen.close()


def _refused(broker: RealBroker, name: str) -> str:
    with Guest(broker.url(name), name) as guest:
        return guest.connect().refused


def test_twenty_screens_never_read_or_forge_what_is_another_s(tmp_path: Path, engine_name: str) -> None:
    """20 screens × 20 topics, each screen asking for everything and speaking to everyone: judged by delivery."""
    names = [f"s-{n:08d}" for n in range(20)]
    with running(tmp_path, engine_name, names) as broker, broker.guest() as bridge:
        bridge.subscribe(f"{topics.ROOT}/from/#")
        guests = {name: broker.guest(name) for name in names}
        for name, guest in guests.items():
            guest.subscribe(topics.to_all_of(name))
            guest.subscribe(f"{topics.ALL}/#")
            for wanted in (*map(topics.to_all_of, names), *GREEDY):
                if wanted != topics.to_all_of(name):
                    guest.subscribe(wanted)
        for name, guest in guests.items():
            forged = [topics.to_playlist(other) for other in names]
            forged += [topics.from_state(other) for other in names if other != name]
            forged += [topics.ALL_TRUST, topics.ALL_REVOCATION]
            mids = [guest.send(topic, f"forged by {name}".encode()) for topic in forged]
            for mid in mids:
                guest.answer_to(mid)
            guest.publish(topics.from_state(name), f"true {name}".encode())
        for name in names:
            bridge.publish(topics.to_playlist(name), f"for {name}".encode())
        bridge.publish(topics.ALL_TRUST, b"end")
        heard = {name: _until_end(guest) for name, guest in guests.items()}
        until(lambda: False, QUIET_S)
        for name, guest in guests.items():
            assert set(heard[name]) == {f"for {name}".encode(), b"end"}, name
            assert guest.received.empty(), name
        assert sorted(payloads(bridge, 20)) == sorted(f"true {name}".encode() for name in names)
        for guest in guests.values():
            guest.close()


GREEDY = ("#", f"{topics.ROOT}/#", f"{topics.ROOT}/to/+/playlist", "+/+/+/+/playlist", f"{topics.ROOT}/from/#")


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _until_end(guest: Guest) -> list[bytes]:
    """Everything up to the last message of the bridge, which every screen may read."""
    found: list[bytes] = []
    while not found or found[-1] != b"end":
        message = guest.next()
        assert message is not None, found
        found.append(message.payload)
    return found
