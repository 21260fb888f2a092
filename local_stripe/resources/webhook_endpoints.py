"""Webhook endpoints: who wants to hear of what.  https://docs.stripe.com/api/webhook_endpoints"""

from urllib.parse import urlsplit

from local_stripe.call import Call
from local_stripe.errors import StripeError, not_implemented
from local_stripe.listing import page
from local_stripe.routing import Route
from local_stripe.store import Object

_KIND = "webhook_endpoint"


def create(call: Call) -> Object:
    """A new endpoint. Its signing secret is in this answer, and in no other."""
    params = call.params
    if params.get("connect"):
        raise not_implemented("the parameter `connect` here", "connect")
    id, secret = call.ids.new("we"), f"whsec_{call.ids.text(32)}"
    call.store.secret[id] = secret
    endpoint = {
        "id": id,
        "object": _KIND,
        "api_version": params.get("api_version"),
        "application": None,
        "created": call.clock.now(),
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": call.metadata(),
        "status": "enabled",
        "url": _web_address(params["url"]),
    }
    return {**call.store.put(endpoint), "secret": secret}


def retrieve(call: Call) -> Object:
    """One endpoint."""
    return call.store.require(_KIND, call.path[_KIND])


def update(call: Call) -> Object:
    """Listen elsewhere, or for other events, or not at all."""
    endpoint, params = retrieve(call), call.params
    changed = {**endpoint, "metadata": call.metadata(endpoint["metadata"])}
    if "description" in params:
        changed["description"] = params["description"]
    if "enabled_events" in params:
        changed["enabled_events"] = params["enabled_events"]
    if "url" in params:
        changed["url"] = _web_address(params["url"])
    if "disabled" in params:
        changed["status"] = "disabled" if params["disabled"] else "enabled"
    return call.store.put(changed)


def delete(call: Call) -> Object:
    """Listen no more: what was on its way there is dropped."""
    return call.store.delete(retrieve(call))


def index(call: Call) -> Object:
    """Endpoints, newest first."""
    return page(call, _KIND)


def _web_address(url: str | None) -> str:
    """The URL; test mode takes plain HTTP too."""
    try:
        parts = urlsplit(url or "")
        valid = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid or url is None:
        raise StripeError("Not a valid URL", code="url_invalid", param="url")
    return url


ROUTES = (
    Route("POST", "/v1/webhook_endpoints", create, "WebhookEndpointCreateParams", _KIND),
    Route("GET", "/v1/webhook_endpoints", index, "WebhookEndpointListParams", "list"),
    Route(
        "GET",
        "/v1/webhook_endpoints/{webhook_endpoint}",
        retrieve,
        "WebhookEndpointRetrieveParams",
        _KIND,
    ),
    Route(
        "POST",
        "/v1/webhook_endpoints/{webhook_endpoint}",
        update,
        "WebhookEndpointUpdateParams",
        _KIND,
    ),
    Route(
        "DELETE",
        "/v1/webhook_endpoints/{webhook_endpoint}",
        delete,
        "WebhookEndpointDeleteParams",
        _KIND,
    ),
)
