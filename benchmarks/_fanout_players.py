"""Players as raw MQTT 3.1.1 connections in one event loop: a paho client per player would be the thing measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from multiprocessing.connection import Connection as Pipe

from benchmarks import _fanout_documents as documents
from playlists import topics
from playlists.model import Reference
from playlists.state import State

CONNECTS_AT_ONCE = 100  # Mosquitto's listen backlog: a refused SYN comes back after 1, 3, 7 seconds


def length_of(rest: int) -> bytes:
    """MQTT's variable byte integer."""
    found = bytearray()
    while True:
        rest, digit = divmod(rest, 128)
        found.append(digit | (0x80 if rest else 0))
        if not rest:
            return bytes(found)


def text(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def packet(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + length_of(len(body)) + body


class Player(asyncio.Protocol):
    """One screen: connects as itself, holds one subscription, acknowledges what comes and hands it on."""

    def __init__(self, name: str, password: str, state: State, arrived: Callable[[Player, bytes], None]) -> None:
        self.name, self._password, self.state, self._arrived = name, password, state, arrived
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        hello = text("MQTT") + bytes([4, 0xC2, 0, 0]) + text(self.name) + text(self.name) + text(self._password)
        transport.write(packet(0x10, hello))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._whole()) is not None:
            head, body = self._buffer[0], bytes(self._buffer[end[0] : end[1]])
            del self._buffer[: end[1]]
            self._handle(head, body)

    def _whole(self) -> tuple[int, int] | None:
        """Where the body of the first packet begins and ends, once all of it is here."""
        length, shift = 0, 0
        for at in range(1, min(len(self._buffer), 5)):
            length |= (self._buffer[at] & 0x7F) << shift
            shift += 7
            if self._buffer[at] < 0x80:
                return (at + 1, at + 1 + length) if len(self._buffer) >= at + 1 + length else None
        return None

    def _handle(self, head: int, body: bytes) -> None:
        kind = head >> 4
        if kind == 2:  # CONNACK
            if body[1]:
                self.ready.set_exception(ConnectionRefusedError(f"{self.name}: {body[1]}"))
                return
            self._transport.write(packet(0x82, b"\x00\x01" + text(topics.to_all_of(self.name)) + b"\x01"))
        elif kind == 9:  # SUBACK
            self.ready.set_result(None)
        elif kind == 3:  # PUBLISH, QoS 1
            at = 2 + int.from_bytes(body[:2], "big")
            self._transport.write(b"\x40\x02" + body[at : at + 2])
            self._arrived(self, body[at + 2 :])


class Crowd:
    """Some of the players, in a process of their own."""

    def __init__(self, port: int, logins: Mapping[str, str]) -> None:
        self._port, self._logins = port, logins
        self._trusting = documents.trusting("")
        self.players: dict[str, Player] = {}
        self._read: Callable[[Player, bytes], None] = lambda player, message: None
        self._missing, self._last = 0, 0.0
        self._all_here = asyncio.Event()

    async def connect(self) -> None:
        """All connected and subscribed."""
        gate = asyncio.Semaphore(CONNECTS_AT_ONCE)
        await asyncio.gather(*(self._one(gate, name, password) for name, password in self._logins.items()))

    async def _one(self, gate: asyncio.Semaphore, name: str, password: str) -> None:
        async with gate:
            mine = replace(self._trusting, screen=name)
            _, player = await asyncio.get_running_loop().create_connection(
                lambda: Player(name, password, mine, self._arrived), "127.0.0.1", self._port
            )
            await player.ready
            self.players[name] = player

    def prepare(self, mode: str, references: Mapping[str, Reference]) -> None:
        """Wait for one message each, to be read in this way; ``references`` are what the heads would say."""
        self._missing = len(self.players)
        self._all_here.clear()
        for name, player in self.players.items():
            if name in references:
                player.state = documents.expecting(player.state, references[name])
        self._read = lambda player, message: getattr(documents.Reader(player.state), mode)(message)

    def _arrived(self, player: Player, message: bytes) -> None:
        self._read(player, message)  # a Refusal ends the benchmark: every playlist here is right
        self._missing -= 1
        if not self._missing:
            self._last = time.perf_counter()
            self._all_here.set()

    async def last(self) -> float:
        """The instant (system-wide monotonic clock) at which the last player was done."""
        await self._all_here.wait()
        return self._last


def run(port: int, logins: Mapping[str, str], orders: Pipe) -> None:
    """The process of a crowd: obeys (mode, references), answers with the last player's instant and its own CPU time."""
    asyncio.run(_run(port, logins, orders))


async def _run(port: int, logins: Mapping[str, str], orders: Pipe) -> None:
    loop = asyncio.get_running_loop()
    crowd = Crowd(port, logins)
    await crowd.connect()
    orders.send("connected")
    while (order := await loop.run_in_executor(None, orders.recv)) is not None:
        crowd.prepare(*order)
        orders.send("prepared")
        before = time.process_time()
        orders.send((await crowd.last(), time.process_time() - before))
