"""Sites: the buildings and places where screens stand."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from server import audit, publishing, screens, sites, territories, units, users
from server.clock import now_ms
from server.errors import DomainError
from server.sites import KEEPERS, VENUES, Site
from server.web.administration import INDENT
from server.web.database import reading, writing
from server.web.forms import REQUIRED, show_errors, whole_number
from server.web.permission import me, permit
from server.web.signing import keys

bp = Blueprint("sites", __name__, url_prefix="/sites")


class SiteForm(FlaskForm):
    """One place."""

    name = StringField(
        _l("Tên điểm đặt"), [InputRequired(REQUIRED), Length(max=200)], description=_l("Ví dụ: Chung cư số 12")
    )
    venue = SelectField(_l("Loại địa điểm"), default="residential")
    unit = SelectField(_l("Đơn vị quản lý"), coerce=whole_number)
    territory = SelectField(_l("Địa bàn"), coerce=whole_number)
    address = StringField(_l("Địa chỉ"), [Length(max=300)])


@bp.get("/")
@permit(*KEEPERS)
def index() -> str:
    """The sites within reach, and how many screens stand at each."""
    session = reading()
    found = sites.in_units(session, users.units_where(session, me(), *KEEPERS))
    here = screens.at_sites(session, [site.id for site in found])
    counts = {site.id: sum(screen.site_id == site.id for screen in here) for site in found}
    return render_template("sites/index.html", sites=found, counts=counts)


@bp.route("/new", methods=["GET", "POST"])
@permit(*KEEPERS)
def create() -> Any:
    """Add a site."""
    return _form_page(None)


@bp.route("/<int:site_id>", methods=["GET", "POST"])
@permit(*KEEPERS)
def edit(site_id: int) -> Any:
    """Change a site; the screens there are planned anew."""
    return _form_page(site_id)


def _form_page(site_id: int | None) -> Any:
    form = SiteForm()
    session = writing() if form.is_submitted() else reading()
    site = sites.visible(session, me(), site_id) if site_id is not None else None
    if not form.is_submitted():
        about = {"unit": site.unit_id, "territory": site.territory_id} if site else {"unit": me().unit_id}
        form = SiteForm(None, obj=site, **about)
    _offer(session, form)
    if form.validate_on_submit():
        try:
            _keep(session, site, form)
            session.commit()
        except DomainError as error:
            session.rollback()
            show_errors(form, error)
        else:
            flash(_("Đã lưu."), "success")
            return redirect(url_for(".index"))
    return _drawn(form, site_id), 422 if form.is_submitted() else 200


def _drawn(form: SiteForm, site_id: int | None) -> str:
    session = reading()
    site = sites.visible(session, me(), site_id) if site_id is not None else None
    history = audit.history(session, f"site:{site_id}", 20) if site_id is not None else ()
    return render_template("sites/edit.html", form=form, site=site, history=history)


def _keep(session: Session, site: Site | None, form: SiteForm) -> None:
    terms = sites.Terms(
        form.name.data or "", form.unit.data or 0, form.venue.data, form.territory.data, form.address.data or ""
    )
    if site is None:
        sites.add(session, me(), terms)
        return
    sites.change(session, me(), site, terms)
    here = (screen.id for screen in screens.at_sites(session, [site.id]))
    publishing.plan_soon(session, keys(), here, now_ms())


def _offer(session: Session, form: SiteForm) -> None:
    tree = units.tree(session, users.units_where(session, me(), *KEEPERS))
    areas = territories.tree(session)
    form.venue.choices = [(code, _(name)) for code, name in VENUES.items()]
    form.unit.choices = [(unit.id, INDENT * depth + unit.name) for depth, unit in tree]
    form.territory.choices = [("", _("(không ghi)")), *((a.id, f"{INDENT * d}{a.name} ({a.code})") for d, a in areas)]
