"""The verdict on a file for a kind of screen."""

from __future__ import annotations

import dataclasses

import pytest

from media.fitting import ScreenClass, pan_of
from media.preflight import Grade, Verdict, preflight
from media.probe import Kind, Probed
from media.sentences import SENTENCES, Code
from media.signatures import Format

HALL = ScreenClass("hall", 1920, 1080)
LIFT = ScreenClass("lift", 1080, 1920, sound=False)
PICTURE = Probed(Kind.IMAGE, Format.PNG, "png", 1920, 1080, 0, 0.0, False, 1000)
VIDEO = Probed(Kind.VIDEO, Format.MP4, "h264", 1920, 1080, 15_000, 30.0, True, 1000)


def codes(verdict: Verdict) -> set[Code]:
    assert all(finding.sentence for finding in verdict.findings)
    return {finding.code for finding in verdict.findings}


def test_picture_of_the_screens_size_passes_without_a_word() -> None:
    assert preflight(PICTURE, HALL) == Verdict(())
    assert preflight(PICTURE, HALL).grade is Grade.PASS


def test_small_picture_is_warned_of_and_a_tiny_one_refused() -> None:
    small = preflight(dataclasses.replace(PICTURE, width=960, height=540), HALL)
    assert (codes(small), small.grade) == ({Code.BLURRED}, Grade.WARN)
    tiny = preflight(dataclasses.replace(PICTURE, width=320, height=180), HALL)
    assert (codes(tiny), tiny.grade) == ({Code.UNREADABLE}, Grade.REFUSE)


def test_other_shape_is_told_how_much_stays_empty() -> None:
    verdict = preflight(PICTURE, LIFT)
    assert codes(verdict) == {Code.BARS}
    assert "68%" in verdict.findings[0].sentence


def test_tall_picture_is_told_that_it_will_be_panned() -> None:
    tall = dataclasses.replace(PICTURE, width=1080, height=3400)
    assert (codes(preflight(tall, HALL)), preflight(tall, HALL).grade) == ({Code.PANNED}, Grade.PASS)
    assert Code.PANNED_LONG in codes(preflight(dataclasses.replace(tall, height=12_000), HALL))


def test_sound_and_screen_are_compared() -> None:
    assert codes(preflight(dataclasses.replace(VIDEO, width=1080, height=1920), LIFT)) == {Code.SOUND_UNHEARD}
    assert codes(preflight(dataclasses.replace(VIDEO, has_audio=False), HALL)) == {Code.NO_SOUND}


def test_fast_and_long_videos_are_mentioned() -> None:
    assert codes(preflight(dataclasses.replace(VIDEO, fps=120.0), HALL)) == {Code.FRAME_RATE}
    assert codes(preflight(dataclasses.replace(VIDEO, duration_ms=200_000), HALL)) == {Code.LONG_FOR_LOOP}


@pytest.mark.parametrize("screen", [HALL, LIFT], ids=lambda screen: screen.name)
def test_pan_lets_every_line_stay_long_enough_to_read(screen: ScreenClass) -> None:
    pan = pan_of(1080, 3400, screen)
    assert pan is not None
    assert pan.width <= screen.width
    assert pan.travel == pan.height - screen.height
    assert screen.height / (pan.travel / pan.travel_ms) >= 9_000 * min(screen.width, screen.height) / screen.width
    longer = pan_of(1080, 3400, screen, dwell_ms=60_000)
    assert longer is not None
    assert longer.duration_ms == 60_000


def test_every_code_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Code)


def test_screen_class_refuses_impossible_screens() -> None:
    for size in ((0, 1080), (1920, 9000)):
        with pytest.raises(ValueError, match="pixels"):
            ScreenClass("odd", *size)
    with pytest.raises(ValueError, match="frames"):
        ScreenClass("odd", 1920, 1080, video_fps=0)
