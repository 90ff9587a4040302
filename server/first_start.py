"""What ``cauthang up`` does on a new machine besides starting it: pair the virtual screen, say who may log in."""

import logging
from pathlib import Path

from sqlalchemy.exc import OperationalError

from playlists.keys import SigningKey, keyid_of
from server import screens, units
from server.clock import now_ms
from server.db import Sessions, sessions_for
from server.errors import DomainError
from server.settings import Settings

log = logging.getLogger(__name__)

WARD = "phuong"
LOOK_EVERY_MS = 1000
SCREEN_NAME = "Màn hình ảo"


def virtual_screen(settings: Settings) -> Path:
    """The state folder of the player that runs on the server itself, to be looked at in a browser."""
    return settings.data_dir / "virtual-screen"


def passwords_file(settings: Settings) -> Path:
    """Where ``cauthang init`` saved the first accounts with their passwords."""
    return settings.data_dir / "first-passwords.txt"


def samples_done(settings: Settings) -> Path:
    """There once the sample library is complete: what staff delete afterwards stays deleted."""
    return settings.data_dir / "samples-loaded"


class Pairing:
    """Enters the code of the virtual screen for the people who are not there yet, the way the page does it."""

    def __init__(self, settings: Settings) -> None:
        """Nothing happens before the first step."""
        self._key = virtual_screen(settings) / "device.pem"
        self._sessions: Sessions = sessions_for(settings.database_url)
        self._look_at_ms = 0

    def step(self, mono_ms: int) -> bool:
        """Pair if the screen waits for it; looks once a second. Returns whether it is a screen of ours by now."""
        if mono_ms < self._look_at_ms or not self._key.exists():
            return False
        self._look_at_ms = mono_ms + LOOK_EVERY_MS
        public = SigningKey.from_pem(self._key.read_bytes()).public
        try:
            return self._is_enrolled(public)
        except OperationalError:  # the database is busy; the next look finds out
            return False
        except DomainError as error:  # the code has just run out, or this installation has no such unit
            log.warning("the virtual screen is not paired: %s", error)
            return False

    def _is_enrolled(self, public: str) -> bool:
        with self._sessions.reading() as session:
            if screens.device_by_keyid(session, keyid_of(public)) is not None:
                return True
            code = screens.code_shown_by(session, public)
        if code is None:
            return False
        now = now_ms()
        with self._sessions.writing() as session:
            ward, kind = units.by_code(session, WARD), screens.classes(session)[0]
            screens.pair(session, None, code=code, name=SCREEN_NAME, unit=ward, screen_class=kind, now_ms=now)
        return True


def summary(settings: Settings, *, is_first: bool) -> str:
    """What a person reads when everything runs: where to go and, the first time, as whom."""
    accounts = passwords_file(settings)
    lines = [
        "",
        "Hệ thống đã sẵn sàng. / Everything runs.",
        f"  Trang làm việc / for staff:      {settings.public_url}",
        f"  Màn hình ảo / a virtual screen:  http://{settings.host}:{settings.screen_port}/",
    ]
    if is_first and accounts.exists():
        lines += ["", "Tài khoản, chỉ hiện một lần / accounts, shown this once:", ""]
        lines += [f"  {line}" for line in accounts.read_text("utf-8").splitlines()]
    if accounts.exists():
        lines += ["", f"Mật khẩu ban đầu / first passwords: {accounts}"]
    return "\n".join([*lines, "", "Ctrl-C để dừng / to stop.", ""])
