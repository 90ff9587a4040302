"""The worker: the only process that opens what people uploaded, each file in a sandbox of its own."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import asdict
from pathlib import Path
from threading import Event, Lock
from typing import Any

from media.errors import MediaError, Refused
from media.prepare import Prepared, inspect, prepare
from media.renditions import ScreenClass
from media.sentences import Code
from server import db, jobs, library, screens, uploads
from server.clock import now_ms
from server.db import Sessions, sessions_for
from server.errors import Conflict
from server.files import Files
from server.library import Item, MadeRendition
from server.ready import say_ready
from server.settings import Settings
from server.uploads import Quarantine

LOG = logging.getLogger(__name__)
LOOK_EVERY_S = 20  # a lost ring, or the lease of a worker that died, waits at most this long

Finding = dict[str, Any]
CRASHED: Finding = {"code": Code.CRASHED.value, "grade": "refuse", "params": {}}


class Workshop:
    """Makes renditions for items that wait, one item at a time."""

    def __init__(self, settings: Settings, sessions: Sessions) -> None:
        self._sessions = sessions
        self._files = Files(settings.files_url)
        self._quarantine = Quarantine(settings.data_dir)
        self._one_at_a_time = Lock()

    def sweep(self) -> None:
        """Finish uploads whose last step was lost."""
        with self._sessions.writing() as session:
            uploads.sweep(session, self._quarantine, now_ms())

    def look(self) -> None:
        """Work until nothing waits."""
        with self._one_at_a_time:
            try:
                while self.step():
                    pass
            except Exception:
                # One file must not stop the others: it stays leased for a minute, then has its next attempt.
                LOG.exception("an item could not be worked on")

    def step(self) -> bool:
        """Take the oldest waiting item, if any; whether there was one."""
        with self._sessions.writing() as session:
            waiting = library.waiting(session, now_ms())
            item = library.claim(session, waiting[0], now_ms()) if waiting else None
            if item is None:
                return bool(waiting)
            if item.attempts > library.MOST_ATTEMPTS:
                library.refuse(session, item, CRASHED, now_ms())
                return True
            item_id, source, dwell_ms = item.id, self._quarantine.path(item.source_path), item.dwell_ms
            classes = {c.id: _as_media(c) for c in screens.classes(session)}
        with tempfile.TemporaryDirectory(prefix="cauthang-") as folder:
            self._work(item_id, source, dwell_ms, classes, Path(folder))
        return True

    def _work(self, item_id: int, source: Path, dwell_ms: int, classes: dict[int, ScreenClass], folder: Path) -> None:
        try:
            kind = inspect(source).kind.value
            made, findings = self._render_all(item_id, source, dwell_ms, classes, folder)
        except Refused as refusal:
            self._refuse(item_id, _finding_of(refusal))
        except MediaError as trouble:
            LOG.warning("item %s: %s", item_id, trouble.sentence)
            with self._sessions.writing() as session:
                library.release(session, item_id, now_ms())
        else:
            if not made:
                self._refuse(item_id, findings[0])
                return
            self._finish(item_id, kind, findings, made)

    def _render_all(
        self, item_id: int, source: Path, dwell_ms: int, classes: dict[int, ScreenClass], folder: Path
    ) -> tuple[list[MadeRendition], list[Finding]]:
        """A rendition per class that the file suits, and what is worth saying about each."""
        made: list[MadeRendition] = []
        findings: list[Finding] = []
        for number, (class_id, screen_class) in enumerate(classes.items()):
            done = 100 * number // len(classes)

            def progress(percent: int, done: int = done) -> None:
                self._tell(item_id, done + percent // len(classes))

            try:
                prepared = prepare(source, screen_class, folder, progress, dwell_ms)
            except Refused as refusal:
                findings.append({**_finding_of(refusal), "screen": screen_class.name})
                continue
            made.append(self._keep(class_id, prepared))
            for finding in prepared.verdict.findings:
                findings.append({**asdict(finding), "screen": screen_class.name})
        return made, findings

    def _keep(self, class_id: int, prepared: Prepared) -> MadeRendition:
        file = prepared.rendition
        return MadeRendition(
            screen_class_id=class_id,
            sha256=self._files.put(file.path),
            size_bytes=file.size_bytes,
            media_type=file.media_type.value,
            width=file.width,
            height=file.height,
            duration_ms=file.duration_ms,
            poster_sha256=self._files.put(prepared.poster),
        )

    def _tell(self, item_id: int, percent: int) -> None:
        with self._sessions.writing() as session:
            library.report_progress(session, item_id, percent, now_ms())

    def _finish(self, item_id: int, kind: str, findings: list[Finding], made: list[MadeRendition]) -> None:
        with self._sessions.writing() as session:
            item = session.get_one(Item, item_id)
            try:
                library.finish(session, item, kind=kind, findings=findings, made=made, now_ms=now_ms())
            except Conflict:  # our lease ran out and another worker was done first; its result stands
                session.rollback()

    def _refuse(self, item_id: int, finding: Finding) -> None:
        with self._sessions.writing() as session:
            library.refuse(session, session.get_one(Item, item_id), finding, now_ms())


def _as_media(row: screens.ScreenClass) -> ScreenClass:
    return ScreenClass(row.name, row.width, row.height, row.video_fps, row.sound)


def _finding_of(refusal: Refused) -> Finding:
    return {"code": refusal.code.value, "grade": "refuse", "params": dict(refusal.params)}


def run(settings: Settings, stop: Event) -> None:
    """Work until ``stop`` is set: at every ring, and every 20 s in case one was lost."""
    sessions = sessions_for(settings.database_url)
    db.check_schema(sessions.engine)
    workshop = Workshop(settings, sessions)
    workshop.sweep()
    bells = jobs.listen(settings.jobs_url, workshop.look)
    try:
        say_ready()  # before the first look: what waits may take long, and others wait for this word
        workshop.look()
        while not stop.wait(LOOK_EVERY_S):
            workshop.sweep()
            workshop.look()
    finally:
        bells.stop(graceful=True)
