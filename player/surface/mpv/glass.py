"""The X display: one black frame over everything, and in it two panes for two mpv, of which the upper one is seen.

The panes keep their pixels while they lie below (backing store), so raising one shows its picture whole, at once:
measured 1 to 6 ms from the request to the frame buffer, with no sample in between that shows neither.
"""

from __future__ import annotations

import xcffib
from xcffib import xproto

from player.surface.mpv.panels import Area

ALWAYS = 2  # BackingStore
PANES = 2


class DisplayLost(Exception):  # noqa: N818  what happened
    """There is no such display, or it went away."""


class Glass:
    """A connection to the display ``name`` (as in DISPLAY). Every method may raise DisplayLost."""

    def __init__(self, name: str | None = None) -> None:
        try:
            self._connection = xcffib.connect(display=name)
        except xcffib.XcffibException as error:
            raise DisplayLost from error
        self._screen = self._connection.get_setup().roots[self._connection.pref_screen]
        self.size = (self._screen.width_in_pixels, self._screen.height_in_pixels)
        self._frame = self._window(self._screen.root, above_all=True)
        self.panes = [self._window(self._frame) for _ in range(PANES)]
        self._settle()

    def _window(self, parent: int, *, above_all: bool = False) -> int:
        window = self._connection.generate_id()
        what = xproto.CW.BackPixel | xproto.CW.BackingStore | xproto.CW.OverrideRedirect
        self._connection.core.CreateWindow(
            self._screen.root_depth,
            window,
            parent,
            0,
            0,
            *self.size,
            0,
            xproto.WindowClass.InputOutput,
            self._screen.root_visual,
            what,
            [self._screen.black_pixel, ALWAYS, int(above_all)],
        )
        self._connection.core.MapWindow(window)
        return int(window)

    def raise_pane(self, index: int) -> None:
        """Bring a pane into sight; it is when this returns."""
        stack = [xproto.StackMode.Above]
        self._connection.core.ConfigureWindow(self.panes[index], xproto.ConfigWindow.StackMode, stack)
        self._settle()

    def place(self, area: Area) -> None:
        """Put both panes where the output lies."""
        for pane in self.panes:
            self._move(pane, area.x, area.y, area.width, area.height)
        self._settle()

    def fit(self) -> bool:
        """Follow the display when its size changed; whether it did."""
        try:
            found = self._connection.core.GetGeometry(self._screen.root).reply()
        except xcffib.XcffibException as error:
            raise DisplayLost from error
        if (found.width, found.height) == self.size:
            return False
        self.size = (found.width, found.height)
        self._move(self._frame, 0, 0, *self.size)
        return True

    def _move(self, window: int, x: int, y: int, width: int, height: int) -> None:
        which = xproto.ConfigWindow.X | xproto.ConfigWindow.Y | xproto.ConfigWindow.Width | xproto.ConfigWindow.Height
        self._connection.core.ConfigureWindow(window, which, [x, y, width, height])

    def _settle(self) -> None:
        """Return when the display has done all it was asked."""
        try:
            self._connection.core.GetInputFocus().reply()
        except xcffib.XcffibException as error:
            raise DisplayLost from error

    def close(self) -> None:
        """Give the display back."""
        self._connection.disconnect()


def pixels(area: Area, name: str | None = None) -> bytes:
    """What the display really shows there: rows of blue, green, red and a spare byte. Raises DisplayLost."""
    try:
        connection = xcffib.connect(display=name)
        root = connection.get_setup().roots[connection.pref_screen].root
        whole = xproto.ImageFormat.ZPixmap
        cookie = connection.core.GetImage(whole, root, area.x, area.y, area.width, area.height, 0xFFFFFFFF)
        data = bytes(cookie.reply().data)
        connection.disconnect()
    except xcffib.XcffibException as error:
        raise DisplayLost from error
    return data
