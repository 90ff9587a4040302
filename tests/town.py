"""A town for system tests: a street (network namespace) that can be cut off, browsers in it and outside, and eyes."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.machine import ROOT

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
COLOURS = {"red": (220, 20, 20), "blue": (20, 20, 220), "green": (20, 160, 40)}


def run(*words: str) -> None:
    """A command of the system; its failure is the test's."""
    subprocess.run(words, check=True, capture_output=True, timeout=30)


@dataclass(frozen=True)
class Street:
    """A network namespace with one wire to the host. Needs root and iproute2; both missing is a loud failure."""

    name: str
    wire: str
    host: str
    inside: str

    @classmethod
    @contextmanager
    def built(cls) -> Iterator[Street]:
        assert os.geteuid() == 0, "network namespaces need root: run the system tests as root"
        number = os.getpid() % 60_000
        net = f"10.{200 + number // 16384}.{number // 64 % 256}.{number % 64 * 4}"
        first = net.rsplit(".", 1)[0]
        last = int(net.rsplit(".", 1)[1])
        street = cls(f"cauthang{number}", f"ct{number}", f"{first}.{last + 1}", f"{first}.{last + 2}")
        run("ip", "netns", "add", street.name)
        try:
            run("ip", "link", "add", street.wire, "type", "veth", "peer", "name", "home", "netns", street.name)
            run("ip", "addr", "add", f"{street.host}/30", "dev", street.wire)
            run("ip", "link", "set", street.wire, "up")
            for words in (("addr", "add", f"{street.inside}/30", "dev", "home"), ("link", "set", "home", "up")):
                run("ip", "-n", street.name, *words)
            run("ip", "-n", street.name, "link", "set", "lo", "up")
            yield street
        finally:
            # A namespace goes when the kernel finds the time; its wire must be gone before the next one is built.
            subprocess.run(["ip", "link", "del", street.wire], check=False, timeout=30)
            subprocess.run(["ip", "netns", "del", street.name], check=False, timeout=30)

    def cut(self) -> None:
        """Pull the plug at the player's end: the host's own address must stay up."""
        run("ip", "-n", self.name, "link", "set", "home", "down")

    def mend(self) -> None:
        run("ip", "-n", self.name, "link", "set", "home", "up")

    def command(self, *words: str) -> list[str]:
        """The same command, inside."""
        return ["ip", "netns", "exec", self.name, *words]

    def chromium(self, folder: Path) -> str:
        """A browser program that runs inside."""
        path = folder / "chromium-inside"
        path.write_text(f'#!/bin/sh\nexec ip netns exec {self.name} {CHROMIUM} "$@"\n')
        path.chmod(0o755)
        return str(path)

    @contextmanager
    def player(self, server: str, root: Path, state: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
        """A player inside the street, installed with the root key and nothing else."""
        words = (sys.executable, "-P", "-m", "player.cli", "run", "--server", server, "--root", str(root))
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = self.command(*words, "--state", str(state), "--port", str(port))
        with subprocess.Popen(command, env=environ) as running:
            try:
                yield running
            finally:
                running.terminate()
                running.wait(30)


def launched(playwright: Playwright, program: str = CHROMIUM) -> Browser:
    """A headless browser with no business of its own on the network."""
    return playwright.chromium.launch(executable_path=program, args=list(QUIET))


def signed_in(browser: Browser, url: str, username: str, password: str) -> Page:
    """A page of somebody who has just signed in."""
    context: BrowserContext = browser.new_context(viewport={"width": 1440, "height": 900}, locale="vi-VN")
    page = context.new_page()
    page.goto(f"{url}/login")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.click("main button[type=submit], form button[type=submit]")
    page.wait_for_url(lambda there: "login" not in there)
    return page


def colour_of(page: Page) -> str:
    """Which of the known colours fills the middle of the screen; ``other`` for anything else."""
    seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    width, height = seen.size
    middle = seen.crop((width // 3, height // 3, 2 * width // 3, 2 * height // 3)).resize((1, 1)).getpixel((0, 0))
    assert isinstance(middle, tuple)
    for name, wanted in COLOURS.items():
        if sum(abs(a - b) for a, b in zip(middle, wanted, strict=True)) < 90:
            return name
    return "other"


@dataclass(frozen=True)
class Seen:
    """One colour, seen without interruption between two instants (UTC seconds)."""

    colour: str
    first: float
    last: float


def watch(page: Page, seconds: float) -> list[Seen]:
    """What the screen showed, by looking at it again and again."""
    found: list[Seen] = []
    end = time.time() + seconds
    while time.time() < end:
        before = time.time()
        colour = colour_of(page)
        if found and found[-1].colour == colour:
            found[-1] = Seen(colour, found[-1].first, before)
        else:
            found.append(Seen(colour, before, before))
    return found


def saw(page: Page, colour: str, within_s: float) -> bool:
    """Whether the screen shows the colour before the time is over."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if colour_of(page) == colour:
            return True
    return False
