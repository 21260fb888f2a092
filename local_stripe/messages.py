"""What goes into the local Stripe and what comes out of it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_stripe.faults import Fault

DASHBOARD = "local-stripe-dashboard"  # the header with which the dashboard asks
KEY = "idempotency-key"  # the header that says which requests are one and the same
MAX_BODY = 1024 * 1024  # bytes; far above anything that Stripe's API takes


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request. Header names are lower-case; `query` has no question mark."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def looks_on(self) -> bool:
        """Whether the dashboard asks: it leaves no trace, neither in the log nor in later ids."""
        return DASHBOARD in self.headers


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response. Header names are lower-case.

    fault: what strikes it on its way to the caller; status 0 if there is nothing on its way
    """

    status: int
    headers: dict[str, str]
    body: bytes
    fault: "Fault | None" = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One line of the request log: what was asked, what was answered, and when (seconds)."""

    id: str
    at: int
    request: Request
    response: Response
