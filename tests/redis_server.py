"""A Redis of the tests' own, which remembers nothing when it is stopped."""

import shutil
import socket
import subprocess
from pathlib import Path

import redis

from tests.required import missing
from tests.waiting import eventually

HOST = "127.0.0.1"


class RedisServer:
    """Runs inside a `with` block; may be stopped meanwhile, and started at the same address.

    Where there is none, skips the test, or fails it with REQUIRE_ALL=1.
    """

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server") or missing("no Redis (redis-server)")
        port = free_port()
        self.url = f"redis://{HOST}:{port}/0"
        self._command = [program, "--bind", HOST, "--port", str(port), "--save", ""]
        self._folder = folder

    def start(self) -> None:
        """Run, and return when it answers."""
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, cwd=self._folder, stdout=quiet)
        eventually(self._answers)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((HOST, 0)) as listener:
        return listener.getsockname()[1]
