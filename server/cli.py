"""``cauthang``: every command of the server. Each imports what it needs when it runs, so this file starts anywhere."""
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from threading import Event
from typing import Any

from server.errors import DomainError, SettingsError
from server.settings import Settings, load

Command = Callable[[argparse.Namespace, Settings], int]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0 when it did what it says, 1 when not, 2 when it was called wrongly."""
    args = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    command: Command = args.command
    try:
        return command(args, load(os.environ))
    except (SettingsError, DomainError) as error:
        return _failed(str(error))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("server", "media", "playlists"):
            raise
        return _failed(f"Thiếu thư viện “{error.name}”: hãy cài bằng  pip install 'cauthang[server]'")


def _failed(sentence: str) -> int:
    print(f"✗ {sentence}", file=sys.stderr)
    return 1


# --- the installation ------------------------------------------------------------------------------------------


def _init(_args: argparse.Namespace, settings: Settings) -> int:
    from server.init import init

    init(settings)
    print(f"{settings.data_dir} đã sẵn sàng.")
    return 0


def _migrate(_args: argparse.Namespace, settings: Settings) -> int:
    from server.init import migrate

    migrate(settings)
    print("Cơ sở dữ liệu đã ở phiên bản mới nhất.")
    return 0


def _settings(_args: argparse.Namespace, settings: Settings) -> int:
    for name, value in settings.masked().items():
        print(f"{name}={value}")
    return 0


def _samples(_args: argparse.Namespace, settings: Settings) -> int:
    from server import samples

    samples.run(settings)
    return 0


# --- processes ---------------------------------------------------------------------------------------------------


def _up(_args: argparse.Namespace, settings: Settings) -> int:
    from server import up

    return up.run(settings)


def _web(_args: argparse.Namespace, settings: Settings) -> int:
    from server import serve

    serve.run(settings)
    return 0


def _worker(_args: argparse.Namespace, settings: Settings) -> int:
    from server import worker

    worker.run(settings, stopping())
    return 0


def _bridge(_args: argparse.Namespace, settings: Settings) -> int:
    from server import bridge

    bridge.run(settings, stopping())
    return 0


def _ingest(_args: argparse.Namespace, settings: Settings) -> int:
    from server import ingest
    from server.ready import say_ready

    ingest.run(settings, stopping(), say_ready)
    return 0


def _broker(_args: argparse.Namespace, settings: Settings) -> int:
    from server.broker import ours
    from server.broker.child import run_broker
    from server.db import sessions_for

    sessions = sessions_for(settings.database_url)
    run_broker(ours.place(settings), lambda: ours.accounts(settings, sessions), stopping())
    return 0


def stopping() -> Event:
    """An event that SIGTERM, SIGINT and SIGHUP set: a handler does nothing else, the loop looks at the flag."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


# --- tools -------------------------------------------------------------------------------------------------------


def _broker_config(args: argparse.Namespace, settings: Settings) -> int:
    from server.broker import commands, ours
    from server.db import sessions_for

    return commands.broker_config_command(args, ours.accounts(settings, sessions_for(settings.database_url)))


def _check_broker(args: argparse.Namespace, _settings: Settings) -> int:
    from server.broker import commands

    return commands.check_broker_command(args)


def _plan(args: argparse.Namespace, settings: Settings) -> int:
    from server import plan_text
    from server.clock import now_ms
    from server.db import sessions_for

    with sessions_for(settings.database_url).reading() as session:
        asked = plan_text.Asked(args.screen, args.date, args.why, args.at)
        print("\n".join(plan_text.answer(session, asked, now_ms())))
    return 0


def _trust_sign(args: argparse.Namespace, settings: Settings) -> int:
    from playlists.keys import SigningKey
    from server import rotation, trust
    from server.db import sessions_for

    path: Path = args.key or settings.keys_dir / "root.pem"
    try:
        root = SigningKey.from_pem(path.read_bytes())
    except (OSError, ValueError) as error:
        return _failed(f"Không đọc được khóa gốc {path}: {error}. Hãy nêu tệp khóa bằng --key.")
    sessions = sessions_for(settings.database_url)
    with sessions.writing() as session:
        signed = trust.sign_waiting(session, root)
        print(f"Đã ký phiên bản {signed.version}." if signed else "Không có gì chờ ký.")
    with sessions.reading() as session:
        rotation.keys_in_force(settings.keys_dir, session)
    return 0


def _recover(args: argparse.Namespace, settings: Settings) -> int:
    from playlists.keys import SigningKey
    from server import rotation
    from server.clock import now_ms
    from server.db import sessions_for
    from server.publishing import recovery

    path: Path = args.key or settings.keys_dir / "root.pem"
    try:
        root = SigningKey.from_pem(path.read_bytes())
    except (OSError, ValueError) as error:
        return _failed(f"Không đọc được khóa gốc {path}: {error}. Hãy nêu tệp khóa bằng --key.")
    with sessions_for(settings.database_url).writing() as session:
        keys = rotation.keys_in_force(settings.keys_dir, session)
        version = recovery.recover(session, keys, root, now_ms())
    print(f"Đã lấy lại. Tài liệu tin cậy phiên bản {version}; bridge đang ký và gửi lại mọi thứ.")
    return 0


def _trust_rotate_director(_args: argparse.Namespace, settings: Settings) -> int:
    from server import rotation
    from server.clock import now_ms
    from server.db import sessions_for

    made = rotation.rotate(settings.keys_dir, sessions_for(settings.database_url), now_ms())
    if made.sealed is None:
        print(f"Khóa director mới đã sẵn sàng; phiên bản {made.version} chờ khóa gốc: chạy `cauthang trust sign`.")
    else:
        print(f"Đã đổi khóa director: phiên bản {made.version}, kỷ nguyên {made.epoch}. Bridge đang ký lại mọi thứ.")
    return 0


def _user_list(_args: argparse.Namespace, settings: Settings) -> int:
    from server import units, users
    from server.db import sessions_for

    with sessions_for(settings.database_url).reading() as session:
        for user in users.in_units(session, units.all_ids(session)):
            roles = ", ".join(f"{grant.role}@{grant.unit.code}" for grant in user.grants)
            print(f"{user.username:<16} {'' if user.active else '(khóa) '}{user.display_name} · {roles}")
    return 0


def _user_password(args: argparse.Namespace, settings: Settings) -> int:
    from server import custody, signing, trust, users
    from server.clock import now_ms
    from server.db import sessions_for

    password = users.new_password()
    with sessions_for(settings.database_url).writing() as session:
        user = users.by_username(session, args.username)
        if user is None:
            return _failed(f"Không có người dùng “{args.username}”: xem `cauthang user list`.")
        if custody.reset_password(session, None, user, password, now_ms()):
            trust.rebuild(session, signing.load(settings.keys_dir).root, now_ms())
    print(f"{args.username} {password}")
    return 0


# --- the table of commands -----------------------------------------------------------------------------------------

COMMANDS: tuple[tuple[str, Command, str], ...] = (
    ("up", _up, "chạy cả hệ thống trên máy này"),
    ("init", _init, "tạo khóa, cơ sở dữ liệu và tài khoản đầu tiên; chạy lại được"),
    ("migrate", _migrate, "đưa cơ sở dữ liệu lên phiên bản của chương trình"),
    ("settings", _settings, "in các thiết lập đang có hiệu lực (giấu bí mật)"),
    ("samples", _samples, "tạo thư viện mẫu"),
    ("web", _web, "tiến trình: trang web, API, cổng cho màn hình"),
    ("worker", _worker, "tiến trình: kiểm tra và chuyển đổi tệp tải lên"),
    ("bridge", _bridge, "tiến trình: nối cơ sở dữ liệu với broker MQTT"),
    ("ingest", _ingest, "tiến trình: ghi lượt phát"),
    ("broker", _broker, "tiến trình: broker MQTT của riêng hệ thống này"),
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("cauthang", description="Cầu Thang: màn hình công cộng phát nội dung đã duyệt.")
    commands = parser.add_subparsers(required=True, metavar="LỆNH")
    for name, command, text in COMMANDS:
        _add(commands, name, command, text)
    _add_broker_commands(commands)
    plan = _add(commands, "plan", _plan, "in kế hoạch một ngày của một màn hình, hoặc vì sao không chiếu một sản phẩm")
    plan.add_argument("--screen", required=True, metavar="MÃ", help="mã màn hình, ví dụ s-bcdfghjk")
    plan.add_argument("--date", type=date.fromisoformat, metavar="NĂM-THÁNG-NGÀY", help="mặc định: hôm nay")
    plan.add_argument("--why", type=int, metavar="SỐ", help="số của sản phẩm: vì sao nó (không) được chiếu")
    plan.add_argument("--at", type=time.fromisoformat, metavar="GIỜ:PHÚT", help="lúc nào, cùng với --why")
    trust = commands.add_parser("trust", help="tài liệu tin cậy").add_subparsers(required=True, metavar="LỆNH")
    sign = _add(trust, "sign", _trust_sign, "ký phiên bản đang chờ bằng khóa gốc")
    sign.add_argument("--key", type=Path, help="tệp khóa gốc (mặc định: DATA_DIR/keys/root.pem)")
    _add(trust, "rotate-director", _trust_rotate_director, "đổi khóa ký danh sách phát khi khóa cũ có thể đã lộ")
    recover = _add(commands, "recover", _recover, "sau khi phục hồi bản lưu cũ: lấy lại những gì broker giữ mới hơn")
    recover.add_argument("--key", type=Path, help="tệp khóa gốc (mặc định: DATA_DIR/keys/root.pem)")
    user = commands.add_parser("user", help="người dùng").add_subparsers(required=True, metavar="LỆNH")
    _add(user, "list", _user_list, "liệt kê")
    reset = _add(user, "password", _user_password, "cấp mật khẩu mới, in ra một lần")
    reset.add_argument("username")
    return parser


def _add(commands: Any, name: str, command: Command, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(command=command)
    return parser


def _add_broker_commands(commands: Any) -> None:
    """Their options are defined beside their code, which needs its libraries; without them, the name alone is known."""
    config = _add(commands, "broker-config", _broker_config, "viết cấu hình Mosquitto hoặc NATS để chạy thật")
    check = _add(commands, "check-broker", _check_broker, "thử một broker: nó có đủ những gì ta cần không")
    try:
        from server.broker.commands import add_broker_config_arguments, add_check_broker_arguments
    except ModuleNotFoundError:
        return
    add_broker_config_arguments(config)
    add_check_broker_arguments(check)


if __name__ == "__main__":
    sys.exit(main())
