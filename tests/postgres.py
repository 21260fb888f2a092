"""A PostgreSQL of the tests' own: a cluster in a temporary folder, reached through a socket there.

Nothing is installed and nothing else is touched; the cluster is stopped and removed at the end.
"""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.required import missing

# Debian keeps the programs of each version out of the PATH.
DEBIAN = Path("/usr/lib/postgresql")
# A power cut may lose what a test wrote, so nothing waits for the disk.
CARELESS = "-c fsync=off -c full_page_writes=off"
# So may the end of the server; a commit does not even wait for the system.
FAST = f"{CARELESS} -c synchronous_commit=off"
# PostgreSQL refuses to run as root.
UNPRIVILEGED = ("postgres", "nobody")
SECONDS_TO_START = "30"


@dataclass(frozen=True)
class Server:
    """A PostgreSQL that can be stopped, as by a crash, and started again."""

    url: sa.URL
    start: Callable[[], None]
    stop: Callable[[], None]


@contextmanager
def cluster() -> Iterator[sa.URL]:
    """Run a PostgreSQL; gives the address of its first database. Skips as `server` does."""
    with server(FAST) as running:
        yield running.url


@contextmanager
def server(options: str) -> Iterator[Server]:
    """Run a PostgreSQL that is told these options.

    Where there is none, skips the test, or fails it with REQUIRE_ALL=1.
    """
    programs = _programs()
    user = _user()
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        shutil.chown(name, user)
        data, log = f"{name}/data", f"{name}/log"
        # No address and so no port: only the socket in the folder leads to it.
        told = f"{options} -c listen_addresses='' -c unix_socket_directories='{name}'"
        control = ["pg_ctl", "-D", data, "-w", "-t", SECONDS_TO_START, "-l", log, "-o", told]

        def run(program: str, *arguments: str) -> None:
            command = [programs / program, *arguments]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
            subprocess.run(command, cwd=name, user=user, check=True, text=True, **quiet)

        def start() -> None:
            run(*control, "start")

        def stop() -> None:
            run(*control, "stop", "-m", "immediate")

        run("initdb", f"--pgdata={data}", "--username=shop", "--auth=trust", "--no-sync")
        start()
        url = sa.URL.create("postgresql+psycopg", "shop", database="postgres", query={"host": name})
        try:
            yield Server(url, start, stop)
        finally:
            stop()


def copy_database(template: sa.URL, name: str) -> sa.URL:
    """Make a new database beside `template`, with everything that is in there."""
    engine = sa.create_engine(template.set(database="postgres"), poolclass=sa.NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template.database}"))
    return template.set(database=name)


def _programs() -> Path:
    """The folder of initdb and pg_ctl."""
    if os.name != "posix":
        pytest.skip("the tests start a PostgreSQL on Linux and macOS only")
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = list(DEBIAN.glob("*/bin/initdb"))
    if not versions:
        missing("no PostgreSQL (initdb)")
    return max(versions, key=lambda path: float(path.parts[-3])).parent


def _user() -> str:
    import pwd  # not on Windows

    if os.geteuid() != 0:
        return getpass.getuser()
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)
