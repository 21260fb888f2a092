"""A stand-in for api.stripe.com and one sandbox account there, on loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe, Request, WallClock

KEY, PAGE_KEY = "sk_test_exampleSandboxKey", "pk_test_visiblyFakeSandboxKey"
# The account behind it knows other keys; a wrong one stays wrong.
KNOWN = {f"Bearer {KEY}": f"Bearer {SECRET_KEY}", f"Bearer {PAGE_KEY}": f"Bearer {PUBLISHABLE_KEY}"}


@dataclass
class Sandbox:
    """Where it is, and the headers of every request it got."""

    url: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What a learner sets to use it."""
        return {
            "STRIPE_SECRET_KEY": KEY,
            "STRIPE_PUBLISHABLE_KEY": PAGE_KEY,
            "STRIPE_API_BASE": self.url,
        }


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    """Run one."""
    account, found = LocalStripe(clock=WallClock()), Sandbox()

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits for 40 ms

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.headers.append(headers)
            body = self.rfile.read(int(headers.get("content-length", 0)))
            path, _, query = self.path.partition("?")
            key = KNOWN.get(headers.get("authorization", ""), "Bearer sk_test_wrong")
            known = headers | {"authorization": key}
            answer = account.handle(Request(self.command, path, query, known, body))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_DELETE = do_POST

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()  # looks often enough to end quickly
        found.url = f"http://127.0.0.1:{server.server_port}"
        yield found
        server.shutdown()
