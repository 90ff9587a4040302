"""The MQTT connection. Callbacks only enqueue; presence is published in on-connect; the will is set before connecting.

One thread owns the client: it connects, reads and writes, so nothing of ours is ever locked across a publish.
paho's own reconnecting doubles without jitter; ours is full jitter. MQTT 5 where the broker has it, else 3.1.1
(NATS refuses 5): nothing that must be right depends on the difference.
"""

from __future__ import annotations

import json
import logging
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from player.enrol import Paired
from player.pace import Backoff
from playlists import topics

log = logging.getLogger("player")
SESSION_S = 7 * 24 * 3600
KEEPALIVE_S = 30
CONNECT_S = 10
QUEUED_RESULTS = 100
DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as it came."""

    topic: str
    payload: bytes


class Link:
    """One screen's line to the broker.

    ``heard`` is called from the link's thread with each message, and with None when a connection stands.
    """

    def __init__(
        self, paired: Paired, boot: int, now_ms: Callable[[], int], heard: Callable[[Heard | None], None]
    ) -> None:
        self.connected = False
        self._paired, self._boot, self._now_ms, self._heard = paired, boot, now_ms, heard
        self.moved: Callable[[Paired], Paired] = lambda paired: (
            paired
        )  # asked where the broker is, when it is not there
        self._state: bytes | None = None
        self._state_new = False
        self._results: deque[bytes] = deque(maxlen=QUEUED_RESULTS)
        self._protocol = mqtt.MQTTv5
        self._settled = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)

    def start(self) -> None:
        """Begin connecting; a broker that is away is tried again for ever."""
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye (an orderly end sends no will, so presence is published off first) and disconnect."""
        self._stop.set()
        if self._thread.ident:
            self._thread.join(timeout=5)

    def say_state(self, state: dict[str, Any]) -> None:
        """Publish the state, now or when the broker is back; only the latest counts."""
        self._state, self._state_new = _json(state), True

    def say_result(self, result: dict[str, Any]) -> None:
        """Publish the answer to a command."""
        self._results.append(_json(result))

    # --- Its thread ---

    def _run(self) -> None:
        backoff = Backoff(first_s=2, longest_s=120)
        while not self._stop.is_set():
            try:
                if self._session():
                    backoff.success()
                elif not self._stop.is_set():
                    self._paired = self.moved(self._paired)
            except Exception:  # the outermost loop of this thread: whatever paho raises, the line must come back
                log.exception("the line to the broker broke")
            self._stop.wait(backoff.failure())

    def _session(self) -> bool:
        """One connection from beginning to end. Whether it ever stood."""
        client = self._client()
        stood = False
        try:
            url = urlsplit(self._paired.broker_url)
            options: dict[str, Any] = {"keepalive": KEEPALIVE_S}
            if self._protocol == mqtt.MQTTv5:
                options |= {"clean_start": False, "properties": _session_expiry()}
            client.connect(url.hostname or "localhost", url.port or DEFAULT_PORTS.get(url.scheme, 1883), **options)
            give_up = time.monotonic() + CONNECT_S
            while not self._stop.is_set() and client.loop(timeout=0.2) == mqtt.MQTT_ERR_SUCCESS:
                if self.connected:
                    stood = True
                    self._write(client)
                elif stood or time.monotonic() > give_up:  # some brokers never answer a language they do not speak
                    break
            if self._stop.is_set() and self.connected:
                self._farewell(client)
        except (OSError, ValueError):
            pass  # not there, or its name is not known: the next try comes
        finally:
            self.connected = False
            client.disconnect()
            self._try_other_protocol(stood)
        return stood

    def _try_other_protocol(self, stood: bool) -> None:
        """Until a broker was reached once, its language is not known: try both in turn."""
        self._settled = self._settled or stood
        if not self._settled:
            self._protocol = mqtt.MQTTv311 if self._protocol == mqtt.MQTTv5 else mqtt.MQTTv5

    def _client(self) -> mqtt.Client:
        url, screen = urlsplit(self._paired.broker_url), self._paired.screen
        older = self._protocol != mqtt.MQTTv5
        client = mqtt.Client(
            callback_api_version=CallbackAPIVersion.VERSION2,
            client_id=screen,
            protocol=self._protocol,
            clean_session=False if older else None,
            transport="websockets" if url.scheme in ("ws", "wss") else "tcp",
        )
        client.connect_timeout = CONNECT_S
        client.username_pw_set(self._paired.username or screen, self._paired.password)
        if url.scheme in ("mqtts", "wss"):
            client.tls_set_context(ssl.create_default_context())
        client.will_set(topics.from_presence(screen), self._presence(online=False), qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _presence(self, online: bool) -> bytes:
        return _json({"format": 1, "online": online, "boot": self._boot, "at": self._now_ms()})

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            return
        wanted = (topics.to_all_of(self._paired.screen), topics.ALL_TRUST, topics.ALL_REVOCATION)
        client.subscribe([(topic, 1) for topic in wanted])
        client.publish(topics.from_presence(self._paired.screen), self._presence(online=True), qos=1, retain=True)
        self.connected, self._state_new = True, self._state is not None
        self._heard(None)

    def _on_disconnect(self, *_: Any) -> None:
        self.connected = False

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._heard(Heard(message.topic, bytes(message.payload)))

    def _write(self, client: mqtt.Client) -> None:
        screen = self._paired.screen
        if self._state_new and self._state is not None:
            self._state_new = False
            client.publish(topics.from_state(screen), self._state, qos=1, retain=True)
        while self._results:
            client.publish(topics.from_result(screen), self._results.popleft(), qos=1)

    def _farewell(self, client: mqtt.Client) -> None:
        self._write(client)
        said = client.publish(
            topics.from_presence(self._paired.screen), self._presence(online=False), qos=1, retain=True
        )
        for _ in range(20):  # a disconnect right behind a publish would lose it: wait for its acknowledgement
            if client.loop(timeout=0.1) != mqtt.MQTT_ERR_SUCCESS or said.is_published():
                return


def _session_expiry() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_S
    return properties


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
