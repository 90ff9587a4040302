"""The sample library: our own drawings, sent through the same doors as anybody's files, by the first accounts.

``cauthang up`` runs this once, as a process of its own; killed at any point it goes on from what the database says.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from media.samples import Sample, draw_samples
from playlists.model import ALL_DAY, Frequency, Per
from playlists.windows import midnight
from server import approvals, campaigns, custody, first_start, jobs, library, publishing, screens, signing, units
from server import uploads as uploading
from server.campaigns import Campaign
from server.clock import now_ms, today
from server.db import Sessions, sessions_for
from server.errors import DomainError, Invalid
from server.fields_of_law import FIELDS_OF_LAW
from server.files import Files
from server.library import Item, ItemStatus
from server.screens import ZONE
from server.settings import Settings
from server.units import Unit
from server.users import User, by_username

LOG = logging.getLogger(__name__)

CAMPAIGN = "Cầu thang pháp luật (mẫu)"
DECISION = "01/QĐ-MAU"
PLAYS_PER_HOUR = 60
DAYS = 365
LOOK_EVERY_S = 1.0
LONGEST_WAIT_S = 20 * 60
PART_BYTES = 1 << 20


def run(settings: Settings) -> None:
    """Draw, upload, describe, submit, approve, schedule and publish whatever of the samples is not yet.

    Raises:
        TimeoutError: the worker did not come to the end of it; start again and it goes on.
    """
    passwords = _first_passwords(settings)
    if not {"soanthao", "pheduyet", "lichphat"} <= passwords.keys():
        LOG.warning("the first accounts are gone; the sample library is not made")
        return
    sessions = sessions_for(settings.database_url)
    with tempfile.TemporaryDirectory(prefix="cauthang-") as folder:
        samples = draw_samples(Path(folder))
        for sample in samples:
            _upload(settings, sessions, sample)
    deadline = time.monotonic() + LONGEST_WAIT_S
    while not _step(settings, sessions, samples, passwords):
        if time.monotonic() > deadline:
            raise TimeoutError("the worker did not finish the sample library")
        time.sleep(LOOK_EVERY_S)


def _step(settings: Settings, sessions: Sessions, samples: Sequence[Sample], passwords: dict[str, str]) -> bool:
    """Everything that can be done now; whether nothing is left to do."""
    for sample in samples:
        _submit(sessions, sample)
        _approve(settings, sessions, sample, passwords["pheduyet"])
    published = _publish(settings, sessions, samples)
    with sessions.reading() as session:
        found = [_item(session, sample) for sample in samples]
        return published and all(item is not None and item.status not in library.EDITABLE for item in found)


def _upload(settings: Settings, sessions: Sessions, sample: Sample) -> None:
    quarantine = uploading.Quarantine(settings.data_dir)
    with sessions.writing() as session:
        if _item(session, sample) is not None:
            return
        author, now = _person(session, "soanthao"), now_ms()
        upload = uploading.begin(
            session,
            quarantine,
            author,
            _ward(session),
            name=sample.path.name,
            size_bytes=sample.path.stat().st_size,
            now_ms=now,
        )
        with sample.path.open("rb") as file:
            quarantine.append(upload, 0, iter(partial(file.read, PART_BYTES), b""))
        uploading.complete(session, quarantine, upload, now)
    jobs.Bell(settings.jobs_url).ring()


def _submit(sessions: Sessions, sample: Sample) -> None:
    with sessions.writing() as session:
        item = _item(session, sample)
        if item is None or item.status != ItemStatus.READY:
            return
        author, now = _person(session, "soanthao"), now_ms()
        number = next((n for n, name in FIELDS_OF_LAW.items() if name == sample.field_of_law), None)
        library.describe(session, author, item, title=sample.title, field_of_law=number, now_ms=now)
        library.submit(session, author, item, now)


def _approve(settings: Settings, sessions: Sessions, sample: Sample, password: str) -> None:
    with sessions.writing() as session:
        item = _item(session, sample)
        if item is None or item.status != ItemStatus.SUBMITTED:
            return
        approver, ward, now = _person(session, "pheduyet"), _ward(session), now_ms()
        approvals.approve(
            session,
            Files(settings.files_url),
            approver=approver,
            key=custody.unlock(session, approver, ward.id, password, now),
            item=item,
            unit=ward,
            terms=approvals.Terms(
                decision_number=DECISION,
                decision_date=today(ZONE),
                not_before=midnight(today(ZONE), ZONE),
                not_after=midnight(today(ZONE) + timedelta(days=DAYS), ZONE),
                scope=(ward.code,),
            ),
            now_ms=now,
        )


def _publish(settings: Settings, sessions: Sessions, samples: Sequence[Sample]) -> bool:
    """The sample campaign with what is approved by now; whether it is on the virtual screen's playlist."""
    with sessions.writing() as session:
        if not screens.in_units(session, [_ward(session).id]):
            return False
        items = [item for sample in samples if (item := _item(session, sample)) and item.status == ItemStatus.APPROVED]
        if not items:
            return False
        scheduler, now = _person(session, "lichphat"), now_ms()
        terms = _terms(session, tuple(item.id for item in items))
        campaign = session.scalar(select(Campaign).where(Campaign.name == CAMPAIGN))
        try:
            if campaign is None:
                campaign = campaigns.add(session, scheduler, terms, now)
            elif campaigns.terms_of(campaign).item_ids != terms.item_ids:
                campaigns.change(session, scheduler, campaign, terms)
            publishing.publish(session, scheduler, campaign, signing.load(settings.keys_dir), now)
        except Invalid as error:  # the trust document that names the approver's key may still be on its way
            LOG.info("not yet: %s", error)
            session.rollback()
            return False
        except DomainError as error:  # somebody ended or changed the sample campaign: it is theirs now
            LOG.warning("the sample campaign is left as it is: %s", error)
            session.rollback()
        return True


def _terms(session: Session, item_ids: tuple[int, ...]) -> campaigns.Terms:
    return campaigns.Terms(
        name=CAMPAIGN,
        unit_id=_ward(session).id,
        first_day=today(ZONE),
        last_day=today(ZONE) + timedelta(days=DAYS - 1),
        windows=ALL_DAY,
        frequency=Frequency(Per.HOUR, PLAYS_PER_HOUR),
        item_ids=item_ids,
    )


def _item(session: Session, sample: Sample) -> Item | None:
    author = _person(session, "soanthao")
    query = select(Item).where(Item.source_name == sample.path.name, Item.author_id == author.id)
    return session.scalar(query.order_by(Item.id).limit(1))


def _person(session: Session, username: str) -> User:
    user = by_username(session, username)
    if user is None:
        raise LookupError(f"the first account {username} is gone")
    return user


def _ward(session: Session) -> Unit:
    return units.by_code(session, first_start.WARD)


def _first_passwords(settings: Settings) -> dict[str, str]:
    try:
        lines = first_start.passwords_file(settings).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split() for line in lines if len(line.split()) == 2)
