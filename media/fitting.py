"""How a picture meets a screen: pure arithmetic, shared by the checks and by the makers."""

from __future__ import annotations

from dataclasses import dataclass

TALL = 1.6  # times the screen's height, at a readable width
LINE_SECONDS = 9  # how long each line of a panned picture stays on the screen
PAUSE_MS = 2_500  # still at the top, and again at the end


@dataclass(frozen=True, slots=True)
class ScreenClass:
    """A kind of screen that renditions are made for: pixels, frame rate, and whether it has a loudspeaker."""

    name: str
    width: int
    height: int
    video_fps: int = 30
    sound: bool = True

    def __post_init__(self) -> None:
        if not (16 <= self.width <= 8192 and 16 <= self.height <= 8192):
            raise ValueError("a screen is 16 to 8192 pixels on each side")
        if not 1 <= self.video_fps <= 60:
            raise ValueError("a screen shows 1 to 60 frames per second")

    @property
    def video_size(self) -> tuple[int, int]:
        """The size of its videos: yuv420p shares colour between pairs of pixels, so both sides are even."""
        return self.width // 2 * 2, self.height // 2 * 2

    @property
    def readable_width(self) -> int:
        """How wide a tall picture is shown: all of a portrait screen, a broad column of a landscape one."""
        return min(self.width, round(self.height * 1.1))


@dataclass(frozen=True, slots=True)
class Pan:
    """A slow way down a picture taller than the screen: pause, travel, pause."""

    width: int
    height: int
    travel: int
    travel_ms: int
    end_pause_ms: int

    @property
    def duration_ms(self) -> int:
        return PAUSE_MS + self.travel_ms + self.end_pause_ms


def scale_to_fit(width: int, height: int, screen: ScreenClass) -> float:
    """The factor at which the whole picture just fits the screen."""
    return min(screen.width / width, screen.height / height)


def bars_percent(width: int, height: int, screen: ScreenClass) -> int:
    """The share of the screen that the picture leaves empty, 0 to 100."""
    scale = scale_to_fit(width, height, screen)
    return round(100 * (1 - width * scale * height * scale / (screen.width * screen.height)))


def pan_of(width: int, height: int, screen: ScreenClass, dwell_ms: int = 0) -> Pan | None:
    """The pan a picture needs on this screen, or None when it is not tall.

    A pan shorter than ``dwell_ms`` waits longer at its end.
    """
    shown_width = screen.readable_width
    shown_height = round(height * shown_width / width)
    if shown_height <= TALL * screen.height:
        return None
    travel = shown_height - screen.video_size[1]
    speed = min(screen.width, screen.height) / LINE_SECONDS
    travel_ms = round(travel / speed * 1000)
    rest_ms = max(PAUSE_MS, dwell_ms - PAUSE_MS - travel_ms)
    return Pan(shown_width, shown_height, travel, travel_ms, rest_ms)
