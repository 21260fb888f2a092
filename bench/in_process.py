"""How fast a payment is in process, against the SDK's own ceiling, and with many objects."""

from collections.abc import Callable
from dataclasses import dataclass

import stripe

from bench.timing import seconds_each
from local_stripe import SECRET_KEY, LocalStripe, Request
from local_stripe.messages import DASHBOARD
from local_stripe.transport import InProcess

PAYMENT = {
    "amount": 2000,
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "allowed_payment_method_types": ["card"],
    "confirm": True,
}

VIEWS = {  # what each view of the dashboard asks when it is opened
    "/_local/clock": "",
    "/v1/payment_intents": "limit=20&expand[]=data.latest_charge",
    "/v1/events": "limit=20",
    "/_local/deliveries": "limit=20",
    "/_local/upcoming": "limit=20",
    "/_local/requests": "limit=20",
    "/_local/faults": "",
}


@dataclass(frozen=True, slots=True)
class Growth:
    """How many times longer it takes beside many objects than beside few."""

    payment: float
    dashboard: float


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


def with_many_objects(few: int = 1_000, many: int = 100_000) -> Growth:
    """A payment, and every view of the dashboard, beside `many` payments and beside `few`."""
    small, large = filled(few), filled(many)
    payments = seconds_each(
        {"small": payer(InProcess(small)), "large": payer(InProcess(large))}, calls=200, rounds=9
    )
    looks = seconds_each({"small": looker(small), "large": looker(large)}, calls=20, rounds=9)
    return Growth(
        payment=payments["large"] / payments["small"], dashboard=looks["large"] / looks["small"]
    )


def filled(objects: int) -> LocalStripe:
    """A Stripe that holds so many PaymentIntents (and their charges and events)."""
    local = LocalStripe()
    pay = payer(InProcess(local))
    for _ in range(objects):
        pay()
    return local


def looker(local: LocalStripe) -> Callable[[], None]:
    """A function that opens every view of the dashboard, in process."""
    headers = {"authorization": f"Bearer {SECRET_KEY}", DASHBOARD: "looks on"}
    requests = [Request("GET", path, query, headers) for path, query in VIEWS.items()]

    def look() -> None:
        for request in requests:
            answer = local.handle(request)
            if answer.status != 200:
                raise RuntimeError(f"{request.path}: {answer.status}")

    return look
