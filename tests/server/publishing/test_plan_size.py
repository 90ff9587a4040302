"""However many campaigns a screen has, its plan fits into a sealed playlist."""

from dataclasses import replace
from datetime import date

from playlists import model
from playlists.envelope import Kind
from playlists.schemas import seal
from server.publishing import plans
from tests.world import World, key, rendition

FIRST = date(2026, 9, 21)


def campaign(number: int) -> model.Campaign:
    """Three items, in a window and on weekdays that hardly any other campaign has."""
    start = number * 37 % 1200
    window = model.Window(start, start + 200 + number, frozenset({number % 7, (number + 2) % 7}))
    items = tuple(
        model.PlannedItem(
            model.Entry(
                number * 10 + n + 1,
                number,
                f"Tuyên truyền pháp luật {number}.{n}",
                rendition(f"{number}-{n}", 8000 + 1000 * (number % 7)),
                model.Reference(f"{number * 10 + n:064x}", 900),
            ),
            0,
            2**50,
        )
        for n in range(3)
    )
    often = model.Frequency(model.Per.HOUR, 3)
    return model.Campaign(number, f"Đợt {number}", date(2026, 9, 1), date(2026, 12, 1), (window,), often, items)


def sealed_bytes(count: int) -> tuple[int, int]:
    screen = model.Screen("s-bcdfghjk", "Asia/Ho_Chi_Minh")
    entries, plan = plans._fitting(tuple(map(campaign, range(1, count + 1))), screen, plans.horizon(FIRST))
    playlist = replace(World().playlist(), entries=entries, plan=plan, fallback=())
    return len(seal(playlist, key("director"))), len(plan.days)


def test_few_campaigns_are_planned_for_two_weeks() -> None:
    size, days = sealed_bytes(2)
    assert days == plans.HORIZON_DAYS
    assert size <= Kind.PLAYLIST.limit_bytes


def test_sixty_campaigns_with_windows_of_their_own_still_fit() -> None:
    size, days = sealed_bytes(60)
    assert days >= 1
    assert size <= Kind.PLAYLIST.limit_bytes
