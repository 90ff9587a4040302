"""The two commands about brokers: write a configuration for one, and find out whether one will do."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from playlists.files import replace_file
from server.broker import mosquitto, nats, probe
from server.broker.accounts import Account
from server.broker.errors import BrokerError
from server.broker.places import Certificate, Place
from server.broker.url import BrokerUrl, parse

MARKS = {True: "✓", False: "✗", None: "–"}
WRITERS = {"mosquitto": mosquitto.production_config, "nats": nats.production_config}
PORTS = {False: (1883, 8083), True: (8883, 8084)}  # without and with TLS: MQTT, WebSocket
STATE = {"mosquitto": "/var/lib/mosquitto", "nats": "/var/lib/nats"}


def add_broker_config_arguments(parser: argparse.ArgumentParser) -> None:
    """``cauthang broker-config mosquitto|nats --out DIR``."""
    parser.add_argument("engine", choices=sorted(WRITERS))
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="thư mục nhận các tệp")
    parser.add_argument("--config-dir", type=Path, help="nơi broker sẽ đọc các tệp ấy (mặc định: DIR)")
    parser.add_argument("--state-dir", type=Path, help="nơi broker giữ trạng thái")
    parser.add_argument(
        "--host", help="địa chỉ lắng nghe (mặc định: mọi địa chỉ khi có chứng thư, nếu không chỉ máy này)"
    )
    parser.add_argument("--certificate", type=Path, help="chuỗi chứng thư TLS (PEM)")
    parser.add_argument("--key", type=Path, help="khóa riêng của chứng thư (PEM)")


def broker_config_command(args: argparse.Namespace, accounts: Sequence[Account]) -> int:
    """Write the production configuration with these accounts; 0 when written, 2 when the options do not fit."""
    if (args.certificate is None) != (args.key is None):
        print("Cần cả --certificate lẫn --key, hoặc không có cả hai.")
        return 2
    place = _place(args)
    args.out.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in WRITERS[args.engine](place, accounts).items():
        replace_file(args.out / name, text.encode())
        print(args.out / name)
    if place.certificate is None:
        print("Chưa có chứng thư TLS: broker chỉ nên lắng nghe trên máy này hoặc trong mạng kín.")
    return 0


def _place(args: argparse.Namespace) -> Place:
    secure = args.certificate is not None
    port, websocket_port = PORTS[secure]
    return Place(
        config_dir=(args.config_dir or args.out).absolute(),
        state_dir=args.state_dir or Path(STATE[args.engine]),
        host=args.host or ("0.0.0.0" if secure else "127.0.0.1"),  # noqa: S104 — screens come from everywhere, by TLS
        port=port,
        websocket_port=websocket_port,
        certificate=Certificate(args.certificate, args.key) if secure else None,
    )


def add_check_broker_arguments(parser: argparse.ArgumentParser) -> None:
    """``cauthang check-broker URL [--screen NAME:PASSWORD --screen NAME:PASSWORD] [--websocket URL]``."""
    parser.add_argument("url", help="mqtt://tên:mật-khẩu@máy:cổng; tài khoản được ghi cho các màn hình thử")
    parser.add_argument(
        "--screen", action="append", default=[], metavar="TÊN:MẬT-KHẨU", help="tài khoản màn hình, hai lần"
    )
    parser.add_argument("--websocket", help="ws:// hoặc wss:// của cùng broker")


def check_broker_command(args: argparse.Namespace) -> int:
    """Print one line per finding; 0 when nothing we need is missing, 1 when something is, 2 when the call is wrong."""
    try:
        url = parse(args.url)
        websocket = parse(args.websocket).login(url.username, url.password) if args.websocket else None
        screens = _screens(url, args.screen)
    except BrokerError as error:
        print(error)
        return 2
    if websocket and screens:
        websocket = websocket.login(screens.first.username, screens.first.password)
    findings = probe.check(url, screens, websocket)
    for finding in findings:
        print(f"{MARKS[finding.ok]} {finding.name:<12} {finding.sentence}")
    return 1 if any(finding.ok is False for finding in findings) else 0


def _screens(url: BrokerUrl, logins: Sequence[str]) -> probe.Screens | None:
    if not logins:
        return None
    pairs = [login.partition(":") for login in logins]
    if len(pairs) != 2 or not all(name and password for name, _, password in pairs) or pairs[0][0] == pairs[1][0]:
        raise BrokerError("Cần đúng hai tài khoản màn hình khác nhau: --screen tên:mật-khẩu, hai lần.")
    first, second = (url.login(name, password) for name, _, password in pairs)
    return probe.Screens(first, second)
