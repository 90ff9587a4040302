"""Attacks on versions, as a table: rotation of the root, rollback, fork, mix and match, a stolen director key.

Rows are numbered as in the attack matrix of the reliability reference (after The Update Framework's test suites).
"""

from collections.abc import Iterator
from dataclasses import replace

from playlists.accept import accept_approval, accept_head, accept_playlist, accept_revocation, accept_trust
from playlists.errors import Code
from playlists.model import Role, Trust, Version
from playlists.schemas import seal
from playlists.state import Now, State
from tests.doors import AT, Offer
from tests.world import DAY_MS, HOUR_MS, NOW, World, info, key, reference, trust

# --- Rows 8 and 9: rotation of the root -----------------------------------------------------------------------------


def rooted(version: int, names: str, threshold: int = 1, **changes: object) -> Trust:
    """Trust ``version`` whose root role is the keys r1, r2, … named by digits."""
    roots = [f"r{digit}" for digit in names]
    keys = {k: v for k, v in trust().keys.items() if v.person != "root"}
    keys |= {key(n).keyid: info(n) for n in roots}
    roles = {**trust().roles, "root": Role(tuple(key(n).keyid for n in roots), threshold)}
    return trust(version=version, keys=keys, roles=roles, **changes)


def under_roots(names: str, threshold: int) -> State:
    """A player that holds trust 1 with these roots."""
    pinned = replace(World().blank().pinned, keys=tuple(key(f"r{d}").public for d in names), threshold=threshold)
    sealed = seal(rooted(1, names, threshold), *(key(f"r{d}") for d in names))
    return accept_trust(replace(World().blank(), pinned=pinned), sealed, AT)


ROTATIONS = [
    (("1", 1), ("1", 1), "1", None),
    (("1", 1), ("2", 1), "12", None),
    (("1", 1), ("2", 1), "1", Code.ROOT),
    (("1", 1), ("2", 1), "2", Code.SIG),
    (("1", 1), ("2", 1), "", Code.SIG),
    (("12", 1), ("34", 1), "13", None),
    (("12", 2), ("12", 2), "12", None),
    (("12", 2), ("12", 2), "1", Code.THRESH),
    (("12", 2), ("34", 2), "1234", None),
    (("12", 2), ("34", 2), "134", Code.THRESH),
    (("12", 2), ("34", 2), "123", Code.ROOT),
    (("12", 1), ("123", 2), "13", None),
    (("12", 1), ("123", 3), "13", Code.ROOT),
    (("12", 2), ("2", 1), "12", None),
    (("123", 2), ("345", 2), "345", Code.THRESH),
    (("123", 2), ("345", 2), "2345", None),
    (("1", 1), ("12", 2), "2", Code.SIG),
]


def row_8_new_root_needs_the_old_and_the_new_threshold() -> Iterator[Offer]:
    for first, second, signers, answer in ROTATIONS:
        sealed = seal(rooted(2, *second), *(key(f"r{d}") for d in signers))
        yield Offer(f"{first} to {second} by {signers}", "trust", under_roots(*first), sealed, answer)


def row_8_one_person_with_two_root_keys_counts_once() -> Iterator[Offer]:
    def shared(version: int) -> Trust:
        """Two of three persons must sign; r1 and r2 belong to one of them."""
        whole = rooted(version, "1234", 2)
        return replace(whole, keys={**whole.keys, key("r2").keyid: info("r2", person="r1")})

    pinned = replace(World().blank().pinned, keys=tuple(key(f"r{d}").public for d in "1234"), threshold=2)
    blank = replace(World().blank(), pinned=pinned)
    yield Offer("the first", "trust", blank, seal(shared(1), key("r1"), key("r2")), Code.ROOT)
    state = accept_trust(blank, seal(shared(1), key("r1"), key("r3")), AT)
    yield Offer("the next", "trust", state, seal(shared(2), key("r1"), key("r2")), Code.THRESH)
    yield Offer("the next by two persons", "trust", state, seal(shared(2), key("r2"), key("r4")))


def row_8_trust_advances_by_single_steps() -> Iterator[Offer]:
    for changes, answer in (
        ({"version": 3}, Code.ROOT),
        ({"version": 1, "issued": NOW}, Code.FORK),
        ({"version": 1}, None),
        ({"version": 2, "epoch": 0}, Code.ROLLBACK),
        ({"version": 2, "issued": NOW + HOUR_MS}, Code.FUTURE),
    ):
        yield Offer(f"{changes}", "trust", World().trusting(), seal(trust(**changes), key("root")), answer)


# --- Rows 10 and 11: rollback and fork ------------------------------------------------------------------------------


def advanced() -> State:
    """A player at trust 2, revocation 2 and playlist 5."""
    world = World(trust(version=2))
    state = accept_trust(World().trusting(), world.sealed_trust(), AT)
    first = world.withdrawal("gone")
    second = world.withdrawal("gone too")
    state = accept_revocation(state, seal(world.revocation(first), key("root")), AT)
    state = accept_revocation(state, seal(world.revocation(first, second, version=2), key("root")), AT)
    playlist = world.sealed_playlist(5)
    state = accept_head(state, world.sealed_head(playlist, 5, revocation=2), AT)
    for name in world.items:
        sealed = world.sealed_approval(name)
        state = accept_approval(state, sealed, reference(sealed), AT)
    return accept_playlist(state, playlist, AT)


ADVANCED = advanced()
THERE = World(ADVANCED.trust)


def head_of(playlist: bytes, number: int, **changes: object) -> bytes:
    return THERE.sealed_head(playlist, number, **{"revocation": 2, **changes})


def withdrawing(*names: str, version: int) -> bytes:
    return seal(THERE.revocation(*(THERE.withdrawal(n) for n in names), version=version), key("root"))


def row_10_nothing_goes_back() -> Iterator[Offer]:
    for name, door, sealed in (
        ("older playlist", "playlist", THERE.sealed_playlist(4)),
        ("older head", "head", head_of(THERE.sealed_playlist(4), 4)),
        ("same version signed earlier", "head", head_of(THERE.sealed_playlist(5), 5, issued=NOW - HOUR_MS)),
        ("older trust", "trust", World().sealed_trust()),
        ("older revocation", "revocation", withdrawing("gone", version=1)),
        ("older revocation that forgets nothing", "revocation", withdrawing("gone", "gone too", version=1)),
        ("revocation that forgets", "revocation", withdrawing("gone", version=3)),
    ):
        yield Offer(name, door, ADVANCED, sealed, Code.ROLLBACK)


def row_11_one_version_has_one_document() -> Iterator[Offer]:
    elsewhere = THERE.sealed_playlist(5, zone="Asia/Bangkok")
    for name, door, sealed in (
        ("other playlist", "playlist", elsewhere),
        ("other head", "head", head_of(THERE.sealed_playlist(5), 5, expires=NOW + 1)),
        ("later head with another playlist of that version", "head", head_of(elsewhere, 5, issued=NOW + 1)),
        ("other trust", "trust", seal(trust(version=2, expires=NOW + DAY_MS), key("root"))),
        ("other revocation", "revocation", withdrawing("gone", "gone too", "more", version=2)),
    ):
        yield Offer(name, door, ADVANCED, sealed, Code.FORK)


def what_is_held_already_changes_nothing() -> Iterator[Offer]:
    for kind in ("trust", "revocation", "head", "playlist"):
        yield Offer(kind, kind, ADVANCED, ADVANCED.sealed[kind])


def row_11_playlist_that_follows_another_one_than_the_one_held() -> Iterator[Offer]:
    world = World()
    state = world.playing()
    for name, number, previous, answer in (
        ("another one", 2, "0" * 64, Code.FORK),
        ("the one held", 2, state.playlist_sha256, None),
        ("a jump", 9, "0" * 64, None),
    ):
        playlist = world.sealed_playlist(number, previous=previous)
        headed = accept_head(state, world.sealed_head(playlist, number), AT)
        yield Offer(name, "playlist", headed, playlist, answer)


def approvals_that_no_playlist_names_any_more_are_let_go() -> Iterator[Offer]:
    state = World().playing()
    fewer = World(items=("lift",))
    playlist = fewer.sealed_playlist(2, previous=state.playlist_sha256)
    headed = accept_head(state, fewer.sealed_head(playlist, 2), AT)
    yield Offer("one item less", "playlist", headed, playlist)


# --- Row 12: mix and match ------------------------------------------------------------------------------------------


def row_12_head_of_one_playlist_with_the_bytes_of_another() -> Iterator[Offer]:
    world = World()
    state = accept_head(world.trusting(), world.sealed_head(world.sealed_playlist(2), 2), AT)
    yield Offer("other bytes", "check", state, world.sealed_playlist(2, zone="Asia/Bangkok"), Code.MIX)
    yield Offer("other version", "check", state, world.sealed_playlist(3), Code.MIX)
    yield Offer("no head", "check", world.trusting(), world.sealed_playlist(), Code.MIX)


def row_12_head_or_playlist_ahead_of_what_is_held() -> Iterator[Offer]:
    world = World()
    for changes in ({"trust": 2}, {"revocation": 1}):
        playlist = world.sealed_playlist(1, **changes)
        head = world.sealed_head(playlist, 1, **changes)
        yield Offer(f"head {changes}", "head", world.trusting(), head, Code.MIX)
        state = accept_head(world.trusting(), world.sealed_head(playlist), AT)
        yield Offer(f"playlist {changes}", "check", state, playlist, Code.MIX)


def nothing_comes_from_the_future() -> Iterator[Offer]:
    world = World()
    later = NOW + HOUR_MS
    head = world.sealed_head(world.sealed_playlist(), issued=later)
    playlist = world.sealed_playlist(issued=later)
    state = accept_head(world.trusting(), world.sealed_head(playlist), AT)
    list_ = seal(replace(world.revocation(world.withdrawal()), issued=later), key("root"))
    for door, before, sealed in (
        ("head", world.trusting(), head),
        ("check", state, playlist),
        ("revocation", world.trusting(), list_),
    ):
        yield Offer(door, door, before, sealed, Code.FUTURE)
        yield Offer(f"{door} without a clock", door, before, sealed, now=Now(NOW, known=False))


# --- Row 13: a stolen director key, and the way back ------------------------------------------------------------------


def rotated_director() -> Trust:
    """Trust 2, in which a new director key and epoch 2 begin."""
    keys = {k: v for k, v in trust().keys.items() if v.person != "director"} | {key("d2").keyid: info("d2")}
    roles = {**trust().roles, "director": Role((key("d2").keyid,), 1)}
    return trust(version=2, epoch=2, keys=keys, roles=roles)


def row_13_version_of_a_thief_is_outrun_by_the_next_epoch() -> Iterator[Offer]:
    world, highest = World(), 2**53 - 1
    stolen = world.sealed_playlist(highest)
    sealed = seal(rotated_director(), key("root"))
    state = accept_trust(accept_head(world.trusting(), world.sealed_head(stolen, highest), AT), sealed, AT)
    honest = World(rotated_director())
    playlist = honest.sealed_playlist(1, "d2", version=Version(2, 1))
    head = honest.sealed_head(playlist, 1, "d2", version=Version(2, 1))
    yield Offer("next epoch", "head", state, head)
    yield Offer("its playlist", "check", accept_head(state, head, AT), playlist)
    yield Offer("the thief's again", "head", state, world.sealed_head(stolen, highest), Code.SIG)
    ended = honest.sealed_head(playlist, 1, "d2", version=Version(1, 1))
    yield Offer("epoch that ended", "head", accept_trust(world.trusting(), sealed, AT), ended, Code.ROLLBACK)


def row_13_epoch_is_not_the_directors_to_raise() -> Iterator[Offer]:
    world = World()
    playlist = world.sealed_playlist(1, version=Version(2**52, 1))
    sealed = world.sealed_head(playlist, 1, version=Version(2**52, 1))
    yield Offer("epoch 2^52", "head", world.trusting(), sealed, Code.MIX)


ROWS = (
    row_8_new_root_needs_the_old_and_the_new_threshold,
    row_8_one_person_with_two_root_keys_counts_once,
    row_8_trust_advances_by_single_steps,
    row_10_nothing_goes_back,
    row_11_one_version_has_one_document,
    what_is_held_already_changes_nothing,
    row_11_playlist_that_follows_another_one_than_the_one_held,
    approvals_that_no_playlist_names_any_more_are_let_go,
    row_12_head_of_one_playlist_with_the_bytes_of_another,
    row_12_head_or_playlist_ahead_of_what_is_held,
    nothing_comes_from_the_future,
    row_13_version_of_a_thief_is_outrun_by_the_next_epoch,
    row_13_epoch_is_not_the_directors_to_raise,
)
