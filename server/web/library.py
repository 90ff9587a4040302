"""The library: what there is, sending files in, saying what they are, and asking for approval."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from media.sentences import SENTENCES, Code
from server import approvals, audit, jobs, library, units, uploads, users
from server.clock import now_ms
from server.errors import Invalid, msgid
from server.fields_of_law import FIELDS_OF_LAW
from server.library import EDITABLE, STATUS_NAMES, Item, ItemStatus
from server.settings import Settings
from server.uploads import Quarantine
from server.users import Role, User
from server.web.converters import number
from server.web.database import reading, writing
from server.web.forms import REQUIRED, show_errors, whole_number
from server.web.permission import me, permit
from server.web.tasks import Task

bp = Blueprint("library", __name__, url_prefix="/library")

PAGE = 24
TONES = {
    ItemStatus.PROCESSING: "info",
    ItemStatus.REFUSED: "danger",
    ItemStatus.READY: "quiet",
    ItemStatus.SUBMITTED: "warning",
    ItemStatus.RETURNED: "danger",
    ItemStatus.APPROVED: "success",
    ItemStatus.WITHDRAWN: "danger",
}
GRADE_TONES = {"pass": "success", "warn": "warning", "refuse": "danger"}
READERS = (Role.UPLOADER, Role.APPROVER, Role.SCHEDULER, Role.MANAGER)
ACTIONS = {
    "item.uploaded": msgid("tải lên"),
    "item.submitted": msgid("trình phê duyệt"),
    "item.returned": msgid("trả lại"),
    "item.approved": msgid("ký phê duyệt"),
    "item.countersigned": msgid("ký tiếp"),
    "item.withdrawn": msgid("thu hồi"),
}
PLAIN_UPLOAD_BYTES = 64 * 1024 * 1024
PART_BYTES = 64 * 1024


class ItemForm(FlaskForm):
    """What the author says about an item."""

    title = StringField(
        _l("Tiêu đề"),
        [InputRequired(REQUIRED), Length(max=library.LONGEST_TITLE)],
        description=_l("Tên để mọi người tìm và nhận ra sản phẩm này."),
    )
    field_of_law = SelectField(_l("Lĩnh vực pháp luật"), coerce=whole_number)
    legal_basis = StringField(
        _l("Căn cứ pháp lý"),
        [Length(max=300)],
        description=_l("Số và tên văn bản, nếu có. Ví dụ: Luật Phòng cháy, chữa cháy và cứu nạn, cứu hộ."),
    )
    dwell_s = IntegerField(
        _l("Thời lượng hiển thị (giây)"), description=_l("Mỗi lượt chiếu ảnh kéo dài bao lâu, từ 3 đến 60 giây.")
    )

    def offer(self, item: Item) -> None:
        """Fill in the choices; a film has a length of its own."""
        choices = [("", _("— Chọn lĩnh vực —"))] + [(str(n), f"{n}. {_(name)}") for n, name in FIELDS_OF_LAW.items()]
        self.field_of_law.choices = choices
        if not is_still(item):
            del self.dwell_s


@bp.url_value_preprocessor
def larger_forms(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the ceiling of the plain upload before the CSRF check, which reads the form before the view does."""
    if endpoint == "library.upload" and current_user.is_authenticated:
        request.max_content_length = PLAIN_UPLOAD_BYTES


# What waits for an author: the status, the words for one item and for several, the icon and the tone.
WAITING = (
    (
        ItemStatus.RETURNED,
        msgid("“%(title)s” bị trả lại: xem lý do, sửa rồi trình lại."),
        msgid("Các sản phẩm của bạn bị trả lại."),
        "back",
        "danger",
    ),
    (
        ItemStatus.REFUSED,
        msgid("“%(title)s” không dùng được: xem lý do rồi tải lên tệp khác."),
        msgid("Các tệp bạn tải lên không dùng được."),
        "warning",
        "danger",
    ),
    (
        ItemStatus.READY,
        msgid("“%(title)s” đã có bản chiếu: điền thông tin rồi trình phê duyệt."),
        msgid("Các bản nháp chờ bạn trình phê duyệt."),
        "library",
        "info",
    ),
)
REMINDED_MS = 7 * 24 * 3600 * 1000  # nobody can mend a refused file, so its author is told of it for a week only


def tasks(session: Session, user: User) -> list[Task]:
    """What an author has to mend, to send again, or to submit."""
    found = []
    for status, one, many, icon, tone in WAITING if user.holds(Role.UPLOADER) else ():
        since = now_ms() - REMINDED_MS if status is ItemStatus.REFUSED else 0
        items = library.of_author(session, user, status, since)
        if len(items) == 1:
            url = url_for("library.show", item_id=items[0].id)
            found.append(Task(_(one, title=items[0].title), url, icon, tone=tone))
        elif items:
            found.append(Task(_(many), url_for("library.index", status=status), icon, len(items), tone))
    return found


@bp.get("/")
@permit(*READERS)
def index() -> str:
    """Everything within reach, newest first, and the place to drop files."""
    session = reading()
    upload_units = units.tree(session, users.units_where(session, me(), Role.UPLOADER))
    return render_template("library/index.html", upload_units=upload_units, **_shelf(session))


@bp.get("/grid")
@permit(*READERS)
def grid() -> str:
    """The cards alone: the page asks for them again while something is on its way."""
    return render_template("library/_grid.html", **_shelf(reading()))


@bp.post("/upload")
@permit(Role.UPLOADER)
def upload() -> Response:
    """Files from a plain form, for browsers without scripts; the usual way is :mod:`server.web.uploads`."""
    quarantine = Quarantine(_settings().data_dir)
    for file in request.files.getlist("files"):
        size_bytes = file.stream.seek(0, 2)
        file.stream.seek(0)
        session = writing()
        place = uploads.begin(
            session,
            quarantine,
            me(),
            units.get(session, request.form.get("unit", me().unit_id, type=number)),
            name=file.filename or "",
            size_bytes=size_bytes,
            now_ms=now_ms(),
        )
        quarantine.append(place, 0, iter(partial(file.stream.read, PART_BYTES), b""))
        uploads.complete(session, quarantine, place, now_ms())
        session.commit()
    jobs.Bell(_settings().jobs_url).ring()
    return redirect(url_for("library.index"))


@bp.get("/<int:item_id>")
@permit(*READERS)
def show(item_id: int) -> str:
    """One item: how screens will show it, what was found, what may be done."""
    return _page(reading(), _item(reading(), item_id))


@bp.get("/<int:item_id>/work")
@permit(*READERS)
def work(item_id: int) -> Any:
    """How far the worker is; when it is done, the page is asked to load itself anew."""
    item = _item(reading(), item_id)
    if item.status != ItemStatus.PROCESSING:
        return "", 200, {"HX-Refresh": "true"}
    return render_template("library/_work.html", item=item)


@bp.post("/<int:item_id>")
@permit(Role.UPLOADER)
def describe(item_id: int) -> Any:
    """Keep what the form says and, with the second button, ask for approval."""
    session = writing()
    item = _item(session, item_id)
    form = ItemForm()
    form.offer(item)
    if form.validate_on_submit():
        try:
            library.describe(
                session,
                me(),
                item,
                title=form.title.data,
                field_of_law=form.field_of_law.data,
                legal_basis=form.legal_basis.data or "",
                dwell_ms=form.dwell_s.data * 1000 if "dwell_s" in form and form.dwell_s.data else None,
                now_ms=now_ms(),
            )
            if "submit" in request.form:
                library.submit(session, me(), item, now_ms())
            session.commit()
        except Invalid as error:
            session.rollback()
            show_errors(form, error, "dwell_s" if error.code == "dwell" else None)
        else:
            flash(_("Đã trình phê duyệt.") if "submit" in request.form else _("Đã lưu."), "success")
            return redirect(url_for("library.show", item_id=item_id))
    session = reading()
    return _page(session, _item(session, item_id), form), 422


def is_still(item: Item) -> bool:
    """Whether at least one of its renditions is a picture that stands still."""
    return any(r.media_type.startswith("image/") for r in item.renditions)


def merged(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings with those that are the same on several screens told once, the worst first."""
    told: dict[tuple[str, str], dict[str, Any]] = {}
    for finding in findings:
        once = told.setdefault((finding["code"], str(finding["params"])), {**finding, "screens": []})
        once["screens"] += [finding["screen"]] if finding.get("screen") else []
    return sorted(told.values(), key=lambda f: list(GRADE_TONES)[::-1].index(f["grade"]))


def finding_words(finding: dict[str, Any]) -> str:
    """A preflight finding as a sentence in the language of the page."""
    code = finding.get("code", "")
    if code not in SENTENCES:  # stored by a newer program
        return str(_(SENTENCES[Code.DAMAGED]))
    return str(_(SENTENCES[Code(code)], **finding["params"]))


@bp.app_context_processor
def words() -> dict[str, Any]:
    """What templates of items need besides the item."""
    return {
        "status_words": lambda status: _(STATUS_NAMES[ItemStatus(status)]),
        "status_tone": lambda status: TONES[ItemStatus(status)],
        "finding_words": finding_words,
        "merged": merged,
        "finding_tone": lambda finding: GRADE_TONES.get(finding.get("grade", ""), "info"),
        "law_field": lambda number: _(FIELDS_OF_LAW[number]) if number in FIELDS_OF_LAW else "",
        "action_words": lambda action: _(ACTIONS.get(action, action)),
        "is_still": is_still,
        "scope_names": lambda approval: approvals.scope_names(reading(), approval),
        "signer_names": lambda approval: approvals.signer_names(reading(), approval),
    }


def _shelf(session: Session) -> dict[str, Any]:
    wanted = request.args.get("status", "")
    status = ItemStatus(wanted) if wanted in set(ItemStatus) else None
    question, before = request.args.get("q", ""), request.args.get("before", type=number)
    found = library.listing(
        session,
        users.units_where(session, me(), *READERS),
        status=status,
        words=question,
        before_id=before,
        limit=PAGE + 1,
    )
    return {
        "items": found[:PAGE],
        "more": found[PAGE - 1].id if len(found) > PAGE else None,
        "status": wanted if status else "",
        "q": question,
        "statuses": list(ItemStatus),
        "busy": any(i.status == ItemStatus.PROCESSING for i in found),
    }


def _page(session: Session, item: Item, form: ItemForm | None = None) -> str:
    if form is None:
        form = ItemForm(
            None,
            title=item.title,
            field_of_law=item.field_of_law,
            legal_basis=item.legal_basis,
            dwell_s=item.dwell_ms // 1000,
        )
        form.offer(item)
    return render_template(
        "library/show.html",
        item=item,
        form=form,
        may_edit=item.status in EDITABLE and users.may(session, me(), Role.UPLOADER, item.unit_id),
        may_judge=bool(approvals.approving_units(session, me(), item)) and item.author_id != me().id,
        approvals=approvals.history(session, item.id),
        history=audit.history(session, f"item:{item.id}"),
    )


def _item(session: Session, item_id: int) -> Item:
    return library.get(session, item_id, users.units_where(session, me(), *READERS))


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
