"""Ways to Stripe on which things go wrong, for tests of what the shop does then."""

from collections.abc import Callable, Mapping

import stripe

from local_stripe.transport import InProcess

Answer = tuple[str, int, Mapping[str, str]]


class Unreliable(InProcess):
    """The way to a local Stripe, on which one call can go wrong."""

    def __init__(self, local):
        super().__init__(local)
        self.seen: list[tuple[str, str | None]] = []
        self.ending, self.fault = "", None

    def fail(self, ending: str, fault: Callable[[Callable[[], Answer]], Answer]) -> None:
        """Let the next call to a URL that ends so meet the fault."""
        self.ending, self.fault = ending, fault

    def request(self, method, url, headers, post_data=None, *, _usage=None) -> Answer:
        self.seen.append((url, headers.get("Idempotency-Key")))

        def act() -> Answer:
            return super(Unreliable, self).request(method, url, headers, post_data)

        if self.fault and url.endswith(self.ending):
            fault, self.fault = self.fault, None
            return fault(act)
        return act()


def never_arrives(act: Callable[[], Answer]) -> Answer:
    raise stripe.APIConnectionError("The request did not arrive.")


def answer_is_lost(act: Callable[[], Answer]) -> Answer:
    act()
    raise stripe.APIConnectionError("The answer did not arrive.")


def server_error(act: Callable[[], Answer]) -> Answer:
    return '{"error": {"type": "api_error", "message": "Something broke."}}', 500, {}


def too_many_requests(act: Callable[[], Answer]) -> Answer:
    return '{"error": {"type": "rate_limit_error", "message": "Slow down."}}', 429, {}


def wrong_key(act: Callable[[], Answer]) -> Answer:
    return '{"error": {"type": "invalid_request_error", "message": "Invalid API Key"}}', 401, {}
