"""Sessions of Stripe's CLI: `stripe listen` and `stripe logs tail` begin with one.

Nobody else asks for them; see https://github.com/stripe/stripe-cli, pkg/stripeauth.
"""

import json
from typing import NotRequired, TypedDict

from local_stripe.call import Call
from local_stripe.errors import StripeError, not_implemented
from local_stripe.listeners import EVENTS, REQUESTS
from local_stripe.request_log import FILTERS
from local_stripe.routing import Route
from local_stripe.store import Object
from local_stripe.versions import CURRENT

SOCKETS = "/stripecli/"  # and a session's id: where its CLI connects
_A_DAY = 24 * 3600


class SessionParams(TypedDict):
    """What the CLI says of itself: what it wants to hear, and where it forwards to."""

    device_name: str
    websocket_features: list[str]
    filters: NotRequired[str]
    forward_to_url: NotRequired[str]
    forward_connect_to_url: NotRequired[str]
    forward_thin_to_url: NotRequired[str]
    forward_thin_connect_to_url: NotRequired[str]


def create(call: Call) -> Object:
    """A session, where to connect for it, and the secret that signs what it is sent."""
    params = call.params
    feature = _feature(params["websocket_features"])
    listeners = call.stripe.listeners
    session = listeners.open(feature, _filters(params.get("filters")))
    return {
        "object": "stripecli_session",
        "default_version": CURRENT,
        "device_token": "",
        "display_connect_filter_warning": False,
        "latest_version": CURRENT,
        "reconnect_delay": _A_DAY,
        "secret": listeners.secret,
        "websocket_authorized_feature": feature,
        "websocket_id": session.id,
        "websocket_url": call.stripe.origin.replace("http", "ws", 1) + SOCKETS + session.id,
    }


def _feature(wanted: list[str]) -> str:
    if wanted not in ([EVENTS], [REQUESTS]):
        raise not_implemented(f"listening to {', '.join(wanted)}", "websocket_features")
    return wanted[0]


def _filters(text: str | None) -> dict[str, list[str]]:
    """The filters of a request log, sent as JSON."""
    try:
        filters = json.loads(text or "{}")
    except ValueError:
        filters = None
    match filters:
        case dict() if all(isinstance(values, list) for values in filters.values()):
            pass
        case _:
            raise StripeError("Invalid filters: they are a JSON object of arrays.", param="filters")
    for name in filters:
        if name not in FILTERS:
            raise not_implemented(f"the filter `{name}`", "filters")
    return {name: [str(value) for value in values] for name, values in filters.items()}


ROUTES = (Route("POST", "/v1/stripecli/sessions", create, SessionParams, "stripecli_session"),)
