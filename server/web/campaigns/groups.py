"""Groups of screens in a form: checkboxes by unit, area, site, venue type, tag and class, and single screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import Form, SelectMultipleField

from playlists.targeting import Group
from server import screens, sites, territories
from server.campaigns import KIND_NAMES
from server.sites import VENUES
from server.units import Unit


class GroupForm(Form):
    """One side of the targets. It is part of a form that carries the CSRF token."""

    units = SelectMultipleField()
    territories = SelectMultipleField()
    sites = SelectMultipleField()
    venues = SelectMultipleField()
    tags = SelectMultipleField()
    classes = SelectMultipleField()
    screens = SelectMultipleField()


@dataclass(frozen=True, slots=True)
class Choice:
    """One box to tick: what is sent, what is read, a word of help, and how far it stands to the right."""

    value: str
    label: str
    help: str = ""
    depth: int = 0


def offer(session: Session, form: GroupForm, tree: list[tuple[int, Unit]]) -> dict[str, list[Choice]]:
    """Fill in what may be chosen in these units, by kind; kinds without a real choice are left out."""
    reach = {unit.id for _depth, unit in tree}
    here = screens.in_units(session, reach)
    standing = {site.id: site for site in (screen.site for screen in here) if site is not None}
    standing |= {site.id: site for site in sites.in_units(session, reach)}
    kinds = {
        "screens": [Choice(s.public_id, s.name, s.place if len(tree) == 1 else s.unit.name) for s in here],
        "units": [Choice(unit.code, unit.name, depth=depth) for depth, unit in tree] if len(tree) > 1 else [],
        "territories": [Choice(a.code, a.name, a.code, depth) for depth, a in territories.tree(session)],
        "sites": [Choice(str(site.id), site.name, site.address) for site in standing.values()],
        "venues": [Choice(code, _(VENUES[code])) for code in VENUES if code in {s.venue_type for s in here}],
        "tags": [Choice(tag, tag) for tag in screens.tags_in(session, reach)],
        "classes": [Choice(str(kind.id), kind.name) for kind in screens.classes(session)],
    }
    for kind in KIND_NAMES:
        # What was chosen before stays choosable, though the last screen with this tag or venue may be gone.
        form[kind].choices = [(choice.value, choice.label) for choice in kinds[kind]]
        form[kind].validate_choice = kind not in ("tags", "venues")
    return {kind: kinds[kind] for kind in KIND_NAMES if kinds[kind]}


def group_of(form: GroupForm) -> Group:
    """What was ticked."""
    return Group(**{kind: frozenset(form[kind].data or ()) - {""} for kind in KIND_NAMES})


def group_rows(group: Group) -> dict[str, Any]:
    """The group as data of the form."""
    return {kind: sorted(getattr(group, kind)) for kind in KIND_NAMES}
