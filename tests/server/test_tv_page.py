"""The page of a television as the server sends it: whole, strict, and with the broker's address as seen from there."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from flask import Flask

from server.broker.ours import websocket_url
from server.settings import Settings
from tests.cast import Browser

TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "html": "text/html", "woff2": "font/woff2"}


def listed(client: Browser) -> list[str]:
    """Every part of the page, as its service worker will fetch them."""
    found: list[str] = json.loads(client.get("/tv/version.js").text.removeprefix("self.PAGE = ").rstrip(";\n"))["files"]
    return found


def test_every_part_is_there_under_a_strict_policy(client: Browser) -> None:
    parts = listed(client)
    assert {"index.html", "main.js", "contract/index.js", "surface/layers.js"} <= set(parts)
    for part in ["", *parts]:
        answer = client.get(f"/tv/{part}")
        assert answer.status_code == 200, part
        assert answer.mimetype == TYPES[part.rpartition(".")[2] or "html"], part
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert "connect-src 'self' ws://127.0.0.1:18831;" in f"{policy};"


def test_modules_import_only_parts_of_the_page(client: Browser) -> None:
    parts = set(listed(client))
    for part in [name for name in parts if name.endswith(".js") and not name.startswith("vendor/mqtt")]:
        folder = part.rpartition("/")[0]
        for wanted in re.findall(r'(?:import|from) "(\./[^"]+|\.\./[^"]+)"', client.get(f"/tv/{part}").text):
            path = f"{folder}/{wanted}".lstrip("/").replace("/./", "/").removeprefix("./")
            assert path in parts, f"{part} imports {wanted}"


def test_short_address_leads_to_the_page(client: Browser) -> None:
    answer = client.get("/tv")
    assert answer.status_code == 308
    assert answer.location == "/tv/"


@pytest.mark.parametrize(
    "name", ["../cli.py", "%2e%2e/cli.py", "agent.py", "contract/../../cli.py", "vendor/uppy/x.js"]
)
def test_nothing_else_is_sent(client: Browser, name: str) -> None:
    assert client.get(f"/tv/{name}").status_code == 404


@pytest.mark.parametrize(
    ("named", "broker", "origin", "there"),
    [
        (None, None, "http://127.0.0.1:8080", "ws://127.0.0.1:18831/mqtt"),
        (None, None, "http://10.0.0.7:8080", "ws://10.0.0.7:18831/mqtt"),
        (None, None, "http://[fd00::7]:8080", "ws://[fd00::7]:18831/mqtt"),
        (None, None, "https://man-hinh.example.vn", "wss://man-hinh.example.vn/mqtt"),
        (None, "mqtt://broker.lan", "https://man-hinh.example.vn:8443", "wss://man-hinh.example.vn:8443/mqtt"),
        (None, "mqtt://broker.lan", "http://10.0.0.7:8080", ""),
        (None, "wss://bridge:secret@broker.lan:8084", "http://10.0.0.7", "wss://broker.lan:8084/mqtt"),
        ("ws://127.0.0.1:9001/mqtt", None, "http://10.0.0.7:8080", "ws://10.0.0.7:9001/mqtt"),
        ("wss://broker.lan/ws", "mqtt://broker.lan", "https://man-hinh.example.vn", "wss://broker.lan:443/ws"),
    ],
)
def test_broker_is_named_as_the_page_can_reach_it(
    settings: Settings, named: str | None, broker: str | None, origin: str, there: str
) -> None:
    asked = replace(settings, broker_websocket_url=named, broker_url=broker)
    assert websocket_url(asked, origin) == there


def test_people_can_compare_the_root(app: Flask, client: Browser, settings: Settings) -> None:
    assert client.get("/tv/root.json").status_code == 404
    (settings.data_dir / "root.pub").write_text(json.dumps({"keys": ["ab" * 32], "threshold": 1}))
    assert client.get("/tv/root.json").json == {"keys": ["ab" * 32], "threshold": 1}
    browser = app.test_client()
    assert browser.sign_in("operator-a").status_code == 302  # type: ignore[attr-defined]
    page = browser.get("/screens/pair").text
    keyid = re.search(r"/tv#root=([0-9a-f]{64})<", page)
    assert keyid
    assert " ".join(keyid[1][at : at + 4] for at in range(0, 20, 4)) in page
