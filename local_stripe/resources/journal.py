"""What happened that Stripe's API does not tell, and the dashboard shows: deliveries and requests.

Stripe has no such addresses: they begin with `/_local/`, and take the secret key as all others do.
"""

from typing import NotRequired, TypedDict

from local_stripe import masking
from local_stripe.attempts import Attempt
from local_stripe.call import Call
from local_stripe.deliveries import Delivery
from local_stripe.errors import no_such
from local_stripe.listing import page_of, page_size
from local_stripe.messages import KEY, Exchange
from local_stripe.routing import Route
from local_stripe.store import Object


class RowParams(TypedDict):
    """Nothing: which one stands in the path."""


class PageParams(TypedDict):
    """Which page of a list."""

    limit: NotRequired[int]
    starting_after: NotRequired[str]


class UpcomingParams(TypedDict):
    """How many."""

    limit: NotRequired[int]


def deliveries(call: Call) -> Object:
    """What was sent where, the latest first: an event to an endpoint, and how that went."""
    rows = [_delivery(call, attempts) for attempts in _by_delivery(call).values()]
    return page_of(call, rows)


def delivery(call: Call) -> Object:
    """A delivery with its attempts, the latest first."""
    attempts = _by_delivery(call).get(call.path["delivery"])
    if attempts is None:
        raise no_such("delivery", call.path["delivery"])
    return {**_delivery(call, attempts), "attempts": [_attempt(each) for each in attempts]}


def upcoming(call: Call) -> Object:
    """What is on its way, the next first."""
    soonest = call.stripe.webhooks.upcoming(page_size(call) + 1)
    return page_of(call, [_on_its_way(call, each) for each in soonest])


def requests(call: Call) -> Object:
    """The latest requests, newest first; the dashboard's own are not among them."""
    return page_of(call, [_request(exchange) for exchange in reversed(call.stripe.log)])


def request(call: Call) -> Object:
    """A request with what was sent and what was answered."""
    id = call.path["request"]
    exchange = next((each for each in call.stripe.log if each.id == id), None)
    if exchange is None:
        raise no_such("request", id)
    asked = exchange.request
    return {
        **_request(exchange),
        "idempotency_key": masking.text(asked.headers.get(KEY, "")) or None,
        "version": exchange.response.headers.get("stripe-version"),
        "user_agent": masking.text(asked.headers.get("user-agent", "")) or None,
        "query": masking.form(asked.query),
        "body": masking.form(asked.body.decode(errors="replace")),
        "answer": masking.document(exchange.response.body),
    }


def _by_delivery(call: Call) -> dict[str, list[Attempt]]:
    """The attempts of each delivery that is remembered; the latest comes first in both."""
    found: dict[str, list[Attempt]] = {}
    for attempt in reversed(call.stripe.webhooks.attempts):
        found.setdefault(f"{attempt.event}:{attempt.endpoint}", []).append(attempt)
    return found


def _delivery(call: Call, attempts: list[Attempt]) -> Object:
    latest = attempts[0]
    return {
        "id": f"{latest.event}:{latest.endpoint}",
        "object": "local.delivery",
        "event": latest.event,
        "type": call.store.require("event", latest.event)["type"],
        "endpoint": latest.endpoint,
        "url": latest.url,
        "tries": len(attempts),
        "at": latest.at,
        "status": latest.status,
        "succeeded": latest.succeeded,
    }


def _attempt(attempt: Attempt) -> Object:
    return {
        "at": attempt.at,
        "status": attempt.status,
        "succeeded": attempt.succeeded,
        "duration": attempt.duration,
        "body": masking.text(attempt.body),
        "manual": attempt.manual,
        "fault": attempt.fault,
    }


def _on_its_way(call: Call, delivery: Delivery) -> Object:
    endpoint = call.store.get("webhook_endpoint", delivery.endpoint) or {}
    return {
        "object": "local.upcoming_delivery",
        "due": delivery.due,
        "event": delivery.event,
        "type": delivery.type,
        "endpoint": delivery.endpoint,
        "url": endpoint.get("url"),
        "number": delivery.number,
        "manual": delivery.manual,
        "fault": delivery.fault,
    }


def _request(exchange: Exchange) -> Object:
    answer = exchange.response
    return {
        "id": exchange.id,
        "object": "local.request",
        "at": exchange.at,
        "method": exchange.request.method,
        "path": masking.text(exchange.request.path),
        "status": answer.status,
        "replayed": "idempotent-replayed" in answer.headers,
    }


ROUTES = (
    Route("GET", "/_local/deliveries", deliveries, PageParams, "list"),
    Route("GET", "/_local/deliveries/{delivery}", delivery, RowParams, "local.delivery"),
    Route("GET", "/_local/upcoming", upcoming, UpcomingParams, "list"),
    Route("GET", "/_local/requests", requests, PageParams, "list"),
    Route("GET", "/_local/requests/{request}", request, RowParams, "local.request"),
)
