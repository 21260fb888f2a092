"""Where servers of the course listen: on this machine only, where nobody does yet."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"  # one name for all: a browser keeps its cookies apart from localhost's
PORTS = range(8888, 8988)


def free_port() -> int:
    """The first port of `PORTS` that is free; `OSError` when all are taken."""
    for port in PORTS:
        try:
            socket.create_server((HOST, port)).close()
        except OSError:
            continue
        return port
    raise OSError(f"All ports from {PORTS.start} to {PORTS.stop - 1} are taken.")
