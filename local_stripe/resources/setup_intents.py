"""SetupIntents: a card made ready for later payments, with nothing charged now.

https://docs.stripe.com/api/setup_intents
"""

from local_stripe import challenges, client_secrets, declines, methods, payment_types
from local_stripe.call import Call
from local_stripe.declines import Decline
from local_stripe.errors import CardError, StripeError
from local_stripe.implemented import given, only
from local_stripe.listing import page
from local_stripe.routing import Route
from local_stripe.states import SETUP_INTENT
from local_stripe.store import Object

_KIND = "setup_intent"
_NOT_MANAGED = {"enabled": False}
_CONFIRM = ("payment_method", "return_url", "use_stripe_sdk")
_UPDATE = ("customer", "description", "metadata", "payment_method")
_CREATE = frozenset((
    *_CONFIRM, *_UPDATE, "allowed_payment_method_types", "automatic_payment_methods", "confirm",
    "payment_method_types", "usage",
))  # fmt: skip
_LIST = ("created", "customer", "ending_before", "limit", "payment_method", "starting_after")
# What a page may see that has the client secret.
_PUBLIC = (
    "id", "object", "automatic_payment_methods", "cancellation_reason", "client_secret",
    "created", "description", "last_setup_error", "livemode", "next_action", "payment_method",
    "payment_method_configuration_details", "payment_method_types", "status", "usage",
)  # fmt: skip


def create(call: Call) -> Object:
    """A wish to save a card; with `confirm` it is done at once. A declined one stays."""
    params = only(call.params, _CREATE)
    customer = given(params, "customer")
    if customer:
        call.store.require("customer", customer, "customer")
    method = given(params, "payment_method")
    if method:
        method = _choose(call, method, customer, None)["id"]
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
    call.store.put(intent)
    call.events.emit("setup_intent.created", intent)
    return _confirm(call, intent, None) if params.get("confirm") else intent


def retrieve(call: Call) -> Object:
    """One SetupIntent; to a publishable key only what a page needs, and only for its secret."""
    intent = call.store.require(_KIND, call.path["intent"])
    return client_secrets.guarded(call, intent, _PUBLIC)


def update(call: Call) -> Object:
    """Change a SetupIntent; its customer and its PaymentMethod only until it is done."""
    params = only(call.params, _UPDATE)
    intent = call.store.require(_KIND, call.path["intent"])
    if "payment_method" in params or "customer" in params:
        SETUP_INTENT.require("update", intent)
    changed = {
        **intent,
        "description": params.get("description", intent["description"]),
        "metadata": call.metadata(intent["metadata"]),
    }
    if customer := given(params, "customer"):
        changed["customer"] = call.store.require("customer", customer, "customer")["id"]
    return call.store.put(_with_method(call, changed, intent))


def confirm(call: Call) -> Object:
    """Ask the bank whether the card may be kept. Raises CardError for a decline; it stays."""
    only(call.params, _CONFIRM)
    intent = call.store.require(_KIND, call.path["intent"])
    SETUP_INTENT.require("confirm", intent)
    return _confirm(call, _with_method(call, intent, intent), intent)


def cancel(call: Call) -> Object:
    """Give it up."""
    params = only(call.params, ("cancellation_reason",))
    intent = call.store.require(_KIND, call.path["intent"])
    SETUP_INTENT.require("cancel", intent)
    canceled = SETUP_INTENT.move(
        "cancel",
        intent,
        cancellation_reason=params.get("cancellation_reason"),
        next_action=None,
        status="canceled",
    )
    return _tell(call, "setup_intent.canceled", canceled)


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
    method = _choose(call, id, intent["customer"], known)["id"]
    return SETUP_INTENT.move(
        "update", intent, payment_method=method, next_action=None, status="requires_confirmation"
    )


def _choose(call: Call, id: str, customer: str | None, known: Object | None) -> Object:
    """The PaymentMethod to save for the customer. Raises StripeError for somebody else's.

    A refusal shows `known`, the intent as it was before this call.
    """
    method = methods.obtain(call, id, "payment_method")
    owner = method["customer"]
    if owner is None or owner == customer:
        return method
    if customer is None:
        raise StripeError(
            f"The payment method supplied ({method['id']}) belongs to the Customer {owner}. "
            "Please include the Customer in the `customer` parameter on the SetupIntent.",
            param="payment_method",
            setup_intent=known,
        )
    raise methods.somebody_elses(method, customer, setup_intent=known)


def _confirm(call: Call, intent: Object, known: Object | None) -> Object:
    if intent["payment_method"] is None:
        raise StripeError(
            "You cannot confirm this SetupIntent because it's missing a payment method. You can "
            "either update the SetupIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken.",
            code="setup_intent_unexpected_state",
            setup_intent=known,
        )
    payment_types.require_return_url(call, intent, setup_intent=known)
    method = call.store.require("payment_method", intent["payment_method"], "payment_method")
    card = methods.card_of(call, method)
    if card is None:
        raise StripeError(methods.SPENT, setup_intent=known)
    if card.challenge == "always":
        waiting = SETUP_INTENT.move(
            "confirm",
            intent,
            next_action=challenges.next_action(call, intent),
            status="requires_action",
        )
        return _tell(call, "setup_intent.requires_action", waiting)
    decline = methods.verdict(card, method)
    if decline and not card.attaches:
        raise _declined(call, intent, methods.look_at(call, method, decline), decline)
    return _succeeded(call, intent, method)


def _succeeded(call: Call, intent: Object, method: Object) -> Object:
    if intent["customer"] and not method["customer"]:
        methods.save(call, method, intent["customer"])
    else:
        methods.look_at(call, method)
    done = SETUP_INTENT.move(
        "confirm",
        intent,
        last_setup_error=None,
        latest_attempt=_attempt(call, intent, method, "succeeded"),
        next_action=None,
        status="succeeded",
    )
    return _tell(call, "setup_intent.succeeded", done)


def _declined(call: Call, intent: Object, method: Object, decline: Decline) -> CardError:
    """The error to raise. The intent forgets the PaymentMethod and remembers the error."""
    error = declines.refuse(decline, payment_method=method)
    remembered = declines.remembered(error)
    failed = SETUP_INTENT.move(
        "confirm",
        intent,
        last_setup_error=remembered,
        latest_attempt=_attempt(call, intent, method, "failed", remembered),
        next_action=None,
        payment_method=None,
        status="requires_payment_method",
    )
    error.fields["setup_intent"] = _tell(call, "setup_intent.setup_failed", failed)
    return error


def _attempt(
    call: Call, intent: Object, method: Object, status: str, error: Object | None = None
) -> str:
    """The id of the SetupAttempt that is written down."""
    card = method["card"]
    shown = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding")
    details = {name: card[name] for name in (*shown, "last4")}
    attempt = {
        "id": call.ids.new("setatt"),
        "object": "setup_attempt",
        "application": None,
        "created": call.clock.now(),
        "customer": intent["customer"],
        "customer_account": None,
        "flow_directions": None,
        "livemode": False,
        "on_behalf_of": None,
        "payment_method": method["id"],
        "payment_method_details": {
            "card": {**details, "network": card["brand"], "three_d_secure": None, "wallet": None},
            "type": "card",
        },
        "setup_error": error,
        "setup_intent": intent["id"],
        "status": status,
        "usage": intent["usage"],
    }
    return str(call.store.put(attempt)["id"])


def _tell(call: Call, event: str, intent: Object) -> Object:
    call.events.emit(event, intent)
    return call.store.put(intent)


_ALL = "/v1/setup_intents"
_ONE = f"{_ALL}/{{intent}}"

ROUTES = (
    Route("POST", _ALL, create, "SetupIntentCreateParams", _KIND),
    Route("GET", _ALL, index, "SetupIntentListParams", "list"),
    Route("GET", _ONE, retrieve, "SetupIntentRetrieveParams", _KIND, publishable=True),
    Route("POST", _ONE, update, "SetupIntentUpdateParams", _KIND),
    Route("POST", f"{_ONE}/confirm", confirm, "SetupIntentConfirmParams", _KIND),
    Route("POST", f"{_ONE}/cancel", cancel, "SetupIntentCancelParams", _KIND),
)
