"""One try to deliver a webhook: what is sent, and what came of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from local_stripe.store import Object

# (address, headers, body) -> (status, body); status 0 if there was no answer
Send = Callable[[str, dict[str, str], bytes], tuple[int, str]]

HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
}
"""Of every delivery, beside its signature."""


def body_of(event: Object) -> str:
    """An event as Stripe lays it out: who parses it and writes it anew gets other bytes."""
    return json.dumps(event, indent=2)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver an event: when (seconds), what came back, how long it took (seconds).

    number: of the tries that Stripe makes by itself; a resend is the last one's
    status: 0 if there was no answer; `body` then says why
    manual: resent by hand
    fault: the one that struck it, of `deliveries.FAULTS`
    """

    event: str
    endpoint: str
    url: str
    number: int
    at: int
    status: int
    body: str
    duration: float
    manual: bool = False
    fault: str | None = None

    @property
    def succeeded(self) -> bool:
        """Any 2xx answer will do."""
        return 200 <= self.status < 300
