"""How a device becomes a screen: it makes its own key, shows a code, and staff enter it (the shape of RFC 8628)."""

from __future__ import annotations

import json
import platform
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from player.api import Api
from player.disk import Disk
from player.errors import SetupError, Unreachable
from player.json_object import read_object
from playlists.errors import Refusal
from playlists.keys import SigningKey
from playlists.model import SCREEN_ID, UNIT_ID
from playlists.state import Pinned

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: no words, and nothing that looks like a digit
CODE_LETTERS = 8
CODE_LIFE_MS = 10 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Paired:
    """What the server told this device about itself when staff entered its code."""

    screen: str
    unit: str
    name: str
    broker_url: str
    username: str
    password: str
    files_url: str

    @classmethod
    def of(cls, data: dict[str, Any]) -> Paired:
        """The checked answer. Raises ValueError."""
        paired = cls(**{field: str(data.get(field) or "") for field in cls.__slots__})
        if not SCREEN_ID.fullmatch(paired.screen) or not UNIT_ID.fullmatch(paired.unit):
            raise ValueError("the server's answer names no screen")
        return paired


def new_code() -> str:
    """Eight letters, 34.6 bits: enough for ten minutes and five tries."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))


def shown(code: str) -> str:
    """The code as people read it: ``BCDF-GHJK``."""
    return f"{code[:4]}-{code[4:]}"


def device_key(folder: Path, disk: Disk | None = None) -> SigningKey:
    """The device's own key, made at the first start; it never leaves ``folder``.

    Raises:
        SetupError: the file is there but no key. It is not replaced: the server knows the device by it.
    """
    path = folder / "device.pem"
    try:
        return SigningKey.from_pem(path.read_bytes())
    except FileNotFoundError:
        key = SigningKey.generate()
        (disk or Disk()).replace_file(path, key.pem(), 0o600)
        return key
    except ValueError as error:
        raise SetupError(
            f"Tệp khóa {path} bị hỏng: hãy chép lại bản sao, hoặc xóa tệp rồi ghép nối lại màn hình này."
        ) from error


def pinned_root(path: Path) -> Pinned:
    """The root given at installation. Raises SetupError with what to do."""
    try:
        data = read_object(path.read_bytes())
        keys, threshold = tuple(str(k) for k in data["keys"]), int(data["threshold"])
        if not all(len(bytes.fromhex(k)) == 32 for k in keys) or not 1 <= threshold <= len(keys):
            raise ValueError("not a root")
        return Pinned(keys, threshold)
    except FileNotFoundError as error:
        raise SetupError(f"Thiếu tệp {path}: hãy chép root.pub từ thư mục dữ liệu của máy chủ.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetupError(
            f"Tệp {path} không phải khóa gốc: hãy chép lại root.pub từ thư mục dữ liệu của máy chủ."
        ) from error


def load_paired(folder: Path) -> Paired | None:
    """What an earlier run was told; None before pairing."""
    try:
        return Paired.of(read_object((folder / "paired.json").read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, AttributeError):
        return None  # damaged: the server tells it again, to the same key


def save_paired(folder: Path, paired: Paired, disk: Disk | None = None) -> None:
    """Remember it, readable by this user alone: it holds the broker's password."""
    body = json.dumps(asdict(paired), ensure_ascii=False, indent=1).encode()
    (disk or Disk()).replace_file(folder / "paired.json", body, 0o600)


def ask_again(api: Api, known: Paired) -> Paired:
    """What the server says about this device now: the broker may have moved. Screen and unit stay as paired.

    ``known`` when there is no answer, or one about another screen.
    """
    try:
        said = Paired.of(api.enrol(new_code(), platform.node()))
    except (Unreachable, Refusal, ValueError, TypeError):
        return known
    return said if (said.screen, said.unit) == (known.screen, known.unit) else known


class Enrolment:
    """One waiting for staff to enter the code. A step asks once; the code changes every ten minutes."""

    def __init__(self, api: Api, show: Callable[[str], None]) -> None:
        self._api, self._show = api, show
        self.code, self._made_mono_ms = "", 0

    def step(self, mono_ms: int) -> tuple[Paired | None, float]:
        """Ask the server once: what it said when paired, and else how many seconds to wait."""
        if not self.code or mono_ms - self._made_mono_ms >= CODE_LIFE_MS:
            self.code, self._made_mono_ms = new_code(), mono_ms
            self._show(shown(self.code))
        try:
            said = self._api.enrol(self.code, platform.node())
            if said.get("status") == "paired":
                return Paired.of(said), 0
            if said.get("status") == "gone":  # expired, or another player shows the same one
                self.code = ""
                return None, 1
            return None, min(max(float(said.get("retry_after_s", 3)), 1), 60)
        except Unreachable as error:
            return None, error.retry_after_s or 5
        except (Refusal, ValueError, TypeError):
            return None, 10
