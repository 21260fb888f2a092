"""ConfirmationTokens: how somebody wants to pay, put down by a page for the server to confirm with.

https://docs.stripe.com/api/confirmation_tokens
"""

from local_stripe import methods, shapes
from local_stripe.call import Call
from local_stripe.errors import StripeError, missing, no_such
from local_stripe.implemented import given, only
from local_stripe.routing import Route
from local_stripe.store import Object

_KIND = "confirmation_token"
_LIFE = 12 * 3600  # seconds
_CREATE = ("payment_method", "return_url", "setup_future_usage", "shipping")
# What a confirmation takes from its token, unless the call says it too.
_CONFIRMED_WITH = ("return_url", "setup_future_usage", "shipping", "use_stripe_sdk")


def create(call: Call) -> Object:
    """A token for a PaymentMethod: made by Stripe.js, or by a server's tests."""
    params = only(call.params, _CREATE)
    id = given(params, "payment_method")
    if id is None:
        raise missing("payment_method")
    method = methods.obtain(call, id, "payment_method")
    if call.publishable and method["customer"]:  # a page has no business with its details
        raise no_such("payment_method", id, "payment_method")
    now = call.clock.now()
    token = {
        "id": call.ids.new("ctoken"),
        "object": _KIND,
        "created": now,
        "expires_at": now + _LIFE,
        "livemode": False,
        "mandate_data": None,
        "payment_intent": None,
        "payment_method_options": None,
        "payment_method_preview": _preview(method),
        "return_url": params.get("return_url"),
        "setup_future_usage": params.get("setup_future_usage"),
        "setup_intent": None,
        "shipping": _shipping(params.get("shipping")),
        "use_stripe_sdk": True,
    }
    call.store.secret[token["id"]] = method["id"]
    return call.store.put(token)


def retrieve(call: Call) -> Object:
    """One token."""
    return call.store.require(_KIND, call.path[_KIND])


def unfold(call: Call) -> None:
    """Let the call say what its `confirmation_token`, if it has one, stands for.

    Raises StripeError for a token that is unknown, used or too old.
    """
    id = given(call.params, _KIND)
    if id is None:
        return
    if "payment_method" in call.params:
        raise StripeError(
            "You may only specify one of these parameters: confirmation_token, payment_method.",
            param=_KIND,
        )
    token = call.store.require(_KIND, id, _KIND)
    if token["payment_intent"] or token["setup_intent"]:
        raise StripeError(f"The ConfirmationToken {id} has already been used.", param=_KIND)
    if token["expires_at"] <= call.clock.now():
        raise StripeError(f"The ConfirmationToken {id} has expired.", param=_KIND)
    stands_for = {name: token[name] for name in _CONFIRMED_WITH if token[name]}
    call.params = {**stands_for, **call.params, "payment_method": call.store.secret[id]}


def use(call: Call, intent: Object) -> None:
    """The call's token is used up by this intent."""
    if id := call.params.get(_KIND):
        token = call.store.require(_KIND, id)
        call.store.put({**token, intent["object"]: intent["id"]})


def _preview(method: Object) -> Object:
    type = method["type"]
    names = ("allow_redisplay", "billing_details", "customer", "customer_account", "type", type)
    return {name: method[name] for name in names}


def _shipping(sent: Object | None) -> Object | None:
    """A shipping address, without what only a shop knows of it."""
    shipping = shapes.shipping(sent)
    return shipping and {name: shipping[name] for name in ("address", "name", "phone")}


_PARAMS = "test_helpers.ConfirmationTokenCreateParams"

ROUTES = (
    Route("POST", "/v1/confirmation_tokens", create, _PARAMS, _KIND, publishable=True),
    Route("POST", "/v1/test_helpers/confirmation_tokens", create, _PARAMS, _KIND),
    Route(
        "GET",
        "/v1/confirmation_tokens/{confirmation_token}",
        retrieve,
        "ConfirmationTokenRetrieveParams",
        _KIND,
    ),
)
