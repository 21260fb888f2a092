"""What gunicorn writes of requests that were made up to lie in its log: a line each, no secret."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.redis_server import HOST, free_port
from tests.services.deployment import PROCFILE, ROOT
from tests.waiting import eventually

if os.name != "posix":
    pytest.skip("gunicorn runs on Linux and macOS only", allow_module_level=True)


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """Ask for a path; gives the lines that gunicorn writes of it, as text for people."""
    folder = tmp_path_factory.mktemp("gunicorn")
    bind, log = f"{HOST}:{free_port()}", folder / "web.log"
    program, *arguments = PROCFILE["web"]
    environment = os.environ | {
        "BIND": bind,
        "WEB_CONCURRENCY": "1",
        "DATABASE_URL": f"sqlite:///{folder / 'shop.db'}",
        "SECRET_KEY": "for-tests",
        "MAIL_URL": folder.as_uri(),
        "LOG_FORMAT": "text",
        "TMPDIR": str(folder),
    }

    def ask(path):
        written = log.stat().st_size
        requests.get(f"http://{bind}{path}", timeout=60)
        return eventually(lambda: log.read_bytes()[written:].decode().splitlines())

    def answers():
        try:
            return ask("/healthz")
        except requests.ConnectionError:
            return []

    with log.open("wb") as output:
        gunicorn = subprocess.Popen(
            [Path(sys.executable).with_name(program), *arguments],
            cwd=ROOT, env=environment, stdout=output, stderr=output,
        )  # fmt: skip
        eventually(answers)
        yield ask
        gunicorn.terminate()
        gunicorn.wait(timeout=60)


def test_no_address_ends_a_line_and_begins_one_of_its_own(lines):
    [line] = lines("/x%0D%0A127.0.0.1%20%22GET%20/staff%22%20200")
    assert '"GET /x%0D%0A127.0.0.1%20%22GET%20/staff%22%20200" 404' in line


def test_no_address_moves_the_cursor_of_who_reads_the_log(lines):
    [line] = lines("/%1B%5B2J%C3%A9")
    assert '"GET /%1B%5B2J%C3%A9" 404' in line


@pytest.mark.parametrize("secret", ["ada@example.com", "4242424242424242"])
def test_an_address_that_holds_a_secret_is_written_without_it(lines, secret):
    [line] = lines(f"/{secret}")
    assert secret not in line
    assert " 404 " in line
