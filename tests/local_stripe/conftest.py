"""What tests of the local Stripe share: one of their own, and a shop that listens for webhooks."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe

from local_stripe import SECRET_KEY, LocalStripe, Request
from local_stripe.transport import InProcess


@pytest.fixture
def local() -> LocalStripe:
    """A Stripe of the test's own."""
    return LocalStripe()


@pytest.fixture
def client(local: LocalStripe) -> stripe.StripeClient:
    """The SDK, talking to it."""
    return stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))


@dataclass(frozen=True)
class Answer:
    """A response, its body read."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def error(self) -> dict[str, Any]:
        """What went wrong."""
        return self.body["error"]


Ask = Callable[..., Answer]


@pytest.fixture
def ask(local: LocalStripe) -> Ask:
    """Any request at all: `ask("POST", "/v1/customers", {"name": "Ann"}, {"stripe-version": "…"})`.

    Parameters are a form's names and values, or the encoded form itself.
    """

    def ask(
        method: str,
        path: str,
        params: dict[str, Any] | str = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        form = params if isinstance(params, str) else urlencode(params)
        request = Request(
            method=method,
            path=path,
            query="" if method == "POST" else form,
            headers={"authorization": f"Bearer {SECRET_KEY}", **(headers or {})},
            body=form.encode() if method == "POST" else b"",
        )
        response = local.handle(request)
        return Answer(response.status, json.loads(response.body), response.headers)

    return ask


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
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # ends quickly
        thread.start()
        yield shop
        server.shutdown()
        thread.join()
