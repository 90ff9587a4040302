"""The form of a campaign: what may be chosen in it, what is filled in at first, and the terms it stands for."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import BooleanField, DateField, FormField, IntegerField, RadioField, SelectField, SelectMultipleField
from wtforms import StringField as Text
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from playlists.model import Order, Per, Priority
from playlists.targeting import Group, Targets
from server import campaigns, material, units, users
from server.campaigns import PRIORITY_NAMES, Terms, frequency
from server.campaigns.frequency import PER_NAMES
from server.clock import now_ms
from server.errors import Invalid
from server.users import Role
from server.web.campaigns.groups import GroupForm, group_of, group_rows, offer
from server.web.converters import number
from server.web.forms import REQUIRED, whole_number
from server.web.permission import me
from server.web.window_fields import exception_list, exception_rows_of, exceptions_of, rows_of, window_list, windows_of

USUAL_PLAYS_PER_HOUR = 4
NOT_NEGATIVE = NumberRange(0, 1_000_000, _l("Hãy nhập một số từ 0 trở lên."))
WEIGHTS = "weights"
ORDERS = (
    (Order.ROTATION.value, _l("Luân phiên đều nhau")),
    (WEIGHTS, _l("Luân phiên theo trọng số của từng sản phẩm")),
    (Order.SEQUENCE.value, _l("Đúng thứ tự, như một câu chuyện nhiều phần")),
)
REACHES = (
    ("all", _l("Mọi màn hình của đơn vị, kể cả màn hình gắn sau này")),
    ("some", _l("Chỉ những màn hình tôi chọn")),
    ("groups", _l("Theo nhóm: địa bàn, điểm đặt, loại, nhãn")),
)


class CampaignForm(FlaskForm):
    """Every part has an answer already, except which items and under what name."""

    name = Text(
        _l("Tên đợt"),
        [InputRequired(REQUIRED), Length(max=200)],
        description=_l("Ví dụ: Phòng cháy mùa khô 2026"),
    )
    unit = SelectField(_l("Đơn vị"), coerce=whole_number)
    items = SelectMultipleField(_l("Chiếu những sản phẩm nào"), coerce=int)
    first_day = DateField(_l("Từ ngày"), [InputRequired(REQUIRED)])
    last_day = DateField(_l("Đến hết ngày"), [InputRequired(REQUIRED)])
    windows = window_list(label=_l("Trong khung giờ"))
    least = IntegerField(
        _l("Ít nhất"),
        [InputRequired(REQUIRED), NOT_NEGATIVE],
        default=USUAL_PLAYS_PER_HOUR,
        description=_l("Tính chung cho cả đợt, trên mỗi màn hình."),
    )
    per = SelectField(_l("Tính bằng"), default=Per.HOUR.value)
    reach = RadioField(_l("Trên màn hình nào"), default="all", choices=REACHES)
    include = FormField(GroupForm)
    priority = SelectField(_l("Mức ưu tiên"), coerce=int, default=int(Priority.NORMAL))
    most = IntegerField(
        _l("Nhiều nhất"), [Optional(), NOT_NEGATIVE], description=_l("Để trống: chiếu thêm khi còn chỗ.")
    )
    largest_gap = IntegerField(
        _l("Hai lượt cách nhau nhiều nhất (phút)"),
        [Optional(), NOT_NEGATIVE],
        description=_l("Để trống: chia đều trong khung giờ."),
    )
    prime_first = BooleanField(_l("Ưu tiên giờ đông người (với số lượt mỗi ngày)"))
    order = SelectField(_l("Thứ tự chiếu các sản phẩm"), default=Order.ROTATION.value, choices=ORDERS)
    exceptions = exception_list(label=_l("Ngoại lệ theo ngày"))
    exclude = FormField(GroupForm)
    directive_number = Text(_l("Số văn bản chỉ đạo"), [Length(max=100)])
    directive_date = DateField(_l("Ngày văn bản"), [Optional()])

    @property
    def is_advanced(self) -> bool:
        """Whether something below the fold is filled in or wrong."""
        below = (self.most, self.largest_gap, self.prime_first, self.directive_number, self.directive_date)
        usual = self.order.data == Order.ROTATION.value and self.priority.data in (None, int(Priority.NORMAL))
        rows = [part for entry in self.exceptions for part in entry.form]
        folded = [*below, *rows, *self.exclude.form]
        return not usual or any(field.data or field.errors for field in folded) or bool(self.exceptions.errors)


def filled(terms: Terms, unit: units.Unit) -> CampaignForm:
    """The form with these terms in it."""
    least, most, gap = frequency.written(terms.frequency)
    targets = terms.targets or Targets(Group(units=frozenset({unit.code})))
    everywhere = targets.include == Group(units=frozenset({unit.code}))
    single = targets.include == Group(screens=targets.include.screens)
    weighted = any(weight > 1 for weight in terms.weights.values())
    return CampaignForm(
        None,
        name=terms.name,
        unit=terms.unit_id,
        items=list(terms.item_ids),
        first_day=terms.first_day,
        last_day=terms.last_day,
        windows=rows_of(terms.windows),
        least=least,
        per=terms.frequency.per.value,
        reach="all" if everywhere else "some" if single else "groups",
        include={} if everywhere else group_rows(targets.include),
        priority=int(terms.priority),
        most=most,
        largest_gap=gap,
        prime_first=terms.prime_first,
        order=WEIGHTS if weighted else terms.order.value,
        exceptions=exception_rows_of(terms.exceptions),
        exclude=group_rows(targets.exclude),
        directive_number=terms.directive_number,
        directive_date=terms.directive_date,
    )


def terms_in(session: Session, form: CampaignForm) -> Terms:
    """The form as terms. Raises Invalid where an answer is missing."""
    if form.first_day.data is None or form.last_day.data is None:
        raise Invalid("dates", "Hãy chọn ngày đầu và ngày cuối.", field="first_day")
    priority = Priority(form.priority.data or Priority.NORMAL)
    name = form.name.data or _("Đợt mới")
    item_ids = tuple(form.items.data or ())
    if form.order.data == Order.SEQUENCE.value:
        places = numbers_in(item_ids)
        item_ids = tuple(sorted(item_ids, key=lambda item_id: places.get(item_id, len(item_ids) + 1)))
    return Terms(
        name=name,
        unit_id=form.unit.data or 0,
        first_day=form.first_day.data,
        last_day=form.last_day.data,
        windows=windows_of(form.windows),
        frequency=_frequency(form, priority),
        item_ids=item_ids,
        targets=_targets(session, form),
        priority=priority,
        exceptions=exceptions_of(form.exceptions, name),
        order=Order.SEQUENCE if form.order.data == Order.SEQUENCE.value else Order.ROTATION,
        weights=numbers_in(item_ids) if form.order.data == WEIGHTS else {},
        prime_first=bool(form.prime_first.data),
        directive_number=form.directive_number.data or "",
        directive_date=form.directive_date.data,
    )


def numbers_in(item_ids: tuple[int, ...]) -> dict[int, int]:
    """The number beside each chosen item: its weight, or its place. What is no number is left out."""
    found = {item_id: request.form.get(f"number-{item_id}", type=number) for item_id in item_ids}
    return {item_id: given for item_id, given in found.items() if given is not None}


def numbers_of(terms: Terms) -> dict[int, int]:
    """The numbers to show beside the items of these terms."""
    if terms.order is Order.SEQUENCE:
        return {item_id: place for place, item_id in enumerate(terms.item_ids, 1)}
    return dict(terms.weights)


def offer_choices(session: Session, form: CampaignForm) -> dict[str, Any]:
    """Fill in what may be chosen. Returns what the page draws itself: items, and the choices of places."""
    reach = users.units_where(session, me(), Role.SCHEDULER)
    tree = units.tree(session, reach)
    shelf = material.choosable(session, reach, now_ms())
    form.unit.choices = [(unit.id, "\u2003" * depth + unit.name) for depth, unit in tree]
    form.items.choices = [(item.id, item.title) for item in shelf]
    form.priority.choices = [(int(value), _(name)) for value, name in PRIORITY_NAMES.items()]
    form.per.choices = [(per.value, _(name)) for per, name in PER_NAMES.items()]
    kinds = offer(session, form.include.form, tree)
    offer(session, form.exclude.form, tree)
    return {"shelf": shelf, "kinds": kinds, "KIND_NAMES": campaigns.KIND_NAMES}


def _frequency(form: CampaignForm, priority: Priority) -> Any:
    per = Per(form.per.data) if form.per.data in set(Per) else Per.HOUR
    least = 0 if priority is Priority.FILLER else form.least.data or 0
    return frequency.read(per, least, form.most.data, form.largest_gap.data)


def _targets(session: Session, form: CampaignForm) -> Targets | None:
    exclude = group_of(form.exclude.form)
    if form.reach.data == "all":
        unit = session.get(units.Unit, form.unit.data or 0)
        if unit is None or exclude.is_empty:
            return None
        return Targets(Group(units=frozenset({unit.code})), exclude)
    include = group_of(form.include.form)
    return Targets(Group(screens=include.screens) if form.reach.data == "some" else include, exclude)
