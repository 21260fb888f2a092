"""PaymentIntents: one payment each, from the wish to pay until the money is there.

https://docs.stripe.com/api/payment_intents
"""

from local_stripe import (
    amending,
    charging,
    checkout,
    client_secrets,
    currencies,
    debiting,
    intents,
    paying,
    payment_types,
    refunding,
    shapes,
)
from local_stripe.call import Call
from local_stripe.errors import StripeError, unexpected_state
from local_stripe.implemented import given, only
from local_stripe.listing import page
from local_stripe.resources import confirmation_tokens
from local_stripe.routing import Route
from local_stripe.search import search
from local_stripe.states import PAYMENT_INTENT
from local_stripe.store import Object

_KIND = "payment_intent"
_ALL = "/v1/payment_intents"
_ONE = f"{_ALL}/{{intent}}"

_AMOUNT_DETAILS: Object = {"tip": {}}
_NOT_MANAGED = {"enabled": False}

_CONFIRM = frozenset((
    "capture_method", "confirmation_token", "error_on_requires_action", "mandate_data",
    "off_session", "payment_method", "receipt_email", "return_url", "setup_future_usage",
    "shipping", "use_stripe_sdk",
))  # fmt: skip
_CONFIRM_FROM_PAGE = (
    "client_secret", "confirmation_token", "mandate_data", "payment_method", "receipt_email",
    "return_url", "setup_future_usage", "shipping", "use_stripe_sdk",
)  # fmt: skip
_CREATE = _CONFIRM | frozenset((
    "allowed_payment_method_types", "amount", "automatic_payment_methods", "confirm",
    "confirmation_method", "currency", "customer", "description", "metadata",
    "payment_method_types", "transfer_group",
))  # fmt: skip
_UPDATE = frozenset((
    "amount", "capture_method", "currency", "customer", "description", "metadata",
    "payment_method", "receipt_email", "setup_future_usage", "shipping", "transfer_group",
))  # fmt: skip
_CONFIRM_ONLY = (
    "confirmation_token", "error_on_requires_action", "mandate_data", "off_session", "return_url",
    "use_stripe_sdk",
)  # fmt: skip


def create(call: Call) -> Object:
    """A new payment; with `confirm` it is tried at once. A declined one stays."""
    _require_confirm(only(call.params, _CREATE))
    confirmation_tokens.unfold(call)
    params = call.params
    currency = currencies.known(params["currency"])
    amount = currencies.chargeable(params["amount"], currency)
    customer = given(params, "customer")
    if customer:
        call.store.require("customer", customer, "customer")
    method = given(params, "payment_method")
    if method:
        method = paying.choose(call, method, customer, None)["id"]
    ways = payment_types.fields(params, payment_types.PAYMENT_OPTIONS)
    payment_types.require_currency(ways["payment_method_types"], currency)
    id = call.ids.new("pi")
    intent = {
        "id": id,
        "object": _KIND,
        "allowed_payment_method_types": ways["allowed_payment_method_types"],
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": _AMOUNT_DETAILS,
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": ways["automatic_payment_methods"],
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.get("capture_method") or "automatic_async",
        "client_secret": call.ids.secret(id, 25),
        "confirmation_method": params.get("confirmation_method") or "automatic",
        "created": call.clock.now(),
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "description": params.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": _NOT_MANAGED,
        "metadata": call.metadata(),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": method,
        "payment_method_configuration_details": ways["payment_method_configuration_details"],
        "payment_method_options": ways["payment_method_options"],
        "payment_method_types": ways["payment_method_types"],
        "payment_record": None,
        "processing": None,
        "receipt_email": params.get("receipt_email"),
        "review": None,
        "setup_future_usage": params.get("setup_future_usage"),
        "shipping": shapes.shipping(params.get("shipping")),
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_confirmation" if method else "requires_payment_method",
        "transfer_data": None,
        "transfer_group": params.get("transfer_group"),
    }
    intents.moved(call, intent, "created")
    if not params.get("confirm"):
        return intent
    confirmation_tokens.use(call, intent)
    return paying.confirm(call, intent, None)


@client_secrets.for_pages(_KIND)
def retrieve(call: Call) -> Object:
    """One payment; to a publishable key only what a page needs, and only for its secret."""
    return call.store.require(_KIND, call.path["intent"])


def update(call: Call) -> Object:
    """Change a payment; its amount and the like only until it is made."""
    params = only(call.params, _UPDATE)
    intent = call.store.require(_KIND, call.path["intent"])
    if params.keys() - {"description", "metadata"}:
        checkout.require_closed(call, intent)
    return call.store.put(amending.amended(call, intent))


@client_secrets.for_pages(_KIND)
def confirm(call: Call) -> Object:
    """Try to make the payment, a page too. Raises CardError for a decline; the payment stays."""
    only(call.params, _CONFIRM_FROM_PAGE if call.publishable else {*_CONFIRM, "client_secret"})
    intent = call.store.require(_KIND, call.path["intent"])
    checkout.require_closed(call, intent)
    if call.publishable and intent["confirmation_method"] == "manual":
        raise StripeError(
            "This PaymentIntent's confirmation_method is manual: it can be confirmed with a "
            "secret key only.",
            payment_intent=intent,
        )
    return attempt(call, intent)


def attempt(call: Call, intent: Object) -> Object:
    """Try to make the payment with what the call says of it."""
    PAYMENT_INTENT.require("confirm", intent)
    confirmation_tokens.unfold(call)
    amended = amending.amended(call, intent)
    confirmation_tokens.use(call, intent)
    return paying.confirm(call, amended, intent)


def capture(call: Call) -> Object:
    """Take the money that is held, or part of it: the rest is let go."""
    params = only(call.params, ("amount_to_capture", "metadata"))
    intent = call.store.require(_KIND, call.path["intent"])
    if intent["status"] == "succeeded" and intent["amount_received"] < intent["amount"]:
        raise unexpected_state(
            "The remaining amount on this PaymentIntent could not be captured because the "
            "remainder of the authorized amount has been released.",
            intent,
        )
    PAYMENT_INTENT.require("capture", intent)
    amount = _amount_to_capture(params, intent)
    captured = PAYMENT_INTENT.move(
        "capture",
        intent,
        amount_capturable=0,
        amount_received=amount,
        metadata=call.metadata(intent["metadata"]),
        status="succeeded",
    )
    charging.capture(call, call.store.require("charge", intent["latest_charge"]), amount)
    return intents.moved(call, captured, "succeeded")


def cancel(call: Call) -> Object:
    """Give the payment up. A hold is let go, a debit called back."""
    params = only(call.params, ("cancellation_reason",))
    intent = call.store.require(_KIND, call.path["intent"])
    checkout.require_closed(call, intent)
    PAYMENT_INTENT.require("cancel", intent)
    if intent["status"] == "processing":
        debiting.stop(call, intent["latest_charge"])
    if intent["status"] == "requires_capture":
        refunding.release(call, call.store.require("charge", intent["latest_charge"]))
    canceled = PAYMENT_INTENT.move(
        "cancel",
        intent,
        amount_capturable=0,
        canceled_at=call.clock.now(),
        cancellation_reason=params.get("cancellation_reason"),
        next_action=None,
        status="canceled",
    )
    return intents.moved(call, canceled, "canceled")


def index(call: Call) -> Object:
    """Payments, newest first; of one customer if asked."""
    params = only(call.params, ("created", "customer", "ending_before", "limit", "starting_after"))
    wanted = {"customer": params["customer"]} if params.get("customer") else {}
    return page(call, _KIND, **wanted)


def find(call: Call) -> Object:
    """Payments that a query describes."""
    return search(call, _KIND)


def _require_confirm(params: Object) -> None:
    """Raises StripeError for a parameter that only `confirm=true` gives a meaning."""
    for name in _CONFIRM_ONLY:
        if name in params and not params.get("confirm"):
            raise StripeError(
                f"The parameter {name} may only be used when confirm=true.", param=name
            )


def _amount_to_capture(params: Object, intent: Object) -> int:
    asked = "amount_to_capture" in params
    amount: int = params["amount_to_capture"] if asked else intent["amount_capturable"]
    if amount < 0:
        raise StripeError(
            "Invalid non-negative integer", param="amount_to_capture", payment_intent=intent
        )
    if amount == 0:
        raise StripeError(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
            payment_intent=intent,
        )
    if amount > intent["amount_capturable"]:
        raise StripeError(
            "The payment could not be captured because the requested capture amount is greater "
            "than the amount you can capture for this charge. Contact us via "
            "https://support.stripe.com/contact/ for help.",
            code="amount_too_large",
            payment_intent=intent,
        )
    return amount


ROUTES = (
    Route("POST", _ALL, create, "PaymentIntentCreateParams", _KIND),
    Route("GET", _ALL, index, "PaymentIntentListParams", "list"),
    Route("GET", f"{_ALL}/search", find, "PaymentIntentSearchParams", "search_result"),
    Route("GET", _ONE, retrieve, "PaymentIntentRetrieveParams", _KIND, publishable=True),
    Route("POST", _ONE, update, "PaymentIntentUpdateParams", _KIND),
    Route(
        "POST",
        f"{_ONE}/confirm",
        confirm,
        "PaymentIntentConfirmParams",
        _KIND,
        publishable=True,
    ),
    Route("POST", f"{_ONE}/capture", capture, "PaymentIntentCaptureParams", _KIND),
    Route("POST", f"{_ONE}/cancel", cancel, "PaymentIntentCancelParams", _KIND),
)
