"""The menu: what a person with these roles is offered. What is allowed is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app, request
from flask_login import current_user

from server.errors import msgid
from server.users import ROLE_NAMES, Role


@dataclass(frozen=True)
class Place:
    """One line of the menu: a blueprint's ``index``, words, icon, purpose, and who sees it (nobody named: all)."""

    blueprint: str
    label: str
    icon: str
    purpose: str
    roles: tuple[Role, ...] = ()

    @property
    def endpoint(self) -> str:
        return f"{self.blueprint}.index"


CONTENT = (Role.UPLOADER, Role.APPROVER, Role.SCHEDULER, Role.MANAGER)
APPROVING = (Role.APPROVER, Role.MANAGER)
SCHEDULING = (Role.SCHEDULER, Role.APPROVER, Role.MANAGER)
SCREENS = (Role.OPERATOR, Role.SCHEDULER, Role.MANAGER)
LOGS = (Role.MANAGER, Role.SCHEDULER, Role.OPERATOR, Role.APPROVER, Role.ADMIN)
ADMINISTRATION = (Role.ADMIN,)
PLACING = (Role.ADMIN, Role.OPERATOR)
PLACES = (
    Place("home", msgid("Việc của tôi"), "home", ""),
    Place("library", msgid("Thư viện"), "library", msgid("Tải lên, kiểm tra và gửi duyệt sản phẩm."), CONTENT),
    Place("approvals", msgid("Phê duyệt"), "approve", msgid("Xem và quyết định những gì được phát."), APPROVING),
    Place("campaigns", msgid("Đợt tuyên truyền"), "campaign", msgid("Xếp lịch phát cho màn hình."), SCHEDULING),
    Place("screens", msgid("Màn hình"), "screen", msgid("Ghép nối và theo dõi màn hình."), SCREENS),
    Place("plays", msgid("Nhật ký phát"), "log", msgid("Những gì màn hình đã thực sự phát."), LOGS),
    Place("units", msgid("Đơn vị"), "unit", msgid("Cây đơn vị và tài liệu tin cậy."), ADMINISTRATION),
    Place("territories", msgid("Địa bàn"), "globe", msgid("Cây hành chính theo mã chính thức."), ADMINISTRATION),
    Place("sites", msgid("Điểm đặt"), "place", msgid("Tòa nhà và nơi có màn hình."), PLACING),
    Place("users", msgid("Người dùng"), "users", msgid("Tài khoản, vai trò và khóa ký."), ADMINISTRATION),
)


def init_app(app: Flask) -> None:
    """Give the templates ``places()`` (the menu of this person) and ``here`` (the blueprint of this page)."""
    app.context_processor(lambda: {"places": places, "here": request.blueprint, "ROLE_NAMES": ROLE_NAMES, "Role": Role})


def places() -> list[Place]:
    """The menu of the person who asks, without pages that this installation does not have."""
    if not current_user.is_authenticated:
        return []
    known = current_app.view_functions
    return [p for p in PLACES if p.endpoint in known and (not p.roles or current_user.holds(*p.roles))]
