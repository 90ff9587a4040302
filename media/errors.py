"""What can go wrong with a file, split by who must act.

    MediaError
    ├── Refused      the person who uploaded: another file, or this one exported again
    └── Unavailable  whoever runs the machine: nothing is wrong with the file, try again later

Every error carries ``code``, ``params`` and ``msgid``: a Vietnamese sentence with ``%(name)s`` places that gettext can
look up. ``sentence`` is the same in Vietnamese with the places filled in.
"""

from __future__ import annotations

from collections.abc import Mapping

from media.sentences import SENTENCES, Code

Param = str | int


class MediaError(Exception):
    """A sentence for a person, and the code a program branches on."""

    def __init__(self, code: Code, **params: Param) -> None:
        self.code = code
        self.params: Mapping[str, Param] = params
        super().__init__(self.sentence)

    @property
    def msgid(self) -> str:
        return SENTENCES[self.code]

    @property
    def sentence(self) -> str:
        return self.msgid % self.params


class Refused(MediaError):  # noqa: N818 - it is what happened to the file
    """The file cannot be shown as it is; the sentence names what the uploader can do."""


class Unavailable(MediaError):  # noqa: N818 - a state of the machine
    """This machine could not do the work now; the same file may succeed later."""
