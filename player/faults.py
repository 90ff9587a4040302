"""What went wrong lately, for the state topic: a code, a sentence staff can read, a count. Details go to the log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from playlists.errors import Code, Refusal

log = logging.getLogger("player")
KEPT = 20
REMEMBERED_MS = 3600 * 1000
NETWORK, DISK, JOURNAL, PLAYS = "NETWORK", "DISK", "JOURNAL", "PLAYS"
ASIDE, OUTCAST, RESTARTS, PORTAL = "ASIDE", "OUTCAST", "RESTARTS", "PORTAL"
SENTENCES: Mapping[str, str] = {
    NETWORK: "Không liên lạc được với máy chủ; màn hình phát tiếp danh sách đang có.",
    DISK: "Bộ nhớ của thiết bị không ghi hoặc đọc được: hãy kiểm tra chỗ trống và thẻ nhớ.",
    JOURNAL: "Chưa ghi được nhật ký phát: hãy kiểm tra chỗ trống và thẻ nhớ.",
    PLAYS: "Máy chủ chưa nhận nhật ký phát; các lượt phát vẫn được giữ trên thiết bị.",
    ASIDE: "Máy chủ từ chối một lượt phát; lượt phát đó được giữ riêng trên thiết bị và không gửi nữa.",
    OUTCAST: "Thiết bị này đã bị thu hồi nên không phát gì nữa: hãy ghép nối lại bằng thiết bị khác.",
    RESTARTS: "Trình phát khởi động lại nhiều lần trong 30 phút nên tạm phát chế độ an toàn.",
    PORTAL: "Mạng trả về trang web thay cho dữ liệu: có thể là trang đăng nhập của Wi-Fi, hãy đăng nhập mạng.",
    Code.SIZE: "Tài liệu nhận được dài quá mức cho phép.",
    Code.PARSE: "Tài liệu nhận được không đọc được: mạng có thể chặn bằng trang đăng nhập.",
    Code.TYPE: "Nhận được tài liệu không đúng loại.",
    Code.SIG: "Tài liệu nhận được không có chữ ký đáng tin.",
    Code.THRESH: "Tài liệu nhận được chưa đủ người ký.",
    Code.TRUST: "Tài liệu tin cậy nhận được không hợp lệ.",
    Code.SCHEMA: "Tài liệu nhận được không đúng mẫu.",
    Code.ROOT: "Tài liệu tin cậy mới không nối tiếp tài liệu đang giữ.",
    Code.KEY: "Khóa ký đã hết hiệu lực hoặc bị thu hồi.",
    Code.TARGET: "Nhận được danh sách phát của màn hình khác.",
    Code.ROLLBACK: "Nhận được bản cũ hơn bản đang giữ.",
    Code.FORK: "Nhận được hai bản khác nhau mang cùng một số.",
    Code.MIX: "Các tài liệu nhận được không khớp nhau.",
    Code.FUTURE: "Tài liệu nhận được ghi thời điểm ở tương lai: hãy kiểm tra đồng hồ của thiết bị.",
    Code.APPROVAL: "Danh sách phát có sản phẩm chưa được phê duyệt cho màn hình này.",
    Code.EXPIRED: "Phê duyệt của sản phẩm đã hết hạn.",
    Code.REVOKED: "Sản phẩm đã bị thu hồi.",
    Code.ITEM: "Danh sách phát có tệp không nằm trong phê duyệt.",
    Code.PATH: "Tên tệp không hợp lệ.",
    Code.HASH: "Tệp tải về không đúng tệp đã duyệt: mạng có thể chặn bằng trang đăng nhập.",
    Code.ROT: "Tệp trên thiết bị tự hỏng và đang được tải lại: hãy kiểm tra thẻ nhớ.",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault. ``code`` is a refusal code or a word of our own."""

    code: str
    detail: str
    count: int
    last_mono_ms: int


class Faults:
    """The faults of this run, the latest text of each code. Safe to use from several threads."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._lock = threading.Lock()

    def refused(self, refusal: Refusal, mono_ms: int) -> None:
        """A document or file was not believed."""
        self.add(refusal.code, refusal.sentence, mono_ms)

    def add(self, code: str, detail: str, mono_ms: int) -> None:
        """Count one. A detail is logged when it is new, not every time: a dead network must not fill the log."""
        with self._lock:
            known = self._faults.pop(code, None)
            if known is None or known.detail != detail:
                log.warning("%s: %s", code, detail)
            self._faults[code] = Fault(str(code), detail, known.count + 1 if known else 1, mono_ms)
            while len(self._faults) > KEPT:
                self._faults.pop(next(iter(self._faults)))

    def clear(self, code: str) -> None:
        """It is over: what it was about works again."""
        with self._lock:
            self._faults.pop(code, None)

    def listed(self, mono_ms: int) -> list[dict[str, str | int]]:
        """Those of the last hour, the latest first."""
        with self._lock:
            recent = [f for f in reversed(self._faults.values()) if mono_ms - f.last_mono_ms < REMEMBERED_MS]
        return [{"code": f.code, "text": SENTENCES.get(f.code, f.detail), "count": f.count} for f in recent]
