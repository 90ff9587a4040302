"""Attacks with hostile names, hostile JSON and loose types, as a table.

Rows are numbered as in the attack matrix of the reliability reference (after The Update Framework's test suites).
"""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from playlists.accept import accept_head
from playlists.envelope import Kind, seal_payload
from playlists.errors import Code
from playlists.model import QuietSpan, Reference
from playlists.schemas import dump, seal
from tests.doors import AT, DOORS, Offer, resealed, spoiled
from tests.world import World, approval, batch, key, reference

HOSTILE_NAMES = [
    "../../etc/passwd", "/etc/passwd", "a\0b", "a" * 300, "ｓ-bcdfghjk", "s-bcdfghjk\n", "", "S-BCDFGHJK", "a/b",
]  # fmt: skip
HOSTILE_TITLES = ["a\0b", "a\nb", "a" * 301, "😀" * 301, unicodedata.normalize("NFD", "Cầu thang"), ""]
NO_ZONES = [
    "Mars/X", "../../etc/passwd", "hello", "Asia", "localtime", "+07:00", "asia/ho_chi_minh", "PST", "GB", "Asia/",
]  # fmt: skip
NO_DAYS = [
    "hello", "2026-02-30", "20260921", "2026-W39-1", "0000-01-01", "9999-12-31", "2026-9-21", "２０２６-09-21",
    ["2026-09-21"],
]  # fmt: skip


def row_22_hostile_ids_never_leave_the_schema() -> Iterator[Offer]:
    world = World()
    for name in HOSTILE_NAMES:
        sealed = world.sealed_head(world.sealed_playlist(), 1, screen=name)
        yield Offer(ascii(name[:20]), "head", world.trusting(), sealed, Code.SCHEMA)


def row_22_hostile_or_unnormalised_titles_never_leave_the_schema() -> Iterator[Offer]:
    for title in HOSTILE_TITLES:
        sealed = World().sealed_approval("lift", title=title)
        yield Offer(ascii(title[:20]), "approval", World().trusting(), sealed, Code.SCHEMA)
    longest = World().sealed_approval("lift", title="😀" * 300)
    yield Offer("as long as may be", "approval", World().trusting(), longest)


def of_head(playlist: bytes, name: str, answer: Code | None = Code.SCHEMA) -> Offer:
    """A playlist that the head names, whatever is in it."""
    world = World()
    state = accept_head(world.trusting(), world.sealed_head(playlist), AT)
    return Offer(name, "check", state, playlist, answer)


def row_22_playlist_in_no_zone_of_this_world() -> Iterator[Offer]:
    for zone in NO_ZONES:
        yield of_head(resealed(Kind.PLAYLIST, World().playlist(), "director", zone=zone), ascii(zone))
    for zone in ("UTC", "America/Port-au-Prince", "America/Argentina/Buenos_Aires"):
        yield of_head(resealed(Kind.PLAYLIST, World().playlist(), "director", zone=zone), zone, None)


def playlist_with(*path: str | int, value: object) -> bytes:
    """A playlist of the director in which one place says something else."""
    data = json.loads(dump(World().playlist(quiet=(QuietSpan(0, 10, 50, 50), QuietSpan(10, 20, 0, 100)))))
    place = data
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return seal_payload(Kind.PLAYLIST, json.dumps(data).encode(), key("director"))


# The place, the last right value there, the first wrong one.
AT_THE_EDGE: list[tuple[tuple[str | int, ...], object, object]] = [
    (("entries", 0, "rendition", "width"), 16384, 16385),
    (("entries", 0, "rendition", "height"), 1, 0),
    (("entries", 0, "campaign"), 2**53 - 1, 2**53),
    (("fallback", 0), 1, 2),
    (("zone",), "UTC", "utc"),
    (("previous",), "a" * 64, "a" * 65),
    (("output", "brightness"), 100, 101),
    (("output", "rotation"), 270, 271),
    (("off_hours",), "blank", "dark"),
    (("quiet",), [], None),
    (("quiet", 1), [10, 20, 100, 100], [9, 20, 100, 100]),
    (("quiet", 1), [10, 11, 0, 0], [10, 10, 0, 0]),
    (("quiet", 1), [10, 11, 0, 100], [10, 11, 0, 101]),
    (("plan", "days"), [["2026-09-21", 1, 0], ["2026-09-22", 2, 0]], [["2026-09-21", 1, 0], ["2026-09-22", 1, 0]]),
    (("plan", "days", 0, 2), 0, 1),
    (("plan", "programmes", 0), [[0, 5, 0], [5, 6, 0]], [[0, 5, 0], [4, 6, 0]]),
    (("plan", "programmes", 0, 0), [0, 1, 0], [0, 0, 0]),
    (("plan", "programmes", 0, 0, 2), 0, 1),
    (("plan", "loops", 0, "slots", 1), [10_000, 1, 10_000], [10_000, 2, 10_000]),
    (("plan", "loops", 0, "slots", 1), [10_000, 1, 1], [9_999, 1, 1]),
    (("plan", "loops", 0, "slots", 1), [10_000, 1, 10_000], [10_000, 1, 10_001]),
    (("plan", "loops", 0, "slots", 1), [10_000, 1, 1], [10_000, 1, 0]),
]


def playlist_whose_parts_do_not_fit_together() -> Iterator[Offer]:
    for path, right, wrong in AT_THE_EDGE:
        yield of_head(playlist_with(*path, value=right), f"{path} {right}", None)
        yield of_head(playlist_with(*path, value=wrong), f"{path} {wrong}")


def row_22_playlist_with_a_day_of_no_calendar() -> Iterator[Offer]:
    for day in NO_DAYS:
        yield of_head(playlist_with("plan", "days", 0, 0, value=day), ascii(day))


HOSTILE_JSON = {
    "duplicate keys": b'{"a":1,"a":1}',
    "depth": b"[" * 10_000 + b"]" * 10_000,
    "long number": b'{"a":' + b"9" * 5_000 + b"}",
    "big number": b'{"a":' + b"9" * 400 + b"}",
    "nan": b'{"a":NaN}',
    "infinity": b'{"a":Infinity}',
    "float": b'{"a":1.5}',
    "exponent": b'{"a":1e3}',
    "leading zero": b'{"a":01}',
    "surrogate": b'{"a":"\\ud800"}',
    "surrogate key": b'{"\\ud800":1}',
    "not utf-8": b'{"a":"\xff"}',
    "overlong utf-8": b'{"a":"\xc0\x80"}',
    "byte order mark": b'\xef\xbb\xbf{"a":"b"}',
    "comma behind the last": b'{"a":"b",}',
    "control character": b'{"a":"\n"}',
    "two documents": b"{}{}",
    "truncated": b'{"a":',
    "empty": b"",
    "utf-16": '{"a":1}'.encode("utf-16"),
    "no envelope": b"{}",
    "list": b"[]",
    "html": b"<html><body>Login</body></html>",
}


def row_23_hostile_json_around_a_document() -> Iterator[Offer]:
    for kind in (Kind.TRUST, Kind.PLAYLIST, Kind.PLAYS):
        for name, data in HOSTILE_JSON.items():
            yield DOORS[kind].offered(name, data, Code.PARSE)


def row_23_hostile_json_even_when_signed() -> Iterator[Offer]:
    for name in sorted(set(HOSTILE_JSON) - {"no envelope", "list"}):
        sealed = seal_payload(Kind.APPROVAL, HOSTILE_JSON[name], key("a-1"))
        yield Offer(name, "approval", World().trusting(), sealed, Code.PARSE)


def signed(**changes: object) -> dict[str, object]:
    """Changes to the one signature of a head."""
    [signature] = json.loads(DOORS[Kind.HEAD].sealed)["signatures"]
    return {"signatures": [{**signature, **changes}]}


def base64_of_the_head(text: str, instead: str) -> dict[str, object]:
    return {"payload": json.loads(DOORS[Kind.HEAD].sealed)["payload"].replace(text, instead, 1)}


DAMAGES: dict[str, dict[str, object]] = {
    "no list of signatures": {"signatures": {}},
    "key id of no kind": {"signatures": [{"keyid": {}, "sig": "AA=="}]},
    "no signature": {"signatures": [{"keyid": "a", "sig": None}]},
    "signature of no base64": {"signatures": [{"keyid": "a", "sig": "%%%"}]},
    "one key id twice": {"signatures": [{"keyid": "a", "sig": "AA=="}] * 2},
    "a hundred signatures": {"signatures": [{"keyid": str(n), "sig": "AA=="} for n in range(100)]},
    "signature that is text": {"signatures": ["a"]},
    "no key id": {"signatures": [{"sig": "AA=="}]},
    "payload of no kind": {"payload": 7},
    "payload of no base64": {"payload": "%%%"},
    "one field more": {"extra": 1},
    "key id that is no text": signed(keyid=None),
    "padding in front": base64_of_the_head("", "="),
    "padding too much": signed(sig="AAAA===="),
    "stray bits": signed(sig="AB=="),
    "address-safe base64": signed(sig="-_-_"),
    "line break in base64": base64_of_the_head("M", "M\n"),
}


def row_23_damaged_envelopes() -> Iterator[Offer]:
    door = DOORS[Kind.HEAD]
    for name, changes in DAMAGES.items():
        yield door.offered(name, spoiled(door.sealed, **changes), Code.PARSE)


def row_21_document_over_its_ceiling_is_not_even_parsed() -> Iterator[Offer]:
    for kind, door in DOORS.items():
        yield door.offered("too long", b" " * (kind.limit_bytes + 1), Code.SIZE)


# --- Readers --------------------------------------------------------------------------------------------------------


def player_ignores_fields_it_does_not_know() -> Iterator[Offer]:
    world = World()
    sealed = resealed(Kind.HEAD, world.head(world.sealed_playlist()), "director", mood="calm", __proto__={"x": [1]})
    yield Offer("calm", "head", world.trusting(), sealed)


def player_refuses_a_higher_format_and_loose_types() -> Iterator[Offer]:
    world = World()
    for changes in ({"format": 2}, {"format": True}, {"format": "1"}, {"trust": True}, {"trust": "1"}, {"trust": -1}):
        sealed = resealed(Kind.HEAD, world.head(world.sealed_playlist()), "director", **changes)
        yield Offer(json.dumps(changes), "head", world.trusting(), sealed, Code.SCHEMA)


MALFORMED_PLAYS: list[dict[str, object]] = [
    {"plays": []},
    {"plays": [[0, 0, 0, 0, 1, 1, 0, 1]]},
    {"plays": [[0, 0, 5, 0, 1, 1, 0, 1, 2]]},
    {"plays": [[0, 0, 0, 0, -1, 1, 0, 1, 2]]},
    {"plays": [[0, 0, 0, 0, 1, 1, 9, 1, 2]]},
    {"plays": [[0, 0, 0, 0, 1, 1, 0, 1, True]]},
    {"plays": [[-(2**53), 0, 0, 0, 1, 1, 0, 1, 2]]},
    {"plays": [[0, 0, 0, 0, 1, 1, 0, 1, 2]] * 201},
    {"plays": "x"},
    {"start": [1]},
    {"first": 0},
    {"device": "device"},
]


def plays_that_are_not_of_their_form() -> Iterator[Offer]:
    for number, changes in enumerate(MALFORMED_PLAYS):
        sealed = resealed(Kind.PLAYS, batch(1, 3), "device", **changes)
        yield DOORS[Kind.PLAYS].offered(str(number), sealed, Code.SCHEMA)


def plays_in_the_name_of_another_device() -> Iterator[Offer]:
    sealed = seal(replace(batch(1, 3), device=key("other").keyid), key("device"))
    yield DOORS[Kind.PLAYS].offered("another", sealed, Code.TARGET)


def approval_that_is_not_the_file_named() -> Iterator[Offer]:
    sealed = World().sealed_approval()
    for wrong in (Reference("0" * 64, len(sealed)), replace(reference(sealed), size_bytes=1)):
        offer = DOORS[Kind.APPROVAL].offered(f"{wrong.size_bytes} bytes", sealed, Code.HASH)
        yield replace(offer, reference=wrong)


def approval_without_decision_date_is_no_approval() -> Iterator[Offer]:
    whole = approval()
    for date in ("hôm qua", "20260901", "2026-W36-2", "2026-02-29"):
        sealed = resealed(Kind.APPROVAL, whole, "a-1", decision={"number": whole.decision.number, "date": date})
        yield Offer(ascii(date), "approval", World().trusting(), sealed, Code.SCHEMA)


ROWS = (
    row_22_hostile_ids_never_leave_the_schema,
    row_22_hostile_or_unnormalised_titles_never_leave_the_schema,
    row_22_playlist_in_no_zone_of_this_world,
    row_22_playlist_with_a_day_of_no_calendar,
    playlist_whose_parts_do_not_fit_together,
    row_23_hostile_json_around_a_document,
    row_23_hostile_json_even_when_signed,
    row_23_damaged_envelopes,
    row_21_document_over_its_ceiling_is_not_even_parsed,
    player_ignores_fields_it_does_not_know,
    player_refuses_a_higher_format_and_loose_types,
    plays_that_are_not_of_their_form,
    plays_in_the_name_of_another_device,
    approval_that_is_not_the_file_named,
    approval_without_decision_date_is_no_approval,
)
