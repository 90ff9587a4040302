"""What a campaign needs, made through the server's own nouns: items, approvals, screens with devices, campaigns."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from playlists.keys import SigningKey
from playlists.model import Frequency, Per, Window
from playlists.targeting import Group, Targets
from server import approvals, campaigns, custody, library, screens, units, users
from server.campaigns import Campaign, Terms
from server.db import Sessions
from server.files import Files
from server.library import Item, MadeRendition
from server.screens import Screen
from server.settings import Settings
from server.signing import Keys, load
from tests.cast import NOW_MS, PASSWORD, WARD_A

TODAY = date(2026, 9, 21)  # of NOW_MS, in Việt Nam
DAY_MS = 24 * 3600 * 1000
MORNING_TO_NIGHT = (Window(390, 1320),)
CODES = ("".join(letters) for letters in itertools.product("BCDFGHJKLMNPQRSTVWXZ", repeat=8))


def hourly(plays: int) -> Frequency:
    """So many plays in each hour."""
    return Frequency(Per.HOUR, plays)


def only(*named: Screen) -> Targets:
    """These screens and no others."""
    return Targets(Group(screens=frozenset(screen.public_id for screen in named)))


@dataclass
class Stage:
    """One installation with the cast; every method works in a transaction of the caller."""

    settings: Settings
    sessions: Sessions
    devices: dict[int, SigningKey] = field(default_factory=dict)
    now_ms: int = NOW_MS

    @property
    def today(self) -> date:
        """The date of ``now_ms`` in Việt Nam."""
        return datetime.fromtimestamp(self.now_ms / 1000, ZoneInfo(screens.ZONE)).date()

    @property
    def keys(self) -> Keys:
        return load(self.settings.keys_dir)

    @property
    def files(self) -> Files:
        return Files(self.settings.files_url)

    def person(self, session: Session, username: str) -> users.User:
        user = users.by_username(session, username)
        assert user is not None
        return user

    def item(self, session: Session, title: str = "Sử dụng thang máy", letter: str = "a", seconds: float = 10) -> Item:
        """An item of the ward, ready and submitted, with a rendition for each class of screens."""
        author = self.person(session, f"uploader-{letter}")
        item = library.add(
            session, author, author.unit, source_name=f"{title}.png", source_path="x", source_bytes=1, now_ms=NOW_MS
        )
        made = [self._rendition(title, screen_class, seconds) for screen_class in screens.classes(session)]
        library.finish(session, item, kind="image", findings=[], made=made, now_ms=NOW_MS)
        library.describe(session, author, item, title=title, field_of_law=1, now_ms=NOW_MS)
        library.submit(session, author, item, NOW_MS)
        return item

    def _rendition(self, title: str, screen_class: screens.ScreenClass, seconds: float) -> MadeRendition:
        data = f"{title} for {screen_class.name}".encode()
        sha256 = self.files.put_bytes(data)
        return MadeRendition(
            screen_class.id,
            sha256,
            len(data),
            "image/png",
            screen_class.width,
            screen_class.height,
            round(seconds * 1000),
            hashlib.sha256(data).hexdigest(),
        )

    def approve(self, session: Session, item: Item, letter: str = "a", **terms: Any) -> approvals.Approval:
        """The approval of the ward's approver: for its own screens, for ninety days, unless told otherwise."""
        approver = self.person(session, f"approver-{letter}")
        return approvals.approve(
            session,
            self.files,
            approver=approver,
            key=self.unlock(session, approver),
            item=item,
            unit=approver.unit,
            terms=approvals.Terms(
                **{
                    "decision_number": "07/QĐ-UBND",
                    "decision_date": TODAY,
                    "not_before": self.now_ms - DAY_MS,
                    "not_after": self.now_ms + 90 * DAY_MS,
                    "scope": (approver.unit.code,),
                    **terms,
                }
            ),
            now_ms=self.now_ms,
        )

    def unlock(self, session: Session, approver: users.User) -> SigningKey:
        return custody.unlock(session, approver, approver.unit_id, PASSWORD, NOW_MS)

    def approved(self, session: Session, title: str = "Sử dụng thang máy", letter: str = "a", **more: Any) -> Item:
        item = self.item(session, title, letter, more.pop("seconds", 10))
        self.approve(session, item, letter, **more)
        return item

    def screen(self, session: Session, name: str = "Sảnh A", unit: str = WARD_A, class_number: int = 0) -> Screen:
        """A screen in the unit, with a device whose key is in ``devices``."""
        key, code = SigningKey.generate(), next(CODES)
        screens.poll(session, key.public, code, name, self.now_ms)
        screen = screens.pair(
            session,
            None,
            code=code,
            name=name,
            unit=units.by_code(session, unit),
            screen_class=screens.classes(session)[class_number],
            now_ms=self.now_ms,
        )
        self.devices[screen.id] = key
        return screen

    def terms(self, session: Session, *items: Item, unit: str = WARD_A, **changes: Any) -> Terms:
        """A month from today, from morning to night, four plays an hour, on all screens of the unit."""
        whole: dict[str, Any] = {
            "name": "Tháng an toàn",
            "unit_id": units.by_code(session, unit).id,
            "first_day": self.today,
            "last_day": self.today + timedelta(days=30),
            "windows": MORNING_TO_NIGHT,
            "frequency": hourly(4),
            "item_ids": tuple(item.id for item in items),
        }
        return Terms(**{**whole, **changes})

    def campaign(self, session: Session, *items: Item, letter: str = "a", **changes: Any) -> Campaign:
        scheduler = self.person(session, f"scheduler-{letter}")
        terms = self.terms(session, *items, unit=scheduler.unit.code, **changes)
        return campaigns.add(session, scheduler, terms, self.now_ms)
