"""What can go wrong on a player, split by who must act.

PlayerError
├── SetupError      the person who installs must act: a file, a port, a permission. Stops the start.
├── Declined        the server understood the plays and does not take them as they are.
└── Unreachable     nobody must act: the network or the server will come back. Try again later.
    ├── Unpaired    the server does not know this device (any more).
    ├── Overtaken   nobody failed: newer orders came, and what was under way goes on after them.
    └── NotYet      nobody failed: other screens download first.

A document or file that must not be believed is a :class:`playlists.errors.Refusal`.
"""

from __future__ import annotations


class PlayerError(Exception):
    """The root of the tree; its text is a sentence for the log."""


class SetupError(PlayerError):
    """The player cannot start like this; the text says what to change."""


class Declined(PlayerError):  # noqa: N818  an answer, not an error of the program
    """The server's code for why; ``last`` is the highest number it knows of this device, when it said one."""

    def __init__(self, code: str, last: int | None = None) -> None:
        super().__init__(f"the server declined the plays: {code}")
        self.code, self.last = code, last


class Unreachable(PlayerError):  # noqa: N818  a state of the world, not an error of the program
    """The other side did not answer as it should; ``retry_after_s`` is its own wish, when it said one."""

    def __init__(self, sentence: str, retry_after_s: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class Unpaired(Unreachable):
    """The server refuses this device's key: it was withdrawn or never paired."""


class Overtaken(Unreachable):
    """Something more urgent came; what arrived so far is kept."""


class NotYet(Unreachable):
    """Downloads of many screens are spread; this one's turn comes in ``retry_after_s``."""
