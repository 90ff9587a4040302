"""The laws of the house, checked on the text of the tree: who imports whom, who touches what, how long a file is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"playlists": set(), "media": {"playlists"}, "player": {"playlists"}, "server": {"playlists", "media"}}

# What is a door or a process of the server; everything else in server/ is a noun and knows no Flask.
DOORS = {"web", "api", "device_api", "app", "cli"}
WEB_LIBRARIES = {"flask", "flask_wtf", "flask_security", "flask_login", "flask_limiter", "flask_babel", "flask_smorest"}
# The one thing a noun takes from them, and the record that says why.
MIXINS = (ROOT / "server/users.py", "from flask_security import UserMixin", ROOT / "docs/adr/0002-user-mixins.md")
DATABASE_LIBRARIES = {"sqlalchemy", "alembic", "sqlite3", "psycopg"}
OUTSIDE = {"os", "io", "socket", "ssl", "time", "random", "secrets", "threading", "subprocess", "logging", "urllib"}
READS_A_CLOCK = {"now", "utcnow", "today"}
WRITES = {"write_text", "write_bytes"}
# media works in folders made for one job and thrown away whole; a broker's log begins anew with each start.
EMPTIES_FILES = ("media/", "server/broker/child.py", "playlists/files.py")
# The outermost loop of a process may survive what nobody foresaw (and must log it); nothing else may.
OUTER_LOOPS = {"server/worker.py", "server/broker/child.py", "server/bridge.py", "player/agent.py", "player/link.py"}
MAX_LINES = 400
MAX_SCRIPT_LINES = 150


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def named(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text("utf-8"), str(path)))


def imported_roots(path: Path) -> Iterator[str]:
    """Top-level names of every import, also those inside functions: there is no back door."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def is_door(path: Path) -> bool:
    inside = path.relative_to(ROOT / "server")
    return inside.parts[0].removesuffix(".py") in DOORS


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_package_imports_only_what_it_may(package: str) -> None:
    forbidden = MAY_IMPORT.keys() - MAY_IMPORT[package] - {package}
    for path in sources(package):
        assert not forbidden & set(imported_roots(path)), path


@pytest.mark.parametrize("path", named([path for path in sources("server") if not is_door(path)]))
def test_nouns_know_no_flask(path: Path) -> None:
    users, mixin, record = MIXINS
    found = [root for root in imported_roots(path) if root in WEB_LIBRARIES]
    if path == users and mixin in path.read_text("utf-8").splitlines():
        assert record.exists()
        found.remove("flask_security")
    assert not found


@pytest.mark.parametrize("path", named(sources("server/web", "server/api")))
def test_pages_and_api_hold_no_sql(path: Path) -> None:
    assert not DATABASE_LIBRARIES & (set(imported_roots(path)) - _only_the_session(path))


def _only_the_session(path: Path) -> set[str]:
    """A view holds the session of its request and hands it to nouns; it needs that one name to say so."""
    names = {
        f"{node.module}.{alias.name}"
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for alias in node.names
    }
    return {"sqlalchemy"} if names == {"sqlalchemy.orm.Session"} else set()


@pytest.mark.parametrize("path", named([path for path in sources("playlists") if path.name != "files.py"]))
def test_the_contract_touches_nothing_outside(path: Path) -> None:
    assert not OUTSIDE & set(imported_roots(path))
    for node in nodes(path):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            assert called != "open", f"line {node.lineno}"
            assert called not in READS_A_CLOCK, f"line {node.lineno}: time is an argument here"


@pytest.mark.parametrize("path", named(sources(*MAY_IMPORT)))
def test_files_are_replaced_whole_in_one_place(path: Path) -> None:
    found = [node.lineno for node in nodes(path) if isinstance(node, ast.Call) and _empties(node)]
    may = str(path.relative_to(ROOT)).startswith(EMPTIES_FILES)
    assert may or not found, f"lines {found}: write with playlists.files.replace_file"


def _empties(call: ast.Call) -> bool:
    """Whether the call opens a file by emptying it; adding to a partial download or a journal is another matter."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name != "open":
        return name in WRITES
    arguments = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    modes = [str(value.value) for value in arguments if isinstance(value, ast.Constant)]
    return any(set(mode) <= set("rwaxbt+") and "w" in mode for mode in modes)


@pytest.mark.parametrize("path", named(sources(*MAY_IMPORT)))
def test_only_outer_loops_catch_everything(path: Path) -> None:
    caught = [node.lineno for node in nodes(path) if isinstance(node, ast.ExceptHandler) and _swallows(node)]
    assert len(caught) <= (1 if str(path.relative_to(ROOT)) in OUTER_LOOPS else 0), f"lines {caught}"


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Whether it stops any error at all; cleaning up and raising again is not stopping."""
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    broad = any(name is None or getattr(name, "id", "") in {"Exception", "BaseException"} for name in names)
    last = handler.body[-1]
    return broad and not (isinstance(last, ast.Raise) and last.exc is None)


@pytest.mark.parametrize("path", named(sources(*MAY_IMPORT, "tests", "benchmarks")))
def test_no_file_outgrows_its_noun(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES


def test_our_scripts_stay_small() -> None:
    for path in [*(ROOT / "server/web/static").rglob("*.js"), *(ROOT / "player").rglob("*.js")]:
        if "vendor" not in path.parts:
            assert len(path.read_text("utf-8").splitlines()) < MAX_SCRIPT_LINES, path


def test_no_folder_of_tests_hides_a_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))
    names = [path.name for path in sources("tests") if path.name != "conftest.py"]
    assert len(names) == len(set(names))
