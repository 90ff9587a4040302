"""What the first page is made of: things that wait for a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from server.users import User


@dataclass(frozen=True)
class Task:
    """Something that waits: what, where to do it, and how pressing (``tone``: info, warning, danger or success)."""

    text: str
    url: str
    icon: str
    count: int = 1
    tone: str = "info"


Source = Callable[[Session, User], list[Task]]
