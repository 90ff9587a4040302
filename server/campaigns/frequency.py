"""How often: what people write (plays an hour, plays a day, percent of the time) and what the planner counts in."""

from __future__ import annotations

from dataclasses import replace

from playlists.model import Frequency, Per
from server.errors import Invalid, msgid

MOST_PLAYS_PER_HOUR = 360  # one every ten seconds
MOST_PLAYS = {Per.HOUR: MOST_PLAYS_PER_HOUR, Per.DAY: 24 * MOST_PLAYS_PER_HOUR, Per.AIRTIME: 100}
LONGEST_GAP_MIN = 24 * 60
MINUTE_MS = 60_000
HOUR_MIN = 60
PER_CENT = 10  # thousandths

PER_NAMES = {
    Per.HOUR: msgid("lượt mỗi giờ"),
    Per.DAY: msgid("lượt mỗi ngày"),
    Per.AIRTIME: msgid("% thời lượng mỗi giờ"),
}
_RANGES = {
    Per.HOUR: msgid("Tần suất là số lượt mỗi giờ, từ 1 đến %(most)s (để lấp chỗ trống thì chọn mức “Lấp chỗ trống”)."),
    Per.DAY: msgid("Tần suất là số lượt mỗi ngày, từ 1 đến %(most)s (để lấp chỗ trống thì chọn mức “Lấp chỗ trống”)."),
    Per.AIRTIME: msgid("Tần suất là phần thời lượng của mỗi giờ, từ 1 đến %(most)s phần trăm."),
}


def read(per: Per, least: int, most: int | None = None, largest_gap_min: int | None = None) -> Frequency:
    """The frequency somebody wrote; of :attr:`Per.AIRTIME` in percent. A ``least`` of 0 promises nothing.

    Raises Invalid.
    """
    if not 0 <= least <= MOST_PLAYS[per]:
        raise out_of_range(per)
    if most is not None and not max(least, 1) <= most <= MOST_PLAYS[per]:
        raise Invalid(
            "frequency-most",
            "Nhiều nhất %(most)s là không được: phải từ %(least)s (số ít nhất) đến %(top)s.",
            field="most",
            most=most,
            least=max(least, 1),
            top=MOST_PLAYS[per],
        )
    if largest_gap_min is not None and not 1 <= largest_gap_min <= LONGEST_GAP_MIN:
        raise Invalid(
            "frequency-gap",
            "Khoảng cách lớn nhất giữa hai lượt là từ 1 đến %(longest)s phút.",
            field="largest_gap",
            longest=LONGEST_GAP_MIN,
        )
    if per is Per.HOUR and most is not None and largest_gap_min is not None and most * largest_gap_min < HOUR_MIN:
        raise Invalid(
            "frequency-gap-most",
            "Cách nhau nhiều nhất %(gap)s phút thì mỗi giờ cần %(needed)s lượt, mà số nhiều nhất là %(most)s: "
            "hãy nới một trong hai.",
            field="largest_gap",
            gap=largest_gap_min,
            needed=-(-HOUR_MIN // largest_gap_min),
            most=most,
        )
    scale = PER_CENT if per is Per.AIRTIME else 1
    gap_ms = None if largest_gap_min is None else largest_gap_min * MINUTE_MS
    return Frequency(per, least * scale, None if most is None else most * scale, gap_ms)


def out_of_range(per: Per) -> Invalid:
    """What to say of a frequency that is none."""
    return Invalid("frequency", _RANGES[per], field="least", most=MOST_PLAYS[per])


def written(frequency: Frequency) -> tuple[int, int | None, int | None]:
    """Least, most and largest gap in minutes, as people write them."""
    scale = PER_CENT if frequency.per is Per.AIRTIME else 1
    gap = frequency.largest_gap_ms
    most = None if frequency.most is None else frequency.most // scale
    return frequency.least // scale, most, None if gap is None else gap // MINUTE_MS


def thinned(frequency: Frequency, least: int) -> Frequency:
    """Less often, with a gap that is wider in proportion, in whole minutes (see :mod:`playlists.changes`)."""
    gap = frequency.largest_gap_ms
    if gap is not None:
        gap = -(-gap * frequency.least // (least * MINUTE_MS)) * MINUTE_MS
    return replace(frequency, least=least, largest_gap_ms=gap)
