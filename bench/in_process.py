"""How fast a payment is in process, against the SDK's own ceiling, and with many objects."""

from collections.abc import Callable

import stripe

from bench.timing import seconds_each
from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.transport import InProcess

PAYMENT = {
    "amount": 2000,
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "allowed_payment_method_types": ["card"],
    "confirm": True,
}


class Constant(stripe.HTTPClient):
    """A transport that does no work: what the SDK itself costs."""

    name = "constant"

    def __init__(self, body: str) -> None:
        super().__init__()
        self._answer = body, 200, {"request-id": "req_constant"}

    def request(self, *args: object, **kwargs: object) -> tuple[str, int, dict[str, str]]:
        return self._answer

    def close(self) -> None:
        """Nothing is open."""


def payer(transport: stripe.HTTPClient) -> Callable[[], stripe.PaymentIntent]:
    """A function that creates and confirms a PaymentIntent through this transport."""
    client = stripe.StripeClient(SECRET_KEY, http_client=transport)
    return lambda: client.v1.payment_intents.create(PAYMENT)


def against_the_ceiling() -> float:
    """Payments a second in process, as a share of what the SDK does with a constant answer."""
    pay = payer(InProcess(LocalStripe()))
    ceiling = payer(Constant(str(pay())))
    took = seconds_each({"local": pay, "ceiling": ceiling}, calls=500, rounds=7)
    return took["ceiling"] / took["local"]


def with_many_objects(few: int = 1_000, many: int = 100_000) -> float:
    """How many times longer a payment takes beside `many` objects than beside `few`."""
    small, large = filled(few), filled(many)
    took = seconds_each({"small": small, "large": large}, calls=200, rounds=9)
    return took["large"] / took["small"]


def filled(objects: int) -> Callable[[], stripe.PaymentIntent]:
    """A payer on a Stripe that holds so many PaymentIntents (and their charges and events)."""
    pay = payer(InProcess(LocalStripe()))
    for _ in range(objects):
        pay()
    return pay
