"""One connection of the server to the broker, whichever broker it is and however often it goes away.

How to use it, from one thread (made after any fork: a client made before one delivers nothing)::

    connection = Connection(url.parse(address), "bridge", subscriptions=[(topics.FROM_ANY_STATE, 1)])
    connection.start()
    while not stop.is_set():
        for event in connection.wait(1.0):
            match event:
                case Connected(session_present=False): publish everything retained again
                case Acked(mid=mid): delete the outbox row of this mid
                case Received(topic=topic, payload=payload): …
    connection.stop()

paho is kept to what was seen to work (version 2.2): callbacks only put events into a queue, so none can raise and end
the network thread; no lock of ours is held across ``publish``; MQTT 5 is tried first and 3.1.1 taken when the broker
refuses it; every reconnect waits a random time; a network thread that ended all the same is noticed and replaced.
"""

from __future__ import annotations

import logging
import queue
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from server.broker.errors import BrokerBusyError
from server.broker.url import BrokerUrl

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
SESSION_EXPIRY_S = 7 * 24 * 3600
LONGEST_DELAY_S = 30
MOST_QUEUED = 20_000  # paho's message ids end at 65,535
MOST_IN_FLIGHT = 100  # as many as our brokers take
WRONG_PROTOCOL = "Unsupported protocol version"


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker took us in and we have asked for our subscriptions.

    Without ``session_present`` it knows nothing of us: it is new, was wiped, or restarted without its state; publish
    everything retained again. ``renewed`` means that mids from before will never be acknowledged: publish those again.
    """

    session_present: bool
    renewed: bool
    mqtt5: bool


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is gone or was refused, and is being made again. ``reason`` is in the library's English."""

    reason: str


@dataclass(frozen=True, slots=True)
class Acked:
    """The broker answered a publish. This is no receipt: it says nothing about any screen.

    ``refused`` is "" when taken. MQTT 3.1.1 cannot say no, and acknowledges what it throws away.
    """

    mid: int
    refused: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message of one of our subscriptions. QoS 1: it may come twice."""

    topic: str
    payload: bytes
    retained: bool


Event = Connected | Disconnected | Acked | Received


@dataclass(frozen=True, slots=True)
class _Refused:
    """Internal: the CONNACK said no."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Silent:
    """Internal: the broker closed the connection without a CONNACK."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes for us when we vanish without saying goodbye."""

    topic: str
    payload: bytes
    retain: bool = True


class Connection:
    """A persistent session that reconnects by itself. One thread owns it; see the module's text."""

    def __init__(
        self,
        url: BrokerUrl,
        client_id: str,
        *,
        subscriptions: Sequence[tuple[str, int]] = (),
        will: Will | None = None,
        ca: Path | None = None,
    ) -> None:
        """``subscriptions`` are (topic filter, QoS); ``ca`` is a certificate authority besides the system's."""
        self._url, self._client_id, self._will, self._ca = url, client_id, will, ca
        self._subscriptions = list(subscriptions)
        self._events: queue.Queue[Event | _Refused | _Silent] = queue.Queue()
        self._attempts = 0
        self._silences = 0
        self._answered = False
        self._renewed = True
        self._met = False
        self._client = self._make(MQTTProtocolVersion.MQTTv5)

    @property
    def mqtt5(self) -> bool:
        """Whether we speak MQTT 5 (expiry, refused publishes are told) or 3.1.1."""
        return self._client.protocol == MQTTProtocolVersion.MQTTv5

    @property
    def connected(self) -> bool:
        """Whether the broker has us right now, as far as is known."""
        return self._client.is_connected()

    def start(self) -> None:
        """Begin to connect; never waits, never raises because a broker is away."""
        self._client.loop_start()

    def stop(self) -> None:
        """Say goodbye and end the network thread. What is not acknowledged by now may not have been sent."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(
        self, topic: str, payload: bytes, retain: bool = False, qos: int = 1, expiry_s: int | None = None
    ) -> int:
        """Hand over one message; the returned mid comes back in an :class:`Acked`.

        While the broker is away a QoS 1 message waits and is sent, in order, when it is back.
        ``expiry_s`` is honoured by MQTT 5 alone: what must expire says so in its payload too.

        Raises:
            BrokerBusyError: too many messages wait already, or no broker has been met yet. Try again after an event.
        """
        if not self._met:
            raise BrokerBusyError("Chưa kết nối được với broker nào.")
        properties = expiry(expiry_s) if self.mqtt5 else None
        info = self._client.publish(topic, payload, qos, retain, properties)
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            raise BrokerBusyError(f"Đã có {MOST_QUEUED} tin chờ broker xác nhận.")
        return info.mid

    def wait(self, timeout_s: float) -> list[Event]:
        """The events since the last call, oldest first; waits up to ``timeout_s`` for the first one."""
        self._watch_thread()
        found: list[Event] = []
        try:
            self._take(self._events.get(timeout=timeout_s), found)
            while True:
                self._take(self._events.get_nowait(), found)
        except queue.Empty:
            return found

    def _take(self, event: Event | _Refused | _Silent, found: list[Event]) -> None:
        if isinstance(event, _Silent):
            self._count_silence()
            return
        if isinstance(event, _Refused):
            found.append(Disconnected(event.reason))
            if event.reason == WRONG_PROTOCOL and self.mqtt5:
                self._renew(MQTTProtocolVersion.MQTTv311)
            return
        if isinstance(event, Connected):
            event = Connected(event.session_present, self._renewed, event.mqtt5)
            self._met, self._renewed, self._silences = True, False, 0
        found.append(event)

    def _count_silence(self) -> None:
        """NATS over TLS and WebSocket closes before its refusal of MQTT 5 is read, two times out of three (2.15).

        So a client that was never taken in tries the other protocol after every second silence.
        """
        self._silences += 1
        if self._renewed and self._silences % 2 == 0:
            self._renew(MQTTProtocolVersion.MQTTv311 if self.mqtt5 else MQTTProtocolVersion.MQTTv5)

    def _watch_thread(self) -> None:
        """A broker that sends garbage can end paho's network thread, while ``is_connected`` goes on saying True."""
        if self._met and self._client.loop_start() is MQTTErrorCode.MQTT_ERR_SUCCESS:
            log.error("the network thread of %s had ended; a new client takes over", self._client_id)
            self._renew(self._client.protocol)

    def _renew(self, protocol: MQTTProtocolVersion) -> None:
        self.stop()
        self._renewed = True
        self._client = self._make(protocol)
        self._client.loop_start()

    def _make(self, protocol: MQTTProtocolVersion) -> mqtt.Client:
        client = new_client(self._url, self._client_id, protocol, clean=False, ca=self._ca)
        client.max_inflight_messages_set(MOST_IN_FLIGHT)
        client.max_queued_messages_set(MOST_QUEUED)
        if self._will:
            client.will_set(self._will.topic, self._will.payload, 1, self._will.retain)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.connect_async(self._url.host, self._url.port, KEEPALIVE_S, **session(protocol, SESSION_EXPIRY_S))
        return client

    # --- Callbacks, in the network thread: they only enqueue ---------------------------------------------------------

    def _on_connect(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._answered = True
        if reason.is_failure:
            self._events.put(_Refused(str(reason)))
            return
        self._attempts = 0
        if self._subscriptions:
            client.subscribe(self._subscriptions)
        mqtt5 = client.protocol == MQTTProtocolVersion.MQTTv5
        self._events.put(Connected(flags.session_present, False, mqtt5))

    def _on_connect_fail(self, client: mqtt.Client, _: Any) -> None:
        self._delay_next(client)

    def _on_disconnect(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._delay_next(client)
        self._events.put(Disconnected(str(reason)))
        if not self._answered:
            self._events.put(_Silent())
        self._answered = False

    def _on_publish(self, _: mqtt.Client, __: Any, mid: int, reason: Any, properties: Any) -> None:
        self._events.put(Acked(mid, str(reason) if reason.is_failure else ""))

    def _on_message(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        self._events.put(Received(message.topic, bytes(message.payload), message.retain))

    def _delay_next(self, client: mqtt.Client) -> None:
        """Full jitter: whole seconds between 0 and a limit that doubles with every failure."""
        limit = min(LONGEST_DELAY_S, 2**self._attempts)
        self._attempts = min(self._attempts + 1, 10)
        delay = secrets.randbelow(limit + 1)
        client.reconnect_delay_set(delay, delay)


def new_client(
    url: BrokerUrl, client_id: str, protocol: MQTTProtocolVersion, *, clean: bool, ca: Path | None = None
) -> mqtt.Client:
    """A paho client for this address, not connected; ``clean`` counts for MQTT 3.1.1 (else :func:`session`)."""
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=protocol,
        transport="websockets" if url.websocket else "tcp",
        clean_session=None if protocol == MQTTProtocolVersion.MQTTv5 else clean,
    )
    if url.username:
        client.username_pw_set(url.username, url.password)
    if url.websocket:
        client.ws_set_options(path=url.path)
    if url.tls:
        client.tls_set(ca_certs=str(ca) if ca else None)
    return client


def session(protocol: MQTTProtocolVersion, expiry_s: int) -> dict[str, Any]:
    """What ``connect`` needs so that MQTT 5 keeps a session for ``expiry_s`` (0: none): both, or nothing is kept."""
    if protocol != MQTTProtocolVersion.MQTTv5:
        return {}
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = expiry_s
    return {"clean_start": expiry_s == 0, "properties": properties}


def expiry(seconds: int | None) -> Properties | None:
    """MQTT 5's message expiry as a property of a publish; None when there is none."""
    if seconds is None:
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = seconds
    return properties
