"""How results and evidence are called on pages and in files."""

from __future__ import annotations

from playlists.model import Evidence, Result
from server.errors import msgid

RESULT_NAMES = {
    Result.COMPLETE: msgid("Trọn vẹn"),
    Result.PARTIAL: msgid("Một phần"),
    Result.SKIPPED: msgid("Bỏ qua"),
    Result.FAILED: msgid("Lỗi"),
}
RESULT_TONES = {
    Result.COMPLETE: "success",
    Result.PARTIAL: "warning",
    Result.SKIPPED: "quiet",
    Result.FAILED: "danger",
}
EVIDENCE_NAMES = {
    Evidence.SCHEDULED: msgid("Theo lịch"),
    Evidence.DECODED: msgid("Đã giải mã"),
    Evidence.OUTPUT: msgid("Đã xuất hình"),
    Evidence.SAMPLED: msgid("Có ảnh kiểm chứng"),
}
EVIDENCE_HELP = {
    Evidence.SCHEDULED: msgid("Chỉ biết là đã đến lượt chiếu."),
    Evidence.DECODED: msgid("Trình phát đã dựng hình trong ít nhất 95% thời lượng."),
    Evidence.OUTPUT: msgid("Màn hình được nối và đang bật khi chiếu."),
    Evidence.SAMPLED: msgid("Ảnh chụp khung hình khớp với sản phẩm."),
}
# What a player writes as the reason of a play that is not whole; anything else is the display's own words.
REASON_NAMES = {
    "joined": msgid("màn hình bật lên giữa chừng"),
    "late": msgid("bắt đầu muộn"),
    "cut": msgid("lịch mới thay thế"),
    "blanked": msgid("bị tắt hình theo lệnh"),
    "display-closed": msgid("màn hình bị đóng giữa chừng"),
    "not-ready": msgid("tệp chưa sẵn sàng"),
    "stopped": msgid("trình phát dừng"),
    "stalled": msgid("hình bị khựng"),
    "frozen": msgid("hình bị đứng"),
    "E-REVOKED": msgid("đã bị thu hồi"),
    "E-EXPIRED": msgid("hết thời hạn phê duyệt"),
    "E-ROT": msgid("tệp trên thiết bị bị hỏng"),
    "E-HASH": msgid("tệp tải về bị hỏng"),
}
