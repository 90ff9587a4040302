"""A device installs the player and nothing else: in a virtual environment of its own, from this tree."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LARGEST_MB = 60
NOT_FOR_A_DEVICE = {"flask", "PIL", "sqlalchemy", "alembic", "moviepy", "av", "numpy", "huey", "werkzeug", "jinja2"}
MODULES = ("player.agent", "player.cli", "player.status", "player.surface.browser", "player.surface.mpv.surface")


@dataclass(frozen=True)
class Device:
    """A virtual environment."""

    folder: Path

    def run(self, program: str, *arguments: str) -> str:
        """What a program of it prints, started far from the tree."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        command = [str(self.folder / "bin" / program), *arguments]
        told = {"capture_output": True, "text": True, "timeout": 300}
        done = subprocess.run(command, cwd=self.folder, env=environ, check=False, **told)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stdout + done.stderr
        return str(done.stdout)

    def size_mb(self) -> float:
        """Everything in it, pip included."""
        return sum(path.lstat().st_size for path in self.folder.rglob("*") if path.is_file()) / 1e6


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    folder = tmp_path_factory.mktemp("device")
    venv.create(folder, with_pip=True)
    environ = {**os.environ, "CAUTHANG_NO_FRONTEND": "1"}
    install = [str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", f"{ROOT}[player]"]
    done = subprocess.run(install, env=environ, check=False, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    yield Device(folder)


def test_it_fits_on_a_small_card(device: Device, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n  the player's environment: {device.size_mb():.1f} MB\n")
    assert device.size_mb() <= LARGEST_MB


def test_every_part_of_it_can_be_imported_and_brings_nothing_of_a_server(device: Device) -> None:
    program = f"import sys, {', '.join(MODULES)}; print(*{{name.split('.')[0] for name in sys.modules}})"
    imported = set(device.run("python", "-c", program).split())
    assert {"player", "playlists", "paho"} <= imported
    assert not imported & {*NOT_FOR_A_DEVICE, "server", "media"}


def test_its_command_says_what_it_can_do(device: Device) -> None:
    assert "run" in device.run("cauthang-player", "--help")
    assert "--surface" in device.run("cauthang-player", "run", "--help")


def test_a_folder_of_that_name_beside_it_is_not_taken_for_it(device: Device) -> None:
    """The service's working directory may hold anything."""
    (device.folder / "player").mkdir()
    assert "site-packages" in device.run("python", "-P", "-c", "import player.agent; print(player.agent.__file__)")
