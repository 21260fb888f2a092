"""The SDK's way into a local Stripe in the same process: no port, no socket."""

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from local_stripe.core import LocalStripe
from local_stripe.faults import Fault
from local_stripe.messages import Request

# Of a fault that leaves the caller without an answer, what an HTTP library reports.
_REPORTED = {
    "timeout": "ReadTimeout: Read timed out.",
    "reset": "ConnectionError: Connection reset by peer",
    "lost_response": "ConnectionError: Remote end closed connection without response",
}


class InProcess(stripe.HTTPClient):
    """`stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))`

    timeout: for how long it waits for a slow answer (seconds); the SDK's own client does so too
    sleep: how it waits. It does not when no answer will come: it is as if the time had passed.
    """

    name = "local_stripe"

    def __init__(
        self,
        local: LocalStripe,
        timeout: float = 80,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        super().__init__()
        self.local = local
        self._timeout = timeout
        self._sleep = sleep

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Body, status and headers of the answer. Raises APIConnectionError if none comes."""
        parts = urlsplit(url)
        request = Request(
            method=method.upper(),
            path=parts.path,
            query=parts.query,
            headers={name.lower(): value for name, value in (headers or {}).items()},
            body=post_data.encode() if isinstance(post_data, str) else post_data or b"",
        )
        response = self.local.handle(request)
        if response.fault is not None:
            self._suffer(response.fault)
        return response.body.decode(), response.status, Headers(response.headers)

    def _suffer(self, fault: Fault) -> None:
        if fault.unanswered:
            raise _connection_error(fault.kind)
        if fault.kind == "slow":
            self._sleep(min(fault.seconds, self._timeout))
            if fault.seconds > self._timeout:
                raise _connection_error("timeout")

    def close(self) -> None:
        """Nothing is open."""


def _connection_error(kind: str) -> stripe.APIConnectionError:
    """What the SDK's own client raises, and its retries look for."""
    return stripe.APIConnectionError(
        f"Unexpected error communicating with Stripe. (Network error: {_REPORTED[kind]})",
        should_retry=True,
    )


class Headers(dict[str, str]):
    """Response headers with lower-case names that any spelling finds."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """The header's value, or the default."""
        return super().get(name.lower(), default)
