"""Mosquitto's configuration. Every value is there for a reason, most of them measured on 2.0.11 with 10,000 players."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

from playlists import topics
from server.broker import accounts as who
from server.broker.accounts import Account
from server.broker.places import Certificate, Place

MAIN, PASSWORDS, PERMISSIONS = "mosquitto.conf", "passwords", "permissions"
HASH_ROUNDS = 101  # Mosquitto's own default; ours are 192 random bits, which no number of rounds makes safer
Line = tuple[str, str, str]  # key, value, reason

LIMITS: tuple[Line, ...] = (
    ("per_listener_settings", "false", "one set of passwords and permissions for MQTT, TLS and WebSocket alike"),
    ("allow_anonymous", "false", "whoever has no account is refused"),
    (
        "max_queued_messages",
        "100000",
        "the default 1000 dropped silently: 10,000 wills of a power cut arrived as 1,020. 0 (no limit) had bugs",
    ),
    ("max_queued_bytes", "524288000", "a bound in bytes as well; alarm on $SYS/broker/publish/messages/dropped > 0"),
    ("max_inflight_messages", "100", "a reader keeps up with bursts; the default is 20"),
    ("persistence", "true", "sessions, queues and retained messages survive a restart"),
    (
        "autosave_interval",
        "60",
        "a crash forgets at most this many seconds (the bridge then publishes everything again); each save rewrites "
        "all: saving every change cost 39 s for 2,000 messages",
    ),
    ("persistent_client_expiration", "14d", "sessions of retired screens vanish"),
    ("max_packet_size", "1048576", "four times our largest message; more is a mistake or an attack"),
    ("max_keepalive", "120", "a screen without power is noticed within 1.5 times its keepalive"),
    ("set_tcp_nodelay", "true", "a command's round trip takes 0.5 ms instead of 44 ms"),
)

BOUND_NAME: Line = (
    "use_username_as_clientid",
    "true",
    "else a screen that names itself like another throws it out and destroys the messages queued for it; "
    "this key counts for its listener only, and above the listener it does nothing (seen on 2.0.11)",
)


def account_files(accounts: Sequence[Account]) -> dict[str, str]:
    """The password file and the permission file; Mosquitto reads both again on SIGHUP and drops who was removed."""
    return {PASSWORDS: _passwords(accounts), PERMISSIONS: _permissions(accounts)}


def hashed(password: str) -> str:
    """PBKDF2-SHA512 in the form Mosquitto calls ``$7$``; a new salt each time."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, HASH_ROUNDS)
    return f"$7${HASH_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _passwords(accounts: Iterable[Account]) -> str:
    return "".join(f"{account.username}:{hashed(account.password)}\n" for account in accounts)


def _permissions(accounts: Iterable[Account]) -> str:
    """Patterns for what every screen may do; an account that is not an ordinary screen gets lines of its own."""
    mine = who.screen("u", "-" * who.SHORTEST_PASSWORD)
    lines = [
        "# Written by cauthang. Mosquitto checks at delivery: a screen may subscribe to another's topics,",
        "# and nothing of them ever reaches it.",
        *(f"pattern read {_of_user(wanted)}" for wanted in mine.reads),
        *(f"pattern write {_of_user(wanted)}" for wanted in mine.writes),
    ]
    for account in accounts:
        if account != who.screen(account.username, account.password):
            lines += ["", f"user {account.username}"]
            lines += [f"topic read {wanted}" for wanted in account.reads]
            lines += [f"topic write {wanted}" for wanted in account.writes]
    return "\n".join(lines) + "\n"


def _of_user(wanted: str) -> str:
    return wanted.replace("/u/", "/%u/")


def main_file(place: Place, extra: Iterable[Line] = ()) -> str:
    """The text of ``mosquitto.conf``: each key below its reason."""
    files: list[Line] = [
        ("password_file", str(place.config_dir / PASSWORDS), "written by cauthang; mode 0600, owned by the broker"),
        ("acl_file", str(place.config_dir / PERMISSIONS), "who may read and write which topics"),
        ("persistence_location", f"{place.state_dir}/", "where the state is saved"),
    ]
    lines = [f"# Root of all topics: {topics.ROOT}"]
    for key, value, reason in (*LIMITS, *files, *extra, *_listeners(place)):
        lines += [f"# {reason}"] * bool(reason) + [f"{key} {value}"]
    return "\n".join(lines) + "\n"


def _listeners(place: Place) -> list[Line]:
    reason = (
        "MQTT over TLS" if place.certificate else "passwords travel in the clear: this machine or a closed network only"
    )
    found = _listener(place.port, place.host, reason, place.certificate)
    if place.websocket_port is not None:
        found += _listener(place.websocket_port, place.host, "for screens that only have a browser", place.certificate)
        found.append(("protocol", "websockets", ""))
    return found


def _listener(port: int, host: str, reason: str, certificate: Certificate | None) -> list[Line]:
    """One listener; what follows its line counts for it alone, ``per_listener_settings`` or not."""
    found = [("listener", f"{port} {host}", reason), BOUND_NAME]
    if certificate:
        found += [
            ("certfile", str(certificate.chain), ""),
            ("keyfile", str(certificate.key), "ECDSA: 0.4 ms a handshake, RSA 0.6 ms; a herd of 10,000 feels it"),
            ("tls_version", "tlsv1.2", "this one and newer"),
        ]
    return found


def child_files(place: Place, as_root: bool) -> dict[str, str]:
    """The configuration of a broker that is our child: it says only what is wrong, to its standard error."""
    extra: list[Line] = [
        ("log_dest", "stderr", "our parent keeps it"),
        ("log_type", "error", ""),
        ("log_type", "warning", ""),
        ("connection_messages", "false", "a line per connection would fill the disk"),
    ]
    if as_root:
        extra.append(
            ("user", "root", "our files belong to root: Mosquitto would become another user and not read them")
        )
    return {MAIN: main_file(place, extra)}


def production_config(place: Place, accounts: Sequence[Account]) -> dict[str, str]:
    """Every file of a Mosquitto that runs as a service: its configuration, the accounts, and what reloads them.

    Returns:
        File name → text. The first three go to ``place.config_dir``, the systemd units to /etc/systemd/system.
    """
    extra: list[Line] = [
        ("log_dest", "syslog", ""),
        ("connection_messages", "false", "a line per connection would fill the journal"),
    ]
    if place.certificate:
        extra += _listener(1883, "127.0.0.1", "without TLS, for the bridge on this machine only", None)
    return {MAIN: main_file(place, extra), **account_files(accounts), **systemd_files(place.config_dir)}


def systemd_files(config_dir: Path) -> dict[str, str]:
    """Units that reload the accounts when they change, and lift the limit on open files."""
    return {
        "mosquitto.service.d-cauthang.conf": "# /etc/systemd/system/mosquitto.service.d/cauthang.conf\n"
        "# Twice the number of players: at the usual limit of 1,024 a broker stopped at 989 connections.\n"
        "[Service]\nLimitNOFILE=65536\n",
        "cauthang-accounts.path": "# systemctl enable --now cauthang-accounts.path\n"
        f"[Unit]\nDescription=Broker accounts\n\n[Path]\nPathChanged={config_dir / PASSWORDS}\n"
        f"PathChanged={config_dir / PERMISSIONS}\n\n[Install]\nWantedBy=multi-user.target\n",
        "cauthang-accounts.service": "[Unit]\nDescription=Let the broker read its accounts again\n\n"
        "[Service]\nType=oneshot\nExecStart=systemctl kill --signal=HUP --kill-whom=main mosquitto.service\n",
    }
