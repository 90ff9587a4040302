"""What pages say about a campaign: how often, how far, and the changes that would make it fit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from playlists.changes import Change, FewerPlays, OtherWindows
from playlists.model import Frequency, Per
from server import windows
from server.campaigns import frequency
from server.web.window_fields import words as window_words


@dataclass(frozen=True, slots=True)
class Offered:
    """A change as a person reads it, and what the button sends that fills it in; empty where no form can."""

    words: str
    fill: str = ""


def often(asked: Frequency) -> str:
    """How often at least, such as “4 lượt/giờ”; empty for a campaign that promises nothing."""
    least, _most, _gap = frequency.written(asked)
    return _count(asked.per, least) if least else ""


def limits(asked: Frequency) -> Iterator[str]:
    """What else was said about how often."""
    _least, most, gap = frequency.written(asked)
    if most is not None:
        yield _("nhiều nhất %(count)s", count=_count(asked.per, most))
    if gap is not None:
        yield _("cách nhau nhiều nhất %(gap)s phút", gap=gap)


def _count(per: Per, count: int) -> str:
    if per is Per.AIRTIME:
        return str(_("%(count)s%% thời lượng", count=count))
    return str(_("%(count)s lượt/ngày", count=count) if per is Per.DAY else _("%(count)s lượt/giờ", count=count))


def offered(changes: Iterable[Change], asked: Frequency) -> list[Offered]:
    """The changes to a campaign that asked for so much, the cheapest first."""
    return [_offered(change, asked) for change in changes]


def _offered(change: Change, asked: Frequency) -> Offered:
    if isinstance(change, FewerPlays):
        least, _most, gap = frequency.written(frequency.thinned(asked, change.least))
        fill = json.dumps({"least": least, "largest_gap_minutes": gap})
        return Offered(_("Giảm còn %(count)s", count=_count(asked.per, least)), fill)
    if isinstance(change, OtherWindows):
        said = ", ".join(f"{w['start']}–{w['end']}" for w in map(window_words, change.windows))
        return Offered(
            _("Đổi khung giờ thành %(windows)s", windows=said), json.dumps({"windows": windows.stored(change.windows)})
        )
    seconds = f"{change.longest_ms / 1000:g}"
    return Offered(_("Rút mọi sản phẩm xuống còn nhiều nhất %(seconds)s giây (trong Thư viện)", seconds=seconds))
