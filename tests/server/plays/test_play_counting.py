"""Batches are counted by columns; play by play gives the same."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from playlists.envelope import strict_json
from playlists.model import ClockQuality, PlayBatch
from playlists.play_rows import read_plays
from playlists.schemas import dump
from server.plays.codec import Parts
from server.plays.counting import DAY_MS, MOST_SHOWN_MS, OLDEST_MS, Place, all_counted, counted
from server.plays.samples import SampleDevice
from server.plays.submission import Sender, Submission, dump_submission, load_submission

NOW = 1_790_000_000_000
AN_INSTANT = st.sampled_from([0, 1, NOW, NOW - OLDEST_MS - 1, NOW - OLDEST_MS, NOW + DAY_MS, NOW + DAY_MS + 1])
A_CHANGE = st.fixed_dictionaries(
    {},
    optional={
        "start": AN_INSTANT,
        "shown_ms": st.sampled_from([0, MOST_SHOWN_MS, MOST_SHOWN_MS + 1, 2**53 - 1]),
        "clock": st.sampled_from(ClockQuality),
    },
)


@given(st.lists(A_CHANGE, min_size=1, max_size=6))
@settings(deadline=None)
def test_columns_count_as_their_plays(changes):
    device = SampleDevice(1, NOW)
    plays = tuple(replace(device.play(), **change) for change in changes)
    batch = PlayBatch(device.key.keyid, device.screen, 1, "", plays)
    entries = [(100 + at, at % 2) for at in range(len(plays))]
    one_by_one = [counted(play, *entry, NOW) for play, entry in zip(plays, entries, strict=True)]
    together = all_counted(read_plays(strict_json(dump(batch))).columns, entries, NOW)
    assert together == one_by_one

    sender = Sender(7, device.key.keyid, device.key.public, Place(3, 5, "Asia/Ho_Chi_Minh"))
    submission = Submission(sender, 1, plays[0].n, NOW, together, Parts(dump(batch), b"s" * 64, b""))
    assert load_submission(dump_submission(submission)) == submission
