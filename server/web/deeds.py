"""What was done to a campaign, a screen or a place, in words; acts without words here are shown by their names."""

from __future__ import annotations

from flask_babel import gettext as _

from server.errors import msgid

DEEDS = {
    "campaign.created": msgid("lập đợt"),
    "campaign.changed": msgid("sửa đợt"),
    "campaign.published": msgid("phát hành"),
    "campaign.reduced": msgid("phát hành với lời hứa bị giảm"),
    "campaign.ended": msgid("dừng đợt"),
    "campaign.withdrawn": msgid("bỏ bản nháp"),
    "peak.created": msgid("lập đợt cao điểm"),
    "peak.changed": msgid("sửa đợt cao điểm"),
    "peak.published": msgid("phát hành"),
    "peak.reduced": msgid("phát hành với lời hứa bị giảm"),
    "peak.closed": msgid("đóng đợt cao điểm"),
    "screen.paired": msgid("gắn màn hình"),
    "screen.changed": msgid("sửa màn hình"),
    "screen.command": msgid("gửi lệnh"),
    "screen.device_replaced": msgid("thay thiết bị"),
    "screen.retired": msgid("ngừng dùng"),
    "site.added": msgid("thêm điểm đặt"),
    "site.changed": msgid("sửa điểm đặt"),
    "territory.added": msgid("thêm địa bàn"),
    "territory.changed": msgid("sửa địa bàn"),
}


def deed_words(action: str) -> str:
    """The act as people call it."""
    return str(_(DEEDS.get(action, action)))
