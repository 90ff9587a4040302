"""A real PostgreSQL for tests: a cluster of its own in a temporary folder, reached by a Unix socket."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

UNPRIVILEGED = "postgres"  # PostgreSQL refuses to run as root


def binaries() -> Path:
    """Where PostgreSQL's programs are. Raises RuntimeError when it is not installed: the tests need it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql (make test does it)")
    return found[-1].parent


@contextmanager
def cluster() -> Iterator[str]:
    """Start a cluster; yields the URL of its first database, and stops and removes it afterwards."""
    programs, folder = binaries(), Path(tempfile.mkdtemp(prefix="pg-"))
    as_user = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam(UNPRIVILEGED)
        os.chown(folder, account.pw_uid, account.pw_gid)
        as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data, log = folder / "data", folder / "log"

    def run(*command: str) -> None:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False, **as_user)
        assert done.returncode == 0, done.stdout + done.stderr + (log.read_bytes() if log.exists() else b"")

    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c shared_buffers=32MB"
    run(str(programs / "initdb"), "-D", str(data), "-U", "tests", "--auth=trust", "--encoding=UTF8", "--no-sync")
    try:
        run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(log), "-o", options, "start")
        yield f"postgresql+psycopg://tests@/postgres?host={folder}"
    finally:
        run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def new_database(url: str, name: str, template: str = "template0") -> str:
    """Create a database beside the one at ``url``, as a copy of ``template``; returns its URL."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    engine.dispose()
    return url.replace("/postgres?", f"/{name}?")
