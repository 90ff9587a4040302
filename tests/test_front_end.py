"""The pages' third-party parts: pinned without addresses, there after an install, and everything a page asks for."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "server/web/static"
LOCK = (ROOT / "package-lock.json").read_text("utf-8")
PAGES = [
    path for folder in ("server/web", "player") for path in (ROOT / folder).rglob("*") if "vendor" not in path.parts
]
TEXTS = [path.read_text("utf-8") for path in PAGES if path.suffix in {".html", ".js", ".css", ".py"}]


def test_lock_pins_hashes_and_names_no_download_address() -> None:
    packages = {name: package for name, package in json.loads(LOCK)["packages"].items() if name}
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())


@pytest.mark.parametrize("name", sorted({name for text in TEXTS for name in re.findall(r"vendor/[\w@./-]+\w", text)}))
def test_what_a_page_loads_was_fetched(name: str) -> None:
    assert (STATIC / name).is_file(), "run `make setup`, or correct WANTED in hatch_build.py"


def test_every_font_file_of_the_style_sheet_is_there() -> None:
    sheet = STATIC / "vendor/@fontsource/be-vietnam-pro/be-vietnam-pro.css"
    files = re.findall(r"url\(([^)]+)\)", sheet.read_text("utf-8"))
    assert len(files) == 4 * 3  # weights × (Vietnamese, Latin, extended Latin)
    assert all((sheet.parent / file).is_file() for file in files)


def test_licences_stand_beside_what_they_license() -> None:
    text = (STATIC / "vendor/LICENCES.txt").read_text("utf-8")
    for name in json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]:
        assert f"=== {name} " in text
        assert (STATIC / "vendor" / name / "package.json").is_file()


def test_nothing_is_loaded_from_elsewhere() -> None:
    templates = [path.read_text("utf-8") for path in PAGES if path.suffix == ".html"]
    assert [found for text in templates for found in re.findall(r"(?:src|href)=\"(?:https?:)?//[^\"]*\"", text)] == []
