"""Does a broker do everything we rely on? Found out by doing it, judged by what is delivered, never by return codes."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from playlists import topics
from server.broker.connection import Will
from server.broker.guest import Guest, speaks_mqtt5, until
from server.broker.url import BrokerUrl

# What a dying connection took with it, NATS gives again only after its acknowledgement is 30 s late.
GIVEN_AGAIN_S = 35.0
LARGEST_MESSAGE = 256 * 1024
QUIET_S = 1.0  # how long a message that must not come is waited for
EXPIRES_S = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing tried. ``ok`` False: we cannot work with this broker; None: not tried, or weaker than it could be."""

    name: str
    ok: bool | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Screens:
    """The logins of two screen accounts of the broker: needed to see permissions at work."""

    first: BrokerUrl
    second: BrokerUrl


@dataclass(frozen=True, slots=True)
class _Try:
    """What every single check works with. ``reader`` is a screen's login when there is one, else the writer's own."""

    writer: BrokerUrl
    reader: BrokerUrl
    screens: Screens | None
    mqtt5: bool
    tag: str = field(default_factory=lambda: f"check-{secrets.token_hex(4)}")

    @property
    def name(self) -> str:
        return self.screens.first.username if self.screens else self.tag

    def topic(self, last: str, name: str | None = None) -> str:
        """A topic of the reading screen that no player knows."""
        return f"{topics.ROOT}/to/{name or self.name}/{self.tag}-{last}"

    def write(self) -> Guest:
        return _connected(self.writer, f"{self.tag}-w" if self.screens is None else self.writer.username, self.mqtt5)

    def read(self, clean: bool = True, will: Will | None = None) -> Guest:
        return _connected(self.reader, self.name, self.mqtt5, clean, will)


class _RefusedError(Exception):
    """The broker did not take us in; the text is its reason."""


def _connected(url: BrokerUrl, client_id: str, mqtt5: bool, clean: bool = True, will: Will | None = None) -> Guest:
    guest = Guest(url, client_id, mqtt5=mqtt5, clean=clean, will=will)
    answer = guest.connect()
    if answer.refused:
        raise _RefusedError(answer.refused)
    return guest


def check(url: BrokerUrl, screens: Screens | None = None, websocket: BrokerUrl | None = None) -> list[Finding]:
    """Try everything we rely on, in some ten seconds, on topics of screens that do not exist.

    ``url`` carries an account that may write to the screens of ``screens`` and read from them; on a broker that ties
    client ids to accounts it must not be the bridge's while the bridge runs. Leaves nothing behind.
    """
    try:
        mqtt5 = speaks_mqtt5(url, url.username or "check")
        _connected(url, url.username or "check", mqtt5).close()
    except OSError as error:
        return [Finding("reach", False, f"Không kết nối được tới {url.without_login()}: {error}.")]
    except _RefusedError as error:
        return [Finding("login", False, f"Broker từ chối tài khoản này ({error}): kiểm tra tên và mật khẩu.")]
    trial = _Try(url, screens.first if screens else url, screens, mqtt5)
    if screens is None and _binds_names(trial):
        return [
            _protocol(trial),
            Finding(
                "screens",
                None,
                "Broker gắn mã máy khách với tài khoản (tốt), nên cần thêm hai tài khoản màn hình để thử tiếp: "
                "--screen tên:mật-khẩu, hai lần.",
            ),
        ]
    found = [_run(one, trial) for one in CHECKS]
    return found + ([_websocket(trial, websocket)] if websocket else [])


def _run(one: Callable[[_Try], Finding], trial: _Try) -> Finding:
    try:
        return one(trial)
    except _RefusedError as error:
        return Finding(one.__name__.strip("_"), False, f"Broker từ chối kết nối của tài khoản thử: {error}.")
    except OSError as error:
        return Finding(one.__name__.strip("_"), False, f"Mất kết nối với broker khi đang thử: {error}.")


def _binds_names(trial: _Try) -> bool:
    """Whether a second client of the same account throws out the first although it gives another client id."""
    with trial.write() as first, trial.read():
        return first.gone.wait(QUIET_S)


def _protocol(trial: _Try) -> Finding:
    if trial.mqtt5:
        return Finding("protocol", True, "Broker dùng MQTT 5.")
    return Finding("protocol", None, "Broker chỉ có MQTT 3.1.1: vẫn dùng được, nhưng tin bị từ chối trông như đã nhận.")


def _qos1(trial: _Try) -> Finding:
    with trial.write() as writer, trial.read() as reader:
        reader.subscribe(trial.topic("qos1"))
        acked = writer.publish(trial.topic("qos1"), b"1") == ""
        message = reader.next()
    if acked and message and message.payload == b"1":
        return Finding("qos1", True, "Tin QoS 1 được xác nhận và đến nơi.")
    return Finding(
        "qos1", False, "Tin QoS 1 không đến nơi: kiểm tra quyền ghi của tài khoản và quyền đọc của màn hình."
    )


def _retained(trial: _Try) -> Finding:
    topic = trial.topic("retained")
    with trial.write() as writer:
        writer.publish(topic, b"kept", retain=True)
        with trial.read() as late:
            late.subscribe(topic)
            message = late.next()
        writer.publish(topic, b"", retain=True)
    if message and message.retained and message.payload == b"kept":
        return Finding("retained", True, "Tin lưu lại đến được người đăng ký sau.")
    return Finding("retained", False, "Broker không lưu tin (retain): màn hình bật sau sẽ không có danh sách phát.")


def _session(trial: _Try) -> Finding:
    topic = trial.topic("session")
    with trial.write() as writer:
        first = trial.read(clean=False)
        first.subscribe(topic)
        first.close()
        for n in range(3):
            writer.publish(topic, b"%d" % n)
        again = trial.read(clean=False)
        got = [message.payload for _ in range(3) if (message := again.next(GIVEN_AGAIN_S))]
        again.close()
        trial.read().close()  # a clean session wipes it
    if sorted(got) == [b"0", b"1", b"2"]:
        return Finding("session", True, "Broker giữ tin cho màn hình vắng mặt.")
    return Finding("session", False, f"Màn hình vắng mặt chỉ nhận lại {len(got)} trên 3 tin: cần phiên bền (session).")


def _will(trial: _Try) -> Finding:
    topic = f"{topics.ROOT}/from/{trial.name}/{trial.tag}-will"
    with trial.write() as writer:
        writer.subscribe(topic)
        trial.read(will=Will(topic, b"gone", retain=False)).drop()
        message = writer.next()
    if message and message.payload == b"gone":
        return Finding("will", True, "Broker báo khi màn hình mất kết nối (will).")
    return Finding(
        "will", False, "Broker không gửi di chúc (will): bảng điều khiển sẽ không thấy màn hình mất kết nối."
    )


def _packet(trial: _Try) -> Finding:
    large = secrets.token_bytes(LARGEST_MESSAGE)
    with trial.write() as writer, trial.read() as reader:
        reader.subscribe(trial.topic("packet"))
        writer.publish(trial.topic("packet"), large)
        message = reader.next()
    if message and message.payload == large:
        return Finding("packet", True, "Tin 256 KiB đi qua được.")
    return Finding("packet", False, "Tin 256 KiB không đi qua: nâng giới hạn gói tin của broker (max_packet_size).")


def _expiry(trial: _Try) -> Finding:
    """A queued message that ran out must not come; without it, players judge by the time in the payload."""
    weak = Finding("expiry", None, "Broker không bỏ tin quá hạn: màn hình tự xét hạn ghi trong tin, vẫn dùng được.")
    if not trial.mqtt5:
        return weak
    topic = trial.topic("expiry")
    with trial.write() as writer:
        first = trial.read(clean=False)
        first.subscribe(topic)
        first.close()
        writer.publish(topic, b"late", expiry_s=EXPIRES_S)
        until(lambda: False, EXPIRES_S + 1.5)
        again = trial.read(clean=False)
        writer.publish(topic, b"marker")
        message = again.next()
        again.close()
        trial.read().close()
    return Finding("expiry", True, "Broker bỏ tin quá hạn.") if message and message.payload == b"marker" else weak


def _permissions(trial: _Try) -> Finding:
    """By delivery: screen one asks for what is screen two's, and speaks as if it were the bridge."""
    if trial.screens is None:
        return Finding(
            "permissions", None, "Chưa thử quyền: cần hai tài khoản màn hình (--screen tên:mật-khẩu, hai lần)."
        )
    second = trial.screens.second.username
    theirs, ours = trial.topic("private", second), trial.topic("marker")
    forged = [theirs, f"{topics.ALL}/{trial.tag}"]
    victim = _connected(trial.screens.second, second, trial.mqtt5)
    with victim, trial.write() as writer, trial.read() as rogue:
        victim.subscribe(f"{topics.ROOT}/to/{second}/#", f"{topics.ALL}/#")
        for wanted in (f"{topics.ROOT}/to/{second}/#", f"{topics.ROOT}/to/+/#", "#", trial.topic("marker")):
            rogue.subscribe(wanted)
        writer.publish(theirs, b"private")
        for topic in forged:
            rogue.publish(topic, b"forged")
        writer.publish(ours, b"marker")
        writer.publish(theirs, b"end")
        read = _until_marker(rogue, b"marker")
        heard = _until_marker(victim, b"end")
    if b"private" in read:
        return Finding("permissions", False, "Màn hình này đọc được tin của màn hình kia: thiếu quyền theo tài khoản.")
    if b"forged" in heard:
        return Finding("permissions", False, "Màn hình giả được tin của máy chủ: thiếu quyền ghi theo tài khoản.")
    if b"private" not in heard:
        return Finding("permissions", False, "Màn hình không nhận được tin của chính nó: kiểm tra quyền đọc.")
    return Finding("permissions", True, "Mỗi màn hình chỉ đọc và ghi được phần của mình.")


def _until_marker(guest: Guest, marker: bytes) -> set[bytes]:
    """Payloads up to the marker and a quiet moment after it: brokers may deliver two subscriptions in any order."""
    found: set[bytes] = set()
    while message := guest.next(QUIET_S if marker in found else 5.0):
        found.add(message.payload)
    return found


def _client_id(trial: _Try) -> Finding:
    """Screen one comes under screen two's client id while two is away with a message waiting."""
    if trial.screens is None:
        return Finding("client_id", None, "Chưa thử mạo mã máy khách: cần hai tài khoản màn hình.")
    name, topic = trial.screens.second.username, trial.topic("queued", trial.screens.second.username)
    with trial.write() as writer:
        first = _connected(trial.screens.second, name, trial.mqtt5, clean=False)
        first.subscribe(topic)
        first.close()
        writer.publish(topic, b"queued")
        read = _steal(trial, name)
        again = _connected(trial.screens.second, name, trial.mqtt5, clean=False)
        kept = again.next(QUIET_S)
        again.close()
        _connected(trial.screens.second, name, trial.mqtt5).close()
    if read:
        return Finding("client_id", False, "Màn hình mạo mã máy khách đọc được tin của màn hình khác.")
    if kept is None:
        return Finding(
            "client_id",
            None,
            "Màn hình mạo mã máy khách có thể ngắt màn hình khác và xóa tin đang chờ (không đọc được tin nào): "
            "hãy gắn mã máy khách với tài khoản nếu broker cho phép.",
        )
    return Finding("client_id", True, "Mạo mã máy khách không hại được màn hình khác.")


def _steal(trial: _Try, name: str) -> bool:
    """Whether the thief was given anything. A refused connect is the best answer."""
    try:
        thief = _connected(trial.reader, name, trial.mqtt5, clean=False)
    except _RefusedError:
        return False
    got = thief.next(QUIET_S)
    thief.close()
    with Guest(trial.reader, name, mqtt5=trial.mqtt5) as wiper:
        wiper.connect()
    return got is not None


def _websocket(trial: _Try, url: BrokerUrl) -> Finding:
    try:
        _connected(url, trial.name, trial.mqtt5).close()
    except (_RefusedError, OSError) as error:
        return Finding(
            "websocket", None, f"WebSocket không trả lời ({error}): màn hình chỉ có trình duyệt sẽ không nối được."
        )
    return Finding("websocket", True, "WebSocket dùng được.")


CHECKS = (_protocol, _qos1, _retained, _session, _will, _packet, _expiry, _permissions, _client_id)
