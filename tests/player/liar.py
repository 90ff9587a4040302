"""What a right server would say next, and the ways to say a lie in its place."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace

from player.link import Heard
from playlists import model, topics
from playlists.envelope import Kind, open_envelope, pack
from playlists.schemas import load, seal
from tests.fake_orders import SCREEN, Orders, reference
from tests.fakes import FakeServer
from tests.player.cinema import Cinema
from tests.player.rig import BLUE, GREEN, RED
from tests.world import key

APPROVED = {"đỏ", "lục"}
TOPICS = {
    Kind.TRUST: topics.ALL_TRUST,
    Kind.REVOCATION: topics.ALL_REVOCATION,
    Kind.HEAD: topics.to_head(SCREEN),
    Kind.PLAYLIST: topics.to_playlist(SCREEN),
}


def stands(cinema: Cinema, lie: Callable[[], None], code: str, head_is_right: bool = False) -> None:
    """Let the lie be told twice, with a restart between: nothing of it has any effect but the report."""
    disk, files, saved = cinema.disk(), cinema.files(), cinema.saved()
    for again in (False, True):
        if again:
            cinema.start()
            cinema.looks_at_files()
        lie()
        cinema.player.step()
        assert code in cinema.player.codes()
        assert cinema.seen(2500) == APPROVED
        assert (cinema.files(), cinema.saved()) == (files, saved)
        assert head_is_right or cinema.disk() == disk
    assert cinema.prepared <= APPROVED
    assert {title for _, title in cinema.surface.history if title} <= APPROVED


def next_document(kind: Kind, orders: Orders) -> bytes:
    """The next right document of this kind; the server then means it."""
    if kind is Kind.TRUST:
        orders.trust_version, orders.issued = 2, orders.issued + 1
        return orders.trust()
    if kind is Kind.REVOCATION:
        orders.withdraw(RED)
        sealed = orders.revocation()
        assert sealed
        return sealed
    orders.publish(BLUE, GREEN)
    return {Kind.HEAD: orders.head, Kind.PLAYLIST: orders.playlist, Kind.APPROVAL: lambda: orders.approval(BLUE)}[
        kind
    ]()


def by_http(server: FakeServer, kind: Kind, lie: bytes) -> None:
    """The server says the lie where it should say a document of this kind."""
    if kind is Kind.APPROVAL:
        serve_with_approval(server, lie)
        return
    paths = {
        Kind.TRUST: ["/device/v1/trust/2"],
        Kind.REVOCATION: ["/device/v1/revocation", "/device/v1/revocation/1"],
        Kind.HEAD: ["/device/v1/head"],
        Kind.PLAYLIST: ["/device/v1/playlist"],
    }
    server.says.update({path: (200, {}, lie) for path in paths[kind]})


def playlist_of(server: FakeServer) -> model.Playlist:
    playlist: model.Playlist = load(Kind.PLAYLIST, open_envelope(Kind.PLAYLIST, server.orders.playlist()).payload)
    return playlist


def trust_of(server: FakeServer, **changes: object) -> model.Trust:
    """The trust of the server with changes."""
    trust: model.Trust = load(Kind.TRUST, open_envelope(Kind.TRUST, server.orders.trust()).payload)
    return replace(trust, **changes)  # type: ignore[arg-type]


def serve(server: FakeServer, sealed: bytes, version: model.Version | None = None) -> None:
    """A stolen director key: any playlist, under a head that is right for it."""
    orders = server.orders
    head = model.Head(
        SCREEN,
        version or model.Version(orders.epoch, orders.number),
        reference(sealed),
        orders.trust_version,
        orders.revocation_version,
        0,
        orders.issued,
        2**52,
    )
    server.says["/device/v1/playlist"] = (200, {}, sealed)
    server.says["/device/v1/head"] = (200, {}, seal(head, key("director")))


def serve_with_approval(server: FakeServer, approval: bytes) -> None:
    """A stolen director key: the blue picture under this approval."""
    whole = playlist_of(server)
    blue = replace(whole.entries[0], approval=reference(approval))
    server.says[f"/files/{blue.approval.sha256}"] = (200, {}, approval)
    serve(server, seal(replace(whole, entries=(blue, *whole.entries[1:])), key("director")))


def quiet() -> None:
    """The lie stands on the server already."""


def told(cinema: Cinema, kind: Kind, lie: bytes) -> Callable[[], None]:
    """The broker brings the lie; the server goes on saying what it said."""
    return lambda: cinema.player.orders.hear(Heard(TOPICS[kind], lie), lambda _: None)


def by_mqtt(cinema: Cinema, kind: Kind, lie: bytes, code: str) -> None:
    stands(cinema, told(cinema, kind, pack(lie)), code)


def next_without_meaning_it(server: FakeServer, kind: Kind) -> bytes:
    """The next right document, while the server still says what it said."""
    before = copy(server.orders)
    sealed = next_document(kind, server.orders)
    server.orders = before
    return sealed
