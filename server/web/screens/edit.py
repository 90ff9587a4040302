"""What may change about a screen: its name and place, when it is open, whose its time is, when it must be quiet."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import IntegerField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from playlists.model import OffHours
from server import publishing, screens, sites, users
from server.campaigns.frequency import PER_CENT
from server.clock import now_ms
from server.errors import DomainError, msgid
from server.screens import VENUES, Description, Schedule, Screen, schedule
from server.users import Role
from server.web.database import reading, writing
from server.web.forms import REQUIRED, show_errors, whole_number
from server.web.permission import me, permit
from server.web.screens.pages import bp, the_screen
from server.web.signing import keys
from server.web.window_fields import (
    BlankWindowForm,
    QuietForm,
    exception_list,
    exception_rows_of,
    exceptions_of,
    quiet_of,
    quiet_rows_of,
    rows_of,
    window_list,
    windows_of,
)

OFF_HOURS_NAMES = {OffHours.BLANK: msgid("Tắt hình"), OffHours.SLATE: msgid("Hiện biểu trưng")}
LISTS = ("opening", "exceptions", "prime", "lent", "quiet")
PERCENT = NumberRange(0, 100, _l("Hãy nhập từ 0 đến 100."))
SECOND_MS = 1000


class ScreenForm(FlaskForm):
    """What may change about a screen. A screen of ours needs nothing below the opening hours."""

    name = StringField(_l("Tên màn hình"), [InputRequired(REQUIRED), Length(max=200)])
    site = SelectField(
        _l("Điểm đặt"), coerce=whole_number, description=_l("Tòa nhà hoặc nơi đặt; nhờ nó mà biết địa bàn.")
    )
    place = StringField(
        _l("Địa chỉ đặt"), [Length(max=300)], description=_l("Để người khác tìm được: số nhà, đường, tầng.")
    )
    venue = SelectField(_l("Loại địa điểm"), description=_l("Đã chọn điểm đặt thì lấy loại của điểm đặt."))
    tags = StringField(
        _l("Nhãn"), description=_l("Cách nhau bằng dấu phẩy, ví dụ: gần trường học, có tiếng."), filters=[]
    )
    opening = window_list(label=_l("Giờ mở màn hình"))
    off_hours = RadioField(_l("Ngoài giờ mở"))
    exceptions = exception_list(label=_l("Ngoại lệ theo ngày"))
    prime = window_list(BlankWindowForm, label=_l("Giờ đông người qua lại"))
    longest_item = IntegerField(
        _l("Sản phẩm dài nhất (giây)"),
        [Optional(), NumberRange(1, 3600, _l("Hãy nhập từ 1 đến 3600."))],
        description=_l("Người ta dừng lại bao lâu trước màn hình. Để trống: không giới hạn."),
    )
    reserve = IntegerField(
        _l("Dự phòng khẩn cấp (% mỗi giờ)"),
        [Optional(), PERCENT],
        description=_l("Không hứa cho ai ngoài tin khẩn cấp; lúc trống vẫn chiếu xen kẽ."),
    )
    owners_share = IntegerField(
        _l("Phần của chủ màn hình (% mỗi giờ)"),
        [Optional(), PERCENT],
        description=_l("Chỉ dành cho các đợt của chính đơn vị quản lý màn hình này."),
    )
    lent = window_list(BlankWindowForm, label=_l("Giờ được dùng nhờ"))
    quiet = window_list(QuietForm, label=_l("Giờ yên tĩnh"))

    @property
    def is_advanced(self) -> bool:
        """Whether something below the fold is filled in or wrong."""
        plain = (self.longest_item, self.reserve, self.owners_share)
        rows = [entry.form for name in LISTS[2:] for entry in self[name]]
        times = [part for row in rows for part in (row.start, row.end)]
        folded = [*plain, *times, *(part for entry in self.exceptions for part in entry.form)]
        return any(field.data or field.errors for field in folded) or any(self[name].errors for name in LISTS[1:])


@bp.route("/<int:screen_id>/edit", methods=["GET", "POST"])
@permit(Role.OPERATOR)
def edit(screen_id: int) -> Any:
    """Change name, place, hours, and whose its time is."""
    form = ScreenForm()
    session = writing() if form.is_submitted() else reading()
    screen = the_screen(session, screen_id)
    if not form.is_submitted():
        form = _filled(screen)
    _offer(session, form, screen)
    if "more" in request.form:
        _one_row_more(form, request.form["more"])
    elif form.validate_on_submit():
        try:
            screens.change(session, me(), screen, _description(form), _schedule(form))
            publishing.replan(session, keys(), [screen.id], now_ms())
            session.commit()
        except DomainError as error:
            session.rollback()
            show_errors(form, error)
        else:
            flash(_("Đã lưu."), "success")
            return redirect(url_for("screens.show", screen_id=screen_id))
    page = render_template("screens/edit.html", form=form, screen=the_screen(reading(), screen_id))
    return page, 422 if form.is_submitted() and "more" not in request.form else 200


def _one_row_more(form: ScreenForm, name: str) -> None:
    """The buttons that add a row, for those without scripts."""
    if name in LISTS and len(form[name]) < form[name].max_entries:
        form[name].append_entry()


def _filled(screen: Screen) -> ScreenForm:
    now = schedule.of(screen)
    return ScreenForm(
        None,
        name=screen.name,
        site=screen.site_id,
        place=screen.place,
        venue=screen.venue,
        tags=", ".join(screen.tags),
        opening=rows_of(now.opening),
        off_hours=screen.off_hours,
        exceptions=exception_rows_of(now.exceptions),
        prime=rows_of(now.prime),
        longest_item=None if now.longest_item_ms is None else now.longest_item_ms // SECOND_MS,
        reserve=now.reserve // PER_CENT or None,
        owners_share=now.owners_share // PER_CENT or None,
        lent=rows_of(now.lent or ()),
        quiet=quiet_rows_of(now.quiet),
    )


def _offer(session: Session, form: ScreenForm, screen: Screen) -> None:
    mine = sites.in_units(session, users.units_where(session, me(), Role.OPERATOR))
    here = {site.id: site for site in (*mine, *([screen.site] if screen.site else []))}
    form.site.choices = [("", _("(không ghi)")), *((site.id, site.name) for site in here.values())]
    form.venue.choices = [(code, _(name)) for code, name in VENUES.items()]
    form.off_hours.choices = [(value.value, _(name)) for value, name in OFF_HOURS_NAMES.items()]


def _description(form: ScreenForm) -> Description:
    return Description(
        name=form.name.data,
        place=form.place.data or "",
        venue=form.venue.data,
        site_id=form.site.data,
        tags=tuple((form.tags.data or "").split(",")),
        off_hours=OffHours(form.off_hours.data),
    )


def _schedule(form: ScreenForm) -> Schedule:
    longest = form.longest_item.data
    return Schedule(
        opening=windows_of(form.opening),
        exceptions=exceptions_of(form.exceptions, form.name.data),
        reserve=(form.reserve.data or 0) * PER_CENT,
        owners_share=(form.owners_share.data or 0) * PER_CENT,
        lent=windows_of(form.lent) or None,
        longest_item_ms=None if longest is None else longest * SECOND_MS,
        prime=windows_of(form.prime),
        quiet=quiet_of(form.quiet),
    )
