"""Judges a file for a kind of screen before anything is made from it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from media.errors import Param
from media.fitting import Pan, ScreenClass, bars_percent, pan_of, scale_to_fit
from media.probe import Kind, Probed
from media.sentences import SENTENCES, Code

BLURRED_FROM = 1.25  # enlarging by more than this is seen from 4 m on a lift screen
UNREADABLE_FROM = 4.0
BARS_FROM_PERCENT = 10
LONG_PAN_MS = 60_000
LONG_VIDEO_MS = 60_000  # lift rides last about 45 s, lobby waits about 30 s (reference: domain E7)


class Grade(StrEnum):
    """What a finding asks: nothing, a look, or another file."""

    PASS = "pass"  # noqa: S105 - a grade, not a secret
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth saying about a file on a screen; translate ``msgid`` with ``params``, or show ``sentence``."""

    code: Code
    grade: Grade
    params: dict[str, Param]

    @property
    def msgid(self) -> str:
        return SENTENCES[Code(self.code)]

    @property
    def sentence(self) -> str:
        return self.msgid % self.params


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings, and the worst grade among them."""

    findings: tuple[Finding, ...]

    @property
    def grade(self) -> Grade:
        grades = {finding.grade for finding in self.findings}
        return next((g for g in (Grade.REFUSE, Grade.WARN) if g in grades), Grade.PASS)


def preflight(probed: Probed, screen_class: ScreenClass) -> Verdict:
    """How well the file suits the screen. A refusing verdict means nothing can be made that people could read."""
    pan = pan_of(probed.width, probed.height, screen_class) if probed.kind is Kind.IMAGE else None
    findings = _about_pan(pan, probed, screen_class) if pan else _about_fit(probed, screen_class)
    return Verdict((*findings, *(_about_video(probed, screen_class) if probed.kind is Kind.VIDEO else ())))


def _about_fit(probed: Probed, screen: ScreenClass) -> Iterator[Finding]:
    yield from _about_size(scale_to_fit(probed.width, probed.height, screen), probed, screen)
    bars = bars_percent(probed.width, probed.height, screen)
    if bars >= BARS_FROM_PERCENT:
        yield Finding(Code.BARS, Grade.WARN, {"percent": bars})


def _about_size(scale: float, probed: Probed, screen: ScreenClass) -> Iterator[Finding]:
    sizes: dict[str, Param] = {
        "width": probed.width,
        "height": probed.height,
        "screen_width": screen.width,
        "screen_height": screen.height,
    }
    if scale > UNREADABLE_FROM:
        yield Finding(Code.UNREADABLE, Grade.REFUSE, sizes)
    elif scale > BLURRED_FROM:
        yield Finding(Code.BLURRED, Grade.WARN, sizes)


def _about_pan(pan: Pan, probed: Probed, screen: ScreenClass) -> Iterator[Finding]:
    yield from _about_size(pan.width / probed.width, probed, screen)
    long = pan.duration_ms > LONG_PAN_MS
    code, grade = (Code.PANNED_LONG, Grade.WARN) if long else (Code.PANNED, Grade.PASS)
    yield Finding(code, grade, {"seconds": round(pan.duration_ms / 1000)})


def _about_video(probed: Probed, screen: ScreenClass) -> Iterator[Finding]:
    if not screen.sound and probed.has_audio:
        yield Finding(Code.SOUND_UNHEARD, Grade.WARN, {})
    if screen.sound and not probed.has_audio:
        yield Finding(Code.NO_SOUND, Grade.PASS, {})
    if probed.fps > screen.video_fps + 0.5:
        yield Finding(Code.FRAME_RATE, Grade.PASS, {"fps": round(probed.fps), "screen_fps": screen.video_fps})
    if probed.duration_ms > LONG_VIDEO_MS:
        yield Finding(Code.LONG_FOR_LOOP, Grade.WARN, {"seconds": round(probed.duration_ms / 1000)})
