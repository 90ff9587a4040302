"""Reading: the log newest first, page by page, with gaps where they belong; files and totals."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from playlists.model import Result
from server.plays import listing, queries
from server.plays.export import COLUMNS, Names, csv_pieces, guarded, local_text
from server.plays.ground import reading_engine
from server.plays.listing import Filters, ListedPlay, Position
from server.plays.play_gaps import Gap
from server.plays.queries import Page, PlayLog, totals
from server.plays.writer import Writer
from server.settings import Settings
from tests.play_traffic import (
    START,
    ZONE,
    Device,
    FixedEntries,
    InProcess,
    Message,
    deliver,
    devices,
    door,
    messages,
)

EVERYTHING = Filters(None)


@pytest.fixture
def crowd(writer: Writer) -> list[Device]:
    crowd = devices(31, 6)
    for message in messages(31, crowd, 12):
        deliver(door(InProcess(writer)), message)
    return crowd


@pytest.fixture
def log(plays_settings: Settings, writer: Writer) -> Iterator[PlayLog]:
    engine = reading_engine(plays_settings)
    yield PlayLog(engine, FixedEntries())
    engine.dispose()


def all_pages(log: PlayLog, filters: Filters, limit: int = 37) -> list[ListedPlay | Gap]:
    rows: list[ListedPlay | Gap] = []
    behind: Position | None = None
    while True:
        page: Page = log.page(None, filters, behind, limit)  # type: ignore[arg-type]
        rows += page.rows
        if page.older is None:
            return rows
        assert behind is None or page.older < behind
        behind = Position.parse(str(page.older))


def truth(crowd: list[Device]) -> list[tuple[int, int, int]]:
    return sorted(((play.start, device.number, play.n) for device in crowd for play in device.shown), reverse=True)


def positions(rows: list[ListedPlay | Gap]) -> list[tuple[int, int, int]]:
    return [(row.start, row.device_id, row.n) for row in rows if isinstance(row, ListedPlay)]


def test_all_pages_together_are_every_play_once_newest_first(log: PlayLog, crowd: list[Device]) -> None:
    assert positions(all_pages(log, EVERYTHING)) == truth(crowd)
    assert positions(all_pages(log, Filters(tuple(1000 + d.number for d in crowd)))) == truth(crowd)


def test_many_screens_are_walked_by_time_with_the_same_answer(
    log: PlayLog, crowd: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_STREAMS", 1)
    chosen = crowd[:4]
    assert positions(all_pages(log, Filters(tuple(1000 + d.number for d in chosen)))) == truth(chosen)


def test_a_page_that_had_to_stop_early_loses_nothing(
    log: PlayLog, crowd: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST_ROWS_DECODED", 7)
    assert positions(all_pages(log, EVERYTHING)) == truth(crowd)
    rare = all_pages(log, replace(EVERYTHING, result=Result.FAILED))
    assert all(isinstance(row, ListedPlay) and row.result is Result.FAILED for row in rare)
    assert len(rare) == sum(play.result is Result.FAILED for d in crowd for play in d.shown)


def test_filters_choose_exactly(log: PlayLog, crowd: list[Device]) -> None:
    device = crowd[2]
    middle = device.shown[len(device.shown) // 2].start
    screen = Filters((1000 + device.number,), from_ms=middle)
    assert positions(all_pages(log, screen)) == [p for p in truth([device]) if p[0] >= middle]
    before = Filters((1000 + device.number,), to_ms=middle)
    assert positions(all_pages(log, before)) == [p for p in truth([device]) if p[0] < middle]
    known = [d for d in crowd if d.shown[0].version.number % 2]
    of_item = all_pages(log, replace(EVERYTHING, item_id=103))
    assert len(of_item) == sum(play.entry == 3 for d in known for play in d.shown)
    of_campaign = all_pages(log, replace(EVERYTHING, campaign_id=2))
    assert len(of_campaign) == sum(play.entry % 3 == 1 for d in known for play in d.shown)
    partial = all_pages(log, replace(EVERYTHING, result=Result.PARTIAL))
    assert len(partial) == sum(play.result is Result.PARTIAL for d in crowd for play in d.shown)
    assert all_pages(log, Filters((4711,))) == []
    assert all_pages(log, Filters(())) == []


def test_gaps_stand_between_the_plays_with_their_times(log: PlayLog, writer: Writer) -> None:
    (device,) = devices(8, 1)
    plays = device.show(100)
    for part in (plays[5:30], plays[40:70], plays[71:]):
        deliver(door(InProcess(writer)), Message(device, part, 0))
    rows = all_pages(log, Filters((1001,)), limit=11)
    found = [row for row in rows if isinstance(row, Gap)]
    ends = [None, plays[29].start + plays[29].shown_ms, plays[69].start + plays[69].shown_ms]
    assert found == [
        Gap(1, 1001, 71, 71, ends[2], plays[71].start),
        Gap(1, 1001, 31, 40, ends[1], plays[40].start),
        Gap(1, 1001, 1, 5, ends[0], plays[5].start),
    ]
    at = rows.index(found[1])
    before, behind = rows[at - 1], rows[at + 1]
    assert isinstance(before, ListedPlay)
    assert isinstance(behind, ListedPlay)
    assert (before.n, behind.n) == (41, 30)
    assert log.gaps([1001]) == found
    deliver(door(InProcess(writer)), Message(device, plays, 0))
    assert log.gaps([1001]) == []


def test_a_batch_over_a_long_pause_keeps_its_place_in_the_order(log: PlayLog, writer: Writer) -> None:
    (device,) = devices(8, 1)
    plays = device.source.plays(40)
    spread = tuple(replace(p, start=p.start + (p.n // 10) * 7 * 3_600_000) for p in plays)
    device.shown.extend(spread)
    deliver(door(InProcess(writer)), Message(device, spread, 0))
    other = Device(2, devices(9, 1)[0].source)
    deliver(door(InProcess(writer)), Message(other, other.show(40), 0))
    assert positions(all_pages(log, EVERYTHING, limit=7)) == truth([device, other])


def names() -> Names:
    return Names(lambda s: f"=Màn {s}", lambda _: ZONE, lambda c: f"Đợt {c}", lambda r: f"kq{r}", lambda e: f"mcc{e}")


def test_the_file_has_every_play_in_local_time_and_no_formula(log: PlayLog, crowd: list[Device]) -> None:
    pieces = list(csv_pieces(["Giờ"] * COLUMNS, log.rows(None, EVERYTHING), names()))  # type: ignore[arg-type]
    assert len(pieces) > 1
    rows = list(csv.reader(io.StringIO("".join(pieces).removeprefix("\ufeff"))))
    assert len(rows) == 1 + len(truth(crowd))
    assert {len(row) for row in rows} == {COLUMNS}
    newest = truth(crowd)[0]
    assert rows[1][0] == local_text(ZONE, newest[0])
    assert rows[1][1].startswith("'=Màn")
    assert [(int(row[11]), int(row[12])) for row in rows[1:]] == [(d, n) for _, d, n in truth(crowd)]


@pytest.mark.parametrize("text", ["=1+1", "+84", "-2", "@x", "\tx", "\rx"])
def test_texts_that_a_spreadsheet_would_run_are_guarded(text: str) -> None:
    assert guarded(text) == "'" + text
    assert guarded("a" + text) == "a" + text


def test_local_text_says_its_offset() -> None:
    assert local_text("Asia/Ho_Chi_Minh", START) == "2026-09-21 21:13:20 +0700"


def test_totals_are_the_sums_of_the_roll_up(engine: Engine, crowd: list[Device]) -> None:
    with engine.connect() as connection:
        every = totals(connection, EVERYTHING, 0, 10**6)
        one = totals(connection, Filters((1001,)), 0, 10**6)
        none = totals(connection, EVERYTHING, 0, 1)
    plays = [play for device in crowd for play in device.shown]
    assert every.plays == len(plays)
    assert every.complete == sum(play.result is Result.COMPLETE for play in plays)
    assert every.shown_ms == sum(play.shown_ms for play in plays)
    assert one.plays == len(crowd[0].shown)
    assert none.plays == 0


def test_a_reader_cannot_write(plays_settings: Settings, writer: Writer) -> None:
    engine = reading_engine(plays_settings)
    with pytest.raises(Exception, match=r"read-?only"), engine.connect() as connection:
        connection.exec_driver_sql("DELETE FROM play_run")
    engine.dispose()


@pytest.mark.parametrize("text", ["", "1.2", "1.2.3.4", "a.b.c", "-1.2.3", "1.2.9" + "9" * 30])
def test_a_spoilt_link_is_no_position(text: str) -> None:
    assert Position.parse(text) is None
