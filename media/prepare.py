"""The door to ``media``: everything here opens the untrusted file inside :mod:`media.sandbox`.

>>> probed = inspect(path)
>>> prepared = prepare(path, ScreenClass("lift", 1080, 1920), folder, progress)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from media import sandbox
from media.errors import Refused
from media.fitting import ScreenClass
from media.posters import poster
from media.preflight import Grade, Verdict, preflight
from media.probe import Probed, probe
from media.renditions import RenditionFile, render

PROBED_PERCENT = 5
RENDERED_PERCENT = 95


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that was made of one file for one class of screens."""

    probed: Probed
    verdict: Verdict
    rendition: RenditionFile
    poster: Path


def inspect(path: Path) -> Probed:
    """What the file is, by content.

    Raises:
        Refused: it cannot be used; the sentence says why and what to do.
        Unavailable: this machine could not look at it now.
    """
    return Probed(**sandbox.run("media.probe:probe", str(path.resolve()), limits=sandbox.LOOK))


def prepare(
    path: Path,
    screen_class: ScreenClass,
    out_dir: Path,
    progress: Callable[[int], None],
    dwell_ms: int = 10_000,
) -> Prepared:
    """The rendition and the poster of a file, written to ``out_dir``; ``progress`` hears 0 to 100.

    Raises:
        Refused: the file, or what the screen would make of it, cannot be used.
        Unavailable: this machine could not do it now.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    answer = sandbox.run(
        "media.prepare:make",
        *(str(path.resolve()), asdict(screen_class), str(out_dir.resolve()), dwell_ms),
        limits=sandbox.MAKE,
        progress=progress,
    )
    probed = Probed(**answer["probed"])
    return Prepared(
        probed, preflight(probed, screen_class), RenditionFile(**answer["rendition"]), Path(answer["poster"])
    )


def make(path: str, screen: dict[str, Any], out: str, dwell_ms: int, progress: Callable[[int], None]) -> dict[str, Any]:
    """The child's part of :func:`prepare`: the same work, in this process, told in JSON values."""
    screen_class, out_dir = ScreenClass(**screen), Path(out)
    probed = probe(path)
    for finding in preflight(probed, screen_class).findings:
        if finding.grade is Grade.REFUSE:
            raise Refused(finding.code, **finding.params)
    progress(PROBED_PERCENT)
    span = RENDERED_PERCENT - PROBED_PERCENT
    tell = lambda percent: progress(PROBED_PERCENT + percent * span // 100)  # noqa: E731 - one line, used once
    rendition = render(Path(path), probed, screen_class, out_dir, tell, dwell_ms)
    progress(RENDERED_PERCENT)
    picture = poster(Path(path), probed, out_dir / f"{rendition.sha256}.poster.jpg")
    progress(100)
    return {"probed": asdict(probed), "rendition": asdict(rendition), "poster": str(picture)}
