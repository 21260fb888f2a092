"""The courier: delivers webhooks over HTTP, in a thread of its own.

The core says what is due, and when a failed delivery is due again; the courier only carries.
https://docs.stripe.com/webhooks
"""

import http.client
import threading
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
        self._thread = threading.Thread(target=self._run, name="local Stripe courier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver no more. A delivery at hand has a second to end."""
        self._stopped.set()
        self._thread.join(timeout=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _run(self) -> None:
        while not self._stopped.wait(_ROUND):
            self._local.deliver(post)


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
