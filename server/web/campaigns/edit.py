"""Filling in the form of a campaign: checked while somebody writes, with changes that would make it fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import IntegerField

from server import campaigns, publishing, units, users, windows
from server.campaigns import Campaign, Status, Terms
from server.clock import now_ms, today
from server.errors import DomainError, Invalid
from server.users import Role
from server.web.campaigns.form import CampaignForm, filled, numbers_in, numbers_of, offer_choices, terms_in
from server.web.campaigns.pages import bp, the_campaign
from server.web.campaigns.words import offered
from server.web.converters import number
from server.web.database import reading, writing
from server.web.forms import show_errors
from server.web.language import ZONE
from server.web.permission import me, permit
from server.web.problems import sentence
from server.web.signing import keys
from server.web.window_fields import rows_of

USUAL_DAYS = timedelta(days=30)
MOST_SHORTS = 6
ON_OTHER_FIELDS = {"include": "reach", "exclude": "reach"}


@bp.get("/new")
@permit(Role.SCHEDULER)
def new() -> str:
    """An empty form with good answers in it."""
    first = today(ZONE.key)
    form = CampaignForm(None, unit=_home_unit(reading()), first_day=first, last_day=first + USUAL_DAYS)
    return _page(reading(), form, None)


@bp.post("/new")
@permit(Role.SCHEDULER)
def add() -> Any:
    """Keep a draft and, with the second button, publish it at once."""
    return _save(None)


@bp.get("/<int:campaign_id>/edit")
@permit(Role.SCHEDULER)
def edit(campaign_id: int) -> str:
    """The form, filled in."""
    session = reading()
    campaign = the_campaign(session, campaign_id)
    terms = campaigns.terms_of(campaign)
    return _page(session, filled(terms, campaign.unit), campaign, numbers=numbers_of(terms))


@bp.post("/<int:campaign_id>/edit")
@permit(Role.SCHEDULER)
def change(campaign_id: int) -> Any:
    """Keep what was changed; what is published already is published again."""
    return _save(campaign_id)


@bp.post("/verdict")
@permit(Role.SCHEDULER)
def verdict() -> str:
    """What the form as it is now would run into, in plain words; asked for while somebody fills it in."""
    return render_template("campaigns/_verdict.html", **_judged(reading(), _campaign_id(), changes=False))


@bp.post("/changes")
@permit(Role.SCHEDULER)
def changes() -> str:
    """The smallest changes with which the form as it is now would fit, asked for once it is known that it does not."""
    return render_template("campaigns/_changes.html", **_judged(reading(), _campaign_id(), changes=True))


def _campaign_id() -> int:
    return request.args.get("campaign", 0, type=number)


def _judged(session: Session, campaign_id: int, *, changes: bool) -> dict[str, Any]:
    """What the pieces of the page about feasibility show; what could be changed is searched for when asked."""
    form = CampaignForm()
    offer_choices(session, form)
    shown: dict[str, Any] = {"verdict": None, "problems": [], "shorts": (), "changes": None, "campaign_id": campaign_id}
    try:
        terms = terms_in(session, form)
        campaigns.check(session, me(), terms)
        found = publishing.judge(session, terms, campaign_id, now_ms())
    except DomainError as error:
        return {**shown, "problems": [sentence(error)]}
    return {
        **shown,
        "verdict": found,
        "problems": [sentence(error) for error in found.objections],
        "shorts": found.shorts[:MOST_SHORTS],
        "changes": offered(publishing.changes(found), terms.frequency) if changes and found.shorts else None,
    }


def _save(campaign_id: int | None) -> Any:
    for name, act in PRESSED.items():
        if name in request.form:
            return act(campaign_id)
    session, form = writing(), CampaignForm()
    campaign = the_campaign(session, campaign_id) if campaign_id is not None else None
    offer_choices(session, form)
    if form.validate_on_submit():
        try:
            campaign = _keep(session, campaign, terms_in(session, form))
            goes_out = bool({"publish", "reduce"} & request.form.keys()) or campaign.status == Status.PUBLISHED
            if goes_out:
                publishing.publish(session, me(), campaign, keys(), now_ms(), accepted_s=_accepted())
            session.commit()
        except Invalid as error:
            session.rollback()
            show_errors(form, error, ON_OTHER_FIELDS.get(error.field or ""))
        else:
            flash(_("Đã phát hành.") if goes_out else _("Đã lưu bản nháp."), "success")
            return redirect(url_for("campaigns.show", campaign_id=campaign.id))
    return _again(form, campaign_id, judged=True), 422


def _check_only(campaign_id: int | None) -> Any:
    """The button for those without scripts: the page again, with the verdict on it."""
    return _again(CampaignForm(), campaign_id, judged=True)


def _one_row_more(campaign_id: int | None) -> Any:
    """The buttons that add a row, for those without scripts."""
    form = CampaignForm()
    rows = {"windows": form.windows, "exceptions": form.exceptions}.get(request.form["more"])
    if rows is not None and len(rows) < rows.max_entries:
        rows.append_entry()
    return _again(form, campaign_id)


def _apply(campaign_id: int | None) -> Any:
    """One of the changes that would make it fit, filled in; nothing is kept yet."""
    form = CampaignForm()
    try:
        wanted = json.loads(request.form["apply"])
        if "least" in wanted:
            form.least.data, form.least.raw_data = (
                int(wanted["least"]),
                None,
            )  # a field shows what was sent, if anything
        else:
            _refill(form, rows_of(windows.loaded(wanted["windows"])))
    except (ValueError, KeyError, TypeError):
        return _again(form, campaign_id), 422
    return _again(form, campaign_id)


def _refill_number(field: IntegerField, number: int | None) -> None:
    """A field shows what was sent, if anything was."""
    field.data, field.raw_data = None if number is None else int(number), None


def _refill(form: CampaignForm, rows: list[dict[str, Any]]) -> None:
    while form.windows.entries:
        form.windows.pop_entry()
    for row in rows:
        form.windows.append_entry(row)


PRESSED: dict[str, Callable[[int | None], Any]] = {"check": _check_only, "more": _one_row_more, "apply": _apply}


def _accepted() -> int:
    """How many seconds of promised airtime the person agreed to lose, with the button that named them."""
    return request.form.get("reduce", 0, type=number)


def _keep(session: Session, campaign: Campaign | None, terms: Terms) -> Campaign:
    if campaign is None:
        return campaigns.add(session, me(), terms, now_ms())
    campaigns.change(session, me(), campaign, terms)
    return campaign


def _again(form: CampaignForm, campaign_id: int | None, *, judged: bool = False) -> str:
    session = reading()
    campaign = the_campaign(session, campaign_id) if campaign_id is not None else None
    about = _judged(session, campaign_id or 0, changes=True) if judged else {}
    return _page(session, form, campaign, numbers=numbers_in(tuple(form.items.data or ())), **about)


def _page(session: Session, form: CampaignForm, campaign: Campaign | None, **more: Any) -> str:
    choices = offer_choices(session, form)
    return render_template("campaigns/form.html", form=form, campaign=campaign, **{"numbers": {}, **choices, **more})


def _home_unit(session: Session) -> int | None:
    """The unit a new campaign is for: the person's own when they schedule for it, else the first one."""
    tree = units.tree(session, users.units_where(session, me(), Role.SCHEDULER))
    mine = [unit.id for _depth, unit in tree if unit.id == me().unit_id]
    return mine[0] if mine else tree[0][1].id if tree else None
