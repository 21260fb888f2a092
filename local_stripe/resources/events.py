"""Events.  https://docs.stripe.com/api/events"""

import re
from fnmatch import fnmatchcase
from typing import NotRequired, TypedDict

from local_stripe.call import Call
from local_stripe.errors import StripeError, missing, not_implemented
from local_stripe.implemented import given
from local_stripe.listing import page
from local_stripe.routing import Route
from local_stripe.store import Object

_MOST_TYPES = 20
_WILD = re.compile(r"[*?\[]")  # of a pattern; what has none of these is looked up


class EventRetryParams(TypedDict):
    """What Stripe's CLI says when it resends an event."""

    account: NotRequired[str]
    for_stripecli: NotRequired[bool]
    webhook_endpoint: NotRequired[str]


def retrieve(call: Call) -> Object:
    """One event."""
    return call.store.require("event", call.path["id"])


def index(call: Call) -> Object:
    """Events, newest first; `type` may be a pattern, such as `customer.*`."""
    wanted = _types(call)
    delivered = call.params.get("delivery_success")

    def matches(event: Object) -> bool:
        return (not wanted or any(fnmatchcase(event["type"], type) for type in wanted)) and (
            delivered is None or delivered == (event["pending_webhooks"] == 0)
        )

    exact = {"type": wanted[0]} if len(wanted) == 1 and not _WILD.search(wanted[0]) else {}
    return page(call, "event", where=matches, **exact)


def retry(call: Call) -> Object:
    """Deliver an event once more, as `stripe events resend` asks: to an endpoint, or to the CLI."""
    event = retrieve(call)
    if "account" in call.params:
        raise not_implemented("connected accounts", "account")
    if call.params.get("for_stripecli"):
        call.stripe.listeners.resend(event)
        return event
    endpoint = given(call.params, "webhook_endpoint")
    if endpoint is None:
        raise missing("webhook_endpoint")
    call.store.require("webhook_endpoint", endpoint, "webhook_endpoint")
    call.stripe.webhooks.resend(event["id"], endpoint)
    return event


def _types(call: Call) -> list[str]:
    one, several = call.params.get("type"), call.params.get("types") or []
    if one and several:
        raise StripeError(
            "You may only specify one of these parameters: type, types.", param="type"
        )
    if len(several) > _MOST_TYPES:
        raise StripeError(f"You may ask for up to {_MOST_TYPES} types.", param="types")
    return [one] if one else several


ROUTES = (
    Route("GET", "/v1/events", index, "EventListParams", "list"),
    Route("GET", "/v1/events/{id}", retrieve, "EventRetrieveParams", "event"),
    Route("POST", "/v1/events/{id}/retry", retry, EventRetryParams, "event"),
)
