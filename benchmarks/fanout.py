"""One playlist for each of N players: from the first publish to the last player that verified its own.

``python -m benchmarks.fanout [--quick] [--players N]``. Real Mosquitto as our own child with one account per player;
the bridge's own connection publishes retained QoS 1 messages; the players are raw MQTT connections spread over one
process per core. Everything shares this machine: the players' own work, which in service is done on N machines, too.

Reference and candidates take turns and publish the same bytes (a sealed playlist of 12 items and 60 slots per screen,
about 3 KB packed) to the same clients. The best round of each counts, because others on the machine only ever add:

* bare:     publish, receive (the reference)
* verified: publish, receive, inflate, open the envelope, find the director's Ed25519 signature (the headline)
* sealed:   as verified, and the server serialises, signs and packs each playlist while the clock runs
* checked:  as verified, and the whole ``check_playlist``: schema, target, version, agreement with the head

CPU seconds (publisher, broker, players) are told beside the wall clock: they say the same on a busy machine.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from benchmarks import _fanout_documents as documents
from benchmarks import _fanout_players
from playlists import topics
from server.broker import accounts as who
from server.broker.child import BrokerChild, find_mosquitto
from server.broker.connection import Acked, Connected, Connection
from server.broker.places import Place
from server.broker.url import BrokerUrl

GOAL = 2.0
MODES = ("verified", "sealed", "checked")
LONGEST_ROUND_S = 120


@contextmanager
def broker(folder: Path, secret: bytes, screens: Sequence[str]) -> Iterator[BrokerChild]:
    """A Mosquitto with an account for everybody."""
    engine = find_mosquitto()
    if engine is None:
        raise SystemExit("mosquitto is missing on this machine: see tests/machine.sh")
    place = Place(folder / "broker", folder / "broker" / "state", port=_free_port())
    child = BrokerChild(place, engine)
    child.start(who.of_installation(secret, dict.fromkeys(screens, "")))
    try:
        yield child
    finally:
        child.stop()


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def crowds(port: int, logins: Mapping[str, str], processes: int) -> Iterator[list[Pipe]]:
    """The players, shared out over processes; each pipe takes orders and answers."""
    names = sorted(logins)
    context = multiprocessing.get_context("spawn")
    pipes, workers = [], []
    for n in range(processes):
        ours, theirs = context.Pipe()
        mine = {name: logins[name] for name in names[n::processes]}
        worker = context.Process(target=_fanout_players.run, args=(port, mine, theirs), daemon=True)
        worker.start()
        pipes.append(ours)
        workers.append(worker)
    try:
        for pipe in pipes:
            _answer(pipe)
        yield pipes
    finally:
        for pipe in pipes:
            pipe.send(None)
        for worker in workers:
            worker.join(10)


def _answer(pipe: Pipe) -> Any:
    if not pipe.poll(LONGEST_ROUND_S):
        raise SystemExit("the players did not answer in time")
    return pipe.recv()


def publisher(place: Place, secret: bytes) -> Connection:
    """The connection that the bridge has."""
    url = BrokerUrl("mqtt", place.host, place.port, who.BRIDGE, who.password_of(secret, who.BRIDGE))
    connection = Connection(url, who.BRIDGE)
    connection.start()
    while not any(isinstance(event, Connected) for event in connection.wait(1)):
        pass
    return connection


@dataclass(frozen=True, slots=True)
class Took:
    """What one round cost: from the first publish to the last player, and the CPU time of all processes in it."""

    wall_s: float
    cpu_s: float


class Rounds:
    """The parts that every round needs; all rounds publish the same bytes, sealed before the first."""

    def __init__(self, screens: Sequence[str], pipes: Sequence[Pipe], connection: Connection, broker_pid: int) -> None:
        self._pipes, self._connection, self._broker_pid = pipes, connection, broker_pid
        self._playlists = {screen: documents.playlist(screen) for screen in screens}
        self._messages = {screen: documents.packed(whole) for screen, whole in self._playlists.items()}
        self._references = {screen: documents.reference(message) for screen, message in self._messages.items()}

    def run(self, mode: str) -> Took:
        """One message for everybody, read in the given way."""
        for pipe in self._pipes:
            pipe.send(("verified", {}) if mode == "sealed" else (mode, self._references if mode == "checked" else {}))
        for pipe in self._pipes:
            _answer(pipe)
        gc.collect()
        cpu, start = self._cpu(), time.perf_counter()
        for screen, message in self._messages.items():
            payload = documents.packed(self._playlists[screen]) if mode == "sealed" else message
            self._connection.publish(topics.to_playlist(screen), payload, retain=True)
        acked = 0
        while acked < len(self._messages):
            acked += sum(isinstance(event, Acked) for event in self._connection.wait(5))
        answers: list[tuple[float, float]] = [_answer(pipe) for pipe in self._pipes]
        return Took(max(last for last, _ in answers) - start, self._cpu() - cpu + sum(cost for _, cost in answers))

    def _cpu(self) -> float:
        """Seconds so far of the publisher and of the broker (its user and system time, fields 14 and 15)."""
        fields = Path(f"/proc/{self._broker_pid}/stat").read_text().rpartition(")")[2].split()
        return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(players: int, order: Sequence[str]) -> dict[str, list[Took]]:
    """Every round in this order of modes; a first round warms everything up and is not told."""
    secret = who.new_secret()
    screens = [f"s-{n:08d}" for n in range(players)]
    found: dict[str, list[Took]] = {mode: [] for mode in order}
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder), secret, screens) as child:
        logins = {screen: who.password_of(secret, screen) for screen in screens}
        with crowds(child.place.port, logins, processes=min(2, os.cpu_count() or 1)) as pipes:
            connection = publisher(child.place, secret)
            rounds = Rounds(screens, pipes, connection, child.pid or 0)
            rounds.run("bare")
            for mode in order:
                found[mode].append(rounds.run(mode))
            connection.stop()
    return found


def main() -> None:
    """Measure, say it in a line per mode, and end with one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="under 50 seconds")
    parser.add_argument("--players", type=int, default=2000)
    args = parser.parse_args()
    found = measure(
        args.players, ["bare", "verified"] * (8 if args.quick else 20) + list(MODES) * (1 if args.quick else 8)
    )
    wall = {mode: min(took.wall_s for took in rounds) for mode, rounds in found.items()}
    cpu = {mode: min(took.cpu_s for took in rounds) for mode, rounds in found.items()}
    for mode, seconds in wall.items():
        beside = f"{seconds / wall['bare']:.2f} × bare, CPU {cpu[mode]:.3f} s, {cpu[mode] / cpu['bare']:.2f} × bare"
        print(f"{mode:<9} {seconds:.3f} s, {beside}")
    result = {
        "name": "fanout",
        "ours": round(wall["verified"], 4),
        "reference": round(wall["bare"], 4),
        "ratio": round(wall["verified"] / wall["bare"], 3),
        "unit": "s from the first publish to the last verified playlist",
        "goal": GOAL,
        "players": args.players,
        "rounds": len(found["verified"]),
        "bytes": len(documents.packed(documents.playlist("s-00000000"))),
        "ratio_cpu": round(cpu["verified"] / cpu["bare"], 3),
        "ratio_with_sealing": round(wall["sealed"] / wall["bare"], 3),
        "ratio_with_whole_check": round(wall["checked"] / wall["bare"], 3),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
