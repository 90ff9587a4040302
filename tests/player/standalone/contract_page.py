"""A page in real Chromium that holds the JavaScript contract, and how to ask it what Python is asked."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from playlists.errors import Refusal
from playlists.state import State, freshness, why_not
from tests.doors import Offer
from tests.world import DAY_MS, HOUR_MS

Value = TypeVar("Value")
playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

HERE = Path(__file__).parent
CONTRACT = HERE.parents[2] / "player/standalone/contract"
ORIGIN = "http://contract.localhost"  # a secure context, as WebCrypto asks for, and no server
TIMEOUT_MS = 120_000  # for two dozen small files on a crowded machine
# When a state is looked at after its document was accepted: before its approvals begin, at every age, past them.
AGES = [0, -2 * DAY_MS, -HOUR_MS, 2 * DAY_MS, 8 * DAY_MS, 38 * DAY_MS, 91 * DAY_MS, 400 * DAY_MS]


class ContractPage:
    """The JavaScript engine. Every answer is either what it accepted or a refusal code."""

    def __init__(self, page: Any) -> None:
        self._page = page

    def verdicts(self, asked: Iterable[Mapping[str, Any]], states: Iterable[str] = ()) -> list[Any]:
        """One verdict for each question; ``state`` in a question is an index into ``states``."""
        text = json.dumps({"states": [*states], "asked": [*asked], "ages": AGES})
        answers: list[Any] = json.loads(self._page.evaluate("text => judge(text)", text))
        assert not [a for a in answers if "broken" in a]
        return answers

    def offered(self, offers: Iterable[Offer]) -> list[Any]:
        """The verdict on each offer. States that many offers share are sent and restored once."""
        states: dict[str, int] = {}
        asked = [question(offer, states.setdefault(stored(offer.state), len(states))) for offer in offers]
        return self.verdicts(asked, states)

    def call(self, name: str, asked: Any) -> Any:
        """Any other question of judge.js."""
        return json.loads(self._page.evaluate(f"text => {name}(text)", json.dumps(asked)))

    def evaluate(self, script: str) -> Any:
        return self._page.evaluate(script)


@contextmanager
def contract_page() -> Iterator[ContractPage]:
    """Chromium with the contract loaded."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.route(f"{ORIGIN}/**", _served)
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(f"{ORIGIN}/")
        page.wait_for_function("window.contract !== undefined")
        yield ContractPage(page)
        browser.close()


def _served(route: Any) -> None:
    path = route.request.url.removeprefix(ORIGIN)
    if path == "/":
        route.fulfill(body='<script type="module" src="/judge.js"></script>', content_type="text/html")
        return
    file = CONTRACT / path.removeprefix("/contract/") if path.startswith("/contract/") else HERE / path[1:]
    route.fulfill(body=file.read_text("utf-8"), content_type="text/javascript")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def stored(state: State) -> str:
    """A state as a player stores it."""
    parts = {
        "screen": state.screen,
        "unit": state.unit,
        "pinned": plain(state.pinned),
        "sealed": {name: b64(sealed) for name, sealed in state.sealed.items()},
        "floors": dict(state.floors),
    }
    return json.dumps(parts)


def question(offer: Offer, state: int) -> dict[str, Any]:
    """An offer as the page takes it."""
    asked = {"door": offer.door, "state": state, "bytes": b64(offer.sealed), "now": plain(offer.now)}
    return {**asked, "reference": plain(offer.named)} if offer.door == "approval" else asked


def verdict(offer: Offer) -> dict[str, Any]:
    """What Python says to an offer, in the words of the page."""
    try:
        return {"accepted": portrait(offer.judged(), offer)}
    except Refusal as refusal:
        return {"refused": refusal.code.value}


def portrait(answer: Any, offer: Offer) -> Any:
    """Everything that can be said about an answer, as the page says it."""
    if not isinstance(answer, State):
        return plain(answer)
    said = plain(answer)
    instants = [type(offer.now)(offer.now.ms + age, offer.now.known) for age in AGES]
    return {
        **{k: v for k, v in said.items() if k != "playlist_sha256"},
        "playlistSha256": answer.playlist_sha256,
        "sealed": {name: _sha256(sealed) for name, sealed in answer.sealed.items()},
        "floor": answer.floor_ms,
        "freshness": [freshness(answer, at).value for at in instants],
        "why": [
            [plain(why_not(answer, entry, at)) for at in instants]
            for entry in (answer.playlist.entries if answer.playlist else ())
        ],
    }


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def plain(value: Any) -> Any:
    """A document as plain JSON: rows as objects, words by their values."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (frozenset, set)):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return b64(value) if isinstance(value, bytes) else value


def samples(strategy: st.SearchStrategy[Value], count: int) -> list[Value]:
    """That many values of a strategy, the same in every run."""
    found: list[Value] = []

    @settings(max_examples=count, database=None, derandomize=True, phases=[Phase.generate], deadline=None)
    @given(strategy)
    def collect(value: Value) -> None:
        found.append(value)

    collect()
    return found
