"""The server's own keys, read from the files that ``cauthang init`` made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playlists.files import replace_file, sync_folder
from playlists.keys import SigningKey
from server.errors import SettingsError

PREPARED = "director-next-"


@dataclass(frozen=True, slots=True)
class Keys:
    """Director (playlists, heads) and log (receipts); the root only where it is kept on this machine."""

    director: SigningKey = field(repr=False)
    log: SigningKey = field(repr=False)
    root: SigningKey | None = field(repr=False, default=None)


def load(folder: Path) -> Keys:
    """The keys in this folder.

    Raises:
        SettingsError: the director's or the log's key is missing or damaged; the sentence names the command that helps.
    """
    root = folder / "root.pem"
    return Keys(_read(folder / "director.pem"), _read(folder / "log.pem"), _read(root) if root.exists() else None)


def prepare_director(folder: Path) -> SigningKey:
    """A new director's key, beside the one in use until the trust document names it (:func:`adopt_director`)."""
    key = SigningKey.generate()
    replace_file(folder / f"{PREPARED}{key.keyid[:16]}.pem", key.pem())
    return key


def adopt_director(folder: Path, public: str) -> bool:
    """Put the prepared key with this public half in the place of director.pem. Returns False when there is none.

    The key before is kept aside under its own id. A death in between leaves files with which this is simply repeated.
    """
    prepared = next((path for path in folder.glob(f"{PREPARED}*.pem") if _read(path).public == public), None)
    if prepared is None:
        return False
    path = folder / "director.pem"
    if path.exists():
        replace_file(folder / f"director-{_read(path).keyid[:16]}.pem", path.read_bytes())
    prepared.replace(path)
    sync_folder(folder)
    return True


def _read(path: Path) -> SigningKey:
    try:
        return SigningKey.from_pem(path.read_bytes())
    except FileNotFoundError as error:
        raise SettingsError(f"Thiếu khóa {path}: hãy chạy `cauthang init`, hoặc chép khóa đã lưu vào đó.") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"Không đọc được khóa {path}: {error}. Hãy chép lại khóa từ bản lưu.") from error
