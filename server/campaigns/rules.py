"""Terms that make no sense or reach too far are refused, with what to change."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from playlists.model import Order, Priority
from server import units, users
from server.campaigns import frequency, reach
from server.campaigns.terms import Terms
from server.errors import Invalid
from server.library import Item

LONGEST_DAYS = 366
MOST_ITEMS = 100
MOST_WEIGHT = 100


def check(session: Session, actor: users.User, terms: Terms) -> None:
    """Refuse terms that make no sense or reach too far; whether the items are approved is asked when publishing.

    Raises:
        Invalid: the sentence says what to change.
        Forbidden: the person schedules for none of the units concerned.
    """
    users.require(session, actor, users.Role.SCHEDULER, terms.unit_id)
    units.clean_name(terms.name)
    _check_days(terms)
    _check_frequency(terms)
    _check_windows(terms)
    _check_exceptions(terms)
    _check_weights(terms)
    if not terms.item_ids:
        raise Invalid("no-item", "Hãy chọn ít nhất một sản phẩm đã được phê duyệt.", field="items")
    if len(terms.item_ids) != len(set(terms.item_ids)) or len(terms.item_ids) > MOST_ITEMS:
        raise Invalid(
            "items", "Mỗi sản phẩm chọn một lần, nhiều nhất %(most)s sản phẩm.", field="items", most=MOST_ITEMS
        )
    _check_items(session, terms)
    reach.check(session, terms)


def _check_items(session: Session, terms: Terms) -> None:
    """Items come from the campaign's unit, those above it or those below; approved they must be when it goes out."""
    near = {unit.id for unit in units.ancestors(session, terms.unit_id)} | units.subtree_ids(session, terms.unit_id)
    query = select(func.count()).where(Item.id.in_(terms.item_ids), Item.unit_id.in_(near))
    if session.scalar(query) != len(terms.item_ids):
        raise Invalid("item-out-of-reach", "Có sản phẩm không thuộc phạm vi đơn vị của đợt này.", field="items")


def _check_days(terms: Terms) -> None:
    if terms.last_day < terms.first_day:
        raise Invalid(
            "dates-reversed",
            "Ngày cuối (%(last)s) sớm hơn ngày đầu (%(first)s): hãy đổi lại.",
            field="last_day",
            first=terms.first_day.strftime("%d/%m/%Y"),
            last=terms.last_day.strftime("%d/%m/%Y"),
        )
    if (terms.last_day - terms.first_day).days >= LONGEST_DAYS:
        raise Invalid(
            "dates-long", "Một đợt kéo dài nhiều nhất một năm: hãy lập đợt mới cho năm sau.", field="last_day"
        )


def _check_exceptions(terms: Terms) -> None:
    """A date on which nothing is planned anyway is a slip of the pen."""
    stray = [one.day for one in terms.exceptions if not terms.first_day <= one.day <= terms.last_day]
    if stray:
        raise Invalid(
            "exception-outside",
            "Đợt “%(campaign)s”: ngoại lệ ngày %(day)s nằm ngoài thời gian của đợt. Hãy bỏ dòng đó hoặc sửa ngày.",
            field="exceptions",
            campaign=terms.name,
            day=stray[0].strftime("%d/%m/%Y"),
        )


def _check_windows(terms: Terms) -> None:
    if not terms.windows:
        raise Invalid("no-window", "Cần ít nhất một khung giờ.", field="windows")
    usual = {one.day for one in terms.exceptions}
    days = [terms.first_day + timedelta(days=n) for n in range((terms.last_day - terms.first_day).days + 1)]
    opened = any(one.windows for one in terms.exceptions)
    if not opened and not any(window.is_on(day) for day in days if day not in usual for window in terms.windows):
        raise Invalid(
            "window-never",
            "Đợt “%(campaign)s”: không khung giờ nào mở trong những ngày đã chọn. Hãy sửa thứ, ngày hoặc ngoại lệ.",
            field="windows",
            campaign=terms.name,
        )


def _check_frequency(terms: Terms) -> None:
    if terms.priority is Priority.EMERGENCY:
        raise Invalid("priority", "Tin khẩn cấp không phát bằng đợt tuyên truyền.", field="priority")
    if terms.priority is Priority.FILLER:
        if terms.frequency.least:
            raise Invalid("filler-frequency", "Đợt lấp chỗ trống không có tần suất: hãy ghi 0.", field="least")
    elif not 1 <= frequency.written(terms.frequency)[0] <= frequency.MOST_PLAYS[terms.frequency.per]:
        raise frequency.out_of_range(terms.frequency.per)


def _check_weights(terms: Terms) -> None:
    if any(not 1 <= weight <= MOST_WEIGHT for weight in terms.weights.values()):
        raise Invalid("weight", "Trọng số của sản phẩm là từ 1 đến %(most)s.", field="order", most=MOST_WEIGHT)
    if terms.order is Order.SEQUENCE and len(set(terms.weights.values()) | {1}) > 1:
        raise Invalid("weight-sequence", "Chiếu đúng thứ tự thì không có trọng số.", field="order")
