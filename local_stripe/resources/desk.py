"""What the dashboard asks beside Stripe's API: deliveries, requests, faults and the clock.

Stripe has no such addresses: they begin with `/_local/`, and take the secret key as all others do.
"""

from typing import NotRequired, TypedDict

from local_stripe import masking
from local_stripe.attempts import Attempt
from local_stripe.call import Call
from local_stripe.deliveries import FAULTS, Delivery, Fault
from local_stripe.errors import StripeError, no_such
from local_stripe.listing import page_size
from local_stripe.messages import Exchange
from local_stripe.routing import Route
from local_stripe.store import Object

_SOONEST = 20  # deliveries on their way that are shown
_LONGEST = 366 * 24 * 3600  # seconds that anybody waits at once


class NoParams(TypedDict):
    """What is asked stands in the path."""


class PageParams(TypedDict):
    """Which page of a list."""

    limit: NotRequired[int]
    starting_after: NotRequired[str]


class AdvanceParams(TypedDict):
    """How far the clock goes."""

    seconds: int


class FaultParams(TypedDict):
    """A fault, as `deliveries.Fault` has it."""

    kind: str
    type: NotRequired[str]
    seconds: NotRequired[int]


# The clock


def clock(call: Call) -> Object:
    """What time it is, and `latest`, which differs as soon as anything has happened."""
    stripe = call.stripe
    events = call.store.table("event").places()
    attempts = stripe.webhooks.attempts
    latest = (
        stripe.log[-1].id if stripe.log else None,
        len(events),
        attempts[-1] if attempts else None,
        tuple(stripe.webhooks.faults),
    )
    return {"object": "local.clock", "now": call.clock.now(), "latest": f"{hash(latest):x}"}


def advance(call: Call) -> Object:
    """Let time pass; what is due by then happens before anybody looks again."""
    call.clock.advance(_seconds(call.params["seconds"]))
    return clock(call)


# Deliveries, and the faults that wait for them


def deliveries(call: Call) -> Object:
    """What was sent where, the latest first: an event to an endpoint, and how that went."""
    rows = [_delivery(call, attempts) for attempts in _by_delivery(call).values()]
    return _page(call, rows)


def delivery(call: Call) -> Object:
    """A delivery with its attempts, the latest first."""
    attempts = _by_delivery(call).get(call.path["delivery"])
    if attempts is None:
        raise no_such("delivery", call.path["delivery"])
    return {**_delivery(call, attempts), "attempts": [_attempt(each) for each in attempts]}


def upcoming(call: Call) -> Object:
    """What is on its way, the next first."""
    soonest = call.stripe.webhooks.upcoming(_SOONEST + 1)
    shown = [_on_its_way(call, each) for each in soonest[:_SOONEST]]
    return {**_list(call, shown), "has_more": len(soonest) > _SOONEST}


def faults(call: Call) -> Object:
    """The faults that wait for a delivery, and `kinds`: those there are."""
    waiting = [_fault(each) for each in call.stripe.webhooks.faults]
    return {**_list(call, waiting), "kinds": FAULTS}


def inject(call: Call) -> Object:
    """Let a fault wait for the next delivery of such an event."""
    fault = _asked(call)
    call.stripe.webhooks.inject(fault.kind, fault.type, fault.seconds)
    return faults(call)


def withdraw(call: Call) -> Object:
    """Let a fault wait no more."""
    waiting, fault = call.stripe.webhooks.faults, _asked(call)
    if fault not in waiting:
        raise StripeError("That fault waits no more.", status=404)
    waiting.remove(fault)
    return faults(call)


# The request log


def requests(call: Call) -> Object:
    """The latest requests, newest first; the dashboard's own are not among them."""
    return _page(call, [_request(exchange) for exchange in reversed(call.stripe.log)])


def request(call: Call) -> Object:
    """A request with what was sent and what was answered."""
    id = call.path["request"]
    exchange = next((each for each in call.stripe.log if each.id == id), None)
    if exchange is None:
        raise no_such("request", id)
    asked = exchange.request
    return {
        **_request(exchange),
        "idempotency_key": masking.text(asked.headers.get("idempotency-key", "")) or None,
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
        "succeeded": any(attempt.succeeded for attempt in attempts),
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


def _fault(fault: Fault) -> Object:
    return {
        "object": "local.fault",
        "kind": fault.kind,
        "type": fault.type,
        "seconds": fault.seconds,
    }


def _asked(call: Call) -> Fault:
    """The fault that the parameters describe."""
    wanted = {name: value for name, value in call.params.items() if value is not None}
    if "seconds" in wanted:
        wanted["seconds"] = _seconds(wanted["seconds"])
    try:
        return Fault(**wanted)
    except ValueError as error:
        raise StripeError(str(error), param="kind") from None


def _seconds(seconds: int) -> int:
    if not 0 <= seconds <= _LONGEST:
        raise StripeError(f"Time goes on by 0 to {_LONGEST} seconds.", param="seconds")
    return seconds


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


def _page(call: Call, rows: list[Object]) -> Object:
    """One page of rows that nobody keeps: their number is bounded."""
    start, cursor = 0, call.params.get("starting_after")
    if cursor is not None:
        place = next((place for place, row in enumerate(rows) if row["id"] == cursor), None)
        if place is None:
            raise no_such(rows[0]["object"] if rows else "row", cursor, "starting_after")
        start = place + 1
    end = start + page_size(call)
    return {**_list(call, rows[start:end]), "has_more": end < len(rows)}


def _list(call: Call, data: list[Object]) -> Object:
    return {"object": "list", "data": data, "has_more": False, "url": call.url}


ROUTES = (
    Route("GET", "/_local/clock", clock, NoParams, "local.clock"),
    Route("POST", "/_local/clock/advance", advance, AdvanceParams, "local.clock"),
    Route("GET", "/_local/deliveries", deliveries, PageParams, "list"),
    Route("GET", "/_local/deliveries/{delivery}", delivery, NoParams, "local.delivery"),
    Route("GET", "/_local/upcoming", upcoming, NoParams, "list"),
    Route("GET", "/_local/faults", faults, NoParams, "list"),
    Route("POST", "/_local/faults", inject, FaultParams, "list"),
    Route("DELETE", "/_local/faults", withdraw, FaultParams, "list"),
    Route("GET", "/_local/requests", requests, PageParams, "list"),
    Route("GET", "/_local/requests/{request}", request, NoParams, "local.request"),
)
