"""What is done for each command. The answers are read by staff, so they are in Vietnamese."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from player.clock import Clock
from player.commands import Command
from player.errors import Unreachable
from player.parts import Parts
from player.stage import Stage
from player.surface import Surface
from playlists.errors import Refusal

IDENTIFY_MS = 30_000
CAPTURE_S = 5.0


@dataclass(frozen=True, slots=True)
class Deeds:
    """One player's hands. ``restart`` ends this run with the wish for another."""

    parts: Parts
    surface: Surface
    stage: Stage
    clock: Clock
    restart: Callable[[], None]

    def by_name(self) -> dict[str, Callable[[Command], str]]:
        """What to do for each command; every one says in a few words what came of it, or raises LookupError."""
        return {
            "identify": self._identify,
            "screenshot": self._screenshot,
            "reload": self._reload,
            "blank": lambda _: self._blank(on=True),
            "unblank": lambda _: self._blank(on=False),
            "restart": self._restart,
        }

    def _identify(self, _: Command) -> str:
        text = f"{self.parts.paired.name} · {self.parts.paired.screen}"
        self.surface.identify(text, self.clock.read().ms + IDENTIFY_MS)
        return "Tên màn hình hiện trong 30 giây."

    def _screenshot(self, command: Command) -> str:
        picture = self.surface.capture(CAPTURE_S)
        if picture is None:
            raise LookupError("Không chụp được: không có màn hình nào trả lời.")
        try:
            self.parts.api.screenshot(picture.image, picture.media_type, command.id)
        except (Unreachable, Refusal) as error:
            raise LookupError("Đã chụp nhưng chưa gửi được ảnh về máy chủ: hãy thử lại sau.") from error
        return "Đã gửi ảnh chụp màn hình."

    def _reload(self, _: Command) -> str:
        self.surface.reload()
        return "Đang tải lại trang phát."

    def _blank(self, *, on: bool) -> str:
        self.stage.blanked = on
        return "Đã tắt hình." if on else "Đã phát trở lại."

    def _restart(self, _: Command) -> str:
        self.restart()
        return "Đang khởi động lại trình phát."
