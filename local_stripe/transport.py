"""The SDK's way into a local Stripe in the same process: no port, no socket."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from local_stripe.core import LocalStripe
from local_stripe.messages import Request


class InProcess(stripe.HTTPClient):
    """`stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))`"""

    name = "local_stripe"

    def __init__(self, local: LocalStripe) -> None:
        super().__init__()
        self.local = local

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Body, status and headers of the answer."""
        parts = urlsplit(url)
        request = Request(
            method=method.upper(),
            path=parts.path,
            query=parts.query,
            headers={name.lower(): value for name, value in (headers or {}).items()},
            body=post_data.encode() if isinstance(post_data, str) else post_data or b"",
        )
        response = self.local.handle(request)
        return response.body.decode(), response.status, Headers(response.headers)

    def close(self) -> None:
        """Nothing is open."""


class Headers(dict[str, str]):
    """Response headers with lower-case names that any spelling finds."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """The header's value, or the default."""
        return super().get(name.lower(), default)
