"""SetupIntents: a card made ready for later payments, with nothing charged now.

https://docs.stripe.com/api/setup_intents
"""

from local_stripe import checkout, client_secrets, intents, payment_types, setting_up
from local_stripe.call import Call
from local_stripe.errors import StripeError
from local_stripe.implemented import given, only
from local_stripe.listing import page
from local_stripe.resources import confirmation_tokens
from local_stripe.routing import Route
from local_stripe.states import SETUP_INTENT
from local_stripe.store import Object

_KIND = "setup_intent"
_NOT_MANAGED = {"enabled": False}
_CONFIRM = ("confirmation_token", "payment_method", "return_url", "use_stripe_sdk")
_UPDATE = ("customer", "description", "metadata", "payment_method")
_CREATE = frozenset((
    *_CONFIRM, *_UPDATE, "allowed_payment_method_types", "automatic_payment_methods", "confirm",
    "payment_method_types", "usage",
))  # fmt: skip
_LIST = ("created", "customer", "ending_before", "limit", "payment_method", "starting_after")


def create(call: Call) -> Object:
    """A wish to save a card; with `confirm` it is done at once. A declined one stays."""
    params = only(call.params, _CREATE)
    if "confirmation_token" in params and not params.get("confirm"):
        raise StripeError(
            "The parameter confirmation_token may only be used when confirm=true.",
            param="confirmation_token",
        )
    confirmation_tokens.unfold(call)
    params = call.params
    customer = given(params, "customer")
    if customer:
        call.store.require("customer", customer, "customer")
    method = given(params, "payment_method")
    if method:
        method = setting_up.choose(call, method, customer, None)["id"]
    ways = payment_types.fields(params, payment_types.SETUP_OPTIONS)
    id = call.ids.new("seti")
    intent = {
        "id": id,
        "object": _KIND,
        "allowed_payment_method_types": ways["allowed_payment_method_types"],
        "application": None,
        "automatic_payment_methods": ways["automatic_payment_methods"],
        "cancellation_reason": None,
        "client_secret": call.ids.secret(id, 31),
        "created": call.clock.now(),
        "customer": customer,
        "customer_account": None,
        "description": params.get("description"),
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "managed_payments": _NOT_MANAGED,
        "mandate": None,
        "metadata": call.metadata(),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": method,
        "payment_method_configuration_details": ways["payment_method_configuration_details"],
        "payment_method_options": ways["payment_method_options"],
        "payment_method_types": ways["payment_method_types"],
        "single_use_mandate": None,
        "status": "requires_confirmation" if method else "requires_payment_method",
        "usage": params.get("usage") or "off_session",
    }
    intents.moved(call, intent, "created")
    if not params.get("confirm"):
        return intent
    confirmation_tokens.use(call, intent)
    return setting_up.confirm(call, intent, None)


@client_secrets.for_pages(_KIND)
def retrieve(call: Call) -> Object:
    """One SetupIntent; to a publishable key only what a page needs, and only for its secret."""
    return call.store.require(_KIND, call.path["intent"])


def update(call: Call) -> Object:
    """Change a SetupIntent; its customer and its PaymentMethod only until it is done."""
    params = only(call.params, _UPDATE)
    intent = call.store.require(_KIND, call.path["intent"])
    if "payment_method" in params or "customer" in params:
        checkout.require_closed(call, intent)
        SETUP_INTENT.require("update", intent)
    changed = {
        **intent,
        "description": params.get("description", intent["description"]),
        "metadata": call.metadata(intent["metadata"]),
    }
    if customer := given(params, "customer"):
        changed["customer"] = call.store.require("customer", customer, "customer")["id"]
    return call.store.put(_with_method(call, changed, intent))


@client_secrets.for_pages(_KIND)
def confirm(call: Call) -> Object:
    """Ask the bank whether the card may be kept. Raises CardError for a decline; it stays."""
    only(call.params, {*_CONFIRM, "client_secret"})
    intent = call.store.require(_KIND, call.path["intent"])
    checkout.require_closed(call, intent)
    return attempt(call, intent)


def attempt(call: Call, intent: Object) -> Object:
    """Ask the bank with what the call says of the card."""
    SETUP_INTENT.require("confirm", intent)
    confirmation_tokens.unfold(call)
    ready = _with_method(call, intent, intent)
    confirmation_tokens.use(call, intent)
    return setting_up.confirm(call, ready, intent)


def cancel(call: Call) -> Object:
    """Give it up."""
    params = only(call.params, ("cancellation_reason",))
    intent = call.store.require(_KIND, call.path["intent"])
    checkout.require_closed(call, intent)
    SETUP_INTENT.require("cancel", intent)
    canceled = SETUP_INTENT.move(
        "cancel",
        intent,
        cancellation_reason=params.get("cancellation_reason"),
        next_action=None,
        status="canceled",
    )
    return intents.moved(call, canceled, "canceled")


def index(call: Call) -> Object:
    """SetupIntents, newest first."""
    params = only(call.params, _LIST)
    wanted = {name: params[name] for name in ("customer", "payment_method") if params.get(name)}
    return page(call, _KIND, **wanted)


def _with_method(call: Call, intent: Object, known: Object) -> Object:
    """The intent with the PaymentMethod that the call names."""
    id = given(call.params, "payment_method")
    if id is None:
        return intent
    method = setting_up.choose(call, id, intent["customer"], known)["id"]
    return SETUP_INTENT.move(
        "update", intent, payment_method=method, next_action=None, status="requires_confirmation"
    )


_ALL = "/v1/setup_intents"
_ONE = f"{_ALL}/{{intent}}"

ROUTES = (
    Route("POST", _ALL, create, "SetupIntentCreateParams", _KIND),
    Route("GET", _ALL, index, "SetupIntentListParams", "list"),
    Route("GET", _ONE, retrieve, "SetupIntentRetrieveParams", _KIND, publishable=True),
    Route("POST", _ONE, update, "SetupIntentUpdateParams", _KIND),
    Route("POST", f"{_ONE}/confirm", confirm, "SetupIntentConfirmParams", _KIND, publishable=True),
    Route("POST", f"{_ONE}/cancel", cancel, "SetupIntentCancelParams", _KIND),
)
