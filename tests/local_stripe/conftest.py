"""What tests of the local Stripe share: a shop that listens for webhooks."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import pytest


@dataclass
class Shop:
    """A server that keeps what it gets in `received` and answers as `answers` say, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    received: Queue[tuple[str, Message, bytes]] = field(default_factory=Queue)

    def next_delivery(self) -> tuple[str, Message, bytes]:
        """Path, headers and body of the next request; raises queue.Empty if none comes soon."""
        return self.received.get(timeout=10)


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = shop.answers.pop(0) if shop.answers else 200
            self.send_response(status)
            if status == 302:
                self.send_header("location", f"{shop.url}/elsewhere")
            self.end_headers()
            self.wfile.write(b"thank you")
            shop.received.put((self.path, self.headers, body))

        def log_message(self, *args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        shop.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield shop
        server.shutdown()
        thread.join()
