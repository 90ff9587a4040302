"""The ingest process and its client: one writer only, busy when it must be, and what is checked before it starts."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import ingest as door_of_ingest
from server import settings as server_settings
from server.errors import SettingsError
from server.ingest import Ingest, run
from server.plays.client import IngestClient
from server.plays.ground import OnlyWriter, affected_by_wal_reset, check_file, sqlite_file, writing_engine
from server.plays.submission import LENGTH, Ack, Busy, Submission, dump_submission, frame, load_submission
from server.plays.writer import Unwritable, Writer
from server.settings import Settings
from tests.play_traffic import EXACT, Device, IngestProcess, InProcess, Message, deliver, devices, door, verdict


@pytest.fixture
def plays_settings(sqlite_settings: Settings) -> Settings:
    """What is tested here does not depend on the database."""
    return sqlite_settings


@pytest.fixture
def device() -> Device:
    return devices(3, 1)[0]


class Served:
    """An ingest loop in a thread of the test."""

    def __init__(self, writer: Writer, path: Path) -> None:
        self.ingest = Ingest(writer, path)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while not self._stop.is_set():
            self.ingest.step(0.05)

    def __enter__(self) -> Served:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.ingest.close()


@pytest.fixture
def served(writer: Writer, plays_settings: Settings) -> Iterator[Served]:
    with Served(writer, plays_settings.ingest_socket) as served:
        yield served


def submission_of(device: Device) -> Submission:
    held: list[Submission] = []

    class Hold:
        def submit(self, submission: Submission) -> Ack:
            held.append(submission)
            return Ack(0, ())

    deliver(door(Hold()), Message(device, device.show(30), 0))
    return held[0]


def test_a_submission_survives_its_frame(device: Device) -> None:
    submission = submission_of(device)
    assert load_submission(dump_submission(submission)) == submission


def test_eight_threads_over_one_client_are_all_acknowledged(served: Served, plays_settings: Settings) -> None:
    crowd = devices(4, 8)
    client = IngestClient(plays_settings.ingest_socket)

    def send(device: Device) -> None:
        for _ in range(10):
            deliver(door(client), Message(device, device.show(30), 0))
        client.close()

    threads = [threading.Thread(target=send, args=(device,)) for device in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdict(served.ingest.writer.engine, crowd) == EXACT


def test_without_ingest_the_device_is_told_to_come_again(plays_settings: Settings, device: Device) -> None:
    with pytest.raises(Busy):
        IngestClient(plays_settings.ingest_socket).submit(submission_of(device))


def test_a_full_queue_answers_busy(
    served: Served, plays_settings: Settings, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_of_ingest, "QUEUE", 0)
    client = IngestClient(plays_settings.ingest_socket)
    with pytest.raises(Busy):
        client.submit(submission_of(device))
    client.close()


def test_when_nothing_can_be_written_devices_keep_their_plays(
    served: Served, plays_settings: Settings, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_group: object) -> None:
        raise Unwritable("disk full")

    client, submission = IngestClient(plays_settings.ingest_socket), submission_of(device)
    with monkeypatch.context() as broken:
        broken.setattr(served.ingest.writer, "commit", full)
        with pytest.raises(Busy):
            client.submit(submission)
    assert client.submit(submission) == Ack(30, ())
    client.close()


@pytest.mark.parametrize("garbage", [b"\xff" * 64, LENGTH.pack(5) + b"hello", LENGTH.pack(0)])
def test_garbage_on_the_socket_ends_that_connection_only(
    served: Served, plays_settings: Settings, device: Device, garbage: bytes
) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.settimeout(10)
        stranger.connect(str(plays_settings.ingest_socket))
        stranger.sendall(garbage)
        assert stranger.recv(1) == b""
    client = IngestClient(plays_settings.ingest_socket)
    assert client.submit(submission_of(device)) == Ack(30, ())
    client.close()


def test_a_client_outlives_a_restart_of_ingest(plays_settings: Settings, writer: Writer, device: Device) -> None:
    client = IngestClient(plays_settings.ingest_socket)
    for _ in range(2):
        with Served(writer, plays_settings.ingest_socket):
            assert client.submit(submission_of(device)).gaps == ()
    client.close()


def test_frames_may_arrive_in_pieces(served: Served, plays_settings: Settings, device: Device) -> None:
    data = frame(dump_submission(submission_of(device)))
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(plays_settings.ingest_socket))
        for at in range(0, len(data), 100):
            line.sendall(data[at : at + 100])
        assert line.recv(LENGTH.size)


def test_only_one_process_may_write(plays_settings: Settings) -> None:
    process = IngestProcess(plays_settings)
    process.start()
    try:
        with pytest.raises(SettingsError, match="đang ghi"):
            run(plays_settings, threading.Event())
    finally:
        process.stop()
    assert not plays_settings.ingest_socket.exists()
    OnlyWriter(plays_settings.data_dir).release()


def test_a_socket_left_by_a_killed_process_is_replaced(plays_settings: Settings, device: Device) -> None:
    process = IngestProcess(plays_settings)
    process.start()
    process.kill()
    assert plays_settings.ingest_socket.exists()
    process.start()
    client = IngestClient(plays_settings.ingest_socket)
    try:
        assert client.submit(submission_of(device)) == Ack(30, ())
    finally:
        client.close()
        process.stop()


def test_a_deep_data_directory_has_a_socket_too(tmp_path: Path, writer: Writer, device: Device) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    with Served(writer, deep / "ingest.sock"):
        client = IngestClient(deep / "ingest.sock")
        assert client.submit(submission_of(device)) == Ack(30, ())
        client.close()


def test_a_damaged_file_stops_the_start_with_a_sentence(plays_settings: Settings, writer: Writer) -> None:
    crowd = devices(3, 4)
    for device in crowd:
        for _ in range(5):
            deliver(door(InProcess(writer)), Message(device, device.show(30), 0))
    writer.close()
    writer.engine.dispose()
    file = sqlite_file(plays_settings.plays_database_url)
    assert file is not None
    check_file(file)
    with file.open("r+b") as damaged:
        damaged.seek(8192)
        damaged.write(os.urandom(16 * 4096))
    with pytest.raises(SettingsError, match="bị hỏng"):
        run(plays_settings, threading.Event())


def test_a_database_without_schema_is_refused(tmp_path: Path) -> None:
    settings = server_settings.load({"DATA_DIR": str(tmp_path / "empty")})
    writing_engine(settings).connect().close()
    with pytest.raises(SettingsError, match="migrate"):
        run(settings, threading.Event())


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 50, 4), True),
        ((3, 50, 7), False),
        ((3, 51, 1), True),
        ((3, 51, 3), False),
        ((3, 54, 1), False),
    ],
)
def test_which_sqlite_can_corrupt_a_wal_with_two_writers(version: tuple[int, ...], affected: bool) -> None:
    assert affected_by_wal_reset(version) is affected
