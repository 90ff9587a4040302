"""The server's one connection, over everything a broker does to it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from playlists import topics
from server.broker.connection import Acked, Connected, Connection, Disconnected, Event, Received
from server.broker.errors import BrokerBusyError
from server.broker.guest import until
from server.broker.url import parse
from tests.brokers import ENGINES, RealBroker, running

A = "s-aaaa2222"


@pytest.fixture(params=ENGINES)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealBroker]:
    with running(tmp_path, request.param, (A,)) as found:
        yield found


@pytest.fixture
def connection(broker: RealBroker) -> Iterator[Connection]:
    found = Connection(broker.url(), "bridge", subscriptions=[(topics.FROM_ANY_STATE, 1)])
    found.start()
    yield found
    found.stop()


def wait_for(connection: Connection, wanted: Callable[[Event], bool], timeout_s: float = 20) -> list[Event]:
    """All events up to and including the first that is wanted."""
    found: list[Event] = []
    assert until(lambda: any(map(wanted, found)) or bool(found.extend(connection.wait(0.2))), timeout_s), found
    return found


def connected(event: Event) -> bool:
    return isinstance(event, Connected)


def acks(events: list[Event]) -> list[int]:
    return [event.mid for event in events if isinstance(event, Acked)]


def test_it_speaks_what_the_broker_speaks(broker: RealBroker, connection: Connection) -> None:
    event = wait_for(connection, connected)[-1]
    assert event == Connected(session_present=False, renewed=True, mqtt5=broker.mqtt5)
    assert connection.mqtt5 == broker.mqtt5 and connection.connected


def test_messages_come_in_and_publishes_are_acknowledged(broker: RealBroker, connection: Connection) -> None:
    wait_for(connection, connected)
    with broker.guest(A) as screen:
        screen.subscribe(topics.to_all_of(A))
        screen.publish(topics.from_state(A), b"state", retain=True)
        assert any(isinstance(e, Received) and e.payload == b"state" for e in wait_for(connection, _received))
        mids = [connection.publish(topics.to_command(A), b"%d" % n, expiry_s=60) for n in range(300)]
        got: list[Event] = []
        assert until(lambda: len(acks(got)) == 300 or bool(got.extend(connection.wait(0.2))), 20)
        assert sorted(acks(got)) == sorted(mids)
        assert [screen.next().payload for _ in range(300)] == [b"%d" % n for n in range(300)]  # type: ignore[union-attr]


def _received(event: Event) -> bool:
    return isinstance(event, Received)


def test_publish_before_any_broker_was_met_is_refused_aloud(broker: RealBroker) -> None:
    connection = Connection(broker.url(), "bridge")
    with pytest.raises(BrokerBusyError):
        connection.publish(topics.ALL_TRUST, b"x")


def test_what_is_published_while_the_broker_is_away_arrives_in_order(
    broker: RealBroker, connection: Connection
) -> None:
    wait_for(connection, connected)
    broker.child.stop()
    wait_for(connection, lambda event: isinstance(event, Disconnected))
    mids = [connection.publish(topics.to_command(A), b"%d" % n, retain=n == 49) for n in range(50)]
    broker.start()
    got: list[Event] = []
    assert until(lambda: len(acks(got)) == 50 or bool(got.extend(connection.wait(0.2))), 40)
    assert acks(got) == mids
    with broker.guest(A) as screen:
        screen.subscribe(topics.to_all_of(A))
        message = screen.next()
        assert message is not None and message.payload == b"49"


def test_wiped_broker_is_seen_by_the_missing_session(broker: RealBroker, connection: Connection) -> None:
    wait_for(connection, connected)
    broker.child.stop()
    broker.start()
    back = wait_for(connection, connected, 40)[-1]
    assert back == Connected(session_present=True, renewed=False, mqtt5=broker.mqtt5)
    broker.kill()
    broker.wipe()
    broker.start()
    back = wait_for(connection, connected, 40)[-1]
    assert back == Connected(session_present=False, renewed=False, mqtt5=broker.mqtt5)
    with broker.guest(A) as screen:
        screen.publish(topics.from_state(A), b"again")
        assert wait_for(connection, _received)


def test_refused_password_is_told_and_tried_again(broker: RealBroker) -> None:
    connection = Connection(broker.address.login("bridge", "wrong" * 6), "bridge")
    connection.start()
    wait_for(connection, lambda event: event == Disconnected("Not authorized"))
    again = wait_for(connection, lambda event: event == Disconnected("Not authorized"))
    assert again and not connection.connected
    connection.stop()


def test_broker_that_refuses_a_publish_is_heard_over_mqtt5(tmp_path: Path) -> None:
    with running(tmp_path, "mosquitto", (A,)) as broker:
        connection = Connection(broker.url(A), A)
        connection.start()
        wait_for(connection, connected)
        mid = connection.publish(topics.ALL_TRUST, b"forged")
        assert wait_for(connection, lambda e: isinstance(e, Acked))[-1] == Acked(mid, "Not authorized")
        connection.stop()


# A CONNACK, then a message that the library cannot read; the second kind ends its network thread with an exception.
GARBAGE = {
    "topic longer than its packet": b"\x30\x03\x00\xff\x41",
    "property that does not exist": b"\x30\x06\x00\x01\x41\x02\xff\x00",
}


@pytest.mark.parametrize("message", GARBAGE.values(), ids=GARBAGE)
def test_garbage_from_the_broker_ends_no_one_for_good(message: bytes) -> None:
    served: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_lie, args=(server, message, served), daemon=True).start()
        connection = Connection(parse(f"mqtt://127.0.0.1:{server.getsockname()[1]}"), "bridge")
        connection.start()
        found: list[Event] = []
        assert until(lambda: len(served) >= 3 or (found.extend(connection.wait(0.1)) or False), 40), found
        connection.stop()


def _lie(server: socket.socket, message: bytes, served: list[bytes]) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:  # the test is over
            return
        with client, contextlib.suppress(OSError):
            served.append(client.recv(1000))
            client.sendall(b"\x20\x03\x00\x00\x00" + message)
            client.recv(1000)
