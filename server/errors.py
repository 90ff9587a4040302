"""What can go wrong in the rules of the server, split by who must act.

    DomainError
    ├── Invalid      the person who filled in the form: something written there must change
    ├── NotFound     nobody: the thing is not there, or is out of this person's reach (the two look alike on purpose)
    ├── Forbidden    an administrator: this person lacks the role
    └── Conflict     the person, again: somebody or something else changed the state in between
    SettingsError    the person who starts the process: the environment or the data directory is wrong
    └── StartError   the same person, when `cauthang up` could not bring a part up

A sentence is the Vietnamese message id itself; the web edge translates it and fills ``%(name)s`` from ``params``.
The catalogue is extracted from the second argument of these constructors (see ``server/babel.cfg``).
"""

from __future__ import annotations


def msgid(sentence: str) -> str:
    """The sentence unchanged; marks a table's label for the catalogue, so that the edge can translate it later."""
    return sentence


class DomainError(Exception):
    """A rule said no. ``code`` is stable for programs, ``sentence`` says to people what to do."""

    def __init__(self, code: str, sentence: str, /, **params: object) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence
        self.params = params

    def __str__(self) -> str:
        return self.sentence % self.params if self.params else self.sentence


class Invalid(DomainError):  # noqa: N818  (these four are answers to people, not faults of the program)
    """The request itself must change. ``field`` (a keyword parameter, optional) names the field of the form."""

    @property
    def field(self) -> str | None:
        """The form field the sentence is about, or None when it is about the whole."""
        named = self.params.get("field")
        return named if isinstance(named, str) else None


class NotFound(DomainError):  # noqa: N818
    """The thing does not exist, or this person may not know that it does."""


class Forbidden(DomainError):  # noqa: N818
    """The person may see the thing but lacks the role to do this with it."""


class Conflict(DomainError):  # noqa: N818
    """The state has moved on: look again, then decide again."""


class SettingsError(Exception):
    """The process cannot start; the sentence names the setting, or the command, that puts it right."""


class StartError(SettingsError):
    """``cauthang up`` cannot start or keep a part of the system; the sentence names the part and the fix."""
