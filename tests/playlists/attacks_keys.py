"""Attacks with stolen or revoked keys, as a table.

Rows are numbered as in the attack matrix of the reliability reference (after The Update Framework's test suites).
"""

from collections.abc import Iterator
from dataclasses import replace

from playlists.accept import accept_head
from playlists.errors import Code
from playlists.model import MediaType, Receipt, Reference, RevocationEntry, Revoked, Role
from playlists.schemas import seal
from playlists.state import Now, State
from tests.doors import AT, Offer, revoking
from tests.world import DAY_MS, HOUR_MS, NOW, World, info, key, rendition, trust

# --- Rows 14 and 15: stolen keys ------------------------------------------------------------------------------------


def with_entry(**changes: object) -> tuple[State, bytes]:
    """A playlist of the real director in which one entry was tampered with before signing."""
    world = World()
    state = world.playing()
    entries = (replace(world.entry("lift"), **changes), world.entry("traffic"))
    playlist = world.sealed_playlist(2, entries=entries, previous=state.playlist_sha256)
    return accept_head(state, world.sealed_head(playlist, 2), AT), playlist


TAMPERED: dict[str, tuple[dict[str, object], Code | None]] = {
    "nothing": ({}, None),
    "approval nobody gave": ({"approval": Reference("9" * 64, 10)}, Code.APPROVAL),
    "another item": ({"item": 99}, Code.APPROVAL),
    "another file": ({"rendition": rendition("something else")}, Code.ITEM),
    "another type": ({"rendition": replace(rendition("lift"), media_type=MediaType.MP4)}, Code.ITEM),
    "another size": ({"rendition": replace(rendition("lift"), size_bytes=5)}, Code.ITEM),
    "another item's file": ({"rendition": rendition("traffic")}, Code.ITEM),
}


def row_14_director_cannot_add_what_nobody_approved() -> Iterator[Offer]:
    for name, (changes, answer) in TAMPERED.items():
        state, playlist = with_entry(**changes)
        yield Offer(name, "playlist", state, playlist, answer)


def row_14_director_cannot_approve() -> Iterator[Offer]:
    sealed = World().sealed_approval("lift", "director")
    yield Offer("director", "approval", World().trusting(), sealed, Code.SIG)


def row_14_playlist_of_another_screen_or_unit() -> Iterator[Offer]:
    world = World()
    for changes in ({"screen": "s-ccccdddd"}, {"unit": "ward-b"}):
        playlist = world.sealed_playlist(1, **changes)
        state = accept_head(world.trusting(), world.sealed_head(playlist), AT)
        yield Offer(*changes, "check", state, playlist, Code.TARGET)


def row_14_head_of_another_screen() -> Iterator[Offer]:
    world = World()
    sealed = world.sealed_head(world.sealed_playlist(), 1, screen="s-ccccdddd")
    yield Offer("screen", "head", world.trusting(), sealed, Code.TARGET)


def row_15_approver_reaches_only_screens_of_the_own_unit() -> Iterator[Offer]:
    for names, changes, answer in (
        (("b-1",), {"unit": "ward-b", "scope": ("ward-b",)}, Code.APPROVAL),
        (("b-1",), {"unit": "ward-b", "scope": ("city",)}, Code.APPROVAL),
        (("b-1",), {}, Code.APPROVAL),
        (("a-1",), {"scope": ("ward-b",)}, Code.APPROVAL),
        (("a-1",), {"unit": "city", "scope": ("city",)}, Code.APPROVAL),
        (("a-1",), {"unit": "constructor", "scope": ("tostring",)}, Code.APPROVAL),
        (("city-1",), {"unit": "city", "scope": ("ward-a",)}, Code.THRESH),
        (("city-1", "city-2"), {"unit": "city", "scope": ("ward-b",)}, Code.APPROVAL),
        (("city-1", "city-2"), {"unit": "city", "scope": ("ward-a",)}, None),
    ):
        sealed = World().sealed_approval("lift", *names, **changes)
        yield Offer(f"{names} {changes}", "approval", World().trusting(), sealed, answer)


def row_15_unit_withdraws_only_what_it_or_a_unit_below_it_approved() -> Iterator[Offer]:
    world = World()
    sealed = {name: seal(world.revocation(world.withdrawal()), key(name)) for name in ("a-1", "b-1", "city-1", "root")}
    for name, answer in {"a-1": None, "b-1": Code.APPROVAL, "city-1": None, "root": None}.items():
        yield Offer(name, "revocation", world.playing(), sealed[name], answer)


def withdrawing_file() -> bytes:
    """The list by which a unit withdraws one file, under whichever approval it is shown."""
    entry = RevocationEntry(Revoked.HASH, rendition("lift").sha256, "ward-a", NOW, "")
    return seal(World().revocation(entry), key("a-1"))


def withdrawn_file_is_withdrawn_under_any_approval() -> Iterator[Offer]:
    yield Offer("lift", "revocation", World().playing(), withdrawing_file())


def row_15_unit_cannot_withdraw_keys_or_devices() -> Iterator[Offer]:
    world = World()
    for kind in (Revoked.KEY, Revoked.DEVICE):
        entry = RevocationEntry(kind, key("director").keyid, "ward-a", NOW, "")
        yield Offer(kind, "revocation", world.playing(), seal(world.revocation(entry), key("a-1")), Code.APPROVAL)


# --- Revoked keys and keys out of their time --------------------------------------------------------------------------


def revoked_approver_signs_no_more() -> Iterator[Offer]:
    world = World()
    state = revoking(world.playing(), "a-1")
    yield Offer("a-1", "approval", state, world.sealed_approval("new"), Code.KEY)
    yield Offer("a-2", "approval", state, world.sealed_approval("new", "a-2"))
    # A list that an approver signed is no list when its signer was taken off, whatever it says.
    later = world.revocation(*state.revocation.entries, world.withdrawal(), version=2)
    yield Offer("a-1 withdraws", "revocation", state, seal(later, key("a-1")), Code.KEY)


def revoked_director_and_log_keys_sign_nothing() -> Iterator[Offer]:
    world = World()
    state = revoking(world.playing(), "director", "log")
    playlist = world.sealed_playlist(2, previous=state.playlist_sha256)
    yield Offer("director", "head", state, world.sealed_head(playlist, 2, revocation=1), Code.KEY)
    receipt = Receipt(key("device").keyid, 3, "0" * 64, NOW)
    yield Offer("log", "receipt", state, seal(receipt, key("log")), Code.KEY)


def revoked_key_does_not_help_to_a_threshold() -> Iterator[Offer]:
    whole = trust()
    keys = {**whole.keys, key("d2").keyid: info("d2")}
    both = Role((key("director").keyid, key("d2").keyid), 2)
    world = World(trust(keys=keys, roles={**whole.roles, "director": both}))
    sealed = world.sealed_head(world.sealed_playlist(), 1, "director", "d2")
    yield Offer("both", "head", world.trusting(), sealed)
    later = world.sealed_head(world.sealed_playlist(), 1, "director", "d2", revocation=1)
    yield Offer("one of them revoked", "head", revoking(world.trusting(), "d2"), later, Code.THRESH)


def revoked_root_key_does_not_help_to_a_new_trust() -> Iterator[Offer]:
    state = revoking(World().trusting(), "root")
    yield Offer("root", "trust", state, seal(trust(version=2), key("root")), Code.SIG)


def list_signed_by_an_approver_who_left_since_is_still_believed() -> Iterator[Offer]:
    keys = {**trust().keys, key("a-1").keyid: replace(info("a-1"), not_after=NOW + HOUR_MS)}
    world = World(trust(keys=keys))
    sealed = seal(world.revocation(world.withdrawal()), key("a-1"))
    yield Offer("a-1", "revocation", world.trusting(), sealed, now=Now(NOW + 90 * DAY_MS))


def key_out_of_its_time_signs_nothing() -> Iterator[Offer]:
    keys = {**trust().keys, key("director").keyid: replace(info("director"), not_after=NOW - 1)}
    world = World(trust(keys=keys))
    sealed = world.sealed_head(world.sealed_playlist())
    yield Offer("director", "head", world.trusting(), sealed, Code.KEY)
    yield Offer("without a clock", "head", world.trusting(), sealed, now=Now(NOW, known=False))


def approval_outlives_the_key_of_an_approver_who_left() -> Iterator[Offer]:
    keys = {**trust().keys, key("a-1").keyid: replace(info("a-1"), not_after=NOW - HOUR_MS)}
    state = World(trust(keys=keys)).trusting()
    signed_before, signed_after = (World().sealed_approval("lift", issued=at) for at in (NOW - DAY_MS, NOW))
    yield Offer("signed before", "approval", state, signed_before)
    yield Offer("signed after", "approval", state, signed_after, Code.KEY)


def nothing_is_signed_without_a_trust() -> Iterator[Offer]:
    world = World()
    playlist = world.sealed_playlist()
    for door, sealed in {
        "head": world.sealed_head(playlist),
        "approval": world.sealed_approval(),
        "playlist": playlist,
        "revocation": seal(world.revocation(world.withdrawal()), key("root")),
        "receipt": seal(Receipt(key("device").keyid, 3, "0" * 64, NOW), key("log")),
    }.items():
        yield Offer(door, door, world.blank(), sealed, Code.SIG)


ROWS = (
    row_14_director_cannot_add_what_nobody_approved,
    row_14_director_cannot_approve,
    row_14_playlist_of_another_screen_or_unit,
    row_14_head_of_another_screen,
    row_15_approver_reaches_only_screens_of_the_own_unit,
    row_15_unit_withdraws_only_what_it_or_a_unit_below_it_approved,
    withdrawn_file_is_withdrawn_under_any_approval,
    row_15_unit_cannot_withdraw_keys_or_devices,
    revoked_approver_signs_no_more,
    revoked_director_and_log_keys_sign_nothing,
    revoked_key_does_not_help_to_a_threshold,
    revoked_root_key_does_not_help_to_a_new_trust,
    list_signed_by_an_approver_who_left_since_is_still_believed,
    key_out_of_its_time_signs_nothing,
    approval_outlives_the_key_of_an_approver_who_left,
    nothing_is_signed_without_a_trust,
)
