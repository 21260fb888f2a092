"""The courier: delivers webhooks over HTTP, in threads of its own.

The core says what is due, and when a failed delivery is due again; the courier only carries. Each
endpoint has its own round, so a shop that does not answer holds up nobody else's deliveries.
https://docs.stripe.com/webhooks
"""

import http.client
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from ipaddress import ip_address
from typing import Self
from urllib.parse import SplitResult, urlsplit

from local_stripe.core import LocalStripe

RETRIES = (1, 5, 30, 60, 300)  # seconds between attempts: nobody waits for days at a desk
TIMEOUT = 10.0  # seconds that a shop may take to answer
_ROUND = 0.1  # seconds between two looks at what is due
_LONGEST_ANSWER = 10_000  # bytes that are kept of a shop's answer


class Courier:
    """Carries a local Stripe's deliveries until `stop()` or the end of the `with` block."""

    def __init__(self, local: LocalStripe) -> None:
        self._local = local
        self._stopped = threading.Event()
        self._rounds: dict[str, threading.Thread] = {}  # by endpoint: one at a time, in order
        self._thread = threading.Thread(target=self._run, name="local Stripe courier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver no more. The deliveries at hand have a second to end."""
        self._stopped.set()
        self._thread.join()
        end = time.monotonic() + 1
        for thread in self._rounds.values():
            thread.join(timeout=max(0, end - time.monotonic()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _run(self) -> None:
        while not self._stopped.wait(_ROUND):
            for endpoint in self._local.due():
                if endpoint not in self._rounds or not self._rounds[endpoint].is_alive():
                    self._rounds[endpoint] = self._begin_round(endpoint)

    def _begin_round(self, endpoint: str) -> threading.Thread:
        """Deliver what is due there."""
        thread = threading.Thread(
            target=self._local.deliver,
            args=(post,),
            kwargs={"endpoint": endpoint},
            name=f"local Stripe courier to {endpoint}",
            daemon=True,
        )
        thread.start()
        return thread


def post(
    url: str, headers: Mapping[str, str], body: bytes, timeout: float = TIMEOUT
) -> tuple[int, str]:
    """POST to a shop on this machine: the status and text of its answer; (0, why) without one.

    Redirects are not followed, as Stripe does not follow them; other machines are never called.
    """
    if not is_deliverable(url):
        return 0, f"local Stripe delivers to this machine only (http://127.0.0.1:…), not to {url}"
    try:
        return _post(urlsplit(url), headers, body, timeout)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return 0, f"{type(error).__name__}: {error}"


def is_deliverable(url: str) -> bool:
    """Whether the courier would go there: plain HTTP, on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:  # the host is another name, or no URL at all
        return False


def _post(
    url: SplitResult, headers: Mapping[str, str], body: bytes, timeout: float
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=timeout)
    with closing(connection):
        target = url._replace(scheme="", netloc="", path=url.path or "/", fragment="").geturl()
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read(_LONGEST_ANSWER).decode("utf-8", "replace")
