"""Every sentence ``media`` may say to a person: the Vietnamese text is the key that gettext translates."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


def N_(msgid: str) -> str:  # noqa: N802 - the name message extractors look for
    """Mark a sentence for translation where it stands; the web edge translates it where it is shown."""
    return msgid


class Code(StrEnum):
    """What was found. Values are stable: they are stored beside items."""

    EMPTY = "empty"
    UNKNOWN_TYPE = "unknown-type"
    OTHER_IMAGE = "other-image"
    OTHER_VIDEO = "other-video"
    OTHER_FILE = "other-file"
    PLAYLIST_TEXT = "playlist-text"
    DAMAGED = "damaged"
    TRUNCATED = "truncated"
    ANIMATED = "animated"
    TOO_BIG_IMAGE = "too-big-image"
    TOO_BIG_VIDEO = "too-big-video"
    TOO_THIN = "too-thin"
    TOO_HEAVY_FILE = "too-heavy-file"
    NO_VIDEO = "no-video"
    VIDEO_CODEC = "video-codec"
    AUDIO_CODEC = "audio-codec"
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    TOO_MANY_STREAMS = "too-many-streams"
    TOO_SLOW = "too-slow"
    TOO_MUCH_MEMORY = "too-much-memory"
    CRASHED = "crashed"
    MACHINE = "machine"
    DISK_FULL = "disk-full"
    BLURRED = "blurred"
    UNREADABLE = "unreadable"
    BARS = "bars"
    PANNED = "panned"
    PANNED_LONG = "panned-long"
    NO_SOUND = "no-sound"
    SOUND_UNHEARD = "sound-unheard"
    FRAME_RATE = "frame-rate"
    LONG_FOR_LOOP = "long-for-loop"


SENTENCES: Mapping[Code, str] = {
    Code.EMPTY: N_("Tệp rỗng; hãy chọn lại tệp rồi tải lên lần nữa."),
    Code.UNKNOWN_TYPE: N_("Không nhận ra loại tệp này; hãy tải lên ảnh PNG, JPEG, WebP hoặc video MP4, WebM."),
    Code.OTHER_IMAGE: N_("Đây là ảnh %(name)s; hãy lưu thành PNG hoặc JPEG rồi tải lên lại."),
    Code.OTHER_VIDEO: N_("Đây là video %(name)s; hãy xuất thành MP4 (H.264) rồi tải lên lại."),
    Code.OTHER_FILE: N_("Đây là tệp %(name)s, không phải ảnh hay video; hãy xuất thành ảnh PNG hoặc video MP4."),
    Code.PLAYLIST_TEXT: N_(
        "Đây là danh sách phát dạng chữ, chỉ trỏ tới video ở nơi khác; hãy tải lên chính tệp video MP4 hoặc WebM."
    ),
    Code.DAMAGED: N_("Tệp bị hỏng, không đọc được nội dung; hãy mở thử trên máy, xuất lại rồi tải lên."),
    Code.TRUNCATED: N_("Tệp bị cắt cụt, thiếu phần cuối; hãy sao chép lại bản đầy đủ rồi tải lên."),
    Code.ANIMATED: N_("Đây là ảnh động; hãy xuất thành video MP4 hoặc chọn một ảnh tĩnh."),
    Code.TOO_BIG_IMAGE: N_(
        "Ảnh quá lớn: tối đa %(max_megapixels)s triệu điểm ảnh; hãy thu nhỏ cạnh dài còn khoảng 4.000 điểm."
    ),
    Code.TOO_BIG_VIDEO: N_("Khung hình video quá lớn: %(width)s × %(height)s; hãy xuất lại ở 1920 × 1080."),
    Code.TOO_THIN: N_("Hình quá nhỏ hoặc quá hẹp: %(width)s × %(height)s; mỗi cạnh cần ít nhất %(min)s điểm ảnh."),
    Code.TOO_HEAVY_FILE: N_("Tệp quá nặng: tối đa %(max_mb)s MB cho loại này; hãy xuất lại với dung lượng nhỏ hơn."),
    Code.NO_VIDEO: N_("Tệp không có hình, chỉ có tiếng hoặc dữ liệu khác; hãy chọn một video có hình."),
    Code.VIDEO_CODEC: N_("Video dùng bộ mã %(codec)s chưa nhận được; hãy xuất thành MP4 với bộ mã H.264."),
    Code.AUDIO_CODEC: N_("Tiếng của video dùng bộ mã %(codec)s chưa nhận được; hãy xuất lại với tiếng AAC."),
    Code.TOO_SHORT: N_("Video dài 0 giây hoặc quá ngắn; hãy chọn video dài từ 1 giây trở lên."),
    Code.TOO_LONG: N_("Video dài hơn %(max_minutes)s phút; hãy cắt thành các đoạn ngắn hơn."),
    Code.TOO_MANY_STREAMS: N_("Video chứa quá nhiều luồng; hãy xuất lại chỉ với một hình và một tiếng."),
    Code.TOO_SLOW: N_("Xử lý tệp quá lâu nên đã dừng; hãy xuất lại video ngắn hơn hoặc ở 1920 × 1080."),
    Code.TOO_MUCH_MEMORY: N_("Tệp cần quá nhiều bộ nhớ để mở; hãy xuất lại với kích thước hình nhỏ hơn."),
    Code.CRASHED: N_("Tệp làm bộ giải mã dừng đột ngột, có thể đã hỏng; hãy xuất lại từ bản gốc rồi tải lên."),
    Code.MACHINE: N_("Máy chủ chưa xử lý được tệp lúc này; hãy thử lại sau, nếu vẫn lỗi hãy báo người quản trị."),
    Code.DISK_FULL: N_("Ổ đĩa của máy chủ đã đầy; hãy báo người quản trị dọn chỗ rồi thử lại."),
    Code.BLURRED: N_(
        "Hình %(width)s × %(height)s nhỏ hơn màn hình %(screen_width)s × %(screen_height)s nên sẽ hơi mờ; "
        "nên dùng bản lớn hơn."
    ),
    Code.UNREADABLE: N_(
        "Hình %(width)s × %(height)s quá nhỏ so với màn hình %(screen_width)s × %(screen_height)s, "
        "chữ sẽ không đọc được; hãy dùng bản lớn hơn."
    ),
    Code.BARS: N_("Tỷ lệ hình khác màn hình nên sẽ có viền nền chiếm khoảng %(percent)s%% màn hình."),
    Code.PANNED: N_("Ảnh dài hơn màn hình nên sẽ thành đoạn trượt từ trên xuống dài %(seconds)s giây."),
    Code.PANNED_LONG: N_(
        "Ảnh rất dài: đoạn trượt kéo dài %(seconds)s giây, người xem khó theo hết; nên chia thành nhiều ảnh."
    ),
    Code.NO_SOUND: N_("Video không có tiếng; nếu nội dung cần lời nói, hãy thêm tiếng hoặc phụ đề."),
    Code.SOUND_UNHEARD: N_("Màn hình này không phát tiếng; hãy bảo đảm hình và chữ tự nói đủ nội dung."),
    Code.FRAME_RATE: N_("Video %(fps)s hình/giây sẽ được chuyển về %(screen_fps)s hình/giây."),
    Code.LONG_FOR_LOOP: N_("Video dài %(seconds)s giây; màn hình thang máy hợp với video dưới 60 giây."),
}
