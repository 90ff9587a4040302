"""Which screens a campaign is for: of its own unit and those below, those that its targets name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from playlists.targeting import Group, Place, Targets, reaches
from server import screens, sites, territories, units
from server.campaigns.tables import Campaign, Status
from server.campaigns.terms import Terms, terms_of
from server.errors import Invalid, msgid
from server.sites import VENUES

KIND_NAMES = {
    "units": msgid("Đơn vị"),
    "territories": msgid("Địa bàn"),
    "sites": msgid("Điểm đặt"),
    "venues": msgid("Loại địa điểm"),
    "tags": msgid("Nhãn"),
    "classes": msgid("Loại màn hình"),
    "screens": msgid("Màn hình"),
}


def place_of(session: Session, screen: screens.Screen) -> Place:
    """Where the screen is and what it is, in the words that targets use."""
    return Place(
        screen=screen.public_id,
        unit=tuple(unit.code for unit in reversed(units.ancestors(session, screen.unit_id))),
        territory=territories.path(session, screen.site.territory_id if screen.site is not None else None),
        site=str(screen.site_id or ""),
        venue=screen.venue_type,
        tags=frozenset(screen.tags),
        screen_class=str(screen.class_id),
    )


def targets_of(session: Session, terms: Terms) -> Sequence[screens.Screen]:
    """The screens in service that these terms reach, by name."""
    found = screens.in_units(session, units.subtree_ids(session, terms.unit_id))
    wanted = terms.targets
    return found if wanted is None else [screen for screen in found if reaches(wanted, place_of(session, screen))]


def targets(session: Session, campaign: Campaign) -> Sequence[screens.Screen]:
    """The screens in service that it is meant for, by name."""
    return targets_of(session, terms_of(campaign))


def published_for(session: Session, screen: screens.Screen, from_day: date) -> Sequence[Campaign]:
    """The published campaigns of one screen that are not over before ``from_day``, by number.

    A window that crosses midnight ends on the day after the last one.
    """
    place = place_of(session, screen)
    found: Sequence[Campaign] = session.scalars(_published(session, screen, from_day).order_by(Campaign.id)).all()
    wanted = ((campaign, campaign.target_groups()) for campaign in found)
    return [campaign for campaign, groups in wanted if groups is None or reaches(groups, place)]


def crowd(session: Session, screen: screens.Screen, from_day: date, most: int, but: int = 0) -> int:
    """How many published campaigns the screen has besides ``but``, or 0 when surely no more than ``most``.

    Nothing of them is loaded unless there may be more.
    """
    upper = session.scalar(select(func.count()).select_from(_published(session, screen, from_day).subquery())) or 0
    if upper <= most:
        return 0
    return sum(campaign.id != but for campaign in published_for(session, screen, from_day))


def _published(session: Session, screen: screens.Screen, from_day: date) -> Select[Campaign]:
    above = [unit.id for unit in units.ancestors(session, screen.unit_id)]
    return select(Campaign).where(
        Campaign.status == Status.PUBLISHED,
        Campaign.last_day >= from_day - timedelta(days=1),
        Campaign.unit_id.in_(above),
    )


def check(session: Session, terms: Terms) -> None:
    """Refuse targets that name nothing, something that is not there, or something out of the campaign's reach."""
    if terms.targets is None:
        return
    if terms.targets.is_empty:
        raise Invalid("no-screen", "Hãy chọn ít nhất một màn hình.", field="include")
    reach = units.subtree_ids(session, terms.unit_id)
    for side in ("include", "exclude"):
        group: Group = getattr(terms.targets, side)
        _check_screens(session, terms, reach, group, side)
        for kind, known in _within(session, reach, group):
            stray = sorted(getattr(group, kind) - set(known))
            if stray:
                raise Invalid(
                    "target-out-of-reach",
                    "Đợt “%(campaign)s”: “%(target)s” nằm ngoài phạm vi đơn vị “%(unit)s”. "
                    "Hãy bỏ chọn, hoặc lập đợt ở đơn vị cấp trên.",
                    field=side,
                    campaign=terms.name,
                    target=", ".join(_names(session, kind, stray)),
                    unit=units.get(session, terms.unit_id).name,
                )


def _check_screens(session: Session, terms: Terms, reach: Collection[int], group: Group, side: str) -> None:
    stray = group.screens - {screen.public_id for screen in screens.in_units(session, reach)}
    if stray:
        raise Invalid(
            "screen-out-of-reach",
            "Đợt “%(campaign)s”: màn hình “%(screen)s” không thuộc đơn vị của đợt, hoặc đã ngừng dùng. Hãy bỏ chọn.",
            field=side,
            campaign=terms.name,
            screen=", ".join(_names(session, "screens", stray)),
        )


def _names(session: Session, kind: str, named: Iterable[str]) -> list[str]:
    return [name for _, names in described(session, Group(**{kind: frozenset(named)})) for name in names]


def _within(session: Session, reach: Collection[int], group: Group) -> Iterable[tuple[str, Iterable[str]]]:
    """For each kind that names something: what a campaign of these units may name."""
    if group.units:
        yield "units", (unit.code for _, unit in units.tree(session, reach))
    if group.territories:
        yield "territories", (area.code for area in territories.everyone(session))
    if group.sites:
        here = {site.id for site in sites.in_units(session, reach)}
        here |= {screen.site_id for screen in screens.in_units(session, reach) if screen.site_id}
        yield "sites", map(str, here)
    if group.venues:
        yield "venues", VENUES
    if group.classes:
        yield "classes", (str(kind.id) for kind in screens.classes(session))


def described(session: Session, group: Group) -> list[tuple[str, list[str]]]:
    """What the group names, as people call it: pairs of a kind (:data:`KIND_NAMES`) and names. Venues are codes."""
    names: dict[str, dict[str, str]] = {
        "units": {unit.code: unit.name for _, unit in units.tree(session, units.all_ids(session))},
        "territories": {area.code: f"{area.name} ({area.code})" for area in territories.everyone(session)},
        "sites": sites.names(session, group.sites),
        "classes": {str(kind.id): kind.name for kind in screens.classes(session)},
        "screens": screens.names(session, group.screens),
    }
    return [
        (kind, sorted(names.get(kind, {}).get(one, one) for one in getattr(group, kind)))
        for kind in KIND_NAMES
        if getattr(group, kind)
    ]


def empty_names(session: Session, terms: Terms) -> list[tuple[str, str]]:
    """What the terms include that no screen of theirs has: pairs of a kind and a name."""
    if terms.targets is None:
        return []
    found = screens.in_units(session, units.subtree_ids(session, terms.unit_id))
    places = [place_of(session, screen) for screen in found]
    lonely: list[tuple[str, str]] = []
    for kind in KIND_NAMES:
        for name in sorted(getattr(terms.targets.include, kind)):
            one = Group(**{kind: frozenset({name})})
            if not any(reaches(Targets(one), place) for place in places):
                lonely += [(kind, words) for words in _names(session, kind, [name])]
    return lonely
