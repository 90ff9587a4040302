"""A caller that does one thing at a time on a broker and says what came of it: for probes and tests."""

from __future__ import annotations

import contextlib
import queue
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any

from paho.mqtt.enums import MQTTProtocolVersion

from server.broker.connection import KEEPALIVE_S, WRONG_PROTOCOL, Received, Will, expiry, new_client, session
from server.broker.url import BrokerUrl

ANSWER_S = 5.0
NO_ANSWER = "no answer"
SESSION_S = 3600


@dataclass(frozen=True, slots=True)
class Answer:
    """What the broker said to a connect: ``refused`` is "" when it took us in, ``NO_ANSWER`` when it said nothing."""

    refused: str
    session_present: bool = False


class Guest:
    """One client. It never reconnects, so that losing the connection can be seen in ``gone``."""

    def __init__(
        self,
        url: BrokerUrl,
        client_id: str,
        *,
        mqtt5: bool = False,
        clean: bool = True,
        will: Will | None = None,
    ) -> None:
        self._url = url
        self._protocol = MQTTProtocolVersion.MQTTv5 if mqtt5 else MQTTProtocolVersion.MQTTv311
        self._session = session(self._protocol, 0 if clean else SESSION_S)
        self._answers: queue.Queue[Answer] = queue.Queue()
        self._granted: queue.Queue[bool] = queue.Queue()
        self._acked: dict[int, str] = {}
        self.received: queue.Queue[Received] = queue.Queue()
        self.gone = Event()
        self._client = new_client(url, client_id, self._protocol, clean=clean)
        if will:
            self._client.will_set(will.topic, will.payload, 1, will.retain)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        self._client.max_inflight_messages_set(100)

    def connect(self) -> Answer:
        """Connect and wait for the broker's word.

        Raises:
            OSError: nobody listens there.
        """
        self._client.connect(self._url.host, self._url.port, KEEPALIVE_S, **self._session)
        self._client.loop_start()
        try:
            answer = self._answers.get(timeout=ANSWER_S)
        except queue.Empty:
            answer = Answer(NO_ANSWER)
        if answer.refused:
            self.close()
        return answer

    def subscribe(self, *filters: str, qos: int = 1) -> bool:
        """Whether the broker said yes to all. Judge permissions by what arrives: a yes is not a right."""
        self._client.subscribe([(wanted, qos) for wanted in filters])
        with contextlib.suppress(queue.Empty):
            return self._granted.get(timeout=ANSWER_S)
        return False

    def publish(self, topic: str, payload: bytes, retain: bool = False, expiry_s: int | None = None) -> str:
        """Publish at QoS 1 and wait for the answer: "" when acknowledged, else what was said."""
        return self.answer_to(self.send(topic, payload, retain, expiry_s))

    def send(self, topic: str, payload: bytes, retain: bool = False, expiry_s: int | None = None) -> int:
        """Publish at QoS 1 without waiting; :meth:`answer_to` tells what became of it."""
        properties = expiry(expiry_s) if self._protocol == MQTTProtocolVersion.MQTTv5 else None
        return self._client.publish(topic, payload, 1, retain, properties).mid

    def answer_to(self, mid: int) -> str:
        """What the broker said to a publish: "" when acknowledged."""
        until(lambda: mid in self._acked or self.gone.is_set(), ANSWER_S)
        return self._acked.get(mid, NO_ANSWER)

    def next(self, timeout_s: float = ANSWER_S) -> Received | None:
        """The next message, or None when none came in time."""
        with contextlib.suppress(queue.Empty):
            return self.received.get(timeout=timeout_s)
        return None

    def drop(self) -> None:
        """Lose the connection without a goodbye, as a machine without power does; the broker sends the will."""
        network = self._client.socket()
        if isinstance(network, socket.socket):
            with contextlib.suppress(OSError):
                network.shutdown(socket.SHUT_RDWR)
        self.gone.wait(ANSWER_S)
        self._client.loop_stop()

    def close(self) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_connect(self, client: Any, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        refused = str(reason) if reason.is_failure else ""
        self._answers.put(Answer(refused, flags.session_present))

    def _on_disconnect(self, client: Any, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        self.gone.set()
        self._answers.put(Answer(NO_ANSWER))  # counts only when no CONNACK came before it
        client.disconnect()  # no second try

    def _on_subscribe(self, client: Any, _: Any, mid: int, reasons: Any, properties: Any) -> None:
        self._granted.put(not any(reason.is_failure for reason in reasons))

    def _on_publish(self, client: Any, _: Any, mid: int, reason: Any, properties: Any) -> None:
        self._acked[mid] = str(reason) if reason.is_failure else ""

    def _on_message(self, client: Any, _: Any, message: Any) -> None:
        self.received.put(Received(message.topic, bytes(message.payload), message.retain))


def speaks_mqtt5(url: BrokerUrl, client_id: str) -> bool:
    """Whether the broker knows MQTT 5, even if it refuses this account.

    Raises:
        OSError: nobody listens there.
    """
    with Guest(url, client_id, mqtt5=True) as guest:
        return guest.connect().refused not in (WRONG_PROTOCOL, NO_ANSWER)


def until(holds: Callable[[], bool], timeout_s: float) -> bool:
    """Wait until something holds; False when it did not in time."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
