"""Webhook endpoints: who wants to hear of what.  https://docs.stripe.com/api/webhook_endpoints"""

from local_stripe import addresses
from local_stripe.call import Call
from local_stripe.errors import not_implemented
from local_stripe.listing import page
from local_stripe.routing import Route
from local_stripe.signing import Secret, new_secret
from local_stripe.store import Object
from local_stripe.versions import CURRENT

_KIND = "webhook_endpoint"


def create(call: Call) -> Object:
    """A new endpoint. Its signing secret is in this answer, and in no other."""
    params = call.params
    if params.get("connect"):
        raise not_implemented("the parameter `connect` here", "connect")
    version = params.get("api_version")
    if version not in (None, CURRENT):
        raise not_implemented(f"events of the API version {version}", "api_version")
    id, secret = call.ids.new("we"), new_secret(call.ids)
    call.store.secret[id] = (Secret(secret),)
    endpoint = {
        "id": id,
        "object": _KIND,
        "api_version": version,
        "application": None,
        "created": call.clock.now(),
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": call.metadata(),
        "status": "enabled",
        "url": addresses.web(params["url"], "url"),
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
        changed["url"] = addresses.web(params["url"], "url")
    if "disabled" in params:
        changed["status"] = "disabled" if params["disabled"] else "enabled"
    return call.store.put(changed)


def delete(call: Call) -> Object:
    """Listen no more: what was on its way there is dropped."""
    return call.store.delete(retrieve(call))


def index(call: Call) -> Object:
    """Endpoints, newest first."""
    return page(call, _KIND)


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
