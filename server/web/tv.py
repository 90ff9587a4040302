"""The page that makes a television or an LED box with nothing but a browser a whole player: ``/tv``.

Its files are the player's (``player/standalone`` and, beneath ``surface/``, what it shares with the page of the agent)
and are sent as they lie there. They come with the one distribution, so they are found beside us and never imported.
See docs/adr/0010-a-browser-is-a-player.md.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, redirect, request, send_file, url_for
from werkzeug.wrappers import Response as Answer

from playlists.keys import keyid_of
from server.broker.ours import websocket_url
from server.settings import Settings
from server.web.assets import checksum
from server.web.permission import public

bp = Blueprint("tv", __name__, url_prefix="/tv")

HOUSE = Path(__file__).parents[2]
PAGE = HOUSE / "player/standalone"
SHARED = HOUSE / "player/surface/page"
VENDOR = HOUSE / "server/web/static/vendor"
PRINT_DIGITS = 20  # 80 bits of a key's id: enough that nobody makes another key with the same
KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
FONT = "@fontsource/be-vietnam-pro"
LETTERS, WEIGHTS = ("vietnamese", "latin", "latin-ext"), (400, 500, 600, 700)
LOADED = [
    "mqtt/dist/mqtt.esm.js",
    *(f"@noble/hashes/{name}.js" for name in ("sha2", "_md", "_u64", "utils")),
    f"{FONT}/be-vietnam-pro.css",
    *(f"{FONT}/files/be-vietnam-pro-{letters}-{weight}-normal.woff2" for letters in LETTERS for weight in WEIGHTS),
]
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "font-src": "'self'",
    "img-src": "'self' blob:",
    "media-src": "'self' blob:",
    "worker-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


@bp.get("")
@public
def begin() -> Answer:
    """Short to type on a remote control; what follows ``#`` stays."""
    return redirect(url_for("tv.index"), 308)


@bp.get("/")
@public
def index() -> Response:
    """The page."""
    return _sent("index.html")


@bp.get("/<path:name>")
@public
def part(name: str) -> Response:
    """One file of the page."""
    return _sent(name)


@bp.get("/version.js")
@public
def version() -> Response:
    """What the page is made of, for its service worker: another version of it is fetched anew as a whole."""
    found = files()
    parts = [_policy(), *(f"{name} {checksum(found[name])}" for name in sorted(found))]
    page = {"version": hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16], "files": sorted(found)}
    return _headed(Response(f"self.PAGE = {json.dumps(page)};\n", mimetype="text/javascript"))


@bp.get("/root.json")
@public
def root() -> Response:
    """The root as this server knows it. A page believes it once, at its pairing, and people compare it."""
    path = _root_file()
    if not path.is_file():
        abort(404)
    return _headed(send_file(path, mimetype="application/json", max_age=0))


def address() -> dict[str, str]:
    """What staff need to make a television a screen: where to go, and the root's fingerprint as it will show it."""
    try:
        ids = sorted(keyid_of(key) for key in json.loads(_root_file().read_bytes())["keys"])
    except FileNotFoundError:
        ids = []
    here = f"{_settings().public_url}/tv"
    prints = (" ".join(keyid[at : at + 4] for at in range(0, PRINT_DIGITS, 4)) for keyid in ids)
    return {"tv_url": here, "tv_root_url": f"{here}#root={','.join(ids)}", "root_print": " · ".join(prints)}


def files() -> dict[str, Path]:
    """Name in the page → file. What the page has of its own hides what the agent's page has of the same name."""
    own = {path.relative_to(PAGE).as_posix(): path for path in PAGE.rglob("*") if path.suffix in KINDS}
    shared = {f"surface/{path.name}": path for path in SHARED.iterdir() if path.suffix in KINDS}
    return shared | own | {f"vendor/{name}": VENDOR / name for name in LOADED}


def _sent(name: str) -> Response:
    path = files().get(name)
    if path is None or not path.is_file():
        abort(404)
    return _headed(send_file(path, mimetype=KINDS.get(path.suffix), etag=checksum(path) or False, conditional=True))


def _headed(response: Response) -> Response:
    """No cache between keeps an older part beside a newer one: the service worker keeps all of them, as one."""
    response.cache_control.no_cache = True
    response.headers["Content-Security-Policy"] = _policy()
    response.headers["Service-Worker-Allowed"] = "/tv"
    return response


def _policy() -> str:
    broker = websocket_url(_settings(), request.host_url.rstrip("/")).rpartition("/")[0]
    words = {**POLICY, "connect-src": f"'self' {broker}".strip()}
    return "; ".join(f"{name} {value}" for name, value in words.items())


def _root_file() -> Path:
    return _settings().data_dir / "root.pub"


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
