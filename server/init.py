"""``cauthang init``: makes a data directory ready, and brings an older one to this version. Safe to run again.

secrets ▸ schema ▸ (first time) keys, units, accounts, trust version 1 ▸ root.pub
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from playlists.files import replace_file
from playlists.keys import SigningKey
from server import custody, db, screens, trust, units, users
from server.broker import accounts
from server.clock import now_ms
from server.errors import SettingsError
from server.settings import Settings
from server.users import Role

# username, name, unit, roles: a small cast that can walk the whole path, the author apart from the approver.
FIRST_ACCOUNTS = (
    ("quantri", "Quản trị viên (mẫu)", "thanh-pho", (Role.ADMIN,)),
    ("soanthao", "Người soạn thảo (mẫu)", "phuong", (Role.UPLOADER,)),
    ("pheduyet", "Người phê duyệt (mẫu)", "phuong", (Role.APPROVER,)),
    ("lichphat", "Người xếp lịch (mẫu)", "phuong", (Role.SCHEDULER, Role.OPERATOR)),
    ("quanly", "Người quản lý (mẫu)", "phuong", (Role.MANAGER,)),
)


def init(settings: Settings) -> None:
    """Make whatever is missing; nothing that exists is changed but the schema, which is brought up to date.

    Raises:
        SettingsError: keys are there without a database or the other way round, so something was lost.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.keys_dir.mkdir(exist_ok=True, mode=0o700)
    _keep(settings.data_dir / "secret.key", lambda: secrets.token_urlsafe(48).encode())
    _keep(settings.broker_secret, accounts.new_secret)
    sessions = migrate(settings)
    with sessions.writing() as session:
        if trust.latest(session) is None:
            _first(session, settings)


def migrate(settings: Settings) -> db.Sessions:
    """Bring both databases to the schema of this program; returns sessions on the first."""
    sessions = db.sessions_for(settings.database_url)
    db.upgrade(sessions.engine)
    plays = db.engine_for(settings.plays_database_url, wal=True)
    db.upgrade(plays, db.PLAYS)
    plays.dispose()
    return sessions


def _first(session: Session, settings: Settings) -> None:
    """Everything a new installation begins with, in one transaction: a crash leaves files, which are made anew."""
    keys = _keys(settings)
    now = now_ms()
    city = units.add(session, code="thanh-pho", name="Thành phố (mẫu)")
    units.add(session, code="phuong", name="Phường (mẫu)", parent=city)
    screens.seed_classes(session)
    passwords = {username: users.new_password() for username, *_ in FIRST_ACCOUNTS}
    for username, name, code, roles in FIRST_ACCOUNTS:
        _account(session, username, name, units.by_code(session, code), roles, passwords[username], now)
    trust.begin(session, keys, now)
    root = {"keys": [keys["root"].public], "threshold": 1}
    replace_file(settings.data_dir / "root.pub", _json(root), 0o644)
    lines = [f"{username:<10} {password}" for username, password in passwords.items()]
    replace_file(settings.data_dir / "first-passwords.txt", "\n".join([*lines, ""]).encode())


def _account(  # noqa: PLR0913, PLR0917  (one row of the table above)
    session: Session, username: str, name: str, unit: units.Unit, roles: tuple[Role, ...], password: str, now: int
) -> None:
    user = users.add(session, username=username, display_name=name, unit=unit, password=password, now_ms=now)
    for role in roles:
        if role is Role.APPROVER:
            custody.appoint(session, user, unit, password, now)
        else:
            users.give(session, user, role, unit)


def _keys(settings: Settings) -> dict[str, SigningKey]:
    """The keys of root, director and log, by these names: those on disk, or new ones if there are none at all."""
    paths = {role: settings.keys_dir / f"{role}.pem" for role in trust.ROLES}
    if not any(path.exists() for path in paths.values()):
        for path in paths.values():
            replace_file(path, SigningKey.generate().pem())
    try:
        return {role: SigningKey.from_pem(path.read_bytes()) for role, path in paths.items()}
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"Thư mục {settings.keys_dir} thiếu khóa hoặc khóa hỏng ({error}) mà cơ sở dữ liệu thì trống: "
            "hãy phục hồi cả hai từ bản sao lưu, hoặc dùng DATA_DIR khác để bắt đầu mới."
        ) from error


def _keep(path: Path, make: Callable[[], bytes]) -> None:
    if not path.exists():
        replace_file(path, make())


def _json(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
