"""Screens as pages: what each is doing now, pairing a new one, telling one what to do."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from server import audit, publishing, screens, units, users, windows
from server.clock import now_ms
from server.device_api.screenshots import media_type_of, path_of
from server.errors import DomainError, Invalid, msgid
from server.publishing import COMMAND_NAMES, Command
from server.screens import PHASE_NAMES, VENUES, Phase, Screen, schedule
from server.settings import Settings
from server.users import Role, User
from server.web import tv
from server.web.database import reading, writing
from server.web.forms import REQUIRED, show_errors, whole_number
from server.web.limits import limiter
from server.web.permission import me, permit
from server.web.screens.vitals import vitals
from server.web.signing import keys
from server.web.tasks import Task
from server.web.window_fields import exception_words
from server.web.window_fields import words as window_words

bp = Blueprint("screens", __name__, url_prefix="/screens")

READERS = (Role.OPERATOR, Role.SCHEDULER, Role.MANAGER)
WRONG_CODES = "5 per minute"
OFFERED_COMMANDS = (Command.IDENTIFY, Command.RELOAD, Command.SCREENSHOT, Command.BLANK, Command.UNBLANK)
HEALTH = {
    "showing": (msgid("Đang hoạt động"), "success"),
    "dark": (msgid("Không có hình"), "warning"),
    "silent": (msgid("Mất liên lạc"), "danger"),
    "new": (msgid("Chưa kết nối"), "quiet"),
}


class CodeForm(FlaskForm):
    """The code a player shows."""

    code = StringField(
        _l("Mã trên màn hình"),
        [InputRequired(REQUIRED), Length(max=40)],
        description=_l("Tám chữ cái, viết hoa hay thường đều được."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class PairForm(CodeForm):
    """A new screen: the code its player shows, and what people call it."""

    name = StringField(
        _l("Tên màn hình"), [InputRequired(REQUIRED), Length(max=200)], description=_l("Ví dụ: Sảnh A – Chung cư 12")
    )
    unit = SelectField(_l("Đơn vị quản lý"), coerce=whole_number)
    place = StringField(
        _l("Địa chỉ đặt"), [Length(max=300)], description=_l("Để người khác tìm được: số nhà, đường, tầng.")
    )
    venue = SelectField(_l("Loại địa điểm"))
    screen_class = SelectField(_l("Loại màn hình"), coerce=whole_number)


def tasks(session: Session, user: User) -> list[Task]:
    """Screens of this operator that are silent, or in touch without a picture."""
    found = screens.in_units(session, users.units_where(session, user, Role.OPERATOR))
    health = Counter(standing.health for standing in publishing.standings(session, found, now_ms()))
    wanted = (("silent", _("Màn hình mất liên lạc."), "danger"), ("dark", _("Màn hình không có hình."), "warning"))
    return [
        Task(text, url_for("screens.index"), "screen", health[name], tone)
        for name, text, tone in wanted
        if health[name]
    ]


@bp.get("/")
@permit(*READERS)
def index() -> str:
    """All screens within reach, and how they are."""
    return render_template("screens/index.html", may_pair=me().holds(Role.OPERATOR), **_listing(reading()))


@bp.get("/rows")
@permit(*READERS)
def rows() -> str:
    """The table alone, asked for again and again while somebody looks."""
    return render_template("screens/_rows.html", **_listing(reading()))


@bp.get("/pair")
@permit(Role.OPERATOR)
def pair_form() -> str:
    """Where to enter the code."""
    form = PairForm(None, unit=me().unit_id, venue="residential")
    _offer(reading(), form)
    return render_template("screens/pair.html", form=form, **tv.address())


@bp.post("/pair")
@permit(Role.OPERATOR)
@limiter.limit(WRONG_CODES, key_func=lambda: f"pair:{me().id}", deduct_when=lambda answer: answer.status_code == 422)
@limiter.limit(WRONG_CODES, deduct_when=lambda answer: answer.status_code == 422)
def pair() -> Any:
    """Make the player that shows the code a screen, and give it something to show at once."""
    session, form = writing(), PairForm()
    _offer(session, form)
    if form.validate_on_submit():
        try:
            screen = screens.pair(
                session,
                me(),
                code=form.code.data,
                name=form.name.data,
                unit=units.get(session, form.unit.data),
                screen_class=screens.get_class(session, form.screen_class.data),
                place=form.place.data or "",
                venue=form.venue.data,
                now_ms=now_ms(),
            )
            publishing.replan(session, keys(), [screen.id], now_ms())
            session.commit()
        except DomainError as error:
            session.rollback()
            show_errors(form, error)
        else:
            flash(_("Đã gắn màn hình “%(name)s”. Nội dung sẽ hiện trong ít giây.", name=screen.name), "success")
            _ask_to_compare(session, screen)
            return redirect(url_for("screens.show", screen_id=screen.id))
    return render_template("screens/pair.html", form=form, **tv.address()), 422


@bp.get("/<int:screen_id>")
@permit(*READERS)
def show(screen_id: int) -> str:
    """One screen: now, its life, and what may be done."""
    session = reading()
    screen = the_screen(session, screen_id)
    return render_template(
        "screens/show.html",
        devices=screens.devices_of(session, screen),
        windows=[window_words(window) for window in windows.loaded(screen.opening)],
        exceptions=[exception_words(exception) for exception in windows.loaded_exceptions(screen.exceptions)],
        schedule=schedule.of(screen),
        history=audit.history(session, f"screen:{screen.id}", 20),
        may_operate=screen.active and users.may(session, me(), Role.OPERATOR, screen.unit_id),
        commands=[(verb, COMMAND_NAMES[verb]) for verb in OFFERED_COMMANDS],
        **_one(session, screen),
    )


@bp.get("/<int:screen_id>/live")
@permit(*READERS)
def live(screen_id: int) -> str:
    """What the screen does now, asked for again and again while somebody looks."""
    session = reading()
    return render_template("screens/_live.html", **_one(session, the_screen(session, screen_id)))


@bp.get("/<int:screen_id>/screenshot")
@permit(*READERS)
def screenshot(screen_id: int) -> Response:
    """The newest picture the screen handed in."""
    path = path_of(_data_dir(), the_screen(reading(), screen_id).public_id)
    if not path.is_file():
        abort(404)
    with path.open("rb") as file:
        media_type = media_type_of(file.read(16))
    return send_file(path, mimetype=media_type, max_age=0)


@bp.post("/<int:screen_id>/command")
@permit(Role.OPERATOR)
def command(screen_id: int) -> Any:
    """Tell the screen to do something, now."""
    session = writing()
    screen = the_screen(session, screen_id)
    verb = request.form.get("command", "")
    if verb not in set(OFFERED_COMMANDS):
        raise Invalid("command", "Lệnh này không có trong danh sách.")
    publishing.command(session, me(), screen, Command(verb), now_ms())
    session.commit()
    flash(_("Đã gửi lệnh: %(command)s.", command=_(COMMAND_NAMES[Command(verb)])), "success")
    return redirect(url_for("screens.show", screen_id=screen_id))


@bp.route("/<int:screen_id>/replace", methods=["GET", "POST"])
@permit(Role.OPERATOR)
@limiter.limit(
    WRONG_CODES,
    methods=["POST"],
    key_func=lambda: f"pair:{me().id}",
    deduct_when=lambda answer: answer.status_code == 422,
)
def replace(screen_id: int) -> Any:
    """Another player takes over this screen."""
    form = CodeForm()
    session = writing() if form.is_submitted() else reading()
    screen = the_screen(session, screen_id)
    if form.validate_on_submit():
        try:
            screens.replace_device(session, me(), screen, form.code.data, now_ms())
            session.commit()
        except DomainError as error:
            session.rollback()
            show_errors(form, error)
        else:
            flash(_("Thiết bị mới đã nhận màn hình này."), "success")
            _ask_to_compare(session, screen)
            return redirect(url_for("screens.show", screen_id=screen_id))
    page = render_template("screens/replace.html", form=form, screen=the_screen(reading(), screen_id))
    return page, 422 if form.is_submitted() else 200


@bp.post("/<int:screen_id>/retire")
@permit(Role.OPERATOR)
def retire(screen_id: int) -> Any:
    """Take it out of service."""
    session = writing()
    screen = the_screen(session, screen_id)
    publishing.retire(session, me(), screen, now_ms())
    session.commit()
    flash(_("Màn hình “%(name)s” đã ngừng dùng.", name=screen.name), "success")
    return redirect(url_for("screens.index"))


@bp.app_context_processor
def words() -> dict[str, Any]:
    """What templates say about screens."""
    return {
        "health_words": lambda standing: _(HEALTH[standing.health][0]),
        "health_tone": lambda standing: HEALTH[standing.health][1],
        "phase_words": lambda phase: _(PHASE_NAMES[phase]),
        "venue_words": lambda code: _(VENUES.get(code, VENUES["other"])),
        "PHASES": [phase for phase in Phase if phase is not Phase.WAITING],
    }


def _ask_to_compare(session: Session, screen: Screen) -> None:
    """Whoever guessed or photographed the code would have another key: staff see it at once."""
    device = screens.device_of(session, screen)
    if device is not None:
        flash(
            _(
                "Thiết bị “%(device)s” có dấu vân tay %(fingerprint)s: hãy so với dấu vân tay hiện trên màn hình. "
                "Nếu khác, hãy bấm “Ngừng dùng” ngay.",
                device=device.name or "–",
                fingerprint=device.fingerprint,
            ),
            "info",
        )


def _listing(session: Session) -> dict[str, Any]:
    reach = users.units_where(session, me(), *READERS)
    found = publishing.standings(session, screens.in_units(session, reach), now_ms())
    return {"standings": found, "now_ms": now_ms()}


def _one(session: Session, screen: Screen) -> dict[str, Any]:
    (standing,) = publishing.standings(session, [screen], now_ms())
    picture = path_of(_data_dir(), screen.public_id)
    taken = int(picture.stat().st_mtime * 1000) if picture.is_file() else None
    answers = [_answer(result) for result in screens.results(session, screen)]
    return {
        "screen": screen,
        "standing": standing,
        "now_ms": now_ms(),
        "picture_ms": taken,
        "answers": answers,
        "vitals": vitals(screen.state.reported) if screen.state else [],
    }


def _answer(result: screens.CommandResult) -> dict[str, Any]:
    """What the screen said to a command; its words come from outside and are shown as text only."""
    said = result.answer
    verb = str(said.get("command", ""))
    name = _(COMMAND_NAMES[Command(verb)]) if verb in set(Command) else verb[:40]
    return {"at_ms": result.at_ms, "name": name, "ok": said.get("ok") is True, "text": str(said.get("text", ""))[:200]}


def _offer(session: Session, form: PairForm) -> None:
    tree = units.tree(session, users.units_where(session, me(), Role.OPERATOR))
    form.unit.choices = [(unit.id, "\u2003" * depth + unit.name) for depth, unit in tree]
    form.venue.choices = [(code, _(name)) for code, name in VENUES.items()]
    form.screen_class.choices = [(kind.id, kind.name) for kind in screens.classes(session)]


def the_screen(session: Session, screen_id: int) -> Screen:
    """The screen, if it is within reach of the person who asks."""
    return screens.visible(session, me(), screen_id)


def _data_dir() -> Any:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.data_dir
