"""The NATS server's configuration: MQTT 3.1.1, durable, with permissions; from a wheel, or a cluster of three.

Measured: about 1,000 screens from one wheel; every QoS 1 subscription costs a stored consumer (some 90 KB a screen).
It does not tie a client id to its account: a screen can throw out another by taking its name, but reads nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from server.broker.accounts import Account
from server.broker.places import Certificate, Place

MAIN, USERS = "nats.conf", "users.conf"
# What a QoS 1 subscription of its owner reads besides the topic itself; asking for it by MQTT is refused (tested).
INTERNAL_READS = ("$MQTT.sub.>",)


def subjects_of(wanted: str) -> tuple[str, ...]:
    """A topic filter as NATS subjects. ``a/#`` matches ``a`` too: without both the subscription fails."""
    subject = wanted.replace("/", ".").replace("+", "*")
    if subject == "#":
        return (">",)
    if subject.endswith(".#"):
        return (subject.removesuffix(".#"), f"{subject.removesuffix('#')}>")
    return (subject,)


def account_files(accounts: Sequence[Account]) -> dict[str, str]:
    """The users with what each may read and write; the server reads it again on SIGHUP and drops who was removed.

    The passwords are in the clear, so the file has mode 0600; they are random and good for this broker alone.
    """
    users = ",\n".join(_user(account) for account in accounts)
    return {USERS: f"# Written by cauthang. Mode 0600: it holds passwords.\nusers: [\n{users}\n]\n"}


def _user(account: Account) -> str:
    return (
        f'  {{user: "{account.username}", password: "{account.password}", '
        'allowed_connection_types: ["MQTT", "MQTT_WS"], permissions: {'
        f"publish: {_list(account.writes)}, subscribe: {_list(account.reads, INTERNAL_READS)}}}}}"
    )


def _list(filters: Iterable[str], more: Iterable[str] = ()) -> str:
    subjects = [subject for wanted in filters for subject in subjects_of(wanted)]
    return "[" + ", ".join(f'"{subject}"' for subject in (*subjects, *more)) + "]"


def main_file(place: Place, name: str = "cauthang") -> str:
    """The text of ``nats.conf``: each key below its reason."""
    return f"""\
# MQTT needs a name for the server; in a cluster each has its own.
server_name: "{name}"
# The native protocol, which nobody here speaks: this machine only, any free port.
listen: "127.0.0.1:-1"
# Four times our largest message; more is a mistake or an attack.
max_payload: 1048576
# Sessions, queues and retained messages are streams on disk: they survived kill -9.
jetstream {{
  store_dir: "{place.state_dir}"
  # Every QoS 1 subscription is a consumer; since 2.15 a stream has at most 1,000 by default: screen 334 was refused.
  limits {{ default_max_consumers: -1 }}
}}
mqtt {{
  listen: "{place.host}:{place.port}"
  # As many unacknowledged messages on the way to a reader as Mosquitto allows in our configuration.
  max_ack_pending: 100
{_tls(place.certificate)}}}
{_websocket(place)}\
accounts {{
  CAUTHANG {{
    jetstream: enabled
    # Written by cauthang, read again on SIGHUP.
    include "{USERS}"
  }}
}}
"""


def _tls(certificate: Certificate | None) -> str:
    if certificate is None:
        return "  # Passwords travel in the clear: for this machine or a closed network only.\n"
    return f'  tls {{ cert_file: "{certificate.chain}", key_file: "{certificate.key}" }}\n'


def _websocket(place: Place) -> str:
    if place.websocket_port is None:
        return ""
    open_to_read = "" if place.certificate else "  no_tls: true\n"
    return (
        "# The same for screens that only have a browser (path /mqtt).\n"
        f'websocket {{\n  listen: "{place.host}:{place.websocket_port}"\n{open_to_read}{_tls(place.certificate)}}}\n'
    )


def child_files(place: Place, as_root: bool) -> dict[str, str]:
    """The configuration of a broker that is our child; it runs as whoever we are."""
    log = f'# Kept small.\nlog_file: "{place.state_dir}.log"\nlogfile_size_limit: 10MB\nlogfile_max_num: 2\n'
    return {MAIN: log + main_file(place)}


def production_config(place: Place, accounts: Sequence[Account]) -> dict[str, str]:
    """Every file of a NATS server that runs as a service: configuration, users, and the systemd units around it."""
    return {MAIN: main_file(place), **account_files(accounts), **systemd_files(place.config_dir)}


def systemd_files(config_dir: Path) -> dict[str, str]:
    """A service, and units that reload the users when they change."""
    return {
        "cauthang-nats.service": "[Unit]\nDescription=NATS server for the screens\nAfter=network-online.target\n\n"
        f"[Service]\nUser=nats\nExecStart=/usr/local/bin/nats-server -c {config_dir / MAIN}\n"
        "ExecReload=kill -HUP $MAINPID\nRestart=on-failure\n"
        "# Twice the number of players: at 1,024 a broker stops near 1,000 connections.\nLimitNOFILE=65536\n\n"
        "[Install]\nWantedBy=multi-user.target\n",
        "cauthang-accounts.path": "# systemctl enable --now cauthang-accounts.path\n"
        f"[Unit]\nDescription=Broker accounts\n\n[Path]\nPathChanged={config_dir / USERS}\n\n"
        "[Install]\nWantedBy=multi-user.target\n",
        "cauthang-accounts.service": "[Unit]\nDescription=Let the broker read its accounts again\n\n"
        "[Service]\nType=oneshot\nExecStart=systemctl reload cauthang-nats.service\n",
    }
