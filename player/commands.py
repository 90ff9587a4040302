"""The closed list of things staff may ask of a screen from afar. Anything else is answered and not done."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from player.clock import Clock
from player.json_object import read_object
from player.store import Slots
from playlists.model import MAX_INTEGER

NAMES = ("identify", "screenshot", "reload", "blank", "unblank", "restart")
COMMAND_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Command:
    """One wish: ``id`` comes back with the answer, after ``until`` (UTC ms) it is no longer done."""

    id: str
    name: str
    until: int


def read_command(payload: bytes) -> Command:
    """The command in a message. Raises ValueError for anything else."""
    if len(payload) > COMMAND_BYTES:
        raise ValueError("Lệnh dài quá mức cho phép.")
    try:
        data = read_object(payload)
    except ValueError as error:
        raise ValueError("Lệnh không đọc được.") from error
    if data.get("format") != 1:
        raise ValueError("Lệnh không đúng định dạng.")
    number, until = data.get("id"), data.get("until", MAX_INTEGER)
    if not isinstance(number, str | int) or type(until) is not int:
        raise ValueError("Lệnh thiếu mã hoặc ghi sai thời hạn.")
    return Command(str(number)[:64], str(data.get("command")), until)


class Commands:
    """Does what it is told once per id: a broker may deliver a message twice, also to the next start of a player."""

    def __init__(self, deeds: Mapping[str, Callable[[Command], str]], done: Slots | None = None) -> None:
        """``deeds`` does each command and says in a few words what came of it; LookupError says that it cannot.

        ``done`` remembers the ids over a restart.
        """
        self._deeds, self._slots = deeds, done
        self._done: list[str] = (done.load(_read_ids) if done else None) or []

    def answer(self, payload: bytes, now_ms: int) -> dict[str, Any] | None:
        """The result to publish; None for a command already done."""
        try:
            command = read_command(payload)
        except ValueError as error:
            return _result("", "", ok=False, text=str(error)[:200], at=now_ms)
        if command.id in self._done:
            return None
        self._remember(command.id)
        if now_ms > command.until:
            return _result(command.id, command.name, ok=False, text="Lệnh đến quá muộn nên không thực hiện.", at=now_ms)
        deed = self._deeds.get(command.name)
        if deed is None:
            return _result(command.id, command.name, ok=False, text="Trình phát không có lệnh này.", at=now_ms)
        try:
            return _result(command.id, command.name, ok=True, text=deed(command), at=now_ms)
        except LookupError as error:
            return _result(command.id, command.name, ok=False, text=str(error.args[0]), at=now_ms)

    def _remember(self, number: str) -> None:
        self._done = [*self._done[-99:], number]
        if self._slots:
            with suppress(OSError):  # a full disk keeps nobody from turning the picture off
                self._slots.save(json.dumps(self._done).encode())


class CommandDesk:
    """Does commands one after the other in a thread of its own: a picture may take long, and nobody waits for it."""

    def __init__(self, commands: Commands, clock: Clock, say: Callable[[dict[str, Any]], None]) -> None:
        self._commands, self._clock, self._say = commands, clock, say
        self._inbox: SimpleQueue[bytes | None] = SimpleQueue()

    def put(self, payload: bytes) -> None:
        """Do this soon."""
        self._inbox.put(payload)

    def rouse(self) -> None:
        """Look whether to stop."""
        self._inbox.put(None)

    def run(self, stop: threading.Event) -> None:
        """The thread, until ``stop``."""
        while not stop.is_set():
            payload = self._inbox.get()
            answer = self._commands.answer(payload, self._clock.read().now.ms) if payload is not None else None
            if answer:
                self._say(answer)


def _read_ids(body: bytes) -> list[str]:
    return [str(number) for number in json.loads(body)]


def _result(number: str, name: str, *, ok: bool, text: str, at: int) -> dict[str, Any]:
    return {"format": 1, "id": number, "command": name, "ok": ok, "text": text, "at": at}
