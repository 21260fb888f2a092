"""What a call gets that a fault strikes.

What only a network can do, to break a connection or to keep a caller waiting, the shells around the
core do: they find the fault in the response.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from local_stripe.errors import StripeError
from local_stripe.faults import Fault
from local_stripe.messages import KEY, Request, Response

_BAD_GATEWAY = (
    b"<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Stripe answers instead of doing as it was asked, and the headers that go with it.

    kept_under: the idempotency key under which it is repeated
    """

    error: StripeError
    headers: dict[str, str] = field(default_factory=dict)
    kept_under: str | None = None


def refusal(fault: Fault, request: Request) -> Refusal | None:
    """What Stripe answers to a call that this fault strikes; None if it does as it was asked."""
    refuse = _REFUSALS.get(fault.kind)
    return refuse(request) if refuse else None


def on_the_way(fault: Fault) -> Response | None:
    """What becomes of a call that never gets to Stripe; None if it does."""
    match fault.kind:
        case "timeout" | "reset":
            return Response(0, {}, b"", fault)
        case "bad_gateway":
            return Response(502, {"content-type": "text/html"}, _BAD_GATEWAY, fault)
    return None


def on_the_way_back(fault: Fault, response: Response) -> Response:
    """What the caller gets of an answer."""
    if fault.kind != "malformed_json":
        return replace(response, fault=fault)
    text = response.body.decode()
    return replace(response, body=text[: len(text) // 2].encode(), fault=fault)


# Words and fields as in answers that people have shown (stripity-stripe#564, stripe-node#2056); the
# headers as https://docs.stripe.com/rate-limits and the SDK's retries (_http_client.py) have them.


def _rate_limit(request: Request) -> Refusal:
    error = StripeError(
        "Request rate limit exceeded. Learn more about rate limits here: "
        "https://stripe.com/docs/rate-limits.",
        status=429,
        code="rate_limit",
    )
    return Refusal(error, {"stripe-rate-limited-reason": "global-rate"})


def _lock_timeout(request: Request) -> Refusal:
    error = StripeError(
        "This object cannot be accessed right now because another API request or Stripe process "
        "is currently accessing it. If you see this error intermittently, retry the request. If "
        "you see this error frequently and are making multiple concurrent requests to a single "
        "object, make your requests serially or at a lower rate.",
        status=429,
        code="lock_timeout",
    )
    return Refusal(error, {"stripe-should-retry": "true"})


def _key_in_use(request: Request) -> Refusal:
    key = request.headers[KEY]
    return Refusal(
        StripeError(
            "There is currently another in-progress request using this Idempotent Key (that "
            "probably means you submitted twice, and the other request is still going through): "
            f"{key}. Please try again later.",
            status=409,
            code="idempotency_key_in_use",
        )
    )


def _server_error(request: Request) -> Refusal:
    """Stripe keeps a 500 as any other answer, so it advises against another try with the key."""
    error = StripeError(
        "Error while communicating with one of our backends.  Sorry about that!  We have been "
        "notified of the problem.  If you have any questions, we can help at "
        "https://support.stripe.com/.",
        status=500,
        type="api_error",
    )
    key = request.headers.get(KEY) if request.method == "POST" else None
    return Refusal(error, {"stripe-should-retry": "false"}, key) if key else Refusal(error)


_REFUSALS: dict[str, Callable[[Request], Refusal]] = {
    "rate_limit": _rate_limit,
    "lock_timeout": _lock_timeout,
    "key_in_use": _key_in_use,
    "server_error": _server_error,
}
