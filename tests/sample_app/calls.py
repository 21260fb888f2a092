"""Calls of the shop to Stripe: what happens in the middle of one, and which keys they had."""

from collections.abc import Callable, Mapping

from local_stripe import LocalStripe
from local_stripe.transport import InProcess

Answer = tuple[str, int, Mapping[str, str]]
Interruption = Callable[[Callable[[], Answer]], Answer]


class Interrupted(InProcess):
    """The way to a local Stripe, on which something happens in the middle of one call."""

    def __init__(self, local: LocalStripe) -> None:
        super().__init__(local)
        self.ending = ""
        self.interruption: Interruption | None = None

    def interrupt(self, ending: str, interruption: Interruption) -> None:
        """Let this make the next call to a URL that ends so: it is given the call."""
        self.ending, self.interruption = ending, interruption

    def request(self, method, url, headers, post_data=None, *, _usage=None) -> Answer:
        def act() -> Answer:
            return super(Interrupted, self).request(method, url, headers, post_data)

        if self.interruption and url.endswith(self.ending):
            interruption, self.interruption = self.interruption, None
            return interruption(act)
        return act()


def keys(local: LocalStripe, ending: str) -> list[str]:
    """The idempotency keys of the calls to a path that ends so, as they got to Stripe."""
    made = [exchange.request for exchange in local.log if exchange.request.path.endswith(ending)]
    return [request.headers["idempotency-key"] for request in made if request.method == "POST"]
