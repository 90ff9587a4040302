"""Files on their way in: resumable, in parts, into quarantine. The length on disk is the only truth about progress.

Nothing here opens what was uploaded; that happens in the worker's sandbox. Names from outside never touch the disk.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from server import library, users
from server.db import Base, Key, Millis
from server.errors import Conflict, Invalid, NotFound
from server.library import Item
from server.text import clean
from server.units import Unit
from server.users import Role, User

LARGEST_BYTES = 2 * 1024**3
UNFINISHED_PER_PERSON = 50
RESERVE_BYTES = 512 * 1024**2  # renditions and the database need room too
KEPT_MS = 7 * 24 * 3600 * 1000  # an upload that nobody continues for a week is cleared away


class Upload(Base):
    """One file on its way. ``item_id`` is set once it is whole and an item."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id"), index=True)
    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("units.id"))
    name: Mapped[str] = mapped_column(String(300))
    size_bytes: Mapped[int]
    created: Mapped[Millis]
    item_id: Mapped[int | None] = mapped_column(Key, ForeignKey("items.id"))

    user: Mapped[User] = relationship()
    unit: Mapped[Unit] = relationship()


class Quarantine:
    """The folder where uploads lie, and what may be done to one."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "uploads"

    def path(self, upload_id: str) -> Path:
        return self.folder / upload_id

    def offset(self, upload_id: str) -> int:
        """How many bytes are safely here."""
        try:
            return self.path(upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    def create(self, upload_id: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self.path(upload_id), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def append(self, upload: Upload, offset: int, parts: Iterable[bytes]) -> int:
        """Write the parts behind ``offset``; answers the new length. What arrived before a cut is kept.

        Raises Conflict when somebody else writes, or the offset is not where the file ends; Invalid past its size.
        """
        with self._locked(upload.id) as descriptor:
            length = os.fstat(descriptor).st_size
            if offset != length:
                raise Conflict("offset", "Phần tải lên không nối tiếp phần trước: trình duyệt sẽ tự thử lại.")
            try:
                for part in parts:
                    if length + len(part) > upload.size_bytes:
                        raise Invalid("too-long", "Tệp dài hơn kích thước đã báo: hãy tải lên lại từ đầu.")
                    length += os.write(descriptor, part)
            finally:
                os.fsync(descriptor)
        return length

    def remove(self, upload_id: str) -> None:
        self.path(upload_id).unlink(missing_ok=True)

    @contextmanager
    def _locked(self, upload_id: str) -> Iterator[int]:
        try:
            descriptor = os.open(self.path(upload_id), os.O_WRONLY | os.O_APPEND)
        except FileNotFoundError as error:
            raise NotFound("upload-missing", "Không tìm thấy lần tải lên này: hãy tải lên lại.") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield descriptor
        except BlockingIOError as error:
            raise Conflict("upload-busy", "Tệp này đang được tải lên ở nơi khác.") from error
        finally:
            os.close(descriptor)


def begin(  # noqa: PLR0913  (every part is named at the call)
    session: Session,
    quarantine: Quarantine,
    user: User,
    unit: Unit,
    *,
    name: str,
    size_bytes: int,
    now_ms: int,
) -> Upload:
    """A place for a file of this size. Raises Forbidden (no uploader) or Invalid (empty, too large, no room)."""
    users.require(session, user, Role.UPLOADER, unit.id)
    if size_bytes <= 0:
        raise Invalid("empty", "Tệp rỗng; hãy chọn lại tệp rồi tải lên lần nữa.")
    if size_bytes > LARGEST_BYTES:
        raise Invalid("too-large", "Tệp lớn hơn 2 GB: hãy xuất video với dung lượng nhỏ hơn.")
    unfinished = select(func.count()).where(Upload.user_id == user.id, Upload.item_id.is_(None))
    if (session.scalar(unfinished) or 0) >= UNFINISHED_PER_PERSON:
        raise Invalid("too-many", "Bạn đang có quá nhiều tệp tải dở: hãy hoàn tất hoặc hủy bớt.")
    quarantine.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if shutil.disk_usage(quarantine.folder).free < size_bytes + RESERVE_BYTES:
        raise Invalid("no-room", "Máy chủ sắp hết chỗ lưu trữ: hãy báo người quản trị.")
    upload = Upload(
        id=uuid4().hex,
        user_id=user.id,
        unit_id=unit.id,
        name=clean(name)[-300:] or "tệp",
        size_bytes=size_bytes,
        created=now_ms,
    )
    quarantine.create(upload.id)
    session.add(upload)
    session.flush()
    return upload


def get(session: Session, upload_id: str, user: User) -> Upload:
    """The person's own upload. Raises NotFound, also for somebody else's."""
    upload = session.get(Upload, upload_id)
    if upload is None or upload.user_id != user.id:
        raise NotFound("upload-missing", "Không tìm thấy lần tải lên này: hãy tải lên lại.")
    return upload


def complete(session: Session, quarantine: Quarantine, upload: Upload, now_ms: int) -> Item | None:
    """The item of an upload that is whole, made at the first call; None while bytes are missing."""
    if upload.item_id is not None:
        return session.get(Item, upload.item_id)
    if quarantine.offset(upload.id) != upload.size_bytes:
        return None
    item = library.add(
        session,
        upload.user,
        upload.unit,
        source_name=upload.name,
        source_path=upload.id,
        source_bytes=upload.size_bytes,
        now_ms=now_ms,
    )
    upload.item_id = item.id
    session.flush()
    return item


def cancel(session: Session, quarantine: Quarantine, upload: Upload) -> None:
    """Forget an unfinished upload."""
    if upload.item_id is None:
        quarantine.remove(upload.id)
        session.delete(upload)


def sweep(session: Session, quarantine: Quarantine, now_ms: int) -> int:
    """Make items of uploads whose last answer was lost, and clear away what nobody continued. Answers how many."""
    changed = 0
    for upload in session.scalars(select(Upload).where(Upload.item_id.is_(None))).all():
        if complete(session, quarantine, upload, now_ms) is not None:
            changed += 1
        elif now_ms - upload.created > KEPT_MS:
            cancel(session, quarantine, upload)
            changed += 1
    return changed
